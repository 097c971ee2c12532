import { LinkRefused, type OneWayReception, type Peer } from '../../core/link.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import type { GapMap } from './gap-map.ts'
import { ENDED, gapsOf, isExplained, isGap, isLoss, LOST, type Stream, sequencesOf, startOf } from './stream.ts'

export interface HandOverParts {
  readonly reception: () => OneWayReception | undefined
  readonly peer: Peer
  readonly gaps: GapMap
  readonly clock: Clock
  readonly counters: { records: number; filled: number; known: number }
}

/** Hands the records of a stream on in order, and declares what is missing between them. */
export class HandOver {
  readonly #parts: HandOverParts

  constructor(parts: HandOverParts) {
    this.#parts = parts
  }

  /** The sender has sent the stream up to `sequence`, and everything before this message has been seen. */
  async missing(of: Stream, sequence: number, explainedBy: number): Promise<void> {
    if (sequence <= of.position) return
    await this.declareAround(of, sequence)
    if (of.held.length > 0 || !isExplained(of, explainedBy)) return
    await this.#take(of, this.#bridge(of, sequence + 1))
  }

  /** Declares everything up to `sequence` that is neither handed on nor held. */
  async declareAround(of: Stream, sequence: number): Promise<void> {
    let from = of.position + 1
    for (const held of of.held) {
      await this.declare(of, from, held.first - 1)
      from = held.last + 1
    }
    await this.declare(of, from, sequence)
  }

  /** Records in order: those that are new go on, with what bridges the gap before them; those that fall into a gap fill it. */
  async pass(of: Stream, records: readonly SpoolRecord[]): Promise<void> {
    const { counters, gaps, peer } = this.#parts
    const fresh = records.filter((record) => record.sequence > of.position)
    const lacking = new Set(gaps.missing(of, sequencesOf(records.filter((record) => record.sequence <= of.position))))
    const late = records.filter((record) => lacking.has(record.sequence))
    counters.known += records.length - fresh.length - late.length
    if (late.length > 0) {
      await this.#parts.reception()?.importMissing(late, peer)
      counters.filled += late.length
      await gaps.fill(of, sequencesOf(late))
    }
    const [first] = fresh
    if (!first) return
    await this.#take(of, [...this.#bridge(of, startOf(first)), ...fresh])
  }

  /** A log that ended with `last`: what is not here of it never comes this way any more. */
  async end(of: Stream, last: number): Promise<void> {
    const reception = this.#parts.reception()
    if (!reception || last <= of.position) return
    await this.declare(of, of.position + 1, last, ENDED)
    const { sequence } = await reception.take([this.#gap(of, of.position + 1, last, ENDED)])
    of.position = sequence
  }

  /** Repeated dictionaries and gaps, from behind the position up to before `next`. */
  #bridge(of: Stream, next: number): SpoolRecord[] {
    const known = (of.dictionaries?.records ?? []).filter(({ sequence }) => sequence > of.position && sequence < next)
    const bridge: SpoolRecord[] = []
    let from = of.position + 1
    for (const record of known) {
      if (from < record.sequence) bridge.push(this.#gap(of, from, record.sequence - 1))
      bridge.push(record)
      from = record.sequence + 1
    }
    if (from < next) bridge.push(this.#gap(of, from, next - 1))
    return bridge
  }

  async #take(of: Stream, records: readonly SpoolRecord[]): Promise<void> {
    const { counters, gaps } = this.#parts
    const real = records.filter((record) => !isGap(record))
    for (const { from, to } of gapsOf(records).filter(isLoss)) await this.declare(of, Math.max(from, of.position + 1), to)
    const reception = this.#parts.reception()
    if (!reception) return
    const { sequence } = await reception.take(records).catch(async (cause: unknown) => {
      if (cause instanceof LinkRefused && cause.code === 'chain-broken') await gaps.noteForked(of)
      throw cause
    })
    of.position = sequence
    if (of.dictionaries && of.dictionaries.explainedBy <= sequence) of.dictionaries = undefined
    counters.records += real.length
    // What was declared while it was not clear whether a dictionary would come is here now.
    const arrived = gaps.missing(of, sequencesOf(real))
    if (arrived.length > 0) await gaps.fill(of, arrived)
  }

  async declare({ node, epoch }: Stream, from: number, to: number, cause = LOST): Promise<void> {
    if (from > to) return
    await this.#parts.gaps.declare({ node, epoch, from, to, cause, time: this.#parts.clock.now() })
  }

  #gap({ node, epoch }: Stream, from: number, to: number, cause = LOST): SpoolRecord {
    const payload = new TextEncoder().encode(JSON.stringify({ from, to, cause }))
    return { node, epoch, sequence: to, kind: 'gap', recordedTime: this.#parts.clock.now(), payload }
  }
}
