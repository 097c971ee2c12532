import { decodeForwarded, forwardedCount } from '../../core/forwarded.ts'
import type { RecordBatch } from '../../core/it-records.ts'
import { type Content, parseRecord } from '../../core/record-content.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { isStandIn } from '../../core/withheld.ts'
import type { Block, Hole } from './blocks.ts'
import type { Book } from './book.ts'
import { type Cell, reasonClass, tally } from './cells.ts'
import { LEDGER_LIMITS } from './limits.ts'
import { countBatch, defineSignals, type Missing, newStream, type Stream } from './streams.ts'

/** A record of this log, with what another node's log sent in it. */
export interface Entry {
  readonly record: SpoolRecord
  readonly inner: readonly SpoolRecord[]
}

export function entryOf(record: SpoolRecord): Entry {
  return { record, inner: record.kind === 'forwarded' && record.payload.length > 0 ? decodeForwarded(record.payload).records : [] }
}

/** Samples of this log that went before anybody saw them: their number, and where and why they are missing. */
export interface Gone {
  readonly at: number
  readonly cause: string
  readonly cell: Cell
  readonly count: number
}

/** Follows the log, record by record, and counts. Everything it knows follows from the log; nothing is estimated. */
export class Fold {
  readonly book: Book
  readonly own: Stream
  readonly #streams: Map<string, Stream>
  /** Gaps the own log declared, newest last. */
  #declared: readonly Hole[]

  constructor(book: Book, own: Stream, others: readonly Stream[] = [], declared: readonly Hole[] = []) {
    this.#declared = declared
    this.book = book
    this.own = own
    this.#streams = new Map(others.map((stream) => [keyOf(stream), stream]))
  }

  get others(): readonly Stream[] {
    return [...this.#streams.values()]
  }

  /** Counts one record and what it brings of other nodes; undefined where it was counted before. */
  take({ record, inner }: Entry): { readonly block: Block; readonly gone?: Gone | undefined } | undefined {
    const { own } = this
    const { sequence, kind, seal } = record
    if (sequence <= own.sequence) return undefined
    const count = kind === 'forwarded' ? forwardedCount(record.payload) : countOf(record)
    const counts = new Map<Cell, number>()
    const unseen = unseenSamples(own, record, count)
    const gone = unseen > 0 ? this.#unseen(record, unseen) : undefined
    if (seal) {
      own.samples = seal.samples
      own.unread = undefined
    } else if (kind === 'gap') own.unread = { at: sequence, cause: contentOf(record, 'gap')?.cause ?? 'missing' }
    own.sequence = sequence
    if (kind === 'gap') this.#declare(record)
    else if (kind === 'signals') defineSignals(own, contentOf(record, 'signals')?.signals ?? [])
    else if (kind === 'forwarded') for (const one of inner) this.#takeInner(counts, one)
    else this.#takeContent(counts, record)
    return { block: { first: sequence, last: sequence, counts: [...counts] }, gone }
  }

  /** Gone before anybody looked: only its number is known. */
  #unseen({ sequence, recordedTime }: SpoolRecord, count: number): Gone {
    const { own } = this
    const cell = this.book.cell(own.node, '', 'samples', this.book.hourFor(recordedTime))
    cell.logged += count
    const { at, cause } = own.unread ?? { at: Math.min(own.sequence + 1, sequence - 1), cause: 'missing' }
    return { at, cause, cell, count }
  }

