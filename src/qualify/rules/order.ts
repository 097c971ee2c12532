import type { ReasonSets } from '../../core/reasons.ts'
import { extended } from '../limits.ts'
import type { Rule } from '../rule.ts'

/** Out of order: a source time before one already seen for the signal. The value stays as good as it was; the reason is kept. */
export function order(reasons: ReasonSets): Rule {
  let newest = new Float64Array(0)
  return {
    name: 'out-of-order',
    judge({ count, signal, sourceTime, reasons: why }, { low }) {
      if (newest.length < low.length) newest = extended(newest, low.length, Number.NEGATIVE_INFINITY)
      for (let i = 0; i < count; i++) {
        const s = signal[i] as number
        const t = sourceTime[i] as number
        if (t >= (newest[s] as number)) newest[s] = t
        else why[i] = reasons.with(why[i] as number, 'out-of-order')
      }
    },
  }
}
