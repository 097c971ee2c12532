import type { ContestedSignal } from '../core/node-view.ts'
import { HOUR, type Micros } from '../core/time.ts'

/** Contested signals that are remembered; the one that was seen longest ago makes room. */
export const CONTESTED_KEPT = 1_000

/** A signal that came back to a node it had left is contested for so long. */
const KEPT: Micros = HOUR

/** Who fed a signal before the node that feeds it now, and since when that one does. */
interface Change {
  readonly from: string
  readonly time: Micros
}

/**
 * Finds signals that two nodes measure at once. That a signal moves to another node is in order; that it comes back from there within the hour means that
 * both send it, and its values are of two origins.
 */
export class Contested {
  /** By signal: the node that its last sample came from. */
  readonly #feeder: (string | undefined)[] = []
  readonly #changed = new Map<number, Change>()
  readonly #found = new Map<number, Omit<ContestedSignal, 'signal'>>()

  /** A sample of the signal came from this node. */
  fed(signal: number, node: string, now: () => Micros): void {
    const before = this.#feeder[signal]
    if (before === node) return
    this.#feeder[signal] = node
    if (before !== undefined) this.#moved(signal, before, node, now())
  }

  /** What is contested now, by signal, newest last. */
  view(now: Micros): ReadonlyMap<number, Omit<ContestedSignal, 'signal'>> {
    return new Map([...this.#found].filter(([, { time }]) => time > now - KEPT))
  }

  #moved(signal: number, from: string, to: string, time: Micros): void {
    const last = this.#changed.get(signal)
    this.#changed.delete(signal)
    if (this.#changed.size >= CONTESTED_KEPT) this.#changed.delete(this.#changed.keys().next().value as number)
    this.#changed.set(signal, { from, time })
    if (last?.from !== to || last.time <= time - KEPT) return
    this.#found.delete(signal)
    if (this.#found.size >= CONTESTED_KEPT) this.#found.delete(this.#found.keys().next().value as number)
    this.#found.set(signal, { nodes: [from, to].sort() as [string, string], time })
  }
}
