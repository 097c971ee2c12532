import { Status } from '../status.ts'
import type { Micros } from '../time.ts'
import { type History, KIND } from './history.ts'
import { BITS, withBits } from './status.ts'

/** The value at an edge of an interval, where there need not be a sample. */
export interface Bound {
  /** NaN where there is none. */
  readonly value: number
  readonly status: number
  /** KIND: Bad means that there is no value. */
  readonly kind: number
  /** True where it is a sample itself. */
  readonly raw: boolean
}

const NONE: Bound = { value: Number.NaN, status: Status.BadNoData, kind: KIND.bad, raw: false }

const sampleAt = (history: History, row: number): Bound => ({
  value: history.value[row] as number,
  status: history.status[row] as number,
  kind: history.kind[row] as number,
  raw: true,
})

const estimate = (value: number, good: boolean): Bound => ({
  value,
  status: withBits(good ? Status.Good : Status.UncertainDataSubNormal, BITS.Interpolated),
  kind: good ? KIND.good : KIND.uncertain,
  raw: false,
})

/** On the line through two samples (OPC 10000-13, 3.1.5). */
function onLine({ time, value }: History, a: number, b: number, at: Micros): number {
  const from = time[a] as number
  const start = value[a] as number
  return ((at - from) * ((value[b] as number) - start)) / ((time[b] as number) - from) + start
}

/**
 * Interpolated Bounding Value (OPC 10000-13, 3.1.8): from the nearest usable samples on both sides, Uncertain where a Bad one was skipped or an
 * Uncertain one used, extrapolated after the end of the data. `row` is the first one at or after the time.
 */
export function interpolatedBound(history: History, at: Micros, row: number, stepped: boolean): Bound {
  const { count, time, kind, before, after, configuration } = history
  const exact = row < count && time[row] === at
  if (exact && kind[row] !== KIND.bad) return sampleAt(history, row)
  const previous = before[row] as number
  if (previous < 0) return NONE
  const clean = kind[previous] === KIND.good
  const next = after[row] as number
  if (stepped) {
    const skipped = exact ? row : row - 1
    return estimate(history.value[previous] as number, clean && skipped === previous && row < count)
  }
  if (next < count) return estimate(onLine(history, previous, next, at), clean && kind[next] === KIND.good && next === previous + 1)
  const second = before[previous] as number
  if (configuration.useSlopedExtrapolation && second >= 0) return estimate(onLine(history, second, previous, at), false)
  return estimate(history.value[previous] as number, false)
}

/**
 * Simple Bounding Value (OPC 10000-13, 3.1.9): from the samples right before and after, even when they are Bad; none after the end of the data.
 *
 * The functions of quality take a held value that is Uncertain for what it is: `asItIs` leaves it Uncertain where the configuration would make
 * it Bad. So the tables of annex A.30, A.32 and A.34 have it for the stepped histories 3 and 4, though not for the sloped history 2.
 */
export function simpleBound(history: History, at: Micros, row: number, asItIs = false): Bound {
  const { count, time, value, kind, severity, configuration } = history
  if (row < count && time[row] === at) return kind[row] === KIND.bad ? { ...NONE, raw: true } : sampleAt(history, row)
  const previous = row - 1
  if (previous < 0 || row >= count) return NONE
  const held = value[previous] as number
  if (kind[previous] === KIND.bad) {
    return asItIs && configuration.stepped && severity[previous] === KIND.uncertain ? estimate(held, false) : NONE
  }
  const clean = kind[previous] === KIND.good
  if (configuration.stepped) return estimate(held, clean)
  if (kind[row] === KIND.bad) return estimate(held, false)
  return estimate(onLine(history, previous, row, at), clean && kind[row] === KIND.good)
}
