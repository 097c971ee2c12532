import { SPOOL_LIMITS } from './limits.ts'

/** The latest fsync durations, for their percentiles. */
export class Durations {
  readonly #ring = new Float64Array(SPOOL_LIMITS.fsyncDurations)
  #count = 0
  /** Until the next one: who asks how the log is doing asks often. */
  #sorted: Float64Array | undefined

  add(ms: number): void {
    this.#ring[this.#count++ % this.#ring.length] = ms
    this.#sorted = undefined
  }

  /** The duration that a share of the latest ones stayed at or below; 0 before the first. */
  percentile(share: number): number {
    const sorted = (this.#sorted ??= this.#ring.slice(0, this.#count).sort())
    return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
  }
}
