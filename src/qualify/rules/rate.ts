import { Status } from '../../core/status.ts'
import { HOUR, SECOND } from '../../core/time.ts'
import { Column, Parameter } from '../column.ts'
import { mark, type RuleKind } from '../rule.ts'

/** A level left by a marked step is remembered for this long. */
const BACK_US = HOUR

/**
 * Rate of change: a step faster than the declared `maxRatePerSecond`, against the newest earlier reading in source time that was within its range, becomes
 * UncertainSensorNotAccurate. Two readings with one source time and different values have no finite rate: they are marked too. One `resolution` of a step counts for nothing: both
 * readings are rounded to it. The way back to the level
 * that a marked step left is not marked, nor is the end of a spike, a flat line or a disagreement of peers.
 */
export const rate: RuleKind = {
  id: 'rate',
  version: 3,
  reasons: ['rate'],
  parametersOf: ({ maxRatePerSecond, resolution }) =>
    maxRatePerSecond === undefined ? undefined : { maxRatePerSecond, ...(resolution !== undefined && { resolution }) },
  create: (reasons) => {
    const limit = new Parameter(Number.POSITIVE_INFINITY)
    const rounding = new Parameter(0)
    /** The last reading before a marked step; no time: none. */
    const memory = { time: new Column(Number.NaN), value: new Column(Number.NaN) }
    return {
      memory,
      get isActive() {
        return limit.isUsed
      },
      declare: (signal, { maxRatePerSecond, resolution }) => {
        rounding.set(signal, resolution)
        limit.set(signal, maxRatePerSecond)
        for (const column of Object.values(memory)) column.reserve(signal + 1)
        return { perSecond: maxRatePerSecond }
      },
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, value, isInOrder, isWayBack, previousTime, previousValue } = rows
        const [limits, roundings] = [limit.values, rounding.values]
        const [time, level] = [memory.time.values, memory.value.values]
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const s = signal[i] as number
          const most = limits[s] as number
          if (most === Number.POSITIVE_INFINITY || isInOrder[k] === 0) continue
          const t = sourceTime[i] as number
          const step = Math.abs((value[i] as number) - (previousValue[k] as number))
          // NaN (nothing before) compares false. Multiplied out, so that elapsed 0 needs no case of its own.
          if (!((step - (roundings[s] as number)) * SECOND > most * (t - (previousTime[k] as number)))) continue
          const left = t - (time[s] as number)
          const isKnown = left <= BACK_US
          const back = Math.abs((value[i] as number) - (level[s] as number))
          if (isWayBack[k] === 1 || (isKnown && back < step / 2 && back * SECOND <= most * left)) {
            time[s] = Number.NaN
            continue
          }
          mark(rows, i, reasons, 'rate', Status.UncertainSensorNotAccurate)
          if (isKnown) continue
          level[s] = previousValue[k] as number
          time[s] = previousTime[k] as number
        }
      },
    }
  },
}
