import { Status } from '../../core/status.ts'
import { SECOND } from '../../core/time.ts'
import { Column, Parameter } from '../column.ts'
import { isAhead, mark, type RuleKind } from '../rule.ts'

/**
 * Rate of change: a step faster than the declared `maxRatePerSecond`, against the newest earlier reading in source time that was within its range, becomes
 * UncertainSensorNotAccurate. Two readings with one source time and different values have no finite rate: they are marked too. The way back from
 * a marked step is not marked: it is measured from the last reading before that step.
 */
export const rate: RuleKind = {
  id: 'rate',
  version: 2,
  reasons: ['rate'],
  parametersOf: ({ maxRatePerSecond }) => (maxRatePerSecond === undefined ? undefined : { maxRatePerSecond }),
  create: (reasons) => {
    const limit = new Parameter(Number.POSITIVE_INFINITY)
    const memory = { time: new Column(Number.NaN), value: new Column(Number.NaN) }
    return {
      memory,
      get isActive() {
        return limit.isUsed
      },
      declare: (signal, { maxRatePerSecond }) => {
        limit.set(signal, maxRatePerSecond)
        for (const column of Object.values(memory)) column.reserve(signal + 1)
      },
      judge: (rows) => {
        const { count, signal, sourceTime, value, previousTime, previousValue, outside } = rows
        const limits = limit.values
        const [time, level] = [memory.time.values, memory.value.values]
        for (let i = 0; i < count; i++) {
          const s = signal[i] as number
          const most = limits[s] as number
          const elapsed = (sourceTime[i] as number) - (previousTime[i] as number)
          // NaN (nothing before) and negative times (late) compare false. Multiplied out, so that elapsed 0 needs no case of its own.
          const step = Math.abs((value[i] as number) - (previousValue[i] as number)) * SECOND
          if (!(elapsed >= 0) || most === Number.POSITIVE_INFINITY || isAhead(rows, i)) continue
          // NaN (nothing before) is no step.
          if (!(step > most * elapsed)) {
            if (outside[i] === 0) level[s] = Number.NaN
            continue
          }
          const back = Math.abs((value[i] as number) - (level[s] as number)) * SECOND
          if (back <= most * ((sourceTime[i] as number) - (time[s] as number))) {
            level[s] = Number.NaN
          } else {
            mark(rows, i, reasons, 'rate', Status.UncertainSensorNotAccurate)
            if (!Number.isNaN(level[s])) continue
            level[s] = previousValue[i] as number
            time[s] = previousTime[i] as number
          }
        }
      },
    }
  },
}
