import type { DeliveredRow } from '../../core/account.ts'
import { accountHour } from '../../core/account.ts'
import type { LedgerLine } from '../../core/ledger.ts'
import type { Logger } from '../../core/log.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { HOUR, type Micros } from '../../core/time.ts'
import { type Apart, apartFor, type Block, Blocks, type Destination, type Hole } from './blocks.ts'
import { Book, dayOf } from './book.ts'
import { type Cell, shareOf, tally } from './cells.ts'
import { LedgerFiles } from './files.ts'
import { entryOf, Fold, type Gone } from './fold.ts'
import { isExplicable, withHole } from './holes.ts'
import { LEDGER_LIMITS } from './limits.ts'
import { newStream, type Stream } from './streams.ts'
import { type Period, Sums, type Waiting } from './sums.ts'
import { settleWithheld, withWithheld } from './withheld.ts'

export { reasonClass } from './cells.ts'
export { defineSignals, newStream, type Stream } from './streams.ts'

/** How long a day stays open after its end, for what comes a little late. */
const OPEN_US = 36 * HOUR
const READ_RECORDS = 4_096
const READ_BYTES = 16 * 1024 * 1024

export interface LedgerParts {
  readonly node: string
  readonly epoch: number
  readonly destinations: readonly string[]
  readonly directory: string
  readonly log: Logger
  /** Runs of records that are told apart while they wait; default `LEDGER_LIMITS.blocks`. */
  readonly blocks?: number | undefined
  /** Reads the log again, where what was joined has to be told apart. */
  readonly read: (sequence: number, maxRecords: number, maxBytes: number) => Promise<SpoolRecord[]>
  /** What is taken up where there is no ledger yet, or none that can be trusted. */
  readonly begin: () => Promise<Beginning>
}

/** Where a ledger begins that knows nothing of before. */
export interface Beginning {
  /** Records up to this one are not counted. */
  readonly sequence: number
  readonly others: readonly Stream[]
  readonly own: Pick<Stream, 'connections' | 'of'>
  /** What the historian says it has: taken as delivered before. */
  readonly delivered: readonly DeliveredRow[]
}

/**
 * The ledger of a node: a fold over its log. It is told of every record in order, and of every record that a destination has; its sums follow from that. One caller at a time.
 */
export class Ledger {
  readonly #parts: LedgerParts
  readonly #files: LedgerFiles
  readonly #fold: Fold
  readonly #blocks: Blocks
  readonly #destinations: readonly Destination[]
  /** Days that were open in the state as it was saved last: only they may be closed. */
  #savedDays = new Set<number>()

  private constructor(parts: LedgerParts, files: LedgerFiles, fold: Fold, blocks: Blocks, destinations: readonly Destination[]) {
    this.#parts = parts
    this.#files = files
    this.#fold = fold
    this.#blocks = blocks
    this.#destinations = destinations
  }

  static async open(parts: LedgerParts): Promise<Ledger> {
    const files = new LedgerFiles(parts.directory, parts.log)
    const saved = await files.readState()
    if (saved?.own.node !== parts.node) return Ledger.#begin(parts, files)
    const book = new Book(saved.closed, saved.open)
    let { own } = saved
    let blocks = new Blocks(saved.blocks, parts.blocks)
    if (own.epoch !== parts.epoch) {
      // The log before has ended: what was left in it is carried into the new one, or gone with it.
      for (const { name, reached } of saved.destinations)
        for (const { counts } of blocks.beyond({ reached }))
          for (const [cell, count] of counts) tally(shareOf(cell, name).lost, 'log-ended', count)
      own = ownStream(parts, await parts.begin())
      blocks = new Blocks([], parts.blocks)
    }
    const isNewLog = own.epoch !== saved.own.epoch
    const destinations = parts.destinations.map((name): Destination => {
      const known = saved.destinations.find((one) => one.name === name)
      // A destination that was added has what is written from now on.
      return known && !isNewLog ? { ...known } : { name, reached: own.sequence, holes: [], withheld: [] }
    })
    const ledger = new Ledger(parts, files, new Fold(book, own, saved.others, isNewLog ? [] : saved.declared), blocks, destinations)
    ledger.#savedDays = new Set(book.openDays)
    if (isNewLog) await ledger.save(0)
    return ledger
  }

