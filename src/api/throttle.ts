import type { Clock } from '../core/time.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'

const FREE_FAILURES = 5
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 300_000

/** Slows down who guesses passwords: after five failures each further one doubles the wait, per name and per address. */
export class Throttle {
  readonly #clock: Clock
  readonly #failures = new Map<string, { count: number; untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws 429 while one of the keys has to wait. */
  admit(keys: readonly string[]): void {
    const now = this.#clock.monotonicMs()
    const waitMs = Math.max(...keys.map((key) => (this.#failures.get(key)?.untilMs ?? 0) - now))
    if (waitMs > 0) throw new Refusal(429, 'too-many-attempts', `too many failed attempts: try again in ${Math.ceil(waitMs / 1000)} s`)
  }

  failed(keys: readonly string[]): void {
    for (const key of keys) {
      const count = (this.#failures.get(key)?.count ?? 0) + 1
      const waitMs = count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES))
      this.#failures.delete(key)
      if (this.#failures.size >= API_LIMITS.throttled) this.#failures.delete(this.#failures.keys().next().value as string)
      this.#failures.set(key, { count, untilMs: this.#clock.monotonicMs() + waitMs })
    }
  }

  succeeded(keys: readonly string[]): void {
    for (const key of keys) this.#failures.delete(key)
  }
}
