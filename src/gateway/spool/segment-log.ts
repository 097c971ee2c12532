import type { SampleBatch } from '../../core/batch.ts'
import { encodeForwarded, type Forwarded } from '../../core/forwarded.ts'
import type { Logger } from '../../core/log.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import type { SignalTable } from '../../core/signals.ts'
import { type AppendedContent, type Spool, SpoolFull, type SpoolRecord, type SpoolStats, type StreamPosition } from '../../core/spool.ts'
import { encodeContent } from '../../core/stated-content.ts'
import type { Clock } from '../../core/time.ts'
import { BackOff } from '../../lib/back-off.ts'
import { type ConfigInForce, composeGroup, type Gap, type Group } from './compose.ts'
import { type ClassOf, NOTHING, type Payload, type Written } from './dictionary.ts'
import type { Durations } from './durations.ts'
import { type Chain, recordBytes, SEGMENT_HEADER } from './layout.ts'
import { SPOOL_LIMITS } from './limits.ts'
import type { Quarantine } from './quarantine.ts'
import { AppendQueue, type Entry, type Step } from './queue.ts'
import type { SpoolReader } from './reader.ts'
import type { Retention } from './retention.ts'
import { Room } from './room.ts'
import type { Seals } from './seals.ts'
import { type Catalogue, segmentId } from './segments.ts'
import { Streams } from './streams.ts'
import type { SegmentWriter } from './writer.ts'

export interface LogParts {
  readonly node: string
  readonly epoch: number
  readonly chain: Chain & { readonly hash: Uint8Array }
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly config: ConfigInForce
  readonly classOf?: ClassOf | undefined
  readonly maxBytes: number
  readonly maxAgeMs: number
  readonly overflow: 'block' | 'drop-oldest'
  readonly segmentBytes: number
  readonly keepReleased?: boolean | undefined
  readonly streams: Streams
  readonly clock: Clock
  readonly log: Logger
  readonly catalogue: Catalogue
  readonly writer: SegmentWriter
  readonly reader: SpoolReader
  readonly retention: Retention
  readonly quarantine: Quarantine
  readonly durations: Durations
  readonly random: () => number
  readonly seals?: Seals | undefined
  readonly unlock: () => Promise<void>
}

/** Waits between attempts to write while the policy is `drop-oldest` and nothing is left to drop. */
const RETRY_FIRST_MS = 50
const RETRY_LIMIT_MS = 5000

/** The log: one loop takes what waits, writes it with one fsync, and tells those who wait for it. See the layout for the bytes. */
export class SegmentLog implements Spool {
  readonly node: string
  readonly epoch: number
  readonly #parts: LogParts
  readonly #queue = new AppendQueue()
  readonly #followers = new Set<(records: readonly SpoolRecord[]) => void>()
  readonly #stop = new AbortController()
  readonly #room: Room
  #chain: Chain & { readonly hash: Uint8Array }
  #written: Written = NOTHING
  #gaps: Gap[] = []
  #appendedBytes = 0
  /** Why the last write failed, until one succeeds. */
  #trouble: string | undefined
  #running: Promise<void> | undefined
  #closed: Promise<void> | undefined

