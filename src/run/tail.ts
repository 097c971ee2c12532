import { encodedCount } from '../core/batch-codec.ts'
import { forwardedCount } from '../core/forwarded.ts'
import type { Spool, SpoolRecord } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'

/** Bytes of durable records kept in memory for one reader; past it they are read back from the spool. */
const MEMORY_BYTES = 128 * 1024 * 1024
const READ_RECORDS = 4_096
const READ_BYTES = 16 * 1024 * 1024

/**
 * The log as one reader follows it, in order and without holes: from memory while the reader keeps up, from the spool's files when it has fallen behind or
 * just started.
 */
export class Tail {
  readonly #spool: Spool
  readonly #clock: Clock
  #next: number
  #memory: SpoolRecord[] = []
  #memoryBytes = 0
  #memoryRows = 0
  #durable: number
  #wake: (() => void) | undefined
  readonly #unfollow: () => void

  readonly #memoryLimit: number

  constructor(spool: Spool, clock: Clock, from: number, memoryBytes = MEMORY_BYTES) {
    this.#memoryLimit = memoryBytes
    this.#spool = spool
    this.#clock = clock
    this.#next = from
    this.#durable = spool.stats().lastSequence
    this.#unfollow = spool.follow((records) => this.#keep(records))
  }

  /** Sequence of the next record to be read. */
  get next(): number {
    return this.#next
  }

  /** The last durable record. */
  get durable(): number {
    return this.#durable
  }

  /** Durable records not read yet. */
  get lag(): number {
    return Math.max(0, this.#durable - this.#next + 1)
  }

  /** Samples known to wait; undefined when they are not in memory, which is when there are many. */
  get rows(): number | undefined {
    if (this.lag === 0) return 0
    return this.#memory[0]?.sequence === this.#next ? this.#memoryRows : undefined
  }

  /** Resolves when something becomes durable, `wake` is called, or the time is over. */
  async wait(ms?: number): Promise<void> {
    const timer = new AbortController()
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    await (ms === undefined ? woken : Promise.race([woken, this.#clock.sleep(ms, timer.signal)]))
    timer.abort()
    this.#wake = undefined
  }

  wake(): void {
    this.#wake?.()
  }

  /** The next records, up to about `maxRows` samples; empty when there are none. */
  async take(maxRows: number, maxRecords = Number.POSITIVE_INFINITY): Promise<SpoolRecord[]> {
    while (this.#memory.length > 0 && (this.#memory[0] as SpoolRecord).sequence < this.#next) this.#forget(1)
    if (this.#memory[0]?.sequence === this.#next) {
      let rows = 0
      let take = 0
      while (take < Math.min(this.#memory.length, maxRecords) && rows < maxRows) rows += rowsOf(this.#memory[take++] as SpoolRecord)
      return this.#passed(this.#forget(take))
    }
    return this.#passed(await this.#spool.read(this.#next, Math.min(maxRecords, READ_RECORDS), READ_BYTES))
  }

  /** Goes on from another place. */
  seek(sequence: number): void {
    this.#next = sequence
  }

  close(): void {
    this.#unfollow()
    this.wake()
  }

  #keep(records: readonly SpoolRecord[]): void {
    this.#durable = records.at(-1)?.sequence ?? this.#durable
    for (const record of records) {
      if (this.#memoryBytes >= this.#memoryLimit) break
      const tail = this.#memory.at(-1)
      if (tail && record.sequence !== tail.sequence + 1) break
      this.#memory.push(record)
      this.#memoryBytes += record.payload.length
      this.#memoryRows += rowsOf(record)
    }
    this.wake()
  }

  #forget(count: number): SpoolRecord[] {
    const gone = this.#memory.splice(0, count)
    for (const record of gone) {
      this.#memoryBytes -= record.payload.length
      this.#memoryRows -= rowsOf(record)
    }
    return gone
  }

  #passed(records: SpoolRecord[]): SpoolRecord[] {
    if (records.length > 0) this.#next = lastSequence(records) + 1
    return records
  }
}

function rowsOf(record: SpoolRecord): number {
  if (record.kind === 'forwarded') return forwardedCount(record.payload)
  return record.kind === 'batch' ? encodedCount(record.payload) : 0
}

/** The last sequence a group settles. A gap record stands for all the sequences it names. */
function lastSequence(group: readonly SpoolRecord[]): number {
  const last = group.at(-1) as SpoolRecord
  if (last.kind !== 'gap') return last.sequence
  return Math.max(last.sequence, (JSON.parse(Buffer.from(last.payload).toString()) as { to: number }).to)
}
