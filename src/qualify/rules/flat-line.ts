import { Status } from '../../core/status.ts'
import { SECOND } from '../../core/time.ts'
import { Parameter } from '../column.ts'
import { mark, type RuleKind } from '../rule.ts'

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
    return {
      get isActive() {
        return after.isUsed
      },
      declare: (signal, { flatLineUs, resolution, deadband }) => {
        after.set(signal, flatLineUs)
        width.set(signal, resolution === undefined ? undefined : resolution / 2)
        least.set(signal, deadband === undefined ? undefined : READINGS_BY_EXCEPTION)
        return flatLineUs === undefined ? undefined : { standUs: flatLineUs, width: resolution === undefined ? 0 : resolution / 2 }
      },
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, value, newest, isInOrder, isWayBack, level, since, readings } = rows
        const [limits, widths, leasts] = [after.values, width.values, least.values]
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const s = signal[i] as number
          const limit = limits[s] as number
          if (isInOrder[k] === 0 || limit === Number.POSITIVE_INFINITY) continue
          const few = leasts[s] as number
          if (Math.abs((value[i] as number) - (level[k] as number)) <= (widths[s] as number)) {
            const isLong = (sourceTime[i] as number) - (since[k] as number) > limit
            if (isLong && (readings[k] as number) + 1 >= few) mark(rows, i, reasons, 'flat-line', Status.UncertainSubNormal)
          } else if ((newest[k] as number) - (since[k] as number) > limit && (readings[k] as number) >= few) {
            // The signal went on behind a sensor that stood still: where it is now says nothing against this reading.
            isWayBack[k] = 1
          }
        }
      },
    }
  },
}
