import type { Micros } from '../../../core/time.ts'
import { FLOW_LIMITS } from '../limits.ts'

interface Count {
  count: number
  started: Micros
  before: number
}

/** How often something happened within the last window, by key; two windows side by side, the older one counted by the share of it that is left. */
export class Burst {
  readonly #window: Micros
  readonly #counts = new Map<string, Count>()

  constructor(window: Micros) {
    this.#window = window
  }

  /** Counts one more; how many within the window that ends now. */
  count(key: string, now: Micros): number {
    let known = this.#counts.get(key)
    if (!known) {
      // The one that was counted first makes room.
      if (this.#counts.size >= FLOW_LIMITS.flows) this.#counts.delete(this.#counts.keys().next().value as string)
      known = { count: 0, started: now, before: 0 }
      this.#counts.set(key, known)
    }
    const age = now - known.started
    if (age >= this.#window) {
      known.before = age < 2 * this.#window ? known.count : 0
      known.count = 0
      known.started = age < 2 * this.#window ? known.started + this.#window : now
    }
    known.count++
    return known.count + Math.floor(known.before * Math.max(0, 1 - (now - known.started) / this.#window))
  }
}
