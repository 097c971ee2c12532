import type { Clock } from '../../core/time.ts'
import { API_LIMITS } from '../limits.ts'

/** Seconds of the rate that may come at once: a page asks for many things when it opens. */
const BURST_S = 5

/** Requests per second by address and by identity; a bucket each, of which the oldest makes room. */
export class Rate {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #buckets = new Map<string, { left: number; atMs: number }>()
  /** Requests refused since the start. */
  refused = 0

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
  }

  /** Takes one from a bucket; false when it is empty. */
  take(key: string): boolean {
    const now = this.#clock.monotonicMs()
    const most = this.#perSecond * BURST_S
    const known = this.#buckets.get(key)
    const left = known ? Math.min(most, known.left + ((now - known.atMs) / 1_000) * this.#perSecond) : most
    const isGood = left >= 1
    if (!isGood) this.refused++
    this.#buckets.delete(key)
    if (this.#buckets.size >= API_LIMITS.throttled) this.#buckets.delete(this.#buckets.keys().next().value as string)
    this.#buckets.set(key, { left: isGood ? left - 1 : left, atMs: now })
    return isGood
  }
}
