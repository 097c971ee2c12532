import { dirname, join } from 'node:path'
import type { Logger } from '../../core/log.ts'
import type { SpoolHeld } from '../../core/spool.ts'
import type { Clock, Micros } from '../../core/time.ts'
import type { Gap } from './compose.ts'
import type { SpoolFiles } from './files.ts'
import { SPOOL_LIMITS } from './limits.ts'
import { samplesBefore } from './reader.ts'
import { type Seals, sealName } from './seals.ts'
import type { Catalogue, Segment } from './segments.ts'

/**
 * What may go, and what it costs. Data goes by whole closed segments, oldest first:
 *
 * - released by every consumer: at once, except the newest such segment, which stays while there is room;
 * - older than `maxAge`: gone, released or not. How old is what this process has seen pass: nothing becomes old because the wall clock is set. Only of what a
 *   start finds does the wall clock tell the age, once it has had a day to be set right;
 * - over `maxBytes` (policy `drop-oldest`): gone, released or not.
 *
 * What goes unreleased is counted to the sample and declared by a gap record.
 *
 * Never all of the log: a start that finds no segment knows neither its sequences nor what it has of other nodes, and nothing shows the hole.
 */
export class Retention {
  readonly #catalogue: Catalogue
  readonly #files: SpoolFiles
  readonly #log: Logger
  readonly #seals: Seals | undefined
  readonly #released = new Map<string, number>()
  readonly #clock: Clock
  readonly #startedMs: number
  #droppedSamples = 0

  constructor(catalogue: Catalogue, files: SpoolFiles, clock: Clock, log: Logger, consumers: readonly string[], seals?: Seals) {
    this.#clock = clock
    this.#startedMs = clock.monotonicMs()
    this.#seals = seals
    this.#catalogue = catalogue
    this.#files = files
    this.#log = log
    for (const consumer of consumers) this.#released.set(consumer, 1)
  }

  get droppedSamples(): number {
    return this.#droppedSamples
  }

  /** A consumer's mark only moves forward. Throws RangeError at `SPOOL_LIMITS.consumers`. */
  release(consumer: string, sequence: number): void {
    const before = this.#released.get(consumer)
    if (before === undefined && this.#released.size >= SPOOL_LIMITS.consumers)
      throw new RangeError(`more than ${SPOOL_LIMITS.consumers} consumers of the spool`)
    this.#released.set(consumer, Math.max(before ?? 1, sequence))
  }

  /** The first sequence somebody may still need. Without any consumer, everything is needed. */
  get needed(): number {
    return this.#released.size === 0 ? 1 : Math.min(...this.#released.values())
  }

  /** What each consumer still needs, up to the last record `last`; the one furthest behind first. */
  held(last: number): SpoolHeld[] {
    return [...this.#released].sort(([, a], [, b]) => a - b).map(([consumer, needed]) => ({ consumer, ...this.#from(needed, last) }))
  }

  #from(needed: number, last: number): Omit<SpoolHeld, 'consumer'> {
    const segments = this.#catalogue.all.filter(({ lastSequence }) => lastSequence >= needed)
    const [oldest] = segments
    if (!oldest) return { records: 0, bytes: 0, oldestTime: undefined, oldestAgeMs: 0 }
    const from = Math.max(needed, oldest.firstSequence)
    const done = (from - oldest.firstSequence) / (oldest.lastSequence - oldest.firstSequence + 1)
    return {
      records: last - from + 1,
      bytes: Math.round(segments.reduce((sum, { bytes }) => sum + bytes, 0) - oldest.bytes * done),
      oldestTime: Math.round(oldest.createdTime + (oldest.lastTime - oldest.createdTime) * done),
      // As it will go: with the last record of its segment.
      oldestAgeMs: this.#clock.monotonicMs() - (oldest.agedFromMs ?? this.#startedMs),
    }
  }

  /** Closed segments that everybody has released, but for the reserve. */
  released(reserve: number): Segment[] {
    const done = this.#catalogue.sealed.filter((segment) => segment.lastSequence < this.needed)
    return this.#butTheLast(done.slice(0, Math.max(0, done.length - reserve)))
  }

  /** Closed segments whose last record is older than this. */
  expired(maxAgeMs: number): Segment[] {
    const { sealed } = this.#catalogue
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#startedMs >= SPOOL_LIMITS.clockSettlesMs) this.#dateFound(nowMs)
    const kept = sealed.findIndex((segment) => (segment.agedFromMs ?? this.#startedMs) >= nowMs - maxAgeMs)
    return this.#butTheLast(kept < 0 ? sealed : sealed.slice(0, kept))
  }

  /** From when the age of what the start found counts: its own time, or that of what stands before it where its own cannot be true. */
  #dateFound(nowMs: number): void {
    const now = this.#clock.now()
    let latest: Micros | undefined
    for (const segment of this.#catalogue.all) {
      if (segment.agedFromMs !== undefined) return
      const { lastTime } = segment
      if (lastTime >= SPOOL_LIMITS.earliestTime && lastTime <= now) latest = Math.max(latest ?? 0, lastTime)
      segment.agedFromMs = latest === undefined ? this.#startedMs : Math.min(this.#startedMs, nowMs - (now - latest) / 1000)
    }
  }

  /** The oldest closed segments that take `bytes` together; all that may go when they take less. */
  oldest(bytes: number): Segment[] {
    let freed = 0
    const oldest = this.#catalogue.sealed.filter((segment) => {
      const isNeeded = freed < bytes
      if (isNeeded) freed += segment.bytes
      return isNeeded
    })
    return this.#butTheLast(oldest)
  }

