import type { ReasonSets } from '../../core/reasons.ts'
import { Status, worst } from '../../core/status.ts'
import type { Rule } from '../rule.ts'

/** Engineering range: a reading outside the declared `range` becomes UncertainEngineeringUnitsExceeded. */
export function range(reasons: ReasonSets): Rule {
  return {
    name: 'range',
    judge({ count, signal, value, status, reasons: why }, { low, high }) {
      for (let i = 0; i < count; i++) {
        const s = signal[i] as number
        const v = value[i] as number
        if (v < (low[s] as number) || v > (high[s] as number)) {
          status[i] = worst(status[i] as number, Status.UncertainEngineeringUnitsExceeded)
          why[i] = reasons.with(why[i] as number, 'range')
        }
      }
    },
  }
}