  static async #begin(parts: LedgerParts, files: LedgerFiles): Promise<Ledger> {
    const beginning = await parts.begin()
    const { sequence, others, delivered } = beginning
    const book = new Book()
    for (const { node, connection, unit, hour, delivered: count, refused } of delivered) {
      const cell = book.cell(node, connection, unit, hour)
      cell.logged += count + refused
      // Other ways are counted from here on: what went before is not theirs to answer for.
      for (const name of parts.destinations) shareOf(cell, name).passed += count + refused
    }
    const destinations = parts.destinations.map((name) => ({ name, reached: sequence, holes: [], withheld: [] }))
    if (sequence > 0) parts.log.warn({ sequence }, 'the ledger begins here: what was dropped before is not counted')
    const ledger = new Ledger(parts, files, new Fold(book, ownStream(parts, beginning), others), new Blocks([], parts.blocks), destinations)
    // Said at once: a crash before the first save must not let it begin later.
    await ledger.save(0)
    return ledger
  }

  /** The last record that is counted. */
  get sequence(): number {
    return this.#fold.own.sequence
  }

  readonly #apart = (): Apart => apartFor(this.#destinations)

  /** How far a destination is. */
  reached(name: string): number {
    return this.#destination(name).reached
  }

  /** Counts records of this log, in order; those counted before change nothing. */
  async take(records: readonly SpoolRecord[]): Promise<void> {
    const entries = records.map(entryOf)
    for (const { record, inner } of entries)
      for (const { recordedTime } of [record, ...inner]) await this.#openDay(dayOf(accountHour(recordedTime)))
    for (const entry of entries) {
      const taken = this.#fold.take(entry)
      if (taken?.gone) this.#lose(taken.gone)
      if (taken) this.#blocks.add(taken.block, this.#apart)
    }
  }

  /** Who is past the place could not read it either; who is not has a hole there when it comes to it. */
  #lose({ at, cause, cell, count }: Gone): void {
    if (this.#destinations.some(({ reached }) => reached < at))
      this.#blocks.add({ first: at, last: at, counts: [[cell, count]] }, this.#apart)
    for (const { name, reached } of this.#destinations)
      if (reached >= at) tally(shareOf(cell, name).lost, this.#fold.causeOf(at, at, cause), count)
  }

  /** Sequences that a destination will not have: they are counted as lost when it is past them. */
  miss(name: string, hole: Hole): void {
    const destination = this.#destination(name)
    if (hole.to <= destination.reached) return
    // All of these records is gone: nothing of them is withheld.
    destination.withheld = destination.withheld.filter(({ from, sequence }) => (from ?? sequence) < hole.from || sequence > hole.to)
    destination.holes = withHole(destination.holes, hole)
  }

  /** Whether so many more holes of a destination, or parts withheld from it, can be told apart. It has more room when it is past some. */
  hasRoom(name: string, more: number): boolean {
    const { holes, withheld } = this.#destination(name)
    return Math.max(holes.length, withheld.length) + more <= LEDGER_LIMITS.missed
  }

  /** A destination is about to be handed everything up to a sequence: whether it has it is not known until it says so. */
  handedOver(name: string, to: number): void {
    const destination = this.#destination(name)
    destination.sent = Math.max(to, destination.sent ?? 0)
  }

  /** Whether records are counted together of which a destination may have some only. */
  get isMixed(): boolean {
    return this.#blocks.mixed(this.#apart()).length > 0
  }

  /** Tells them apart while the log still holds them; `records`: what is in hand, should the log have lost it since. */
  async tellApart(records: readonly SpoolRecord[] = []): Promise<void> {
    await this.#divide(this.#blocks.mixed(this.#apart()), records)
  }

  /** Whether something of a record is counted as withheld from a destination. */
  isWithheld(name: string, sequence: number): boolean {
    return this.#destination(name).withheld.some((one) => one.sequence === sequence)
  }

  /** Other nodes' records, by cause, that a destination does not get with the record they came in; in place of what was said of that one before. The record is counted already. */
  withhold(name: string, record: SpoolRecord, causes: ReadonlyMap<string, readonly SpoolRecord[]>): void {
    const destination = this.#destination(name)
    const { sequence } = record
    if (sequence <= destination.reached) return
    const fresh = [...causes].map(([cause, inner]) => ({ sequence, cause, counts: this.#fold.countsOf({ record, inner }) }))
    destination.withheld = withWithheld(destination.withheld, sequence, fresh)
  }

  /** A destination has everything up to a sequence, as far as it is counted. */
  async advance(name: string, to: number): Promise<void> {
    const destination = this.#destination(name)
    const until = Math.min(to, this.sequence)
    // What nobody could read any more is explained by a gap that the log declares further on.
    destination.holes = destination.holes.map((hole) =>
      isExplicable(hole) ? { ...hole, cause: this.#fold.causeOf(hole.from, hole.to, hole.cause) } : hole,
    )
    while (destination.reached < until) {
      const block = this.#blocks.advance(destination, until)
      if (!block) break
      await this.#divide([block])
    }
    destination.withheld = settleWithheld(destination.withheld, name, destination.reached)
    this.#blocks.release(Math.min(...this.#destinations.map(({ reached }) => reached), Number.POSITIVE_INFINITY))
  }

  /** Puts records of their own in the place of blocks, which are in order; the log is read through once for all of them. */
  async #divide(blocks: readonly Block[], given: readonly SpoolRecord[] = []): Promise<void> {
    const parts = new Map(blocks.map((block): [Block, Block[]] => [block, []]))
    const seen = new Set<number>()
    const place = (records: readonly SpoolRecord[]) => {
      let at = 0
      for (const record of records) {
        const { sequence, kind } = record
        while ((blocks[at]?.last ?? sequence) < sequence) at++
        const block = blocks[at]
        if (!block) return
        if (sequence < block.first || kind === 'gap' || seen.has(sequence)) continue
        seen.add(sequence)
        parts.get(block)?.push({ first: sequence, last: sequence, counts: this.#fold.countsOf(entryOf(record)) })
      }
    }
    const last = blocks.at(-1)?.last ?? 0
    for (let next = blocks[0]?.first ?? 1; next <= last; ) {
      const records = await this.#parts.read(next, READ_RECORDS, READ_BYTES)
      const end = records.at(-1)
      if (!end) break
      place(records)
      next = end.sequence + 1
    }
    place(given)
    for (const [block, some] of parts) this.#blocks.divide(block, some)
  }

  /** The first record that a start after a crash would have to read again. */
  get needed(): number {
    return Math.min(this.sequence + 1, this.#blocks.first ?? Number.POSITIVE_INFINITY)
  }

  /** Saves the ledger and closes days that are over. Afterwards the log needs to keep what is from `needed` on. */
  async save(now: Micros): Promise<number> {
    const needed = this.needed
    const book = this.#fold.book
    const waiting = new Set(this.#blocks.beyond({ reached: 0 }).flatMap(({ counts }) => counts.map(([{ hour }]) => dayOf(hour))))
    for (const day of book.openDays) {
      const isOver = day > 0 && day < dayOf(now - OPEN_US)
      if (!isOver || waiting.has(day) || !this.#savedDays.has(day)) continue
      await this.#files.writeDay(day, book.cellsOf(day))
      book.close(day)
    }
    const { own, others } = this.#fold
    const blocks = this.#blocks.saved(this.#apart())
    const declared = this.#fold.declaredBeyond(Math.min(...this.#destinations.map(({ reached }) => reached)))
    const cells = { closed: book.closed(), open: book.open() }
    await this.#files.writeState({ own, others, destinations: this.#destinations, ...cells, blocks, declared })
    this.#savedDays = new Set(book.openDays)
    return needed
  }

  /**
   * The sums by node, connection and unit; of a period in whole hours of recorded time, or of all there is. `words` are what destinations say of themselves that they have;
   * a destination that says nothing is believed as far as it is.
   */
  async lines(period: Period | undefined, words: ReadonlyMap<string, readonly DeliveredRow[]>): Promise<LedgerLine[]> {
    const sums = new Sums(period)
    for (const cell of await this.#cells(period)) sums.count(cell)
    for (const [name, rows] of words) sums.say(name, rows)
    for (const destination of this.#destinations) sums.wait(destination.name, await this.#waiting(destination))
    return sums.lines()
  }

  /** What a destination does not have, by cell: what waits for it; and, with the cause, what the log has dropped before it came. */
  async #waiting(destination: Destination): Promise<Waiting[]> {
    const declared = this.#fold.declaredBeyond(destination.reached)
    for (const hole of declared)
      for (let block = this.#blocks.astride(hole); block; block = this.#blocks.astride(hole)) await this.#divide([block])
    const pending = new Map<Cell, number>()
    const gone: [Cell, number, string][] = []
    for (const { first, last, counts } of this.#blocks.beyond(destination)) {
      const hole = declared.find(({ from, to }) => from <= first && last <= to)
      for (const [cell, count] of counts) {
        if (hole) gone.push([cell, count, hole.cause])
        else pending.set(cell, (pending.get(cell) ?? 0) + count)
      }
    }
    return [...[...pending].map(([cell, count]): Waiting => [cell, count, undefined]), ...gone]
  }

  async #cells(period: Period | undefined): Promise<Cell[]> {
    const { book } = this.#fold
    if (!period) return [...book.open(), ...book.closed()]
    const cells = book.open()
    const [from, to] = [dayOf(period.from), dayOf(period.to - 1)]
    if (to - from >= LEDGER_LIMITS.askedDays) throw new RangeError(`at most ${LEDGER_LIMITS.askedDays} days at once`)
    for (let day = from; day <= to; day++) if (!book.isOpen(day)) cells.push(...(await this.#files.readDay(day)))
    return cells
  }

  async #openDay(day: number): Promise<void> {
    const { book } = this.#fold
    if (book.isOpen(day) || book.openDays.length >= LEDGER_LIMITS.openDays) return
    book.reopen(day, await this.#files.readDay(day))
  }

  #destination(name: string): Destination {
    const found = this.#destinations.find((one) => one.name === name)
    if (!found) throw new RangeError(`the ledger has no destination ${name}`)
    return found
  }
}

/** This node's log from where counting begins; at its very beginning it holds no samples. */
function ownStream({ node, epoch }: LedgerParts, { sequence, own: { connections, of } }: Beginning): Stream {
  return { ...newStream(node, epoch, sequence), connections, of, samples: sequence === 0 ? 0 : undefined }
}
