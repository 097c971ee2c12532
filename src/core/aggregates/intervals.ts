import { Status } from '../status.ts'
import type { Micros } from '../time.ts'
import type { History } from './history.ts'
import { BITS, withBits } from './status.ts'

/** `[start, end)` and the rows of the samples in it: `first` to `last - 1`; `last` is the first row at or after the end. */
export interface Interval {
  readonly start: Micros
  readonly end: Micros
  readonly first: number
  readonly last: number
}

/** One result. `value` is null exactly when the status is Bad (or GoodNoData, of a sample that is so). */
export interface Aggregate {
  /** Start of the interval; for the functions of actual times, when it was so. */
  readonly time: Micros
  readonly value: number | null
  readonly status: number
}

/** One aggregate function over one interval. */
export type Compute = (history: History, interval: Interval) => Aggregate

export interface Period {
  readonly from: Micros
  readonly to: Micros
  readonly intervalUs: Micros
}

/** Intervals in one call. */
export const AGGREGATE_LIMITS = { intervals: 1_000_000 } as const

/**
 * Visits the intervals of a period in order; the last one may be shorter (OPC 10000-13, 5.4.2.2). Intervals begin at `from`, or at multiples
 * of their length since the epoch when `aligned`, the first one then cut at `from`.
 */
export function eachInterval(history: History, period: Period, visit: (interval: Interval) => void, aligned = false): void {
  const { from, to, intervalUs } = period
  if (!(from < to && intervalUs >= 1)) throw new RangeError('a period needs a beginning before its end, and an interval of at least 1 us')
  if ((to - from) / intervalUs > AGGREGATE_LIMITS.intervals) throw new RangeError(`more than ${AGGREGATE_LIMITS.intervals} intervals`)
  const { count, time } = history
  const origin = aligned ? Math.floor(from / intervalUs) * intervalUs : from
  let last = lowerBound(time, count, from)
  for (let n = 0, start = from; start < to; n++) {
    const end = Math.min(to, origin + (n + 1) * intervalUs)
    const first = last
    while (last < count && (time[last] as number) < end) last++
    visit({ start, end, first, last })
    start = end
  }
}

/** Row of the first sample at or after a time. */
function lowerBound(time: Float64Array, count: number, at: Micros): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((time[middle] as number) < at) low = middle + 1
    else high = middle
  }
  return low
}

/** True where an interval lies wholly before the first or after the last sample known: Bad_NoData for nearly all functions. */
export function outside({ count, time }: History, { start, end }: Interval): boolean {
  return count === 0 || end <= (time[0] as number) || start > (time[count - 1] as number)
}

/** The Partial bit where the interval holds the beginning or the end of the data (OPC 10000-13, 5.3.3.2). */
export function partialBit({ count, time }: History, { start, end }: Interval): number {
  if (count === 0) return 0
  const begin = time[0] as number
  const newest = time[count - 1] as number
  return (begin > start && begin < end) || (newest >= start && newest < end) ? BITS.Partial : 0
}

export const noData = (time: Micros): Aggregate => ({ time, value: null, status: Status.BadNoData })

/** A result with its bits; without value where its status is Bad. */
export function result(time: Micros, value: number, status: number, bits: number): Aggregate {
  return { time, value: status >>> 30 >= 2 ? null : value, status: withBits(status, bits) }
}