  constructor(parts: LogParts) {
    this.#parts = parts
    this.node = parts.node
    this.epoch = parts.epoch
    this.#chain = parts.chain
    this.#room = new Room(parts, {
      lastSequence: () => this.#chain.sequence,
      declareNext: (gap) => this.#gaps.push(gap),
      writeDeclared: () => this.#writeDeclared(),
    })
  }

  append(batch: SampleBatch): Promise<SpoolRecord> {
    if (this.#closed) return Promise.reject(new Error(`the spool of ${this.node} is closed`))
    const appended = this.#queue.put(batch)
    this.#kick()
    return appended
  }

  async appendContent(content: AppendedContent): Promise<SpoolRecord> {
    if (this.#closed) throw new Error(`the spool of ${this.node} is closed`)
    const appended = this.#queue.putEncoded({ kind: content.kind, bytes: encodeContent(content) })
    this.#kick()
    return appended
  }

  forward(forwarded: Forwarded): Promise<SpoolRecord> {
    return this.#forward(forwarded, Streams.step)
  }

  forwardMissing(forwarded: Forwarded): Promise<SpoolRecord> {
    return this.#forward(forwarded, () => undefined)
  }

  async #forward(forwarded: Forwarded, stepOf: (forwarded: Forwarded) => Step | undefined): Promise<SpoolRecord> {
    if (this.#closed) throw new Error(`the spool of ${this.node} is closed`)
    const appended = this.#queue.putEncoded({ kind: 'forwarded', bytes: encodeForwarded(forwarded) }, stepOf(forwarded))
    this.#kick()
    return appended
  }

  streams(): readonly StreamPosition[] {
    return this.#parts.streams.all()
  }

  /** Writes a gap record by itself. False when it could not be written now; it then goes before the next batch. */
  async declare(gap: Gap): Promise<boolean> {
    this.#gaps.push(gap)
    this.#kick()
    await this.#running
    return this.#gaps.length === 0
  }

  read(sequence: number, maxRecords: number, maxBytes: number): Promise<SpoolRecord[]> {
    return this.#parts.reader.read(sequence, maxRecords, maxBytes)
  }

  release(consumer: string, sequence: number): void {
    this.#parts.retention.release(consumer, sequence)
    if (!this.#closed && this.#room.hasReleased) this.#kick()
  }

  follow(onDurable: (records: readonly SpoolRecord[]) => void): () => void {
    this.#followers.add(onDurable)
    return () => this.#followers.delete(onDurable)
  }

  beforeDrop(save: (sequence: number) => Promise<void>): void {
    this.#room.beforeDrop(save)
  }

  segments(): readonly { id: string; firstSequence: number }[] {
    return this.#parts.catalogue.all.map(({ ordinal, salt, firstSequence }) => ({ id: segmentId(ordinal, salt ?? 0), firstSequence }))
  }

  stats(): SpoolStats {
    const { catalogue, maxBytes, retention, quarantine, durations } = this.#parts
    const oldest = catalogue.all[0]
    return {
      firstSequence: oldest?.firstSequence ?? this.#chain.sequence + 1,
      lastSequence: this.#chain.sequence,
      bytes: catalogue.bytes,
      maxBytes,
      segments: catalogue.all.length,
      oldestTime: oldest?.createdTime,
      appendedBytes: this.#appendedBytes,
      held: retention.held(this.#chain.sequence),
      droppedSamples: retention.droppedSamples,
      corruptRecords: quarantine.records,
      fsyncP50Ms: durations.percentile(0.5),
      fsyncP99Ms: durations.percentile(0.99),
      problem: this.#trouble ?? this.#room.full,
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    while (this.#running) await this.#running
    await this.#parts.writer.seal()
    await this.#parts.seals?.sign(true)
    await this.#parts.unlock()
  }

  #kick(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#queue.size > 0) this.#kick()
    })
  }

  async #run(): Promise<void> {
    await null // so that batches appended in one turn share the first fsync
    do {
      try {
        await this.#room.tidy()
      } catch (error) {
        this.#parts.log.error({ error }, 'Cannot remove old segments of the spool')
      }
      const group = this.#queue.take(this.#groupBytes(), SPOOL_LIMITS.groupRecords, this.#room.capacity - SEGMENT_HEADER)
      if (group.length === 0 && this.#gaps.length === 0) break
      await this.#settle(group)
    } while (this.#queue.size > 0)
  }

  /** Commits a group and answers everybody in it. Never rejects. */
  async #settle(taken: readonly Entry[]): Promise<void> {
    const { accepted: group, refused } = this.#parts.streams.check(taken)
    for (const { entry, error } of refused) {
      this.#queue.done(entry.payload.bytes.length)
      entry.reject(error)
    }
    if (group.length === 0 && taken.length > 0) return
    try {
      const records = await this.#commit(group.map((entry) => entry.payload))
      for (const entry of group) if (entry.step) this.#parts.streams.set(entry.step.to)
      group.forEach((entry, i) => {
        entry.resolve(records[i] as SpoolRecord)
      })
    } catch (error) {
      const isTooMuch = error instanceof SpoolFull && error.cause === undefined
      // What does not fit together may fit one by one: the limit holds to the batch.
      if (isTooMuch && group.length > 1) {
        for (const entry of group) await this.#settle([entry])
        return
      }
      if (!(error instanceof SpoolFull)) this.#parts.log.error({ error }, 'The spool could not append; this is a bug')
      for (const entry of group) entry.reject(error)
    }
    for (const entry of group) this.#queue.done(entry.payload.bytes.length)
  }

  /** Makes a group durable, or throws SpoolFull; its `cause` is the file system's error where there is one. */
  async #commit(payloads: readonly Payload[]): Promise<SpoolRecord[]> {
    const backOff = new BackOff(RETRY_FIRST_MS, RETRY_LIMIT_MS, this.#parts.random)
    await this.#rotate(payloads)
    for (let attempt = 1; ; attempt++) {
      const group = await this.#fitting(payloads)
      try {
        await this.#write(group)
        return group.entryRecords
      } catch (error) {
        this.#fail(error)
        if (payloads.length === 0) throw new SpoolFull(`${this.#trouble}`, { cause: error })
        if (attempt >= SPOOL_LIMITS.writeAttempts) await this.#afterFailure(error, backOff)
      }
    }
  }

  /** Ends the segment when this group would make it too large, or when it has become too old to be dropped by age as a whole. */
  async #rotate(payloads: readonly Payload[]): Promise<void> {
    const { writer, segmentBytes, maxAgeMs, clock } = this.#parts
    const contents = writer.contents
    if (!contents || contents.bytes === 0) return
    const more = payloads.reduce((sum, payload) => sum + recordBytes(payload.bytes.length), 0)
    const isOld = clock.monotonicMs() - contents.sinceMs > maxAgeMs * SPOOL_LIMITS.ageShare
    if (isOld || contents.bytes + more > segmentBytes) await writer.seal()
  }

  /** The group sealed, once there is room for it. A group of gaps alone may use the reserve. */
  async #fitting(payloads: readonly Payload[]): Promise<Group> {
    for (;;) {
      const group = this.#compose(payloads)
      const short = this.#parts.catalogue.bytes + group.bytes - this.#room.capacity
      if (short <= 0 || payloads.length === 0) return group
      await this.#room.make(short)
    }
  }

  #compose(entries: readonly Payload[]): Group {
    const { signals, reasons, config, classOf, writer, clock, streams } = this.#parts
    const { node, epoch } = this
    const state = { chain: this.#chain, written: this.#written, gaps: this.#gaps }
    return composeGroup({
      ...{ node, epoch, ...state, signals, reasons, config, classOf, entries, streams: streams.all() },
      time: clock.now(),
      salt: writer.salt,
      newSegment: writer.newSegment,
    })
  }

  async #write(group: Group): Promise<void> {
    await this.#parts.writer.write(group, this.#chain)
    this.#chain = group.chain
    this.#parts.seals?.reached(group.chain)
    this.#written = group.written
    this.#appendedBytes += group.bytes
    this.#gaps = []
    if (this.#trouble) this.#parts.log.info({ was: this.#trouble }, 'The spool writes again')
    this.#trouble = undefined
    this.#room.full = undefined
    for (const follower of this.#followers) {
      try {
        follower(group.records)
      } catch (error) {
        this.#parts.log.error({ error }, 'A follower of the spool threw; this is a bug')
      }
    }
  }

  /** Gaps by themselves, in a segment of their own where none is open. */
  async #writeDeclared(): Promise<void> {
    try {
      await this.#write(this.#compose([]))
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  #fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    if (text !== this.#trouble) this.#parts.log.error({ error }, 'The spool cannot write; nothing is acknowledged on its strength')
    this.#trouble = text
  }

  /** A group failed in every file it was written to. Returns when another attempt makes sense; throws SpoolFull when the caller has to keep the data. */
  async #afterFailure(error: unknown, backOff: BackOff): Promise<void> {
    const { overflow, clock } = this.#parts
    const isDiskFull = error instanceof Error && ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (isDiskFull && (await this.#room.freeReleased())) return
    if (overflow === 'block' || this.#stop.signal.aborted) throw new SpoolFull(`cannot write: ${this.#trouble}`, { cause: error })
    if (isDiskFull && (await this.#room.dropOldest())) return
    await clock.sleep(backOff.next(), this.#stop.signal)
  }

  #groupBytes(): number {
    return Math.min(SPOOL_LIMITS.groupBytes, this.#parts.segmentBytes)
  }
}