  /** What a record holds for the destinations, without counting it again. */
  countsOf({ record, inner }: Entry): [Cell, number][] {
    const counts = new Map<Cell, number>()
    const add = (one: SpoolRecord, stream: Stream) => {
      for (const [cell, count] of this.#held(one, stream)) counts.set(cell, (counts.get(cell) ?? 0) + count)
    }
    if (record.kind !== 'forwarded') add(record, this.own)
    for (const one of inner) add(one, this.#stream(one))
    return [...counts]
  }

  /** Why sequences are gone that nobody could read any more. */
  causeOf(from: number, to: number, cause: string): string {
    return this.#declared.findLast((gap) => gap.from <= to && gap.to >= from)?.cause ?? cause
  }

  /** Gaps that the log declared beyond a sequence. */
  declaredBeyond(sequence: number): readonly Hole[] {
    return this.#declared
      .filter(({ to }) => to > sequence)
      .map(({ from, to, cause }) => ({ from: Math.max(from, sequence + 1), to, cause }))
  }

  #declare(record: SpoolRecord): void {
    const gap = contentOf(record, 'gap')
    // What is made while reading says that it is gone, not why.
    if (!gap || !record.seal) return
    const { from, to, cause } = gap
    const last = this.#declared.at(-1)
    if (last?.cause === cause && last.to + 1 === from) this.#declared = [...this.#declared.slice(0, -1), { from: last.from, to, cause }]
    else this.#declared = newest([...this.#declared, { from, to, cause }])
  }

  #takeInner(counts: Map<Cell, number>, record: SpoolRecord): void {
    const stream = this.#stream(record)
    const { kind, sequence, seal } = record
    if (sequence <= stream.sequence) {
      this.#fill(counts, stream, record)
      return
    }
    const withheld = withheldIn(stream, record)
    if (kind === 'gap' && !withheld) this.#missed(stream, record)
    const unseen = unseenSamples(stream, record, withheld?.samples ?? countOf(record))
    if (unseen > 0) this.#lose(stream, record, unseen)
    // Nothing is missing there that could still come: it takes no place among the holes.
    if (withheld)
      tally(this.book.cell(stream.node, '', 'samples', this.book.hourFor(record.recordedTime)).dropped, withheld.cause, withheld.samples)
    if (seal) stream.samples = seal.samples
    stream.sequence = sequence
    if (kind === 'signals') defineSignals(stream, contentOf(record, 'signals')?.signals ?? [])
    else this.#takeContent(counts, record, stream)
  }

  /** Notes where records are missing and why; the next record whose seal is there tells how many samples they held. */
  #missed(stream: Stream, record: SpoolRecord): void {
    const gap = contentOf(record, 'gap')
    if (!gap) return
    const before = stream.missing.find((one) => one.from <= gap.to && one.to >= gap.from)
    if (before) {
      // What was found missing is now explained by the node that lost it.
      const cell = this.book.cell(before.cell.node, '', 'samples', before.cell.hour)
      tally(cell.dropped, before.cause, -before.samples)
      tally(cell.dropped, gap.cause, before.samples)
      before.cause = gap.cause
    } else if (gap.to > stream.sequence) {
      const { from, to, cause } = gap
      const cell = { node: stream.node, hour: this.book.hourFor(record.recordedTime) }
      stream.missing = newest([...stream.missing, { from, to, cause, samples: 0, cell }])
    }
  }

  #lose(stream: Stream, record: SpoolRecord, samples: number): void {
    let missing = stream.missing.at(-1)
    if (!missing || missing.to < stream.sequence) {
      const cell = { node: stream.node, hour: this.book.hourFor(record.recordedTime) }
      missing = { from: stream.sequence + 1, to: record.sequence - 1, cause: 'missing', samples: 0, cell } satisfies Missing
      stream.missing = newest([...stream.missing, missing])
    }
    missing.samples += samples
    tally(this.book.cell(stream.node, '', 'samples', missing.cell.hour).dropped, missing.cause, samples)
  }

  /** A record that comes late into a gap is not missing any more; one that a conduit withholds is gone for that reason instead. */
  #fill(counts: Map<Cell, number>, stream: Stream, record: SpoolRecord): void {
    const { sequence } = record
    const missing = stream.missing.find(({ from, to }) => from <= sequence && sequence <= to)
    const withheld = withheldIn(undefined, record)
    if (!missing || (record.kind === 'gap' && !withheld)) return
    const back = Math.min(missing.samples, withheld?.samples ?? countOf(record))
    missing.samples -= back
    const { dropped } = this.book.cell(stream.node, '', 'samples', missing.cell.hour)
    tally(dropped, missing.cause, -back)
    if (withheld) tally(dropped, withheld.cause, back)
    const sides = [
      { ...missing, to: sequence - 1, samples: sequence > missing.from ? missing.samples : 0 },
      { ...missing, from: sequence + 1, samples: sequence > missing.from ? 0 : missing.samples },
    ].filter(({ from, to }) => from <= to)
    // What is still missing lies on one side or on both: it stays with the first.
    stream.missing = newest(stream.missing.flatMap((one) => (one === missing ? sides : [one])))
    if (record.kind === 'signals') defineSignals(stream, contentOf(record, 'signals')?.signals ?? [])
    else if (!withheld) this.#takeContent(counts, record, stream)
  }

  #takeContent(counts: Map<Cell, number>, record: SpoolRecord, stream: Stream = this.own): void {
    for (const [cell, count] of this.#held(record, stream)) this.#log(counts, cell, count)
    const { node } = stream
    const hour = () => this.book.hourFor(record.recordedTime)
    const account = record.kind === 'account' ? contentOf(record, 'account')?.account : undefined
    if (account) {
      const cell = this.book.cell(node, account.connection, account.unit, hour())
      for (const [reason, count] of Object.entries(account.dropped ?? {})) tally(cell.dropped, reason, count)
      cell.known += account.known ?? 0
    }
    const records = record.kind === 'records' ? contentOf(record, 'records')?.records : undefined
    if (records) settle(this.book.cell(node, records.source, 'rows', hour()), records)
  }

  /** What a record holds for the destinations. */
  #held(record: SpoolRecord, stream: Stream): [Cell, number][] {
    const hour = this.book.hourFor(record.recordedTime)
    if (record.kind === 'batch')
      return [...countBatch(stream, record.payload)].map(([connection, count]) => [
        this.book.cell(stream.node, connection, 'samples', hour),
        count,
      ])
    const records = record.kind === 'records' ? contentOf(record, 'records')?.records : undefined
    return records && records.versions.length > 0
      ? [[this.book.cell(stream.node, records.source, 'rows', hour), records.versions.length]]
      : []
  }

  #log(counts: Map<Cell, number>, cell: Cell, count: number): void {
    cell.logged += count
    counts.set(cell, (counts.get(cell) ?? 0) + count)
  }

  #stream({ node, epoch }: SpoolRecord): Stream {
    const key = keyOf({ node, epoch })
    const known = this.#streams.get(key)
    if (known) return known
    // Heard of for the first time: its log is counted from its beginning.
    const stream = { ...newStream(node, epoch), samples: 0 }
    this.#streams.set(key, stream)
    return stream
  }
}

