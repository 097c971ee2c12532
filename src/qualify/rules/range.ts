import { Status } from '../../core/status.ts'
import { Parameter } from '../column.ts'
import { mark, type RuleKind } from '../rule.ts'

type Limits = readonly [number, number] | undefined

/** A rule that compares readings with two declared limits, both inclusive. */
function between(id: string, status: number, limitsOf: (definition: { range?: Limits; instrumentRange?: Limits }) => Limits): RuleKind {
  return {
    id,
    version: 1,
    reasons: [id],
    parametersOf: (definition) => {
      const limits = limitsOf(definition)
      return limits && { low: limits[0], high: limits[1] }
    },
    create: (reasons) => {
      const low = new Parameter(Number.NEGATIVE_INFINITY)
      const high = new Parameter(Number.POSITIVE_INFINITY)
      return {
        get isActive() {
          return low.isUsed
        },
        declare: (signal, definition) => {
          const limits = limitsOf(definition)
          low.set(signal, limits?.[0])
          high.set(signal, limits?.[1])
          return limits && { low: limits[0], high: limits[1] }
        },
        judge: (rows) => {
          const { noticed, row, signal, value } = rows
          const [lows, highs] = [low.values, high.values]
          for (let k = 0; k < noticed; k++) {
            const i = row[k] as number
            const s = signal[i] as number
            const v = value[i] as number
            if (v < (lows[s] as number) || v > (highs[s] as number)) mark(rows, i, reasons, id, status)
          }
        },
      }
    },
  }
}

/** Engineering range: a sound reading lies within the declared `range`; outside it is UncertainEngineeringUnitsExceeded. */
export const range = between('range', Status.UncertainEngineeringUnitsExceeded, (definition) => definition.range)

/** Instrument range: outside the declared `instrumentRange` the sensor measures nothing it can answer for: UncertainSensorNotAccurate. */
export const instrumentRange = between('instrument-range', Status.UncertainSensorNotAccurate, (definition) => definition.instrumentRange)

/** What every sound reading of a signal lies between: within both. */
export function soundLimits({ range, instrumentRange }: { range?: Limits; instrumentRange?: Limits }): [number, number] {
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  return [Math.max(range?.[0] ?? low, instrumentRange?.[0] ?? low), Math.min(range?.[1] ?? high, instrumentRange?.[1] ?? high)]
}
