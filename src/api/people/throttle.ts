import type { Clock } from '../../core/time.ts'
import { API_LIMITS } from '../limits.ts'
import { Refusal } from '../problem.ts'

const FIRST_WAIT_MS = 1_000

/** What failures are counted for, how many are free, and the longest wait. */
export interface Throttled {
  readonly key: string
  readonly free: number
  readonly longestMs: number
  /** Of many names: who gets in with one takes back that one count alone, lest they guess at others' for free. */
  readonly isShared?: boolean
}

/** Slows down who guesses: after the free failures of a key each further one doubles its wait. */
export class Throttle {
  readonly #clock: Clock
  readonly #failures = new Map<string, { count: number; untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws 429 while one of the keys has to wait. */
  admit(keys: readonly Throttled[]): void {
    const now = this.#clock.monotonicMs()
    const waitMs = Math.max(...keys.map(({ key }) => (this.#failures.get(key)?.untilMs ?? 0) - now))
    if (waitMs > 0) throw new Refusal(429, 'too-many-attempts', Math.ceil(waitMs / 1000))
  }

  failed(keys: readonly Throttled[]): void {
    for (const { key, free, longestMs } of keys) {
      const count = (this.#failures.get(key)?.count ?? 0) + 1
      const waitMs = count < free ? 0 : Math.min(longestMs, FIRST_WAIT_MS * 2 ** Math.min(30, count - free))
      this.#failures.delete(key)
      if (this.#failures.size >= API_LIMITS.throttled) this.#failures.delete(this.#failures.keys().next().value as string)
      this.#failures.set(key, { count, untilMs: this.#clock.monotonicMs() + waitMs })
    }
  }

  succeeded(keys: readonly Throttled[]): void {
    for (const { key, isShared } of keys) {
      const found = this.#failures.get(key)
      if (isShared && found && found.count > 1) this.#failures.set(key, { count: found.count - 1, untilMs: 0 })
      else this.#failures.delete(key)
    }
  }
}
