import type { Clock } from '../../core/time.ts'

/** Remembers, for as long as a thing is good for and up to a number, what was used: nothing is used twice. Beyond the number the one used first is forgotten. */
export class Once {
  readonly #clock: Clock
  readonly #most: number
  readonly #lifeMs: number
  /** When each that was used had begun (monotonic), the first used first. */
  readonly #used = new Map<string, number>()

  constructor(clock: Clock, most: number, lifeMs: number) {
    this.#clock = clock
    this.#most = most
    this.#lifeMs = lifeMs
  }

  /** True for what is in its time and was not used yet; now it is. */
  use(key: string, beganMs: number): boolean {
    const now = this.#clock.monotonicMs()
    if (now - beganMs > this.#lifeMs || this.#used.has(key)) return false
    for (const [one, began] of this.#used) {
      if (now - began <= this.#lifeMs && this.#used.size < this.#most) break
      this.#used.delete(one)
    }
    this.#used.set(key, beganMs)
    return true
  }
}
