import { Status } from '../../core/status.ts'
import { SECOND } from '../../core/time.ts'
import { Column, Parameter } from '../column.ts'
import { isAhead, mark, type RuleKind } from '../rule.ts'

/** Readings at one level before it can be called flat; more from a source that reports by exception, whose repeated readings are rare and say nothing. */
const READINGS = 3
const READINGS_BY_EXCEPTION = 10

/**
 * Flat line: readings keep arriving, and have stayed within the instrument's `resolution` of one value for longer than the declared
 * `flatLine`: UncertainSubNormal. It judges readings that arrived: silence of a source that reports by exception (one with a `deadband`) is not
 * a flat line, nor is the one reading it repeats after a reconnection.
 */
export const flatLine: RuleKind = {
  id: 'flat-line',
  version: 3,
  reasons: ['flat-line'],
  parametersOf: ({ flatLineUs, resolution, deadband }) =>
    flatLineUs === undefined
      ? undefined
      : {
          afterSeconds: flatLineUs / SECOND,
          resolution: resolution ?? 0,
          readings: deadband === undefined ? READINGS : READINGS_BY_EXCEPTION,
        },
  create: (reasons) => {
    const after = new Parameter(Number.POSITIVE_INFINITY)
    const width = new Parameter(0)
    const least = new Parameter(READINGS)
    const memory = { level: new Column(Number.NaN), since: new Column(Number.POSITIVE_INFINITY), readings: new Column(0) }
    return {
      memory,
      get isActive() {
        return after.isUsed
      },
      declare: (signal, { flatLineUs, resolution, deadband }) => {
        after.set(signal, flatLineUs)
        width.set(signal, resolution === undefined ? undefined : resolution / 2)
        least.set(signal, deadband === undefined ? undefined : READINGS_BY_EXCEPTION)
        for (const column of Object.values(memory)) column.reserve(signal + 1)
      },
      judge: (rows) => {
        const { count, signal, sourceTime, value, newest } = rows
        const [limits, widths, leasts] = [after.values, width.values, least.values]
        const [level, since, readings] = [memory.level.values, memory.since.values, memory.readings.values]
        for (let i = 0; i < count; i++) {
          const s = signal[i] as number
          const limit = limits[s] as number
          const t = sourceTime[i] as number
          if (limit === Number.POSITIVE_INFINITY || t < (newest[i] as number) || isAhead(rows, i)) continue
          // A null reading (NaN) is a change as well.
          if (Math.abs((value[i] as number) - (level[s] as number)) <= (widths[s] as number)) {
            readings[s] = (readings[s] as number) + 1
            if (t - (since[s] as number) > limit && (readings[s] as number) >= (leasts[s] as number)) {
              mark(rows, i, reasons, 'flat-line', Status.UncertainSubNormal)
            }
          } else {
            level[s] = value[i] as number
            since[s] = t
            readings[s] = 1
          }
        }
      },
    }
  },
}
