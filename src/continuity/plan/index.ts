export { type Change, changesBetween, type Thing } from './changes.ts'
export type { Refusal } from './impact.ts'
export { type Plan, type PlannedChange, planOf } from './plan.ts'
