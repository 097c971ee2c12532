import type { Micros } from '../../core/time.ts'

/** A promise of freshness that a silent source broke. */
export interface Broken {
  readonly signal: number
  readonly rule: number
}

/**
 * Follows sources that the node has found silent, for promises of how long they may be. A signal that reports only changes is not silent while its source
 * lives; so silence begins with a mark of the node's, and has lasted since the signal's last sample.
 */
export class SilenceWatch {
  /** When each signal was last heard, by this node's clock; 0 before the first time. */
  #heard = new Float64Array(0)
  /** Silent signals, with the rules that are broken already. */
  readonly #silent = new Map<number, Set<number>>()
  readonly #since: Micros

  /** A signal that was never heard is silent since then. */
  constructor(since: Micros) {
    this.#since = since
  }

  heard(signal: number, receivedTime: Micros): void {
    if (signal >= this.#heard.length) {
      const longer = new Float64Array(Math.max(signal + 1, this.#heard.length * 2, 256))
      longer.set(this.#heard)
      this.#heard = longer
    }
    this.#heard[signal] = receivedTime
    if (this.#silent.size > 0) this.#silent.delete(signal)
  }

  marked(signal: number): void {
    if (!this.#silent.has(signal)) this.#silent.set(signal, new Set())
  }

  isBroken(signal: number, rule: number): boolean {
    return this.#silent.get(signal)?.has(rule) === true
  }

  /** True once per silence: when it has become longer than the rule allows. */
  breaks(signal: number, rule: number, limitUs: Micros, now: Micros): boolean {
    const broken = this.#silent.get(signal)
    if (!broken || broken.has(rule) || now - (this.#heard[signal] || this.#since) <= limitUs) return false
    broken.add(rule)
    return true
  }

  get signals(): Iterable<number> {
    return this.#silent.keys()
  }
}