/** Rows that were set aside, and those that somebody has decided about. */
function settle(cell: Cell, { quarantined, released, discarded, wereAside, versions }: RecordBatch): void {
  for (const { reason } of quarantined) tally(cell.quarantined, reasonClass(reason), 1)
  for (const [reason, count] of Object.entries(wereAside ?? {})) tally(cell.quarantined, reason, -count)
  if (discarded) tally(cell.dropped, 'discarded', discarded.length)
  // A row that is released and says what is known by now makes no version.
  if (released && wereAside) cell.known += released.length - versions.length
}

const keyOf = ({ node, epoch }: Pick<Stream, 'node' | 'epoch'>): string => `${epoch} ${node}`

const countOf = ({ kind, payload }: SpoolRecord): number =>
  kind === 'batch' && payload.length >= 8 ? new DataView(payload.buffer, payload.byteOffset, 8).getUint32(4, true) : 0

/** What a conduit withheld in place of a record: never more samples than the log's own count leaves room for. */
function withheldIn(stream: Stream | undefined, record: SpoolRecord): { readonly cause: string; readonly samples: number } | undefined {
  const gap = isStandIn(record) ? contentOf(record, 'gap') : undefined
  if (!gap) return undefined
  const room = record.seal && stream?.samples !== undefined ? Math.max(0, record.seal.samples - stream.samples) : Number.MAX_SAFE_INTEGER
  return { cause: gap.cause, samples: Math.min(gap.samples ?? 0, room) }
}

/** Samples between the record before and this one that nobody has seen, by the log's own running count. */
function unseenSamples(stream: Stream, { seal }: SpoolRecord, count: number): number {
  return seal && stream.samples !== undefined ? Math.max(0, seal.samples - count - stream.samples) : 0
}

function contentOf<K extends Content['kind']>(record: SpoolRecord, kind: K): Extract<Content, { kind: K }> | undefined {
  try {
    const content = parseRecord(record.kind, record.payload)
    return content.kind === kind ? (content as Extract<Content, { kind: K }>) : undefined
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** As many as are remembered: what comes late into one that is forgotten is not taken back. */
const newest = <T>(all: T[]): T[] => all.slice(-LEDGER_LIMITS.holes)
