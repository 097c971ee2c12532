import { rank, Status } from '../status.ts'
import { simpleBound } from './bounds.ts'
import type { History } from './history.ts'
import { type Aggregate, type Compute, type Interval, noData, outside, partialBit, result } from './intervals.ts'
import { BITS } from './status.ts'

/** The first of the codes with the worst severity; several such are told where they are not Good (OPC 10000-13, 5.4.3.35). */
function worstOf(history: History, interval: Interval, codes: Iterable<number>): Aggregate {
  let worst = -1
  let level = -1
  let several = false
  for (const code of codes) {
    const severity = rank(code)
    if (severity === level) several = severity > 0
    if (severity <= level) continue
    worst = code
    level = severity
    several = false
  }
  if (worst < 0) return noData(interval.start)
  const bits = BITS.Calculated | (several ? BITS.MultipleValues : 0) | partialBit(history, interval)
  return result(interval.start, (worst & 0xffff0000) >>> 0, Status.Good, bits)
}

/** Over the samples; the value is a status code. Uncertain is what it is, whatever the configuration says. */
export const worstQuality: Compute = (history, interval) =>
  outside(history, interval) ? noData(interval.start) : worstOf(history, interval, history.status.subarray(interval.first, interval.last))

/** Over the samples and the Simple Bounding Values at both edges (OPC 10000-13, 5.4.3.36). */
export const worstQuality2: Compute = (history, interval) => {
  if (outside(history, interval)) return noData(interval.start)
  const { start, end, first, last } = interval
  const sampled = first < last && history.time[first] === start
  const from = sampled ? [] : [simpleBound(history, start, first, true).status]
  const to = simpleBound(history, end, last, true).status
  return worstOf(history, interval, [...from, ...history.status.subarray(first, last), to])
}
