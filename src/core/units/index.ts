export { converter, NotConvertible, sameDimension, sameUnit, whyNot } from './convert.ts'
export { nearestUnits } from './nearest.ts'
export { readUnit, unitReader } from './read.ts'
export type { Unit } from './unit.ts'
