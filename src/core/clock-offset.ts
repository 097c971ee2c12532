import type { Micros } from './time.ts'

/** How a device's clock was compared with ours: by asking it, or from the times in what it sends. */
export type ClockMethod = 'round-trip' | 'one-way'

/** One moment by both clocks of this node; the monotonic one tells when the wall clock was set in between. */
export interface Instant {
  readonly wallUs: Micros
  readonly monotonicMs: number
}

/** One question for the device's time and its answer. `resolutionUs` is the step in which the device tells its time, cut downwards. */
export interface ClockExchange {
  readonly sent: Instant
  readonly received: Instant
  readonly deviceTime: Micros
  readonly resolutionUs: number
}

/** Device clock minus ours: the true offset lies within `offsetUs ± uncertaintyUs`. */
export interface ClockReading {
  readonly offsetUs: number
  readonly uncertaintyUs: number
  /** How much faster (+) or slower (-) the device's clock runs, and how well that is known; absent until enough time has passed. */
  readonly driftPpm?: number
  readonly driftUncertaintyPpm?: number
  /** When, by our clock, the measurement that counts was made. */
  readonly measuredTime: Micros
  readonly method: ClockMethod
}

export const CLOCK_LIMITS = {
  /** Measurements kept, and for how long: one an exchange, or the fastest message of each slot. */
  points: 64,
  windowMs: 30 * 60_000,
  /** Arrivals within one slot leave only the fastest message. */
  slotMs: 30_000,
  /** Worst drift of a clock that works; a measurement becomes this much less certain as it ages. */
  driftPpm: 100,
  /** Drift is not told before the points span this long and are this many. */
  driftSpanMs: 5 * 60_000,
  driftPoints: 5,
  /** A wall clock that moved this much against the monotonic one during an exchange was set: the exchange is void. */
  stepUs: 10_000,
  /** Longest round trip believed. */
  roundTripMs: 10_000,
  /** What a message may take at least, one way: the part of the delay that no minimum filter can see. */
  assumedDelayUs: 200_000,
} as const

interface Point {
  readonly atMs: number
  readonly atUs: Micros
  readonly offsetUs: number
  readonly uncertaintyUs: number
}

/**
 * Offset between one device's clock and ours, over a sliding window of bounded size.
 *
 * Round trip (Cristian's algorithm): offset = T - (t0 + t1) / 2, uncertain by half the round trip and the resolution of T; the narrowest counts. Where
 * others prove it wrong, the device renews its clock in coarser steps than it says: then the latest time told counts, uncertain by what they differ.
 *
 * One way: T - arrival = offset - delay, and no delay is negative, so the largest of the window bounds the offset from below for certain.
 * From above there is no bound. If the device seems behind, all of it may be delay: the interval reaches up to zero. Beyond that it is widened
 * by how much the messages' delays differ, and `assumedDelayUs`. So "ahead" is beyond doubt where the interval says so, "behind" never is.
 */
export class ClockOffset {
  readonly method: ClockMethod
  #points: Point[] = []
  #lastMs = 0

  constructor(method: ClockMethod) {
    this.method = method
  }

