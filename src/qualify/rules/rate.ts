import type { ReasonSets } from '../../core/reasons.ts'
import { Status, worst } from '../../core/status.ts'
import { SECOND } from '../../core/time.ts'
import { extended } from '../limits.ts'
import type { Rule } from '../rule.ts'

/**
 * Rate of change: a step faster than the declared `maxRatePerSecond`, against the newest earlier reading in source time, becomes
 * UncertainSensorNotAccurate. Two readings with one source time and different values have no finite rate: they are marked too.
 * A late reading is compared with nothing and remembered by nobody.
 */
export function rate(reasons: ReasonSets): Rule {
  let lastValue = new Float64Array(0)
  let lastTime = new Float64Array(0)
  return {
    name: 'rate',
    judge({ count, signal, sourceTime, value, status, reasons: why }, { maxRatePerSecond }) {
      if (lastTime.length < maxRatePerSecond.length) {
        lastValue = extended(lastValue, maxRatePerSecond.length, Number.NaN)
        lastTime = extended(lastTime, maxRatePerSecond.length, Number.NEGATIVE_INFINITY)
      }
      for (let i = 0; i < count; i++) {
        const s = signal[i] as number
        const limit = maxRatePerSecond[s] as number
        if (limit === Number.POSITIVE_INFINITY) continue
        const v = value[i] as number
        const elapsed = (sourceTime[i] as number) - (lastTime[s] as number)
        if (Number.isNaN(v) || elapsed < 0) continue
        // NaN (nothing before) compares false. Multiplied out, so that elapsed 0 needs no case of its own.
        if (Math.abs(v - (lastValue[s] as number)) * SECOND > limit * elapsed) {
          status[i] = worst(status[i] as number, Status.UncertainSensorNotAccurate)
          why[i] = reasons.with(why[i] as number, 'rate')
        }
        lastValue[s] = v
        lastTime[s] = sourceTime[i] as number
      }
    },
  }
}
