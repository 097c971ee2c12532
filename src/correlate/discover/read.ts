import type { DiscoveryProgress } from '../../core/discovery.ts'
import { QueryRefused } from '../../core/historian.ts'
import type { History, Series, SeriesQuery } from '../../core/history.ts'
import type { Micros } from '../../core/time.ts'
import { type Candidate, idAt } from './candidates.ts'
import { DISCOVER_LIMITS, HOLD_US, WINDOW_LEADS } from './limits.ts'
import type { Moment } from './moments.ts'
import { shuffled } from './random.ts'
import { meanOf, type Track, take, trackOf } from './track.ts'

export interface ReadParts {
  readonly history: History
  readonly leadUs: Micros
  /** The target, where it is a signal: what it does from each moment on is read, too. */
  readonly observe: { readonly signal: string; readonly stepUs: Micros; readonly expectedPeriodUs: Micros | undefined } | undefined
  readonly random: () => number
  readonly monotonicMs: () => number
  /** Lets others have their turn. */
  readonly pause: () => Promise<void>
  readonly onProgress: (progress: DiscoveryProgress) => void
  readonly stop: AbortSignal
}

export interface WhatWasRead {
  readonly tracks: readonly Track[]
  /** By moment: 1 where it was read before a limit was reached. */
  readonly read: Uint8Array
  /** By moment, what the observed signal did; NaN: not known. */
  readonly observed: Float64Array
  /** What the observed signal itself did before each moment. */
  readonly own: Track | undefined
  readonly samples: number
  readonly stopped: 'time' | 'samples' | undefined
}

/** Moments are read together when their windows follow each other, at most so many windows at once. */
const WINDOWS_AT_ONCE = 16
/** Groups read first to see how often signals report, and readings of one from which that can be told. */
const PILOTS = 6
const READINGS_FOR_PERIOD = 20
/** A signal whose readings come regularly, nine in ten within 1.5 medians, holds them for three. */
const REGULAR = 1.5
const REGULAR_SHARE = 0.9
const REGULAR_HOLDS = 3
const DECLARED_HOLDS = 2

/** Reads the windows before the moments, set by set in an order drawn at random, so that what was read within the limits is a fair part of the whole. */
export async function readMoments(moments: readonly Moment[], candidates: readonly Candidate[], parts: ReadParts): Promise<WhatWasRead> {
  const { leadUs, observe, random, monotonicMs, pause, onProgress, stop } = parts
  const tracks = candidates.map(({ isState }) => trackOf(isState, moments.length))
  const read = new Uint8Array(moments.length)
  const observed = Float64Array.from(moments, (moment) => moment.observed)
  const ownTrack = observe && trackOf(false, moments.length)
  const groups = shuffled(groupsOf(moments, WINDOW_LEADS * leadUs), random)
  const began = monotonicMs()
  let samples = 0
  const seriesOf = async (group: Group): Promise<ReadonlyMap<string, Series>> => {
    const places = new Set(group.rows.map((row) => moments[row]?.equipment))
    const ids = new Set(candidates.flatMap((one) => [...places].flatMap((place) => idAt(one, place) ?? [])))
    if (observe) ids.add(observe.signal)
    const query = { from: group.from, to: group.to + (observe?.stepUs ?? 0), lookBackUs: HOLD_US }
    const found = await series([...ids], query, parts.history)
    for (const { count } of found) samples += count
    return new Map(found.map((one) => [one.signal, one]))
  }
  const holds = await holdsOf(candidates, groups.slice(0, PILOTS), moments, seriesOf)
  const ownHold = observe?.expectedPeriodUs === undefined ? HOLD_US : DECLARED_HOLDS * observe.expectedPeriodUs
  let done = 0
  let stopped: WhatWasRead['stopped']
  for (const group of groups) {
    stop.throwIfAborted()
    stopped = samples >= DISCOVER_LIMITS.samples ? 'samples' : monotonicMs() - began >= DISCOVER_LIMITS.timeMs ? 'time' : undefined
    if (stopped) break
    const byId = await seriesOf(group)
    for (const row of group.rows) {
      const { at, equipment } = moments[row] as Moment
      read[row] = 1
      candidates.forEach((one, i) => {
        const found = byId.get(idAt(one, equipment) ?? '')
        if (found) take(tracks[i] as Track, row, found, { at, leadUs, holdUs: holds[i] as Micros })
      })
      const own = observe && byId.get(observe.signal)
      if (own && ownTrack) take(ownTrack, row, own, { at, leadUs, holdUs: ownHold })
      if (own) observed[row] = meanOf(own, at, at + observe.stepUs, ownHold) - meanOf(own, at - observe.stepUs, at, ownHold)
    }
    done += group.rows.length
    onProgress({ phase: 'reading', done, of: moments.length, samples })
    await pause()
  }
  return { tracks, read, observed, own: ownTrack, samples, stopped }
}

