import { Status } from '../status.ts'
import { type History, KIND } from './history.ts'
import { type Aggregate, type Compute, type Interval, noData, partialBit, result } from './intervals.ts'
import { BITS } from './status.ts'

/** -1 for the minimum, 1 for the maximum. */
export type Sign = -1 | 1

interface Extreme {
  readonly row: number
  readonly several: boolean
  readonly status: number
}

/** Among the Good samples; Uncertain where a Bad one was left out (OPC 10000-13, 5.4.3.10 to 5.4.3.14). */
function extreme({ value, kind, severity }: History, { first, last }: Interval, sign: Sign): Extreme | undefined {
  let row = -1
  let best = Number.NEGATIVE_INFINITY
  let several = false
  let status = Status.Good
  for (let i = first; i < last; i++) {
    if (kind[i] === KIND.bad) status = Status.UncertainDataSubNormal
    if (severity[i] !== KIND.good) continue
    const x = (value[i] as number) * sign
    if (x === best) several = true
    if (!(x > best)) continue
    row = i
    best = x
    several = false
  }
  return row < 0 ? undefined : { row, several, status }
}

/** The value with the time of the interval; a sample right at that time is raw, any other one is calculated. */
const extremeValue =
  (sign: Sign): Compute =>
  (history, interval) => {
    const found = extreme(history, interval, sign)
    if (!found) return noData(interval.start)
    const raw = history.time[found.row] === interval.start
    return at(history, interval, interval.start, found, raw ? 0 : BITS.Calculated)
  }

/** The sample itself, with its own time. */
const extremeSample =
  (sign: Sign): Compute =>
  (history, interval) => {
    const found = extreme(history, interval, sign)
    return found ? at(history, interval, history.time[found.row] as number, found, 0) : noData(interval.start)
  }

function at(history: History, interval: Interval, time: number, { row, several, status }: Extreme, bits: number): Aggregate {
  const more = (several ? BITS.MultipleValues : 0) | partialBit(history, interval)
  return result(time, history.value[row] as number, status, bits | more)
}

export const minimum = extremeValue(-1)
export const maximum = extremeValue(1)
export const minimumActualTime = extremeSample(-1)
export const maximumActualTime = extremeSample(1)

/** Maximum less minimum. */
export const range: Compute = (history, interval) => {
  const low = extreme(history, interval, -1)
  const high = extreme(history, interval, 1)
  if (!low || !high) return noData(interval.start)
  const width = (history.value[high.row] as number) - (history.value[low.row] as number)
  return result(interval.start, width, high.status, BITS.Calculated | partialBit(history, interval))
}
