/** Exponential back-off with full jitter: `next()` is uniform in (0, min(limit, first * 2^attempt)], so that many clients do not return at once. */
export class BackOff {
  #attempt = 0
  readonly #firstMs: number
  readonly #limitMs: number
  readonly #random: () => number

  constructor(firstMs: number, limitMs: number, random: () => number) {
    this.#firstMs = firstMs
    this.#limitMs = limitMs
    this.#random = random
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const ceiling = Math.min(this.#limitMs, this.#firstMs * 2 ** this.#attempt++)
    return Math.max(1, Math.round(ceiling * (1 - this.#random())))
  }

  /** After a success. */
  reset(): void {
    this.#attempt = 0
  }
}
