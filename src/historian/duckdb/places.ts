import { HistorianBusy } from '../../core/historian.ts'

/** A bounded number of places for what runs at once, and a bounded queue before them. */
export class Places {
  #free: number
  readonly #queue: (() => void)[] = []
  readonly #limit: number

  constructor(running: number, waiting: number) {
    this.#free = running
    this.#limit = waiting
  }

  /** Runs `work` when there is a place. Throws HistorianBusy when too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) {
      if (this.#queue.length >= this.#limit) throw new HistorianBusy(`${this.#limit} queries are waiting already; try again in a moment`)
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    } else this.#free--
    try {
      return await work()
    } finally {
      const next = this.#queue.shift()
      if (next) next()
      else this.#free++
    }
  }
}
