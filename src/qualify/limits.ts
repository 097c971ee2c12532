import type { SignalTable } from '../core/signals.ts'

/** What was declared of each signal, as columns by signal index; an absent declaration is a limit nothing exceeds. */
export class DeclaredLimits {
  low = new Float64Array(0)
  high = new Float64Array(0)
  maxRatePerSecond = new Float64Array(0)
  flatLineUs = new Float64Array(0)
  #version = 0
  readonly #signals: SignalTable

  constructor(signals: SignalTable) {
    this.#signals = signals
  }

  /** Takes in signals defined or redefined since the last call. */
  refresh(): void {
    const { version, size } = this.#signals
    if (version === this.#version) return
    if (size > this.low.length) this.#grow(Math.max(size, this.low.length * 2))
    for (const index of this.#signals.changedSince(this.#version)) {
      const signal = this.#signals.at(index)
      this.low[index] = signal?.range?.[0] ?? Number.NEGATIVE_INFINITY
      this.high[index] = signal?.range?.[1] ?? Number.POSITIVE_INFINITY
      this.maxRatePerSecond[index] = signal?.maxRatePerSecond ?? Number.POSITIVE_INFINITY
      this.flatLineUs[index] = signal?.flatLineUs ?? Number.POSITIVE_INFINITY
    }
    this.#version = version
  }

  #grow(to: number): void {
    this.low = extended(this.low, to, Number.NEGATIVE_INFINITY)
    this.high = extended(this.high, to, Number.POSITIVE_INFINITY)
    this.maxRatePerSecond = extended(this.maxRatePerSecond, to, Number.POSITIVE_INFINITY)
    this.flatLineUs = extended(this.flatLineUs, to, Number.POSITIVE_INFINITY)
  }
}

/** A longer copy of a column, the new rows filled. */
export function extended(column: Float64Array<ArrayBuffer>, to: number, fill: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(to).fill(fill, column.length)
  longer.set(column)
  return longer
}
