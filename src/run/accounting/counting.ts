import { Ledger } from '../../continuity/ledger/index.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import type { HoleFound } from '../holes.ts'
import { Tail } from '../tail.ts'
import { type BeginningParts, beginning, missedBefore } from './beginning.ts'

/** The log keeps what was written since the ledger was last saved, under this name. */
export const LEDGER_CONSUMER = 'ledger'
export const HISTORIAN = 'historian'
export const LINK = 'link'
const TAKE_ROWS = 200_000
const TAIL_BYTES = 16 * 1024 * 1024
const TICK_MS = 1_000
const SAVE_EVERY_MS = 30_000
const RETRY_MS = 1_000
/** Saved earlier when more than this share of the spool's room is held for it. */
const SHARE = 1 / 8
/** How long a link is held back for the places of what it did not get; then they are joined. */
const ROOM_MS = 10_000
const ROOM_LOOK_MS = 20

export interface LedgerRunParts extends BeginningParts {
  /** The last sequence the historian has at the start. */
  readonly from: number
  readonly hasUplink: boolean
  /** See `LedgerParts.blocks`. */
  readonly blocks?: number
  readonly directory: string
  readonly clock: Clock
  readonly log: Logger
}

/** The ledger at work: it follows the log and what its destinations say of themselves. One thing at a time touches it. */
export class Counting {
  readonly ledger: Ledger
  readonly #parts: LedgerRunParts
  readonly #tail: Tail
  readonly #destinations: readonly string[]
  readonly #stop = new AbortController()
  /** How far each destination says it is. */
  readonly #said = new Map<string, number>()
  #mustSave = false
  #savedMs: number
  #savedAt = ''
  #turn: Promise<unknown> = Promise.resolve()
  #running: Promise<void> = Promise.resolve()

  private constructor(parts: LedgerRunParts, ledger: Ledger, destinations: readonly string[]) {
    this.#parts = parts
    this.ledger = ledger
    this.#destinations = destinations
    this.#savedMs = parts.clock.monotonicMs()
    this.#tail = new Tail(parts.spool, parts.clock, ledger.sequence + 1, TAIL_BYTES)
    parts.spool.release(LEDGER_CONSUMER, ledger.needed)
  }

  static async start(parts: LedgerRunParts): Promise<Counting> {
    const { spool, historian } = parts
    const destinations = [...(historian ? [HISTORIAN] : []), ...(parts.hasUplink ? [LINK] : [])]
    const ledger = await Ledger.open({
      ...{ node: spool.node, epoch: spool.epoch, destinations, directory: parts.directory, log: parts.log, blocks: parts.blocks },
      read: (...range) => spool.read(...range),
      begin: () => beginning(parts),
    })
    const counting = new Counting(parts, ledger, destinations)
    if (historian) await missedBefore(ledger.reached(HISTORIAN), historian, spool, (holes) => counting.missed(HISTORIAN, holes))
    counting.#running = counting.#run()
    spool.beforeDrop((sequence) => counting.exclusive(() => counting.#beforeDrop(sequence)))
    return counting
  }

  /** The last durable record. */
  get durable(): number {
    return this.#tail.durable
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  said(name: string): number | undefined {
    return this.#said.get(name)
  }

  /** A destination says it has everything up to a sequence. */
  reached(name: string, sequence: number): void {
    this.#said.set(name, sequence)
    this.#tail.wake()
  }

  /** What was just noted is saved at the next look, and that is soon. */
  saveSoon(): void {
    this.#mustSave = true
    this.#tail.wake()
  }

  /** Counts what is durable up to a sequence. */
  async countTo(sequence: number): Promise<void> {
    while (this.ledger.sequence < sequence) {
      const records = await this.#tail.take(TAKE_ROWS)
      if (records.length === 0) break
      await this.ledger.take(records)
    }
  }

  /** Holes of a destination that has what lies between them: where too many are kept by their places, it is brought past them first. */
  async missed(name: string, holes: readonly HoleFound[]): Promise<void> {
    for (const hole of holes) {
      if (!this.ledger.hasRoom(name, 1)) await this.exclusive(() => this.#advanceTo(name, hole.from - 1))
      this.ledger.miss(name, hole)
    }
  }

  /** What lies between is on its way to the link still, and settles soon. Not waited for without end: a ledger that cannot go on holds no link back. False when it is over. */
  async room(more: number, over: AbortSignal): Promise<boolean> {
    const { clock } = this.#parts
    const end = clock.monotonicMs() + ROOM_MS
    while (!this.ledger.hasRoom(LINK, more) && !over.aborted && clock.monotonicMs() < end) await clock.sleep(ROOM_LOOK_MS, over)
    return !over.aborted
  }

  /** Counts what is durable, saves, stops. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#tail.wake()
    await this.#running
    await this.exclusive(async () => {
      await this.#round()
      await this.#save()
    }).catch((error: unknown) =>
      this.#parts.log.error({ error: String(error) }, 'the ledger is not saved; the next start counts again from the log'),
    )
    this.#tail.close()
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts
    const stop = this.#stop.signal
    while (!stop.aborted) {
      try {
        await this.exclusive(() => this.#round())
        if (!stop.aborted) await this.#tail.wait(TICK_MS)
      } catch (error) {
        log.error({ error: String(error) }, 'the ledger cannot go on; it is tried again, and the log keeps what it needs')
        await clock.sleep(RETRY_MS, stop)
      }
    }
  }

  async #round(): Promise<void> {
    await this.countTo(this.#tail.durable)
    await this.#advance()
    const { held, maxBytes } = this.#parts.spool.stats()
    const heldBytes = held.find(({ consumer }) => consumer === LEDGER_CONSUMER)?.bytes ?? 0
    const isDue = this.#parts.clock.monotonicMs() - this.#savedMs >= SAVE_EVERY_MS
    if (this.#mustSave || isDue || heldBytes > maxBytes * SHARE) await this.#save()
  }

  async #advance(): Promise<void> {
    for (const [name, sequence] of this.#said) await this.#advanceTo(name, sequence)
  }

  async #advanceTo(name: string, sequence: number): Promise<void> {
    await this.countTo(sequence)
    await this.ledger.advance(name, sequence)
  }

  async #beforeDrop(sequence: number): Promise<void> {
    await this.countTo(sequence)
    await this.#advance()
    // Once they are dropped nothing tells any more which of them the next node had.
    await this.ledger.tellApart()
    await this.#save()
  }

  async #save(): Promise<void> {
    const { ledger } = this
    const { clock, spool } = this.#parts
    this.#savedMs = clock.monotonicMs()
    const at = [ledger.sequence, ...this.#destinations.map((name) => ledger.reached(name))].join(' ')
    if (at === this.#savedAt && !this.#mustSave) return
    this.#savedAt = ''
    this.#mustSave = false
    spool.release(LEDGER_CONSUMER, await ledger.save(clock.now()))
    this.#savedAt = at
  }
}
