import type { Logger } from '../core/log.ts'

/** Tells every listener of each thing that happens, in order. A listener that throws is dropped, loudly; the others go on. */
export class FanOut<T> {
  readonly #listeners = new Set<(told: T) => void>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  subscribe(listener: (told: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(told: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(told)
      } catch (error) {
        this.#listeners.delete(listener)
        this.#log.error({ error: String(error) }, 'a listener failed and was removed')
      }
    }
  }
}
