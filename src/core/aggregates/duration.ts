import { Status } from '../status.ts'
import { type History, KIND } from './history.ts'
import { type Aggregate, type Compute, type Interval, noData, outside, partialBit, result } from './intervals.ts'
import { Durations, eachRegion } from './regions.ts'
import { BITS } from './status.ts'

const MICROS_PER_MILLI = 1_000

function durations(history: History, interval: Interval): Durations {
  const sums = new Durations()
  eachRegion(history, interval, true, (duration, _start, _end, kind) => sums.add(duration, kind))
  return sums
}

/** The status is always Good, Calculated: how much was Bad is the answer itself (OPC 10000-13, 5.4.3.31 to 5.4.3.34). */
function measured(history: History, interval: Interval, of: (durations: Durations) => number): Aggregate {
  if (outside(history, interval)) return noData(interval.start)
  return result(interval.start, of(durations(history, interval)), Status.Good, BITS.Calculated | partialBit(history, interval))
}

/** Milliseconds. */
export const durationGood: Compute = (history, interval) => measured(history, interval, ({ good }) => good / MICROS_PER_MILLI)
export const durationBad: Compute = (history, interval) => measured(history, interval, ({ bad }) => bad / MICROS_PER_MILLI)

/** Shares of the time; what is neither is Uncertain. */
export const percentGood: Compute = (history, interval) => measured(history, interval, ({ good, total }) => (good / total) * 100)
export const percentBad: Compute = (history, interval) => measured(history, interval, ({ bad, total }) => (bad / total) * 100)

/** Milliseconds of Good time with a value of zero, or other than zero (OPC 10000-13, 5.4.3.22 and 5.4.3.23). */
function inState(zero: boolean): Compute {
  return (history, interval) => {
    if (outside(history, interval)) return noData(interval.start)
    const sums = new Durations()
    let inside = 0
    eachRegion(history, interval, true, (duration, value, _end, kind) => {
      sums.add(duration, kind)
      if (kind === KIND.good && (value === 0) === zero) inside += duration
    })
    const bits = BITS.Calculated | partialBit(history, interval)
    return result(interval.start, inside / MICROS_PER_MILLI, sums.status(history), bits)
  }
}

export const durationInStateZero = inState(true)
export const durationInStateNonZero = inState(false)
