import { Status } from '../status.ts'
import { statusOfValues } from './count.ts'
import { type History, KIND } from './history.ts'
import { type Compute, type Interval, noData, outside, partialBit, result } from './intervals.ts'
import { BITS } from './status.ts'

/** Mean of the Good samples (OPC 10000-13, 5.4.3.5); never Partial. */
export const average: Compute = (history, interval) => {
  const { value, severity } = history
  let sum = 0
  let good = 0
  for (let i = interval.first; i < interval.last; i++) {
    if (severity[i] !== KIND.good) continue
    sum += value[i] as number
    good++
  }
  if (good === 0) return noData(interval.start)
  return result(interval.start, sum / good, statusOfValues(history, interval), BITS.Calculated)
}

/** Number of Good samples and the sum of their squared distances from their mean, by Welford's method. */
function spread({ value, severity }: History, { first, last }: Interval): { good: number; squares: number } {
  let good = 0
  let mean = 0
  let squares = 0
  for (let i = first; i < last; i++) {
    if (severity[i] !== KIND.good) continue
    const x = value[i] as number
    const delta = x - mean
    mean += delta / ++good
    squares += delta * (x - mean)
  }
  return { good, squares }
}

/** Variance of the Good samples, 0 of a single one; Uncertain where another one was left out (OPC 10000-13, 5.4.3.37 to 5.4.3.40). */
function variance(free: 0 | 1, of: (variance: number) => number): Compute {
  return (history, interval) => {
    const { good, squares } = spread(history, interval)
    if (good === 0 || outside(history, interval)) return noData(interval.start)
    const status = good < interval.last - interval.first ? Status.UncertainDataSubNormal : Status.Good
    const value = good > free ? squares / (good - free) : 0
    return result(interval.start, of(value), status, BITS.Calculated | partialBit(history, interval))
  }
}

const itself = (value: number) => value
export const varianceSample = variance(1, itself)
export const variancePopulation = variance(0, itself)
export const standardDeviationSample = variance(1, Math.sqrt)
export const standardDeviationPopulation = variance(0, Math.sqrt)
