import { join } from 'node:path'
import type { Clock } from '../../core/time.ts'
import type { Group } from './compose.ts'
import type { Durations } from './durations.ts'
import type { SpoolFile, SpoolFiles } from './files.ts'
import { type Chain, SEGMENT_HEADER } from './layout.ts'
import { type Catalogue, notePlace, type Segment, segmentName } from './segments.ts'

export interface WriterOptions {
  readonly directory: string
  readonly files: SpoolFiles
  readonly clock: Clock
  readonly durations: Durations
  /** 32 bits that nobody can guess, for each segment. */
  readonly newSalt: () => number
  /** Told of a segment that is closed for good. `isCut`: nothing lies behind its last durable record. */
  readonly onSealed?: ((segment: Segment, lastHash: Uint8Array, isCut: boolean) => void) | undefined
}

/** The segment under construction: its number and salt are chosen before its first group is composed. */
interface Open {
  readonly segment: Segment
  readonly file: SpoolFile
  preambleBytes: number
  readonly sinceMs: number
  /** Of its last durable record. */
  lastHash?: Uint8Array
}

/**
 * Writes groups to the newest segment. After any failure the segment is left for good: its descriptor is never written or synced again,
 * and the next group starts a new file.
 */
export class SegmentWriter {
  readonly #options: WriterOptions
  readonly #catalogue: Catalogue
  #ordinal: number
  #salt: number
  #open: Open | undefined

  constructor(options: WriterOptions, catalogue: Catalogue, lastOrdinal: number) {
    this.#options = options
    this.#catalogue = catalogue
    this.#ordinal = lastOrdinal
    this.#salt = options.newSalt()
  }

  get salt(): number {
    return this.#salt
  }

  /** The number of the segment that the next group will start; undefined while one is open. */
  get newSegment(): number | undefined {
    return this.#open ? undefined : this.#ordinal + 1
  }

  /** Bytes of batches in the open segment, and when it was begun, by the monotonic clock. */
  get contents(): { bytes: number; sinceMs: number } | undefined {
    return this.#open && { bytes: this.#open.segment.bytes - this.#open.preambleBytes, sinceMs: this.#open.sinceMs }
  }

  /** Resolves when the group is durable. Rejects with the file system's error; then the segment is closed. */
  async write(group: Group, before: Chain): Promise<void> {
    const isNew = this.#open === undefined
    try {
      const { file, segment } = (this.#open ??= await this.#create(group, before))
      await file.write(group.buffers, segment.end)
      const started = this.#options.clock.monotonicMs()
      await file.sync()
      if (isNew) await this.#options.files.syncDirectory(this.#options.directory)
      this.#options.durations.add(this.#options.clock.monotonicMs() - started)
      this.#advance(segment, group, before, isNew)
      this.#open.lastHash = group.chain.hash
    } catch (error) {
      await this.#abandon(group.bytes)
      throw error
    }
  }

  /** Ends the open segment; everything in it is durable already. */
  async seal(isCut = true): Promise<void> {
    const open = this.#open
    if (open?.lastHash) this.#options.onSealed?.(open.segment, open.lastHash, isCut)
    this.#open = undefined
    this.#catalogue.active = undefined
    this.#salt = this.#options.newSalt()
    await open?.file.close()
  }

  async #create(group: Group, before: Chain): Promise<Open> {
    const ordinal = ++this.#ordinal
    const path = join(this.#options.directory, segmentName(ordinal))
    const file = await this.#options.files.open(path, 'create')
    const createdTime = group.records[0]?.recordedTime ?? this.#options.clock.now()
    const segment: Segment = {
      ordinal,
      path,
      salt: this.#salt,
      firstSequence: before.sequence + 1,
      createdTime,
      lastSequence: before.sequence,
      bytes: 0,
      end: 0,
      samples: before.samples,
      lastTime: createdTime,
      points: [{ offset: SEGMENT_HEADER, chain: before }],
    }
    return { segment, file, preambleBytes: group.preambleBytes, sinceMs: this.#options.clock.monotonicMs() }
  }

  #advance(segment: Segment, group: Group, before: Chain, isNew: boolean): void {
    if (isNew) this.#catalogue.add(segment)
    else notePlace(segment, { offset: segment.end, chain: before })
    segment.end += group.bytes
    segment.bytes = segment.end
    segment.lastSequence = group.chain.sequence
    segment.samples = group.chain.samples
    segment.lastTime = group.records.at(-1)?.recordedTime ?? segment.lastTime
    segment.agedFromMs = this.#options.clock.monotonicMs()
  }

  async #abandon(bytes: number): Promise<void> {
    const open = this.#open
    // A program that starts after a kill sees what was written, durable or not. Cut off, it does not take for its log what a power cut still takes away.
    const isCut = await open?.file.truncate(open.segment.end).then(
      () => true,
      () => false,
    )
    await this.seal(isCut === true).catch(() => undefined) // the file is given up already, and closing cannot make it worse
    if (!open) return
    // What was written past the durable end may or may not be on disk; it is counted, and the next segment's first sequence voids it.
    if (!isCut) open.segment.bytes += bytes
    if (open.segment.end > 0) return
    // Nothing of this segment counts. If it cannot be removed now, the next start does it.
    await this.#options.files.remove(open.segment.path).catch(() => undefined)
  }
}
