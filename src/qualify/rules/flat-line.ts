import type { ReasonSets } from '../../core/reasons.ts'
import { Status, worst } from '../../core/status.ts'
import { extended } from '../limits.ts'
import type { Rule } from '../rule.ts'

/**
 * Flat line: samples keep arriving, and their value has been exactly the same for longer than the declared `flatLine`: UncertainSubNormal.
 * It judges readings that arrived; silence by a source that reports by exception is not a flat line.
 */
export function flatLine(reasons: ReasonSets): Rule {
  let value0 = new Float64Array(0)
  let since = new Float64Array(0)
  return {
    name: 'flat-line',
    judge({ count, signal, sourceTime, value, status, reasons: why }, { flatLineUs }) {
      if (since.length < flatLineUs.length) {
        value0 = extended(value0, flatLineUs.length, Number.NaN)
        since = extended(since, flatLineUs.length, Number.POSITIVE_INFINITY)
      }
      for (let i = 0; i < count; i++) {
        const s = signal[i] as number
        const limit = flatLineUs[s] as number
        if (limit === Number.POSITIVE_INFINITY) continue
        const v = value[i] as number
        const t = sourceTime[i] as number
        if (v !== value0[s]) {
          value0[s] = v
          since[s] = t
        } else if (t - (since[s] as number) > limit) {
          status[i] = worst(status[i] as number, Status.UncertainSubNormal)
          why[i] = reasons.with(why[i] as number, 'flat-line')
        }
      }
    },
  }
}
