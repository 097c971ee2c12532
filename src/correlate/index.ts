export type { CorrelateContext } from './context.ts'
export { createJoin } from './join.ts'
