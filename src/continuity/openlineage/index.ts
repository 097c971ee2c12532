export { eventsOf, type RunEvent, type Teller } from './events.ts'
export { OPEN_LINEAGE_LIMITS } from './limits.ts'
export { type RunSource, runsOf } from './runs.ts'
