import type { Logger } from '../../core/log.ts'
import { SpoolFull } from '../../core/spool.ts'
import type { Gap } from './compose.ts'
import { SPOOL_LIMITS } from './limits.ts'
import type { Retention } from './retention.ts'
import type { Catalogue, Segment } from './segments.ts'
import type { SegmentWriter } from './writer.ts'

export interface RoomParts {
  readonly maxBytes: number
  readonly maxAgeMs: number
  readonly overflow: 'block' | 'drop-oldest'
  readonly keepReleased?: boolean | undefined
  readonly log: Logger
  readonly catalogue: Catalogue
  readonly writer: SegmentWriter
  readonly retention: Retention
}

/** The log whose room it is. */
export interface Occupant {
  /** Its last durable record. */
  lastSequence(): number
  /** Has a gap go before what is written next. */
  declareNext(gap: Gap): void
  /** Writes what is to be declared by itself, in a new segment where none is open. Rejects with the file system's error. */
  writeDeclared(): Promise<void>
}

/** The room a log has on disk, and what goes when it is needed. What goes unreleased is declared first. */
export class Room {
  readonly #parts: RoomParts
  readonly #occupant: Occupant
  #saveBeforeDrop: ((sequence: number) => Promise<void>) | undefined
  /** Why there is none, until there is. */
  full: string | undefined

  constructor(parts: RoomParts, occupant: Occupant) {
    this.#parts = parts
    this.#occupant = occupant
  }

  get capacity(): number {
    return this.#parts.maxBytes - SPOOL_LIMITS.reserveBytes
  }

  /** Whether something may go at once. */
  get hasReleased(): boolean {
    return this.#parts.retention.released(this.#reserve).length > 0
  }

  beforeDrop(save: (sequence: number) => Promise<void>): void {
    this.#saveBeforeDrop = save
  }

  /** Makes room for some of `bytes`. Throws SpoolFull where nothing may go. */
  async make(bytes: number): Promise<void> {
    const { retention, catalogue, writer, overflow, maxBytes } = this.#parts
    if (retention.released(0).length === 0) await this.#askToSave()
    const released = retention.released(0)
    if (released.length > 0) return this.#remove(enough(released, bytes), undefined)
    const mayGo = overflow === 'drop-oldest' || this.#occupant.lastSequence() < retention.needed
    if (mayGo && catalogue.sealed.length === 0 && writer.contents && writer.contents.bytes > 0) await writer.seal()
    // A segment that carries the log on, so that the only one there is may go.
    if (mayGo && catalogue.active === undefined && catalogue.all.length === 1) return this.#beginSegment()
    const oldest = overflow === 'block' ? [] : retention.oldest(bytes)
    if (oldest.length === 0) {
      this.full = `full: ${catalogue.bytes} of ${maxBytes} bytes hold data not yet delivered. Let the historian or the link catch up, or raise spool.maxBytes`
      throw new SpoolFull(this.full)
    }
    await this.#discard(oldest, 'overflow')
  }

  /** Removes released and expired segments. */
  async tidy(): Promise<void> {
    const { retention, maxAgeMs } = this.#parts
    await this.#remove(retention.released(this.#reserve), undefined)
    const expired = retention.expired(maxAgeMs)
    if (expired.length > 0) await this.#discard(expired, 'age')
  }

  /** The disk is full: removes what everybody has released. False where there is nothing. */
  async freeReleased(): Promise<boolean> {
    const released = this.#parts.retention.released(0)
    await this.#remove(released, undefined)
    return released.length > 0
  }

  /** The disk is full of what somebody needs: drops the oldest. False where that is all there is: when the program ends before the drop can be declared, what is left shows the hole; nothing left would show nothing. */
  async dropOldest(): Promise<boolean> {
    const { catalogue, retention } = this.#parts
    if (catalogue.sealed.length <= 1) return false
    await this.#discard(retention.oldest(1), 'overflow')
    return true
  }

  async #beginSegment(): Promise<void> {
    try {
      await this.#occupant.writeDeclared()
    } catch (error) {
      throw new SpoolFull(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }

  /** Drops unreleased segments: the record that declares it goes to disk first, so that a crash in between loses no count. */
  async #discard(victims: readonly Segment[], cause: 'overflow' | 'age'): Promise<void> {
    await this.#askToSave()
    const gap = await this.#parts.retention.cost(victims, cause)
    if (gap) this.#occupant.declareNext(gap)
    // Where it fails, it stays first in line.
    if (gap && this.#parts.writer.newSegment === undefined) await this.#occupant.writeDeclared().catch(() => undefined)
    await this.#remove(victims, gap)
  }

  async #askToSave(): Promise<void> {
    await this.#saveBeforeDrop?.(this.#occupant.lastSequence()).catch((error: unknown) => {
      this.#parts.log.warn({ error: String(error) }, 'What is about to be dropped from the spool could not be counted before')
    })
  }

  async #remove(victims: readonly Segment[], gap: Gap | undefined): Promise<void> {
    if (victims.length === 0) return
    await this.#parts.retention.remove(victims, gap)
    this.full = undefined
  }

  /** Released segments that stay while there is room. */
  get #reserve(): number {
    return this.#parts.keepReleased ? Number.POSITIVE_INFINITY : SPOOL_LIMITS.releasedSegments
  }
}

/** The oldest of these segments that take `bytes` together. */
function enough(segments: readonly Segment[], bytes: number): Segment[] {
  let freed = 0
  return segments.filter((segment) => {
    const isNeeded = freed < bytes
    freed += segment.bytes
    return isNeeded
  })
}
