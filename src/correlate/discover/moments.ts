import type { MomentLeftOut } from '../../core/discovery.ts'
import { DAY, type Micros } from '../../core/time.ts'
import { CLUSTER_WINDOWS, DAYS_FOR_HOURS, DISCOVER_LIMITS, LEAST_CONTROLS, SAME_HOUR_US, WINDOW_LEADS } from './limits.ts'
import { shuffled } from './random.ts'

/** A moment before which signals are looked at. */
export interface Moment {
  readonly at: Micros
  readonly equipment: string | undefined
  /** Events: the set it belongs to, and whether it is the event or one of the controls. Numbers: each its own. */
  readonly set: number
  readonly isEvent: boolean
  readonly cluster: number
  /** The number that was observed; NaN: not known yet. */
  readonly observed: number
}

export interface Occurrence {
  readonly from: Micros
  readonly to: Micros | null
  readonly equipment: string | undefined
  /** Nobody saw it begin. */
  readonly isStartUnseen: boolean
}

export interface Moments {
  readonly moments: readonly Moment[]
  readonly found: number
  readonly leftOut: Record<MomentLeftOut, number>
  readonly matching: 'same-hour' | 'any-hour'
}

export interface Period {
  readonly from: Micros
  readonly to: Micros
  readonly leadUs: Micros
}

export const noneLeftOut = (): Record<MomentLeftOut, number> => ({
  ...{ close: 0, 'start-unseen': 0, 'no-value': 0, 'no-controls': 0, 'over-limit': 0, 'not-read': 0 },
})

type Span = readonly [from: Micros, to: Micros]

/**
 * Events with their controls: other times of the same equipment, at the same hour of other days, which neither the event's window nor any other event comes near.
 * No two windows of one equipment overlap. An event that comes soon after another one tells of that one, and is left out.
 */
export function eventMoments(occurrences: readonly Occurrence[], period: Period, random: () => number): Moments {
  const { from, to, leadUs } = period
  const windowUs = WINDOW_LEADS * leadUs
  const sorted = [...occurrences].sort((a, b) => a.from - b.from)
  const mine = sorted.filter((one) => one.from >= from && one.from < to)
  const leftOut = noneLeftOut()
  const busy = new Map<string, Span[]>()
  const over = new Map<string, Micros>()
  const usable: Occurrence[] = []
  for (const one of sorted) {
    const place = one.equipment ?? ''
    const ends = (one.to ?? to) + leadUs
    const isClose = one.from - windowUs < (over.get(place) ?? Number.NEGATIVE_INFINITY)
    over.set(place, Math.max(over.get(place) ?? Number.NEGATIVE_INFINITY, ends))
    const spans = busy.get(place) ?? []
    busy.set(place, spans)
    spans.push([one.from - windowUs, ends])
    if (one.from < from || one.from >= to) continue
    if (one.isStartUnseen) leftOut['start-unseen']++
    else if (isClose) leftOut.close++
    else usable.push(one)
  }
  const matching = to - from >= DAYS_FOR_HOURS * DAY ? 'same-hour' : 'any-hour'
  const sets: { readonly event: Occurrence; readonly controls: readonly Micros[] }[] = []
  for (const event of shuffled(usable, random)) {
    if (sets.length >= DISCOVER_LIMITS.events) leftOut['over-limit']++
    else {
      const taken = busy.get(event.equipment ?? '') as Span[]
      const controls = controlsOf(event.from, taken, { ...period, matching, windowUs }, random)
      if (controls.length < LEAST_CONTROLS) leftOut['no-controls']++
      else {
        sets.push({ event, controls })
        for (const at of controls) taken.push([at - windowUs, at])
      }
    }
  }
  const clusters = clustersOf(
    sets.map(({ event }) => event.from),
    CLUSTER_WINDOWS * windowUs,
  )
  const moments = sets.flatMap(({ event: { equipment, from: at }, controls }, set) => {
    const shared = { equipment, set, cluster: clusters[set] as number, observed: Number.NaN }
    return [{ at, isEvent: true, ...shared }, ...controls.map((time) => ({ at: time, isEvent: false, ...shared }))]
  })
  return { moments, found: mine.length, leftOut, matching }
}

const FAR = [0, 1 / 6, 1 / 2, 1]
const TRIES = 200

