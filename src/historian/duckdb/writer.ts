import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api'
import type { SampleBatch } from '../../core/batch.ts'
import type { Logger } from '../../core/log.ts'
import { CONDUIT_GAP } from '../../core/policy.ts'
import { type Content, parseRecord } from '../../core/record-content.ts'
import type { Micros } from '../../core/time.ts'
import { Accounts, sumUp } from './accounts.ts'
import { appendRows, RowAppender } from './append-rows.ts'
import { pick, type Rows } from './batch-rows.ts'
import { Dictionaries, DUPLICATE, type Writer } from './dictionaries.ts'
import { Gaps, UNDEFINED_SIGNALS } from './gaps.ts'
import { Last } from './last.ts'
import { LAST_INGEST, type StoreLimits } from './limits.ts'
import type { PackedRecord, PackedRecords } from './protocol.ts'
import { RecentSeries } from './recent-series.ts'
import { RecentStated } from './recent-stated.ts'
import { type Cell, rowsOf } from './rows.ts'
import { SampleAppender } from './sample-appender.ts'
import { Stated } from './stated.ts'

/** The only writer of samples. Calls never overlap; the caller sees to that. */
export class SampleWriter {
  readonly #connection: DuckDBConnection
  readonly #log: Logger
  readonly #limits: StoreLimits
  dictionaries: Dictionaries
  last: Last
  readonly recent: RecentSeries
  readonly recentStated: RecentStated
  #numbers: SampleAppender | undefined
  #texts: SampleAppender | undefined
  #ingestAppender: RowAppender | undefined
  #accountAppender: RowAppender | undefined
  #accounts = new Accounts()
  readonly #begin: DuckDBPreparedStatement
  readonly #commit: DuckDBPreparedStatement
  #lastIngest: number
  #lastRecorded: Micros
  #ingests: Cell[][] = []
  #gaps: Gaps | undefined
  #stored: Rows[] = []
  #stated = new Stated()
  #recorded: Micros = 0

  private constructor(
    connection: DuckDBConnection,
    log: Logger,
    limits: StoreLimits,
    loaded: { dictionaries: Dictionaries; last: Last; lastIngest: number; lastRecorded: Micros },
    statements: [DuckDBPreparedStatement, DuckDBPreparedStatement],
  ) {
    this.#connection = connection
    this.#log = log
    this.#limits = limits
    this.dictionaries = loaded.dictionaries
    this.last = loaded.last
    this.#lastIngest = loaded.lastIngest
    this.#lastRecorded = loaded.lastRecorded
    const duplicates = () => this.dictionaries.reasonSetsWith(DUPLICATE)
    this.recent = new RecentSeries({ keyOf: (id) => this.dictionaries.keyOf(id), duplicates }, limits)
    this.recentStated = new RecentStated(limits)
    this.#begin = statements[0]
    this.#commit = statements[1]
  }

  static async open(connection: DuckDBConnection, log: Logger, limits: StoreLimits): Promise<SampleWriter> {
    const dictionaries = await Dictionaries.load(connection)
    const last = await Last.load(connection, dictionaries.lastSignal)
    const [newest] = await rowsOf(connection, 'SELECT coalesce(max(ingest), 0), coalesce(epoch_us(max(recorded)), 0) FROM store.ingests')
    const loaded = { dictionaries, last, lastIngest: (newest?.[0] as number) ?? 0, lastRecorded: (newest?.[1] as number) ?? 0 }
    return new SampleWriter(connection, log, limits, loaded, [await connection.prepare('BEGIN'), await connection.prepare('COMMIT')])
  }

  get lastIngest(): number {
    return this.#lastIngest
  }

