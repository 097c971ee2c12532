import { decodeForwarded } from '../core/forwarded.ts'
import type { Historian } from '../core/historian.ts'
import type { Logger } from '../core/log.ts'
import type { RecordKind, Spool, SpoolRecord } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'
import { BackOff } from '../lib/back-off.ts'
import { Tail } from './tail.ts'
import { within } from './within.ts'

/** Samples in one commit while the historian is behind: larger ones cost it less a sample. */
const BEHIND_ROWS = 500_000
const RETRY_FIRST_MS = 100
const RETRY_LIMIT_MS = 5_000

/** Kinds that would be stored twice; the others only repeat what is known. */
const STATED: readonly RecordKind[] = ['batch', 'records', 'facts']

export interface FeederParts {
  readonly spool: Spool
  readonly historian: Pick<Historian, 'write'>
  /** The last sequence the historian has. */
  readonly from: number
  /** Batches, records and facts up to this sequence it has under an earlier epoch of this log: only their places are noted. */
  readonly storedTo?: number
  /** A commit is due at this many samples, or this long after the first one waits. */
  readonly commitRows: number
  readonly commitIntervalMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** Told the last sequence that can be read back now, and what came with it; records of other nodes stand under their own names. */
  readonly onStored?: (sequence: number, records: readonly SpoolRecord[]) => Promise<void> | void
}

/**
 * Brings durable records to the historian, those of other nodes under their own names. A failing historian delays nobody: collection goes on into the
 * spool.
 */
export class Feeder {
  problem: string | undefined
  readonly #parts: FeederParts
  readonly #tail: Tail
  /** The first record not committed. */
  #next: number
  readonly #stop = new AbortController()
  #waiting: { readonly sequence: number; readonly wake: () => void }[] = []
  readonly #finished: Promise<void>

  constructor(parts: FeederParts) {
    this.#parts = parts
    this.#next = parts.from + 1
    this.#tail = new Tail(parts.spool, parts.clock, this.#next)
    // Said at once: a full log takes nothing new, so that nothing would ever be committed again.
    parts.spool.release('historian', this.#next)
    this.#finished = this.#run()
  }

  /** Durable records the historian does not have yet. */
  get lag(): number {
    return Math.max(0, this.#tail.durable - this.#next + 1)
  }

  /** Resolves when the historian has everything up to a sequence, or at the stop. */
  async stored(sequence: number, stop: AbortSignal): Promise<void> {
    while (this.#next <= sequence && !stop.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.push({ sequence, wake: resolve })
        stop.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  /** Delivers what is durable, then stops; gives up after `limitMs`: the spool keeps the rest for the next start. */
  async close(limitMs: number): Promise<void> {
    this.#stop.abort()
    this.#tail.wake()
    await within(this.#finished, limitMs, this.#parts.clock)
    this.#tail.close()
  }

  async #run(): Promise<void> {
    const { clock, commitIntervalMs, commitRows } = this.#parts
    for (;;) {
      while (this.#tail.lag === 0 && !this.#stop.signal.aborted) await this.#tail.wait()
      const due = clock.monotonicMs() + commitIntervalMs
      while (!this.#stop.signal.aborted && (this.#tail.rows ?? commitRows) < commitRows && clock.monotonicMs() < due) {
        await this.#tail.wait(due - clock.monotonicMs())
      }
      const group = await this.#tail.take(BEHIND_ROWS)
      if (group.length > 0) {
        if (!(await this.#commit(group))) return
      } else if (this.#stop.signal.aborted) return
      else await clock.sleep(RETRY_FIRST_MS, this.#stop.signal)
    }
  }

  /** False when the end came first: the spool keeps the group for the next start, and nothing behind it may be stored before it. */
  async #commit(group: SpoolRecord[]): Promise<boolean> {
    const { historian, spool, clock, random, log } = this.#parts
    const records = group.flatMap((record) => {
      if (STATED.includes(record.kind) && record.sequence <= (this.#parts.storedTo ?? 0)) return [placeOf(record)]
      return record.kind === 'forwarded' ? unpacked(record) : [record]
    })
    const backOff = new BackOff(RETRY_FIRST_MS, RETRY_LIMIT_MS, random)
    for (;;) {
      try {
        await historian.write(records)
        break
      } catch (error) {
        this.problem = error instanceof Error ? error.message : String(error)
        log.warn({ problem: this.problem, records: group.length }, 'the historian does not take records; the spool keeps them')
        if (this.#stop.signal.aborted) return false
        await clock.sleep(backOff.next(), this.#stop.signal)
      }
    }
    this.problem = undefined
    this.#next = this.#tail.next
    spool.release('historian', this.#next)
    await this.#parts.onStored?.(this.#next - 1, records)
    const reached = this.#waiting.filter(({ sequence }) => sequence < this.#next)
    this.#waiting = this.#waiting.filter(({ sequence }) => sequence >= this.#next)
    for (const { wake } of reached) wake()
    return true
  }
}

/** The records of another node, and then the place of this node's own log that they took. */
function unpacked(record: SpoolRecord): SpoolRecord[] {
  return [...decodeForwarded(record.payload).records, placeOf(record)]
}

/** A record without what it holds: its sequence is passed, and nothing is stored for it. */
function placeOf(record: SpoolRecord): SpoolRecord {
  return { ...record, kind: 'forwarded', payload: new Uint8Array(0) }
}
