import { HistoryProblem } from './guarded.ts'

/** How far history has the log, and who waits until it has more. */
export class Stored {
  #sequence: number
  readonly #stop: AbortSignal
  readonly #waiting = new Set<() => void>()

  constructor(sequence: number, stop: AbortSignal) {
    this.#sequence = sequence
    this.#stop = stop
    stop.addEventListener('abort', () => this.#wake(), { once: true })
  }

  get sequence(): number {
    return this.#sequence
  }

  reach(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence)
    this.#wake()
  }

  /** Resolves when history has a sequence; rejects with HistoryProblem at the end. */
  async past(sequence: number): Promise<void> {
    while (this.#sequence < sequence) {
      if (this.#stop.aborted) throw new HistoryProblem('stopping')
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  #wake(): void {
    for (const go of this.#waiting) go()
    this.#waiting.clear()
  }
}
