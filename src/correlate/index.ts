export type { CorrelateContext } from './context.ts'
export { createJoin } from './join.ts'
export { createKpi } from './kpi.ts'
