import type { Expression, Values } from '../core/expression/index.ts'
import type { History, Series } from '../core/history.ts'
import type { FieldValue } from '../core/it-records.ts'
import { rank } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import { type Input, readAt, worstOf } from './inputs.ts'

/** A stretch during which every input says the same: [start, end). */
export interface Stretch {
  readonly start: Micros
  readonly end: Micros
  readonly values: Values
  /** Worst of the inputs: 0 all Good, 1 one Uncertain, 2 one that says nothing. */
  readonly worst: 0 | 1 | 2
  /** Worst status of the inputs. */
  readonly status: number
  /** True where at least one input has a sample right at the start. */
  readonly isSampled: boolean
}

/**
 * What inputs say over [from, to], held from one sample to the next and no longer than their tolerance: a stretch for every moment at which one of them changes what
 * it says. `series` by input, with what holds at `from`.
 */
export function eachStretch(
  inputs: readonly Input[],
  series: readonly Series[],
  { from, to }: { readonly from: Micros; readonly to: Micros },
  visit: (stretch: Stretch) => void,
): void {
  const rows = inputs.map(() => -1)
  for (let at = from; at <= to; ) {
    const values: Record<string, FieldValue | undefined> = {}
    let worst: 0 | 1 | 2 = 0
    const statuses: number[] = []
    let next = to + 1
    let isSampled = false
    inputs.forEach((input, i) => {
      const { count, time } = series[i] as Series
      let row = rows[i] as number
      while (row + 1 < count && (time[row + 1] as number) <= at) row++
      rows[i] = row
      if (row >= 0 && time[row] === at) isSampled = true
      const { value, status } = readAt(input, series[i] as Series, row, at)
      values[input.name] = value
      statuses.push(status)
      const level = value === undefined ? 2 : rank(status)
      if (level > worst) worst = level
      if (row + 1 < count) next = Math.min(next, time[row + 1] as number)
      const over = row < 0 ? 0 : (time[row] as number) + input.toleranceUs + 1
      if (over > at) next = Math.min(next, over)
    })
    visit({ start: at, end: next, values, worst, status: worstOf(statuses), isSampled })
    at = next
  }
}

/** Samples of inputs in [from, to], and what holds at `from`. */
export async function readInputs(
  inputs: readonly Input[],
  { from, to }: { from: Micros; to: Micros },
  history: History,
): Promise<Series[]> {
  const signals = [...new Set(inputs.map(({ signal }) => signal))]
  const lookBackUs = Math.max(...inputs.map(({ toleranceUs }) => toleranceUs))
  const series = await history.series({ signals, from, to: to + 1, lookBackUs })
  return inputs.map(({ signal }) => series[signals.indexOf(signal)] as Series)
}

export type Truth = boolean | undefined
export const truthOf = (condition: Expression, values: Values): Truth => condition.evaluate(values) as Truth
