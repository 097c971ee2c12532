export { derive } from './derive.ts'
export { events } from './events.ts'
export type { Known } from './places.ts'