  #butTheLast(segments: readonly Segment[]): Segment[] {
    const last = this.#catalogue.all.at(-1)
    return segments.filter((segment) => segment !== last)
  }

  /** What is lost with these neighbouring segments; undefined when all of it was released. */
  async cost(victims: readonly Segment[], cause: 'overflow' | 'age'): Promise<Gap | undefined> {
    const last = victims.at(-1)
    const first = victims.find((segment) => segment.lastSequence >= this.needed)
    if (!last || !first) return undefined
    const from = Math.max(first.firstSequence, this.needed)
    const before = await this.#samplesBefore(first, from)
    return { from, to: last.lastSequence, cause, samples: last.samples - before }
  }

  async #samplesBefore(segment: Segment, sequence: number): Promise<number> {
    const start = segment.points[0]?.chain
    if (start && sequence === segment.firstSequence) return start.samples
    try {
      return await samplesBefore(this.#files, segment, sequence)
    } catch (error) {
      this.#log.error(
        { segment: segment.path, error },
        'Cannot read a segment that is being dropped; all of its samples are counted as lost',
      )
      return start?.samples ?? segment.samples
    }
  }

  /** Removes the files. A file that cannot be removed is reported, and found again at the next start. */
  async remove(victims: readonly Segment[], gap: Gap | undefined): Promise<void> {
    this.#droppedSamples += gap?.samples ?? 0
    if (gap)
      this.#log.error(
        { ...gap },
        gap.cause === 'age' ? 'The spool dropped data older than its maxAge' : 'The spool is full and dropped its oldest data',
      )
    for (const segment of victims) this.#catalogue.remove(segment)
    // The signed head says that they go before they do.
    await this.#seals?.sign()
    for (const segment of victims) {
      try {
        await this.#files.remove(segment.path)
        await this.#removeSeal(segment)
      } catch (error) {
        this.#log.error({ segment: segment.path, error }, 'Cannot remove a segment that is no longer needed; remove it by hand')
      }
    }
  }

  /** After its segment: a crash in between leaves a signature of nothing, and never a segment without one. */
  async #removeSeal({ path, ordinal }: Segment): Promise<void> {
    if (!this.#seals) return
    await this.#files.remove(join(dirname(path), sealName(ordinal))).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}
