import type { Change } from '../../core/derivation.ts'
import type { Logger } from '../../core/log.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import { Tail } from '../tail.ts'
import type { Changes } from './changes.ts'
import type { Engine } from './engine.ts'
import type { Publishing } from './publishing.ts'
import { writeState } from './state-file.ts'
import type { Stored } from './stored.ts'

/** The log keeps what was stored since the state was last saved, under this name. */
export const DERIVING_CONSUMER = 'process'
const SAVE_EVERY_MS = 10_000
const TAKE_ROWS = 100_000
const TAIL_BYTES = 16 * 1024 * 1024
/** From this share of the spool's room held for it alone, what waits is forgotten and everything within the horizon computed anew: nothing stops collecting. */
const SHARE = 1 / 2

export interface FollowingParts {
  readonly spool: Spool
  readonly stored: Stored
  readonly changes: Changes
  readonly publishing: Publishing
  readonly engine: Engine
  /** `DATA/deriving/state`. */
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
}

/** The log as it is taken in: a group of records at a time, once history has them. Where that stands is saved together with what is left to do. */
export class Following {
  readonly #parts: FollowingParts
  readonly #tail: Tail
  #position: number
  #savedMs: number
  #startedAnew = 0
  #group: { readonly last: number; readonly records: readonly SpoolRecord[]; changes?: readonly Change[] } | undefined

  /** @param position the last record that is taken in already. */
  constructor(parts: FollowingParts, position: number) {
    this.#parts = parts
    this.#position = position
    this.#savedMs = parts.clock.monotonicMs()
    this.#tail = new Tail(parts.spool, parts.clock, position + 1, TAIL_BYTES)
    parts.spool.release(DERIVING_CONSUMER, position + 1)
  }

  /** Records of the log that are not taken in yet. */
  get lag(): number {
    return Math.max(0, this.#tail.durable - this.#position)
  }

  /** Everything durable is taken in. */
  get isUpToDate(): boolean {
    return this.#group === undefined && this.#position >= this.#tail.durable
  }

  /** How often everything had to be begun anew because the log could not be kept that long. */
  get startedAnew(): number {
    return this.#startedAnew
  }

  /** Takes in the next records that history has. False when there are none. Rejects when the history does not answer: the same come again. */
  async absorb(): Promise<boolean> {
    const { stored, changes, engine, publishing } = this.#parts
    const tail = this.#tail
    if (!this.#group && tail.lag > 0 && tail.next <= stored.sequence) {
      const taken = await tail.take(TAKE_ROWS)
      if (taken.length > 0) this.#group = { last: tail.next - 1, records: taken }
    }
    const group = this.#group
    if (!group || group.last > stored.sequence) return false
    group.changes ??= await changes.of(group.records)
    await engine.absorb(group.changes)
    this.#position = group.last
    this.#group = undefined
    publishing.takenIn(this.#position)
    return true
  }

  async saveWhenDue(): Promise<void> {
    if (this.#parts.clock.monotonicMs() - this.#savedMs >= SAVE_EVERY_MS) await this.save()
  }

  async save(): Promise<void> {
    const { spool, engine, file, clock, log } = this.#parts
    const sequence = this.#position
    const state = { node: spool.node, epoch: spool.epoch, sequence, engine: await engine.save() }
    this.#savedMs = clock.monotonicMs()
    const isKept = await writeState(file, state).catch((error) => {
      log.warn({ error: String(error) }, 'what is left to compute cannot be saved; it is tried again')
      return false
    })
    // Also when it was not: a start without it computes everything within the horizon, and the log must not fill up.
    if (!isKept) log.warn({}, 'what is left to compute is not saved')
    spool.release(DERIVING_CONSUMER, sequence + 1)
  }

  /** Gives up what waits when the log can no longer be kept for it. */
  async makeRoom(): Promise<void> {
    const { spool, engine, stored, log } = this.#parts
    const { held, maxBytes } = spool.stats()
    const mine = held.find(({ consumer }) => consumer === DERIVING_CONSUMER)
    if (!mine || mine.bytes <= maxBytes * SHARE || this.#position >= stored.sequence) return
    log.error({ records: mine.records }, 'computing is too far behind for the log: everything within the horizon is computed anew')
    this.#startedAnew++
    engine.startAnew()
    this.#position = stored.sequence
    this.#group = undefined
    this.#tail.seek(this.#position + 1)
    await this.save()
  }

  wait(ms: number): Promise<void> {
    return this.#tail.wait(ms)
  }

  wake(): void {
    this.#tail.wake()
  }

  close(): void {
    this.#tail.close()
  }
}
