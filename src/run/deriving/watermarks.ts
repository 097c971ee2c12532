import type { Derivation } from '../../core/derivation.ts'
import { LIMITS } from '../../core/limits.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Micros } from '../../core/time.ts'
import { compileGlob } from '../../lib/glob.ts'
import { DERIVING_LIMITS } from './limits.ts'

export interface WatermarkParts {
  readonly node: string
  readonly signals: SignalTable
  /** The node that feeds a signal; undefined: this one. */
  readonly nodeOf: (index: number) => string | undefined
  /** How much later than its own time a sample of a connection may come in without being late. */
  readonly latenessUs: (connection: string) => Micros
  readonly now: () => Micros
}

const GLOB = { length: LIMITS.idLength, alternatives: 64 }

/**
 * Up to when everything that arrived is stored and told, for each derivation by what it reads. This node's own log counts up to now while nothing of it waits; that of
 * another node up to the newest record of it, but a node that is silent holds nobody up for longer than `DERIVING_LIMITS.stallUs`: what it still has will be late.
 */
export class Watermarks {
  readonly #parts: WatermarkParts
  /** Newest recorded time by node. */
  readonly #reached = new Map<string, Micros>()
  readonly #readers: readonly {
    readonly name: string
    readonly reads: (id: string) => boolean
    readonly sources: Map<string, readonly [string, string]>
  }[]
  #own: Micros = 0
  #known = 0

  constructor(parts: WatermarkParts, derivations: readonly Derivation[]) {
    this.#parts = parts
    this.#readers = derivations.map(({ name, inputs }) => {
      const globs = inputs.signals.map((glob) => compileGlob(glob, GLOB))
      return { name, reads: (id) => globs.some((glob) => glob(id)), sources: new Map() }
    })
  }

  stored(node: string, recordedTime: Micros): void {
    this.#reached.set(node, Math.max(this.#reached.get(node) ?? 0, recordedTime))
  }

  /** `isCaughtUp`: nothing of this node's log waits to be told. */
  tick(isCaughtUp: boolean): void {
    const { node, now, signals, nodeOf } = this.#parts
    this.#own = Math.max(this.#own, isCaughtUp ? now() : Math.min(now(), this.#reached.get(node) ?? 0))
    if (signals.version === this.#known) return
    for (const index of signals.changedSince(this.#known)) {
      const definition = signals.at(index)
      if (!definition) continue
      const source = [nodeOf(index) ?? node, definition.connection] as const
      for (const { reads, sources } of this.#readers) if (reads(definition.id)) sources.set(source.join('\n'), source)
    }
    this.#known = signals.version
  }

  of({ name }: Derivation): Micros {
    const { node, now, latenessUs } = this.#parts
    let watermark = this.#own
    for (const [from, connection] of this.#readers.find((reader) => reader.name === name)?.sources.values() ?? []) {
      const reached = from === node ? this.#own : Math.max(this.#reached.get(from) ?? 0, now() - DERIVING_LIMITS.stallUs)
      watermark = Math.min(watermark, reached - (from === node ? latenessUs(connection) : latenessUs('')))
    }
    return watermark
  }
}
