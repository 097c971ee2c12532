export { type Change, changesBetween, type Thing } from './changes.ts'
export { ENDS, type Refusal } from './impact.ts'
export { type Plan, type PlannedChange, planOf } from './plan.ts'
