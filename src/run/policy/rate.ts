/** A conduit's rate is kept as a mean over so long: devices hand over in bursts. */
export const RATE_WINDOW_S = 10

/** How many samples a conduit still takes. Shared by all that goes through it on this node. */
export class RateBudget {
  readonly #perMs: number
  readonly #most: number
  #left: number
  #atMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perMs = perSecond / 1000
    this.#most = Math.max(1, perSecond * RATE_WINDOW_S)
    this.#left = this.#most
    this.#atMs = nowMs
  }

  /** Takes as much of `wanted` as there is, in whole samples. */
  take(wanted: number, nowMs: number): number {
    this.#left = Math.min(this.#most, this.#left + Math.max(0, nowMs - this.#atMs) * this.#perMs)
    this.#atMs = nowMs
    const taken = Math.min(wanted, Math.max(0, Math.floor(this.#left)))
    this.#left -= taken
    return taken
  }

  /** Takes all of `wanted`; what is more than ever fits is made up for by what comes after it. */
  spend(wanted: number): void {
    this.#left -= wanted
  }

  /** Milliseconds until `wanted` are there; 0 when they are. More than ever fits counts as all that fits. */
  waitMs(wanted: number, nowMs: number): number {
    this.take(0, nowMs)
    return Math.max(0, Math.ceil((Math.min(wanted, this.#most) - this.#left) / this.#perMs))
  }
}
