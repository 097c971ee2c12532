import { type Micros, SECOND } from '../../../core/time.ts'
import type { Detector } from '../detector.ts'
import { FLOW_LIMITS } from '../limits.ts'

const DELIVERIES = 5
const LASTING = 3 * SECOND

interface Clock {
  /** Newest source time of the last delivery. */
  newest: Micros
  since: Micros
  deliveries: number
}

/** Deliveries go on, and their newest source time is the same to the microsecond: the source, or somebody in between, repeats itself. */
export function frozenClock(): Detector {
  const clocks = new Map<string, Clock>()
  return {
    deliver({ connection, batch, isTimeless }) {
      if (isTimeless || batch.count === 0) return []
      let newest = Number.NEGATIVE_INFINITY
      for (let row = 0; row < batch.count; row++) if ((batch.sourceTime[row] as number) > newest) newest = batch.sourceTime[row] as number
      const known = clocks.get(connection)
      if (!known || known.newest !== newest) {
        if (known || clocks.size < FLOW_LIMITS.flows) clocks.set(connection, { newest, since: batch.receivedTime, deliveries: 1 })
        return []
      }
      const lasting = batch.receivedTime - known.since
      if (++known.deliveries < DELIVERIES || lasting < LASTING) return []
      const evidence = { batches: known.deliveries, seconds: Math.round(lasting / SECOND) }
      return [{ code: 'frozen-clock', severity: 'high', subject: connection, evidence }]
    },
  }
}