  /** All records in one transaction, or none of them: then memory is as before and the cause is thrown. */
  async write(packed: PackedRecords, now: Micros): Promise<void> {
    const before = this.#lastIngest
    this.#ingests = []
    this.#stored = []
    this.#stated = new Stated()
    this.#accounts = new Accounts()
    // Recorded times never go back, so that "as known at" is a bound on the ingest id.
    this.#recorded = Math.max(now, this.#lastRecorded)
    let begun = false
    try {
      await this.#begin.run()
      begun = true
      this.#numbers ??= await SampleAppender.numbers(this.#connection)
      this.#texts ??= await SampleAppender.texts(this.#connection)
      this.#ingestAppender ??= await RowAppender.create(this.#connection, 'ingests')
      this.#accountAppender ??= await RowAppender.create(this.#connection, 'accounts')
      this.#gaps = await Gaps.load(this.#connection, this.dictionaries, packed.records)
      for (const record of packed.records) this.#take(record, packed.bytes)
      await this.#flush()
      await this.#commit.run()
    } catch (cause) {
      this.#lastIngest = before
      await this.#undo(begun)
      throw cause
    }
    this.#lastRecorded = this.#recorded
    for (const { batch, signal, reasons, ingest } of this.#stored) {
      this.last.update(batch, signal, reasons, ingest, this.dictionaries.lastSignal)
    }
    // What fills a gap is not among them.
    if (this.#gaps && this.#gaps.fills.length > 0) this.recent.clear()
    this.recent.committed(this.#stored, this.#recorded)
    const { kinds, definitions } = this.#stated.names()
    this.recentStated.committed(kinds, definitions)
    this.#stored = []
    this.#stated = new Stated()
    this.#accountRows += this.#accounts.rows().length
    if (this.#accountRows < this.#limits.accountRows || this.#accountRows === 0) return
    this.#dropAppenders()
    this.#accountRows = 0
    await sumUp(this.#connection).catch((cause: unknown) => this.#log.warn({ cause: String(cause) }, 'the ledger rows are not summed up'))
  }

  #accountRows = 0

  /** Lets go of everything the engine holds for this writer. */
  close(): void {
    this.#dropAppenders()
    this.#begin.destroySync()
    this.#commit.destroySync()
  }

  async #flush(): Promise<void> {
    this.#numbers?.flush()
    this.#texts?.flush()
    const { dictionaries } = this
    for (const [table, rows] of dictionaries.pending) await appendRows(this.#connection, table, rows)
    for (const change of dictionaries.changes) await this.#connection.run(change)
    dictionaries.pending = new Map()
    dictionaries.changes = []
    this.#ingestAppender?.append(this.#ingests)
    this.#accountAppender?.append(this.#accounts.rows())
    await this.#gaps?.flush(this.#connection)
    await this.#stated.flush(this.#connection, this.#recorded, this.#limits.cursorsOfNode, this.#log)
  }

  async #undo(begun: boolean): Promise<void> {
    this.#stored = []
    this.recent.clear()
    this.recentStated.clear()
    this.#dropAppenders()
    if (begun) {
      await this.#connection
        .run('ROLLBACK')
        .catch((cause: unknown) => this.#log.debug({ cause: String(cause) }, 'rollback of a failed commit'))
    }
    this.dictionaries = await Dictionaries.load(this.#connection).catch((cause: unknown) => {
      // The engine itself is unusable; the store opens it anew and this writer with it.
      this.#log.debug({ cause: String(cause) }, 'dictionaries after a failed commit')
      return this.dictionaries
    })
  }

  #dropAppenders(): void {
    for (const appender of [this.#numbers, this.#texts, this.#ingestAppender, this.#accountAppender]) {
      try {
        appender?.discard()
      } catch (cause) {
        this.#log.debug({ cause: String(cause) }, 'appender of a failed commit')
      }
    }
    this.#numbers = undefined
    this.#texts = undefined
    this.#ingestAppender = undefined
    this.#accountAppender = undefined
  }

  #take(record: PackedRecord, bytes: Uint8Array): void {
    const writer = this.dictionaries.writer(record.node, record.epoch)
    if (record.sequence <= writer.sequence) {
      this.#fill(writer, record, bytes)
      return
    }
    const content = contentOf(record, bytes)
    const gap = typeof content === 'object' && content.kind === 'gap' ? content : undefined
    // A gap stands at its last sequence or behind it; what claims to reach further must not make later records disappear.
    const to = gap ? Math.min(gap.to, record.sequence) : 0
    const explained = gap ? Math.min(gap.from, record.sequence) : record.sequence
    if (explained > writer.sequence + 1) this.#gap(writer, writer.sequence + 1, explained - 1, 'missing', null)
    // What a conduit withheld is not missing: it was decided so, and the ledger counts it. There may be one for every other record.
    if (gap && to > writer.sequence && !gap.cause.startsWith(CONDUIT_GAP))
      this.#gap(writer, Math.max(gap.from, writer.sequence + 1), to, gap.cause, gap.samples ?? null)
    writer.sequence = record.sequence
    if (typeof content === 'string') this.#gap(writer, record.sequence, record.sequence, content, null)
    else this.#store(writer, record, content)
  }

  /**
   * A record at or below the checkpoint is stored where a gap was declared for its place, and only there. Its dictionaries add what is not known and
   * change nothing that is: they are older than those in force. Last values stay as
   * they are, and so does what was said of a record or stated as a fact since.
   */
  #fill(writer: Writer, record: PackedRecord, bytes: Uint8Array): void {
    const content = contentOf(record, bytes)
    if (typeof content === 'string' || (content.kind === 'gap' && content.to >= record.sequence)) return
    if (!this.#gaps?.fill(writer.key, record.sequence)) return
    if (content.kind === 'batch') {
      this.#storeBatch(writer, record, content.batch)
      this.#stored.pop()
    } else this.#storeOther(writer, record, onlyUnknown(writer, content), true)
    this.#gaps.fills.push(this.#lastIngest)
  }

  #store(writer: Writer, record: PackedRecord, content: Content): void {
    if (content.kind === 'batch') {
      this.#storeBatch(writer, record, content.batch)
      return
    }
    if (content.kind === 'config') writer.config = this.dictionaries.config(content.version, content.declared)
    this.#storeOther(writer, record, content, false)
  }

  #storeOther(writer: Writer, record: PackedRecord, content: Content, isFill: boolean): void {
    this.#define(writer, content)
    this.#ingest(writer, record, record.recordedTime, 0, null, null)
    if (content.kind !== 'records' && content.kind !== 'facts') return
    if (content.kind === 'records')
      this.#accounts.add(writer.node, content.records.source, 'rows', record.recordedTime, content.records.versions.length)
    this.#stated.take(content, {
      ...{ node: writer.node, writer: writer.key },
      ...{ sequence: record.sequence, ingest: this.#lastIngest, isFill },
    })
  }

  #define(writer: Writer, content: Content): void {
    const learnt = { ingest: this.#lastIngest + 1, recorded: this.#recorded }
    if (content.kind === 'signals')
      for (const [number, definition] of content.signals) this.dictionaries.mapSignal(writer, number, definition, learnt)
    if (content.kind !== 'reasons') return
    content.sets.forEach((names, i) => {
      this.dictionaries.mapReasons(writer, content.first + i, names)
    })
  }

  #storeBatch(writer: Writer, record: PackedRecord, batch: SampleBatch): void {
    const { count } = batch
    const signal = new Uint32Array(count)
    const reasons = new Uint32Array(count)
    let unknown = 0
    let oldest = Number.POSITIVE_INFINITY
    let newest = Number.NEGATIVE_INFINITY
    for (let i = 0; i < count; i++) {
      const time = batch.sourceTime[i] as number
      if (time < oldest) oldest = time
      if (time > newest) newest = time
      const key = writer.signals[batch.signal[i] as number] ?? 0
      signal[i] = key
      if (key === 0) unknown++
      const set = writer.reasons[batch.reasons[i] as number] ?? 0
      reasons[i] = set === 0 ? this.dictionaries.reasonSet(['unknown-reasons']) : set - 1
    }
    this.#ingest(writer, record, batch.receivedTime, count - unknown, count === 0 ? null : oldest, count === 0 ? null : newest)
    const ingest = this.#lastIngest
    const rows: Rows = { batch, signal, reasons, ingest }
    const known = unknown === 0 ? rows : pick(rows, (row) => signal[row] !== 0)
    if (unknown > 0) this.#gap(writer, record.sequence, record.sequence, UNDEFINED_SIGNALS, unknown)
    if (this.#limits.accountRows > 0)
      this.#accounts.addSamples(writer.node, record.recordedTime, known.batch.signal, writer.connections, this.dictionaries.connections)
    if (unknown > 0) this.#accounts.add(writer.node, '', 'samples', record.recordedTime, 0, unknown)
    this.#append(known)
    this.#stored.push(known)
  }

  /** Signals that have text in this batch go to the table of texts with all their rows, so that their order of arrival is kept. */
  #append(rows: Rows): void {
    const { batch, signal } = rows
    if (!batch.text?.size) {
      this.#numbers?.append(rows)
      return
    }
    const withText = new Set(Array.from(batch.text.keys(), (row) => signal[row] as number))
    for (const key of withText) this.dictionaries.markText(key)
    this.#numbers?.append(pick(rows, (row) => !withText.has(signal[row] as number)))
    this.#texts?.append(pick(rows, (row) => withText.has(signal[row] as number)))
  }

  #ingest(writer: Writer, record: PackedRecord, received: Micros, samples: number, oldest: Micros | null, newest: Micros | null): void {
    if (this.#lastIngest >= LAST_INGEST) throw new Error('every ingest id is used: this historian is full; start a new one')
    this.#ingests.push([++this.#lastIngest, writer.key, record.sequence, samples, received, this.#recorded, writer.config, oldest, newest])
  }

  #gap(writer: Writer, first: number, last: number, cause: string, samples: number | null): void {
    this.#gaps?.declare({ writer: writer.key, first, last, cause, samples, recorded: this.#recorded })
    this.#log.warn({ node: writer.node, first, last, cause }, 'records are missing from the history')
  }
}

function contentOf(record: PackedRecord, bytes: Uint8Array): Content | string {
  try {
    return parseRecord(record.kind, bytes.subarray(record.at, record.at + record.length))
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof SyntaxError)) throw cause
    // A record nobody can read would otherwise stop everything behind it. Its place is kept, and said to be empty.
    return `unreadable: ${cause.message}`
  }
}

function onlyUnknown(writer: Writer, content: Content): Content {
  if (content.kind === 'signals') return { ...content, signals: content.signals.filter(([number]) => !writer.signals[number]) }
  if (content.kind !== 'reasons') return content
  // Sets are given out in order, so those that are not known are the last.
  const known = content.sets.findIndex((_, i) => !writer.reasons[content.first + i])
  const skip = known < 0 ? content.sets.length : known
  return { ...content, first: content.first + skip, sets: content.sets.slice(skip) }
}
