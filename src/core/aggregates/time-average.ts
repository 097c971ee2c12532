import { Status } from '../status.ts'
import { interpolatedBound } from './bounds.ts'
import { type History, KIND } from './history.ts'
import { type Aggregate, type Compute, type Interval, noData, outside, partialBit, result } from './intervals.ts'
import { Durations, eachRegion } from './regions.ts'
import { BITS } from './status.ts'

const MICROS_PER_SECOND = 1e6

/** Area under the values in value-microseconds, how long values were known, and whether anything but Good was used or skipped. */
interface Area {
  readonly area: number
  readonly covered: number
  readonly clean: boolean
}

/** With Interpolated Bounding Values, over what is Bad: sloped lines from one usable sample to the next, or each one held. */
function areaOver(history: History, { start, end, first, last }: Interval, stepped: boolean): Area {
  const { count, time, value, kind, after } = history
  const from = interpolatedBound(history, start, first, stepped)
  let known = from.kind !== KIND.bad
  let clean = from.kind === KIND.good
  let v = from.value
  let t = start
  let area = 0
  let covered = 0
  for (let i = first; i < last; i++) {
    const k = kind[i] as number
    if (k !== KIND.good) clean = false
    if (k === KIND.bad) continue
    const at = time[i] as number
    const next = value[i] as number
    if (known) {
      area += (stepped ? v : (v + next) / 2) * (at - t)
      covered += at - t
    }
    known = true
    v = next
    t = at
  }
  if (!known) return { area, covered, clean }
  const to = interpolatedBound(history, end, last, stepped)
  area += (stepped ? v : (v + to.value) / 2) * (end - t)
  covered += end - t
  const extrapolated = (after[last] as number) === count
  return { area, covered, clean: clean && (stepped ? !extrapolated : to.kind === KIND.good) }
}

function interpolated(history: History, interval: Interval, stepped: boolean, of: (area: Area) => number): Aggregate {
  if (outside(history, interval)) return noData(interval.start)
  const area = areaOver(history, interval, stepped)
  if (area.covered === 0) return noData(interval.start)
  const status = area.clean ? Status.Good : Status.UncertainDataSubNormal
  return result(interval.start, of(area), status, BITS.Calculated | partialBit(history, interval))
}

const average = ({ area, covered }: { area: number; covered: number }) => area / covered
const total = ({ area }: { area: number }) => area / MICROS_PER_SECOND

/** Time-weighted, always along sloped lines (OPC 10000-13, 5.4.3.6). */
export const timeAverage: Compute = (history, interval) => interpolated(history, interval, false, average)

/** Integral over seconds, held or sloped as the signal is (OPC 10000-13, 5.4.3.8; annex A.6 holds the values of history 3). */
export const timeTotal: Compute = (history, interval) => interpolated(history, interval, history.configuration.stepped, total)

/** With Simple Bounding Values: what is Bad is left out, and the status says how much was (OPC 10000-13, 5.4.3.7 and 5.4.3.9). */
function simple(history: History, interval: Interval, of: (area: { area: number; covered: number }) => number): Aggregate {
  if (outside(history, interval)) return noData(interval.start)
  const durations = new Durations()
  let area = 0
  let covered = 0
  eachRegion(history, interval, false, (duration, startValue, endValue, kind) => {
    durations.add(duration, kind)
    if (kind === KIND.bad) return
    area += ((startValue + endValue) / 2) * duration
    covered += duration
  })
  if (covered === 0) return noData(interval.start)
  return result(interval.start, of({ area, covered }), durations.status(history), BITS.Calculated | partialBit(history, interval))
}

export const timeAverage2: Compute = (history, interval) => simple(history, interval, average)
export const timeTotal2: Compute = (history, interval) => simple(history, interval, total)
