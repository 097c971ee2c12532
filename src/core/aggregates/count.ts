import { rank, Status } from '../status.ts'
import { type History, KIND } from './history.ts'
import { type Aggregate, type Compute, type Interval, noData, partialBit, result } from './intervals.ts'
import { BITS, statusOfShares } from './status.ts'

/** Status by number of samples: only Good ones are good, Uncertain ones are bad where the configuration says so (OPC 10000-13, 5.4.3.2.1). */
export function statusOfValues({ kind, severity, configuration }: History, { first, last }: Interval): number {
  let good = 0
  let bad = 0
  for (let i = first; i < last; i++) {
    if (severity[i] === KIND.good) good++
    else if (kind[i] === KIND.bad) bad++
  }
  return statusOfShares(good, bad, last - first, configuration)
}

/** A number of samples; an interval without any has no count, as in the tables of annex A none has a value. */
function counted(history: History, interval: Interval, number: () => number): Aggregate {
  if (interval.first === interval.last) return noData(interval.start)
  const status = statusOfValues(history, interval)
  if (rank(status) === 2) return { time: interval.start, value: null, status: Status.Bad }
  return result(interval.start, number(), status, BITS.Calculated | partialBit(history, interval))
}

/** Good samples (OPC 10000-13, 5.4.3.21). */
export const count: Compute = (history, interval) =>
  counted(history, interval, () => {
    let good = 0
    for (let i = interval.first; i < interval.last; i++) if (history.severity[i] === KIND.good) good++
    return good
  })

/** Changes of value from one usable sample to the next, the one before the interval included (OPC 10000-13, 5.4.3.24). */
export const numberOfTransitions: Compute = (history, interval) =>
  counted(history, interval, () => {
    const { value, kind, before } = history
    let previous = before[interval.first] as number
    let transitions = 0
    for (let i = interval.first; i < interval.last; i++) {
      if (kind[i] === KIND.bad) continue
      if (previous < 0 || value[previous] !== value[i]) transitions++
      previous = i
    }
    return transitions
  })
