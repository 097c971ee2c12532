/**
 * Hands items from callbacks to one awaiting reader, bounded by weight. `put` never waits: it says whether there was room,
 * so that the producer pauses its device or counts the drop. `fail` makes every later `take` reject once what is queued has been taken.
 */
export class Inbox<T> {
  readonly #items: T[] = []
  readonly #limit: number
  readonly #weigh: (item: T) => number
  #weight = 0
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(limit: number, weigh: (item: T) => number = () => 1) {
    this.#limit = limit
    this.#weigh = weigh
  }

  get weight(): number {
    return this.#weight
  }

  /** False, and nothing queued, when the item does not fit; one item always fits an empty inbox. */
  put(item: T): boolean {
    const weight = this.#weigh(item)
    if (this.#items.length > 0 && this.#weight + weight > this.#limit) return false
    this.#items.push(item)
    this.#weight += weight
    this.#wake?.()
    return true
  }

  fail(error: Error): void {
    this.#failure ??= error
    this.#wake?.()
  }

  /** Waits for at least one item and takes all that is queued. Rejects with the failure, or with the abort's reason. */
  async take(stop: AbortSignal): Promise<T[]> {
    while (this.#items.length === 0) {
      stop.throwIfAborted()
      if (this.#failure) throw this.#failure
      await new Promise<void>((resolve) => {
        const wake = () => {
          stop.removeEventListener('abort', wake)
          this.#wake = undefined
          resolve()
        }
        this.#wake = wake
        stop.addEventListener('abort', wake, { once: true })
      })
    }
    this.#weight = 0
    return this.#items.splice(0)
  }
}