interface Group {
  readonly rows: number[]
  readonly from: Micros
  to: Micros
}

function groupsOf(moments: readonly Moment[], windowUs: Micros): Group[] {
  const order = [...moments.keys()].sort((a, b) => (moments[a] as Moment).at - (moments[b] as Moment).at)
  const groups: Group[] = []
  for (const row of order) {
    const { at, equipment } = moments[row] as Moment
    const last = groups.at(-1)
    const isNext = last && at - windowUs <= last.to && at - last.from <= WINDOWS_AT_ONCE * windowUs
    if (isNext && moments[last.rows[0] as number]?.equipment === equipment) {
      last.rows.push(row)
      last.to = at
    } else groups.push({ rows: [row], from: at - windowUs, to: at })
  }
  return groups
}

/** How long a reading of each signal holds: by its declaration, else as its readings come. */
async function holdsOf(
  candidates: readonly Candidate[],
  pilots: readonly Group[],
  moments: readonly Moment[],
  seriesOf: (group: Group) => Promise<ReadonlyMap<string, Series>>,
): Promise<Micros[]> {
  const gaps = candidates.map((): number[] => [])
  const isOpen = candidates.some(({ isState, expectedPeriodUs }) => !isState && expectedPeriodUs === undefined)
  for (const group of isOpen ? pilots : []) {
    const byId = await seriesOf(group)
    candidates.forEach((one, i) => {
      const found = byId.get(idAt(one, moments[group.rows[0] as number]?.equipment) ?? '')
      // The first one may be from long before.
      for (let row = 2; found && row < found.count; row++) gaps[i]?.push((found.time[row] as number) - (found.time[row - 1] as number))
    })
  }
  return candidates.map(({ expectedPeriodUs, isState }, i) => {
    if (expectedPeriodUs !== undefined) return DECLARED_HOLDS * expectedPeriodUs
    const sorted = Float64Array.from(gaps[i] as number[]).sort()
    if (isState || sorted.length < READINGS_FOR_PERIOD) return HOLD_US
    const median = sorted[Math.floor(sorted.length / 2)] as number
    const most = sorted[Math.floor(sorted.length * REGULAR_SHARE)] as number
    return most <= REGULAR * median ? REGULAR_HOLDS * median : HOLD_US
  })
}

/** Signals that together are too much for the history are asked for in halves; one that is too much alone has no samples. */
async function series(signals: readonly string[], query: Omit<SeriesQuery, 'signals'>, history: History): Promise<Series[]> {
  if (signals.length === 0) return []
  try {
    return await history.series({ signals, ...query })
  } catch (error) {
    if (!(error instanceof QueryRefused)) throw error
    if (signals.length === 1) return []
    const half = Math.ceil(signals.length / 2)
    return [...(await series(signals.slice(0, half), query, history)), ...(await series(signals.slice(half), query, history))]
  }
}
