export type { CorrelateContext } from './context.ts'
export { createJoin } from './join.ts'
export { discover } from './discover/index.ts'