function controlsOf(
  at: Micros,
  taken: readonly Span[],
  { from, to, windowUs, matching }: Period & { readonly windowUs: Micros; readonly matching: Moments['matching'] },
  random: () => number,
): Micros[] {
  const found: Micros[] = []
  const isFree = (time: Micros) =>
    time - windowUs >= from &&
    time < to &&
    !taken.some(([begin, end]) => time > begin && time - windowUs < end) &&
    !found.some((other) => Math.abs(other - time) < windowUs)
  for (const time of timesNear(at, { from, to, matching }, random)) {
    if (found.length >= DISCOVER_LIMITS.controls) break
    if (isFree(time)) found.push(time)
  }
  return found
}

/** Times to try, those on days of the same kind (week, weekend) first. */
function* timesNear(at: Micros, { from, to, matching }: { from: Micros; to: Micros; matching: Moments['matching'] }, random: () => number) {
  if (matching === 'any-hour') {
    for (let i = 0; i < TRIES; i++) yield from + random() * (to - from)
    return
  }
  const first = Math.ceil((from - at) / DAY)
  const last = Math.floor((to - at) / DAY)
  const days = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((day) => day !== 0)
  const isSameKind = (day: number) => isWeekend(at + day * DAY) === isWeekend(at)
  const order = shuffled(days, random)
  const ordered = [...order.filter(isSameKind), ...order.filter((one) => !isSameKind(one))]
  // The very time of day first: where events come often, times beside them lie more at the edges of their hours, and a rhythm would tell the two apart.
  for (const far of FAR) for (const day of ordered) yield at + day * DAY + far * (2 * random() - 1) * SAME_HOUR_US
}

/** Day 0 of the epoch was a Thursday. */
const isWeekend = (time: Micros): boolean => [2, 3].includes(((Math.floor(time / DAY) % 7) + 7) % 7)

/** Numbers times so that those nearer than `gap` to a neighbour share a number. */
function clustersOf(times: readonly Micros[], gap: Micros): number[] {
  const order = times.map((time, i) => [time, i] as const).sort(([a], [b]) => a - b)
  const out: number[] = []
  let cluster = 0
  order.forEach(([time, i], k) => {
    if (k > 0 && time - (order[k - 1]?.[0] as number) > gap) cluster++
    out[i] = cluster
  })
  return out
}

/** Numbers that were observed, each at its time. */
export function observedMoments(
  observations: readonly { readonly at: Micros; readonly equipment: string | undefined; readonly observed: number | undefined }[],
  { from, to }: Period,
  random: () => number,
): Moments {
  const leftOut = noneLeftOut()
  const mine = observations.filter(({ at }) => at >= from && at < to)
  const known = mine.filter(({ observed }) => observed !== undefined)
  leftOut['no-value'] = mine.length - known.length
  const some = shuffled(known, random).slice(0, DISCOVER_LIMITS.observations)
  leftOut['over-limit'] = known.length - some.length
  const moments = some
    .sort((a, b) => a.at - b.at)
    .map(({ at, equipment, observed }, set) => ({ at, equipment, set, isEvent: true, cluster: set, observed: observed as number }))
  const matching = to - from >= DAYS_FOR_HOURS * DAY ? 'same-hour' : 'any-hour'
  return { moments, found: mine.length, leftOut, matching }
}

/** Times at which a signal is looked at, evenly spread. What it was then is not known yet. */
export function gridMoments({ from, to, leadUs }: Period, stepUs: Micros, equipment: string | undefined): Moments {
  const begin = from + WINDOW_LEADS * leadUs
  const fit = Math.max(0, Math.floor((to - begin) / stepUs))
  const count = Math.min(fit, DISCOVER_LIMITS.observations)
  // Side by side where all fit; otherwise as far apart as the period allows.
  const apart = fit > count ? Math.floor((to - begin - stepUs) / count) : stepUs
  const moments = Array.from({ length: count }, (_, set) => {
    return { at: begin + set * apart, equipment, set, isEvent: true, cluster: set, observed: Number.NaN }
  })
  const matching = to - from >= DAYS_FOR_HOURS * DAY ? 'same-hour' : 'any-hour'
  return { moments, found: count, leftOut: noneLeftOut(), matching }
}
