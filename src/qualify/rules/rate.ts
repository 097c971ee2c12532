import { Status } from '../../core/status.ts'
import { SECOND } from '../../core/time.ts'
import { Parameter } from '../column.ts'
import { mark, type RuleKind } from '../rule.ts'

/**
 * Rate of change: a step faster than the declared `maxRatePerSecond`, against the newest earlier reading in source time, becomes
 * UncertainSensorNotAccurate. Two readings with one source time and different values have no finite rate: they are marked too.
 */
export const rate: RuleKind = {
  id: 'rate',
  version: 1,
  reasons: ['rate'],
  parametersOf: ({ maxRatePerSecond }) => (maxRatePerSecond === undefined ? undefined : { maxRatePerSecond }),
  create: (reasons) => {
    const limit = new Parameter(Number.POSITIVE_INFINITY)
    return {
      get isActive() {
        return limit.isUsed
      },
      declare: (signal, { maxRatePerSecond }) => limit.set(signal, maxRatePerSecond),
      judge: (rows) => {
        const { count, signal, sourceTime, value, previousTime, previousValue } = rows
        const limits = limit.values
        for (let i = 0; i < count; i++) {
          const most = limits[signal[i] as number] as number
          const elapsed = (sourceTime[i] as number) - (previousTime[i] as number)
          // NaN (nothing before) and negative times (late) compare false. Multiplied out, so that elapsed 0 needs no case of its own.
          const step = Math.abs((value[i] as number) - (previousValue[i] as number)) * SECOND
          if (elapsed >= 0 && most < Number.POSITIVE_INFINITY && step > most * elapsed) {
            mark(rows, i, reasons, 'rate', Status.UncertainSensorNotAccurate)
          }
        }
      },
    }
  },
}
