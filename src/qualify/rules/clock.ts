import type { ReasonSets } from '../../core/reasons.ts'
import { Status, worst } from '../../core/status.ts'
import { MINUTE, SECOND } from '../../core/time.ts'
import type { Rule } from '../rule.ts'

/** A reading that took longer than this from the device to this node is `late`. */
export const LATE_US = MINUTE
/** A device clock ahead of this node's by more than this cannot be right: a reading from the future is Uncertain. */
export const AHEAD_US = 5 * SECOND

/** Late and future readings, by source time against received time. Late keeps its status; from the future becomes Uncertain. */
export function clock(reasons: ReasonSets): Rule {
  return {
    name: 'clock',
    judge({ count, sourceTime, status, reasons: why, receivedTime }) {
      const oldest = receivedTime - LATE_US
      const newest = receivedTime + AHEAD_US
      for (let i = 0; i < count; i++) {
        const t = sourceTime[i] as number
        if (t < oldest) {
          why[i] = reasons.with(why[i] as number, 'late')
        } else if (t > newest) {
          status[i] = worst(status[i] as number, Status.Uncertain)
          why[i] = reasons.with(why[i] as number, 'clock-ahead')
        }
      }
    },
  }
}
