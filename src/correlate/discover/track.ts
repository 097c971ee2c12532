import type { DiscoveryFeature } from '../../core/discovery.ts'
import type { Series } from '../../core/history.ts'
import { rowAt } from '../../core/row-at.ts'
import { isNull } from '../../core/status.ts'
import { HOUR, type Micros, SECOND } from '../../core/time.ts'
import { DISCOVER_LIMITS, LEAST_COVERAGE, STRETCHES, WINDOW_LEADS } from './limits.ts'

/** One feature of one stretch, a value per moment; NaN: not known. */
export interface Column {
  readonly feature: DiscoveryFeature
  readonly stretch: number
  readonly state?: string
  readonly values: Float32Array
}

/** What one signal did before each moment. */
export interface Track {
  readonly isState: boolean
  readonly moments: number
  readonly columns: Map<string, Column>
  /** By moment: 1 where its window is covered well enough. */
  readonly judged: Uint8Array
  coveredUs: number
  askedUs: number
  /** Windows that were read, and those covered too little. */
  windows: number
  leftOut: number
  hasTooManyStates: boolean
}

export function trackOf(isState: boolean, moments: number): Track {
  return {
    ...{ isState, moments, columns: new Map(), judged: new Uint8Array(moments) },
    ...{ coveredUs: 0, askedUs: 0, windows: 0, leftOut: 0, hasTooManyStates: false },
  }
}

/** Takes in what a signal did before `at`; the series covers at least the window. Readings hold until the next one, but no longer than `holdUs`. */
export function take(
  track: Track,
  moment: number,
  series: Series,
  { at, leadUs, holdUs }: { at: Micros; leadUs: Micros; holdUs: Micros },
): void {
  const begin = at - WINDOW_LEADS * leadUs
  const before = readingsOf(series, begin, at - leadUs, holdUs, track.isState)
  const stretches = STRETCHES.map(([from, to]) => readingsOf(series, at - from * leadUs, at - to * leadUs, holdUs, track.isState))
  const all = [before, ...stretches]
  track.windows++
  track.coveredUs += all.reduce((sum, { coveredUs }) => sum + coveredUs, 0)
  track.askedUs += all.reduce((sum, { spanUs }) => sum + spanUs, 0)
  if (all.some(({ coveredUs, spanUs }) => coveredUs < LEAST_COVERAGE * spanUs)) {
    track.leftOut++
    return
  }
  track.judged[moment] = 1
  // A state that is not in this window has a share of 0 in it.
  for (const column of track.columns.values()) column.values[moment] = 0
  stretches.forEach((one, stretch) => {
    if (!track.isState) {
      put(track, moment, { feature: 'level', stretch }, one.mean - before.mean)
      put(track, moment, { feature: 'slope', stretch }, one.slope)
      return
    }
    put(track, moment, { feature: 'transitions', stretch }, one.perHour - before.perHour)
    for (const state of new Set([...one.shares.keys(), ...before.shares.keys()])) {
      if (state === 'false') continue
      put(track, moment, { feature: 'share', stretch, state }, (one.shares.get(state) ?? 0) - (before.shares.get(state) ?? 0))
    }
  })
}

function put(track: Track, moment: number, what: Omit<Column, 'values'>, value: number): void {
  const key = `${what.feature} ${what.stretch} ${what.state ?? ''}`
  let column = track.columns.get(key)
  if (!column) {
    if (what.feature === 'share' && track.columns.size >= STRETCHES.length * (DISCOVER_LIMITS.states + 1)) {
      track.hasTooManyStates = true
      return
    }
    column = { ...what, values: Float32Array.from(track.judged, (is) => (is ? 0 : Number.NaN)) }
    track.columns.set(key, column)
  }
  column.values[moment] = value
}

interface Readings {
  readonly spanUs: number
  readonly coveredUs: number
  readonly mean: number
  /** Per second. */
  readonly slope: number
  readonly perHour: number
  readonly shares: ReadonlyMap<string, number>
}

/** Usable readings of [from, to), each weighted with the time it holds. */
function readingsOf(series: Series, from: Micros, to: Micros, holdUs: Micros, isState: boolean): Readings {
  let [weight, sumT, sumV, sumTT, sumTV, changes] = [0, 0, 0, 0, 0, 0]
  const shares = new Map<string, number>()
  const first = Math.max(0, rowAt(series, from) - 1)
  // Small numbers about the first value: what is far from zero loses no digits.
  const origin = firstValue(series, first)
  let last: string | undefined
  for (let i = first; i < series.count; i++) {
    const time = series.time[i] as number
    if (time >= to) break
    if (isNull(series.status[i] as number)) {
      last = undefined
      continue
    }
    const next = i + 1 < series.count ? (series.time[i + 1] as number) : Number.POSITIVE_INFINITY
    const [start, end] = [Math.max(time, from), Math.min(next, time + holdUs, to)]
    if (isState) {
      const state = stateOf(series, i)
      if (last !== undefined && state !== last && time >= from) changes++
      last = state
      if (end > start) shares.set(state, (shares.get(state) ?? 0) + end - start)
    }
    if (!(end > start)) continue
    const w = end - start
    const t = (start + end - 2 * from) / 2
    const v = (series.value[i] as number) - origin
    weight += w
    sumT += w * t
    sumV += w * v
    sumTT += w * t * t
    sumTV += w * t * v
  }
  const spread = sumTT - (sumT * sumT) / weight
  for (const [state, us] of shares) shares.set(state, us / weight)
  return {
    ...{ spanUs: to - from, coveredUs: weight, mean: origin + sumV / weight },
    slope: spread > 0 ? ((sumTV - (sumT * sumV) / weight) / spread) * SECOND : 0,
    ...{ perHour: weight > 0 ? (changes * HOUR) / weight : 0, shares },
  }
}

/** Mean of the usable readings of [from, to); NaN where they cover too little. */
export function meanOf(series: Series, from: Micros, to: Micros, holdUs: Micros): number {
  const { mean, coveredUs, spanUs } = readingsOf(series, from, to, holdUs, false)
  return coveredUs >= LEAST_COVERAGE * spanUs ? mean : Number.NaN
}

function firstValue({ value, count }: Series, from: number): number {
  for (let i = from; i < count; i++) if (Number.isFinite(value[i])) return value[i] as number
  return 0
}

function stateOf({ text, value }: Series, row: number): string {
  return text?.get(row) ?? STATE_NAMES[value[row] as number] ?? String(value[row])
}

const STATE_NAMES: Readonly<Record<number, string>> = { 0: 'false', 1: 'true' }
