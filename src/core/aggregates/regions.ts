import type { Micros } from '../time.ts'
import { simpleBound } from './bounds.ts'
import { type History, KIND } from './history.ts'
import type { Interval } from './intervals.ts'
import { statusOfShares } from './status.ts'

/** Receives one region: the stretch between two samples or bounds, and the KIND of what is known of it. */
export type Visit = (duration: Micros, startValue: number, endValue: number, kind: number) => void

/**
 * Divides an interval into regions with Simple Bounding Values (OPC 10000-13, 5.4.3.2.2). A region is what its start is; where values slope,
 * one that ends in anything but Good is Uncertain. The newest sample of all counts for one step of the time resolution.
 *
 * With `quality` the regions are those of DurationGood and its relatives: what a region ends in does not matter.
 */
export function eachRegion(history: History, interval: Interval, quality: boolean, visit: Visit): void {
  const { count, time, value, kind, configuration } = history
  const held = quality || configuration.stepped
  const { start, end, first, last } = interval
  const bound = simpleBound(history, start, first, quality)
  let from = start
  let v = bound.value
  let k = bound.kind
  const close = (duration: Micros, nextValue: number, nextKind: number) => {
    const region = k === KIND.good && !held && nextKind !== KIND.good ? KIND.uncertain : k
    visit(duration, v, held || nextKind === KIND.bad ? v : nextValue, region)
  }
  for (let i = first; i < last; i++) {
    const at = time[i] as number
    // A sample right at the start is the bound.
    if (at === start) continue
    close(at - from, value[i] as number, kind[i] as number)
    from = at
    v = value[i] as number
    k = kind[i] as number
  }
  if (last >= count && k !== KIND.bad) {
    close(Math.min(configuration.resolutionUs, end - from), Number.NaN, KIND.bad)
    return
  }
  const { value: nextValue, kind: nextKind } = simpleBound(history, end, last, quality)
  close(end - from, nextValue, nextKind)
}

/** Microseconds of an interval by KIND of region. */
export class Durations {
  good: Micros = 0
  uncertain: Micros = 0
  bad: Micros = 0

  add(duration: Micros, kind: number): void {
    if (kind === KIND.good) this.good += duration
    else if (kind === KIND.uncertain) this.uncertain += duration
    else this.bad += duration
  }

  get total(): Micros {
    return this.good + this.uncertain + this.bad
  }

  /** Status by time: Uncertain regions go with the Good or with the Bad ones (OPC 10000-13, 5.4.3.2.1). */
  status({ configuration }: History): number {
    const { good, uncertain, bad, total } = this
    const strict = configuration.treatUncertainAsBad
    return statusOfShares(strict ? good : good + uncertain, strict ? bad + uncertain : bad, total, configuration)
  }
}
