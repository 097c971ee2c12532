import type { Clock, Micros } from './time.ts'

/** A clock that stands still until it is moved: for tests and for simulation. */
export class ManualClock implements Clock {
  #ms = 0
  readonly #start: Micros
  #sleepers: { due: number; wake: () => void }[] = []

  constructor(start: Micros) {
    this.#start = start
  }

  now(): Micros {
    return this.#start + this.#ms * 1000
  }

  monotonicMs(): number {
    return this.#ms
  }

  sleep(ms: number, stop?: AbortSignal): Promise<void> {
    if (stop?.aborted || ms <= 0) return Promise.resolve()
    return new Promise((wake) => {
      this.#sleepers.push({ due: this.#ms + ms, wake })
      stop?.addEventListener('abort', () => wake(), { once: true })
    })
  }

  /** Moves time on, waking sleepers in order of their due time and letting what they do settle before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#ms + ms
    await settle()
    for (;;) {
      const next = this.#sleepers.filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0]
      if (!next) break
      this.#ms = Math.max(this.#ms, next.due)
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next)
      next.wake()
      await settle()
    }
    this.#ms = until
    await settle()
  }
}

/** Lets every promise that can settle without time passing do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}
