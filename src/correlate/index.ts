export type { CorrelateContext } from './context.ts'
export { discover } from './discover/index.ts'
export { createJoin } from './join.ts'
