export type { CorrelateContext } from './context.ts'
export { variableOf } from './expressions.ts'
export { createJoin } from './join.ts'
export { createKpi, kpiValues, wholeKpi } from './kpi.ts'
