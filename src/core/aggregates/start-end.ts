import { isNull, Status } from '../status.ts'
import { simpleBound } from './bounds.ts'
import { type History, KIND } from './history.ts'
import { type Aggregate, type Compute, type Interval, noData, outside, partialBit, result } from './intervals.ts'
import { BITS, withBits } from './status.ts'

/** A sample as it is, with its own time and status. */
function rawAt(history: History, interval: Interval, row: number): Aggregate {
  if (interval.first === interval.last) return noData(interval.start)
  const bad = history.severity[row] === KIND.bad
  const status = history.status[row] as number
  return {
    time: history.time[row] as number,
    value: bad ? null : (history.value[row] as number),
    // A sample that calls itself usable and has no number is not passed on as such.
    status: withBits(bad && !isNull(status) ? Status.BadAggregateInvalidInputs : status, partialBit(history, interval)),
  }
}

/** First and last sample whatever their quality (OPC 10000-13, 5.4.3.25 and 5.4.3.26). */
export const start: Compute = (history, interval) => rawAt(history, interval, interval.first)
export const end: Compute = (history, interval) => rawAt(history, interval, interval.last - 1)

/** Last Good sample less the first; Uncertain where others were skipped to find them (OPC 10000-13, 5.4.3.27). */
export const delta: Compute = (history, interval) => {
  const { severity, value } = history
  let first = interval.first
  let last = interval.last - 1
  while (first <= last && severity[first] !== KIND.good) first++
  while (last >= first && severity[last] !== KIND.good) last--
  if (last < first) return noData(interval.start)
  const clean = first === interval.first && last === interval.last - 1
  const change = (value[last] as number) - (value[first] as number)
  const status = clean ? Status.Good : Status.UncertainDataSubNormal
  return result(interval.start, change, status, BITS.Calculated | partialBit(history, interval))
}

/** Simple Bounding Value at the start (OPC 10000-13, 5.4.3.28). */
export const startBound: Compute = (history, interval) => {
  if (outside(history, interval)) return noData(interval.start)
  const { value, status } = simpleBound(history, interval.start, interval.first)
  return result(interval.start, value, status, partialBit(history, interval))
}

/** Simple Bounding Value at the end (OPC 10000-13, 5.4.3.29). */
export const endBound: Compute = (history, interval) => {
  if (outside(history, interval)) return noData(interval.start)
  const { value, status, kind } = simpleBound(history, interval.end, interval.last)
  const bits = kind === KIND.bad ? 0 : BITS.Calculated
  return result(interval.start, value, withoutBits(status), bits | partialBit(history, interval))
}

/** End bound less start bound (OPC 10000-13, 5.4.3.30). */
export const deltaBounds: Compute = (history, interval) => {
  if (outside(history, interval)) return noData(interval.start)
  const from = simpleBound(history, interval.start, interval.first)
  const to = simpleBound(history, interval.end, interval.last)
  const partial = partialBit(history, interval)
  if (from.kind === KIND.bad || to.kind === KIND.bad) return result(interval.start, 0, Status.BadNoData, partial)
  const clean = from.kind === KIND.good && to.kind === KIND.good
  const status = clean ? Status.Good : Status.UncertainDataSubNormal
  return result(interval.start, to.value - from.value, status, BITS.Calculated | partial)
}

const withoutBits = (status: number): number => (status & 0xffff0000) >>> 0
