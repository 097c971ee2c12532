import type { SampleBatch } from '../core/batch.ts'
import type { Logger } from '../core/log.ts'

/** Tells every listener of each durable batch. A listener that throws is dropped, loudly; the others go on. */
export class FanOut {
  readonly #listeners = new Set<(batch: SampleBatch) => void>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  subscribe(listener: (batch: SampleBatch) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(batch: SampleBatch): void {
    for (const listener of this.#listeners) {
      try {
        listener(batch)
      } catch (error) {
        this.#listeners.delete(listener)
        this.#log.error({ error: String(error) }, 'a listener to live samples failed and was removed')
      }
    }
  }
}
