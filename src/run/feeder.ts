import { encodedCount } from '../core/batch-codec.ts'
import type { Historian } from '../core/historian.ts'
import type { Logger } from '../core/log.ts'
import type { Spool, SpoolRecord } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'
import { BackOff } from '../lib/back-off.ts'
import { within } from './within.ts'

/** Bytes of durable records kept in memory for the historian; past it they are read back from the spool. */
const MEMORY_BYTES = 128 * 1024 * 1024
/** Samples in one commit while the historian is behind: larger ones cost it less a sample. */
const BEHIND_ROWS = 500_000
const READ_RECORDS = 4_096
const READ_BYTES = 16 * 1024 * 1024
const RETRY_FIRST_MS = 100
const RETRY_LIMIT_MS = 5_000

export interface FeederParts {
  readonly spool: Spool
  readonly historian: Pick<Historian, 'write'>
  /** The last sequence the historian has. */
  readonly from: number
  /** A commit is due at this many samples, or this long after the first one waits. */
  readonly commitRows: number
  readonly commitIntervalMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/**
 * Brings durable records to the historian, in order and without holes: from memory while it keeps up, from the spool's files when it has fallen
 * behind or just started. A failing historian delays nobody: collection goes on into the spool.
 */
export class Feeder {
  problem: string | undefined
  readonly #parts: FeederParts
  #next: number
  #memory: SpoolRecord[] = []
  #memoryBytes = 0
  #memoryRows = 0
  #durable: number
  #wake: (() => void) | undefined
  readonly #unfollow: () => void
  readonly #stop = new AbortController()
  readonly #finished: Promise<void>

  constructor(parts: FeederParts) {
    this.#parts = parts
    this.#next = parts.from + 1
    this.#durable = parts.spool.stats().lastSequence
    this.#unfollow = parts.spool.follow((records) => this.#keep(records))
    this.#finished = this.#run()
  }

  /** Durable records the historian does not have yet. */
  get lag(): number {
    return Math.max(0, this.#durable - this.#next + 1)
  }

  /** Delivers what is durable, then stops; gives up after `limitMs`: the spool keeps the rest for the next start. */
  async close(limitMs: number): Promise<void> {
    this.#stop.abort()
    this.#wake?.()
    await within(this.#finished, limitMs, this.#parts.clock)
    this.#unfollow()
  }

  #keep(records: readonly SpoolRecord[]): void {
    this.#durable = records.at(-1)?.sequence ?? this.#durable
    for (const record of records) {
      if (this.#memoryBytes >= MEMORY_BYTES) break
      const tail = this.#memory.at(-1)
      if (tail && record.sequence !== tail.sequence + 1) break
      this.#memory.push(record)
      this.#memoryBytes += record.payload.length
      this.#memoryRows += rowsOf(record)
    }
    this.#wake?.()
  }

  async #run(): Promise<void> {
    const { clock, commitIntervalMs, commitRows } = this.#parts
    for (;;) {
      await this.#work()
      const due = clock.monotonicMs() + commitIntervalMs
      while (!this.#stop.signal.aborted && this.#waiting() < commitRows && clock.monotonicMs() < due) {
        await this.#pause(due - clock.monotonicMs())
      }
      const group = await this.#gather()
      if (group.length > 0) await this.#commit(group)
      else if (this.#stop.signal.aborted) return
      else await clock.sleep(RETRY_FIRST_MS, this.#stop.signal)
    }
  }

  /** Resolves when there is something to store, or the end has come. */
  async #work(): Promise<void> {
    while (this.lag === 0 && !this.#stop.signal.aborted) await this.#pause(undefined)
  }

  async #pause(ms: number | undefined): Promise<void> {
    const timer = new AbortController()
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    await (ms === undefined ? woken : Promise.race([woken, this.#parts.clock.sleep(ms, timer.signal)]))
    timer.abort()
    this.#wake = undefined
  }

  #waiting(): number {
    return this.#memory[0]?.sequence === this.#next ? this.#memoryRows : this.#parts.commitRows
  }

  async #gather(): Promise<SpoolRecord[]> {
    while (this.#memory.length > 0 && (this.#memory[0] as SpoolRecord).sequence < this.#next) this.#forget(1)
    if (this.#memory[0]?.sequence === this.#next) {
      let rows = 0
      let take = 0
      while (take < this.#memory.length && rows < BEHIND_ROWS) rows += rowsOf(this.#memory[take++] as SpoolRecord)
      return this.#forget(take)
    }
    return this.#parts.spool.read(this.#next, READ_RECORDS, READ_BYTES)
  }

  #forget(count: number): SpoolRecord[] {
    const gone = this.#memory.splice(0, count)
    for (const record of gone) {
      this.#memoryBytes -= record.payload.length
      this.#memoryRows -= rowsOf(record)
    }
    return gone
  }

  async #commit(group: SpoolRecord[]): Promise<void> {
    const { historian, spool, clock, random, log } = this.#parts
    const backOff = new BackOff(RETRY_FIRST_MS, RETRY_LIMIT_MS, random)
    for (;;) {
      try {
        await historian.write(group)
        break
      } catch (error) {
        this.problem = error instanceof Error ? error.message : String(error)
        log.warn({ problem: this.problem, records: group.length }, 'the historian does not take records; the spool keeps them')
        if (this.#stop.signal.aborted) return
        await clock.sleep(backOff.next(), this.#stop.signal)
      }
    }
    this.problem = undefined
    this.#next = lastSequence(group) + 1
    spool.release('historian', this.#next)
  }
}

function rowsOf(record: SpoolRecord): number {
  return record.kind === 'batch' ? encodedCount(record.payload) : 0
}

/** The last sequence a group settles. A gap record stands for all the sequences it names. */
function lastSequence(group: readonly SpoolRecord[]): number {
  const last = group.at(-1) as SpoolRecord
  if (last.kind !== 'gap') return last.sequence
  return Math.max(last.sequence, (JSON.parse(Buffer.from(last.payload).toString()) as { to: number }).to)
}
