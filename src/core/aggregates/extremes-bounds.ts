import { simpleBound } from './bounds.ts'
import type { Sign } from './extremes.ts'
import { type History, KIND } from './history.ts'
import { type Compute, type Interval, noData, outside, partialBit, result } from './intervals.ts'
import { Durations, eachRegion } from './regions.ts'
import { BITS } from './status.ts'

interface Extreme {
  readonly value: number
  readonly time: number
  /** Bits of the value, and of the value at its actual time. */
  readonly bits: number
  readonly actualBits: number
  readonly several: boolean
}

/**
 * Among the usable samples and the Simple Bounding Value at the start; the one at the end counts only where values slope
 * (OPC 10000-13, 5.4.3.15 to 5.4.3.19). An end bound is at the last moment of the interval.
 */
function extreme(history: History, { start, end, first, last }: Interval, sign: Sign): Extreme | undefined {
  const { time, value, kind, configuration } = history
  let best: Extreme | undefined
  const offer = (x: number, at: number, bits: number, actualBits: number) => {
    if (!best || x * sign > best.value * sign) best = { value: x, time: at, bits, actualBits, several: false }
    else if (x === best.value) best = { ...best, several: true }
  }
  const from = simpleBound(history, start, first)
  if (from.kind !== KIND.bad) offer(from.value, start, from.raw ? 0 : BITS.Interpolated, from.raw ? 0 : BITS.Interpolated)
  for (let i = first; i < last; i++) {
    if (kind[i] === KIND.bad || time[i] === start) continue
    const x = value[i] as number
    if (!best || x * sign >= best.value * sign) offer(x, time[i] as number, BITS.Calculated, 0)
  }
  const to = configuration.stepped ? undefined : simpleBound(history, end, last)
  if (to && to.kind !== KIND.bad) {
    offer(to.value, end - configuration.resolutionUs, to.raw ? BITS.Calculated : BITS.Interpolated, BITS.Interpolated)
  }
  return best
}

function timeStatus(history: History, interval: Interval): number {
  const durations = new Durations()
  eachRegion(history, interval, false, (duration, _start, _end, kind) => durations.add(duration, kind))
  return durations.status(history)
}

function bounded(sign: Sign, actual: boolean): Compute {
  return (history, interval) => {
    const found = outside(history, interval) ? undefined : extreme(history, interval, sign)
    if (!found) return noData(interval.start)
    const bits = actual ? found.actualBits : found.bits
    const more = (found.several ? BITS.MultipleValues : 0) | partialBit(history, interval)
    return result(actual ? found.time : interval.start, found.value, timeStatus(history, interval), bits | more)
  }
}

export const minimum2 = bounded(-1, false)
export const maximum2 = bounded(1, false)
export const minimumActualTime2 = bounded(-1, true)
export const maximumActualTime2 = bounded(1, true)

/** Maximum2 less Minimum2. */
export const range2: Compute = (history, interval) => {
  const low = outside(history, interval) ? undefined : extreme(history, interval, -1)
  const high = low && extreme(history, interval, 1)
  if (!high) return noData(interval.start)
  return result(interval.start, high.value - low.value, timeStatus(history, interval), BITS.Calculated | partialBit(history, interval))
}