  /** Takes one exchange; false when it is not worth anything (the wall clock was set meanwhile, or the answer took too long). */
  roundTrip({ sent, received, deviceTime, resolutionUs }: ClockExchange): boolean {
    const tripUs = (received.monotonicMs - sent.monotonicMs) * 1000
    const stepUs = Math.abs(received.wallUs - sent.wallUs - tripUs)
    if (!(tripUs >= 0 && tripUs <= CLOCK_LIMITS.roundTripMs * 1000 && stepUs <= CLOCK_LIMITS.stepUs)) return false
    if (!Number.isFinite(deviceTime)) return false
    const offsetUs = deviceTime - (received.wallUs - tripUs / 2)
    this.#add({
      atMs: received.monotonicMs,
      atUs: received.wallUs,
      offsetUs,
      // The device's clock goes on drifting between its answer and our having it.
      uncertaintyUs: tripUs / 2 + resolutionUs + stepUs + tripUs * CLOCK_LIMITS.driftPpm * 1e-6,
    })
    return true
  }

  /** Takes a device's time found in a message that arrived at `received`. */
  arrival(deviceTime: Micros, received: Instant): void {
    const offsetUs = deviceTime - received.wallUs
    if (!Number.isFinite(offsetUs)) return
    const last = this.#points.at(-1)
    const point = { atMs: received.monotonicMs, atUs: received.wallUs, offsetUs, uncertaintyUs: 0 }
    if (last && slotOf(last.atMs) === slotOf(point.atMs)) {
      if (offsetUs > last.offsetUs) this.#points[this.#points.length - 1] = point
    } else this.#add(point)
  }

  /** Measurements in the window. */
  get size(): number {
    return this.#points.length
  }

  /** What is known now; undefined before the first measurement and after a window without one. */
  reading(nowMs: number): ClockReading | undefined {
    this.#forget(nowMs)
    const best = this.method === 'round-trip' ? narrowestTrue(this.#points, nowMs) : highest(this.#points, nowMs)
    if (!best) return undefined
    const { offsetUs, uncertaintyUs, atUs } = best
    return { offsetUs, uncertaintyUs, ...drift(this.#points), measuredTime: atUs, method: this.method }
  }

  /**
   * The offset if the fastest message took no time, told only where the lag stayed the same for several messages over a minute or more:
   * old messages that come late cannot keep that up. Undefined otherwise, and for round trips, where `reading` is better.
   */
  steadyArrival(nowMs: number, withinUs: number): number | undefined {
    this.#forget(nowMs)
    const points = this.#points
    const [first, last] = [points[0], points.at(-1)]
    if (this.method !== 'one-way' || !first || !last) return undefined
    if (points.length < STEADY_POINTS || last.atMs - first.atMs < STEADY_MS) return undefined
    const offsets = points.map(({ offsetUs }) => offsetUs)
    const most = Math.max(...offsets)
    return most - Math.min(...offsets) <= withinUs ? most : undefined
  }

  #add(point: Point): void {
    // A monotonic clock does not run back; one that did would make windows meaningless.
    if (point.atMs < this.#lastMs) this.#points = []
    this.#lastMs = point.atMs
    this.#points.push(point)
    if (this.#points.length > CLOCK_LIMITS.points) this.#points.shift()
  }

  #forget(nowMs: number): void {
    const from = nowMs - CLOCK_LIMITS.windowMs
    if ((this.#points[0]?.atMs ?? from) < from) this.#points = this.#points.filter(({ atMs }) => atMs >= from)
  }
}

const STEADY_POINTS = 3
const STEADY_MS = 60_000

const slotOf = (ms: number): number => Math.floor(ms / CLOCK_LIMITS.slotMs)

/** What a working clock may have drifted since, in microseconds. */
const agedUs = (point: Point, nowMs: number): number => (Math.max(0, nowMs - point.atMs) * CLOCK_LIMITS.driftPpm) / 1000

function narrowest(points: readonly Point[], nowMs: number): Point | undefined {
  let best: Point | undefined
  for (const point of points) {
    const uncertaintyUs = point.uncertaintyUs + agedUs(point, nowMs)
    if (!best || uncertaintyUs <= best.uncertaintyUs) best = { ...point, uncertaintyUs }
  }
  return best
}

function narrowestTrue(points: readonly Point[], nowMs: number): Point | undefined {
  const best = narrowest(points, nowMs)
  if (!best) return undefined
  // A time told is never later than the true one, so every lower bound holds.
  let sure = best
  let stalest = best
  for (const point of points) {
    const one = { ...point, uncertaintyUs: point.uncertaintyUs + agedUs(point, nowMs) }
    if (one.offsetUs - one.uncertaintyUs > sure.offsetUs - sure.uncertaintyUs) sure = one
    if (one.offsetUs + one.uncertaintyUs < stalest.offsetUs + stalest.uncertaintyUs) stalest = one
  }
  const contradict = stalest.offsetUs + stalest.uncertaintyUs < sure.offsetUs - sure.uncertaintyUs
  return contradict ? { ...sure, uncertaintyUs: sure.uncertaintyUs + sure.offsetUs - stalest.offsetUs } : best
}

function highest(points: readonly Point[], nowMs: number): Point | undefined {
  let best: Point | undefined
  let low = Number.NEGATIVE_INFINITY
  for (const point of points) {
    const bound = point.offsetUs - agedUs(point, nowMs)
    if (bound > low) {
      low = bound
      best = point
    }
  }
  if (!best) return undefined
  const usual = median(points.map(({ offsetUs }) => offsetUs))
  const high = Math.max(best.offsetUs, 0) + agedUs(best, nowMs) + Math.max(0, best.offsetUs - usual) + CLOCK_LIMITS.assumedDelayUs
  return { ...best, offsetUs: (low + high) / 2, uncertaintyUs: (high - low) / 2 }
}

/**
 * Theil-Sen: the median of the slopes between all pairs of points; a few bad ones do not move it. Its confidence is the half width of
 * the middle half of the slopes, and never better than what the points' own uncertainty allows over their span.
 */
function drift(points: readonly Point[]): { driftPpm: number; driftUncertaintyPpm: number } | undefined {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last || points.length < CLOCK_LIMITS.driftPoints) return undefined
  const spanMs = last.atMs - first.atMs
  if (spanMs < CLOCK_LIMITS.driftSpanMs) return undefined
  const slopes: number[] = []
  points.forEach((a, i) => {
    for (const b of points.slice(i + 1)) if (b.atMs > a.atMs) slopes.push(((b.offsetUs - a.offsetUs) * 1000) / (b.atMs - a.atMs))
  })
  slopes.sort((a, b) => a - b)
  const at = (share: number): number => slopes[Math.floor((slopes.length - 1) * share)] as number
  const allowed = (2000 * median(points.map(({ uncertaintyUs }) => uncertaintyUs))) / spanMs
  return { driftPpm: median(slopes), driftUncertaintyPpm: Math.max((at(0.75) - at(0.25)) / 2, allowed) }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
