import { QueryRefused } from '../../core/historian.ts'
import type { Series, SeriesQuery } from '../../core/history.ts'
import { rowAt } from '../../core/row-at.ts'
import { MINUTE, type Micros } from '../../core/time.ts'
import type { Rows } from './batch-rows.ts'
import type { StoreLimits } from './limits.ts'
import { type Columns, NOTHING, RecentColumn } from './recent-column.ts'

/** Questions that end earlier than so long before the newest commit are about the past: nothing is kept for them. */
const RECENT_US = 10 * MINUTE
/** An answer is kept when it takes no more than this share of the room. */
const SHARE = 1 / 4
const EVER: Micros = Number.MAX_SAFE_INTEGER

type Limits = Pick<StoreLimits, 'recentRows' | 'seriesRows' | 'seriesSignals'>

/** What the historian's dictionaries say. */
export interface RecentNames {
  keyOf(id: string): number | undefined
  /** Sets of reasons with which a sample is in no series. */
  duplicates(): readonly number[]
}

/**
 * The newest samples of signals that somebody asks for, kept beside the database: what is computed from history asks for them at every commit. A question is
 * answered from here when every sample that could be in its answer is here; else the database is asked, and what it holds from the question's beginning on is kept.
 * Bounded by `recentRows`; nothing is kept of what nobody asks for.
 */
export class RecentSeries {
  readonly #names: RecentNames
  readonly #limits: Limits
  #columns = new Map<number, RecentColumn>()
  /** By signal key: 1 where there is a column. */
  #isFollowed = new Uint8Array(0)
  #capacity = 0
  #recorded: Micros = 0

  constructor(names: RecentNames, limits: Limits) {
    this.#names = names
    this.#limits = limits
  }

  /** Rows there is room for in all columns. */
  get capacity(): number {
    return this.#capacity
  }

  /** What was committed, in its order; `recorded` is the commit's time. */
  committed(stored: readonly Rows[], recorded: Micros): void {
    this.#recorded = recorded
    if (this.#columns.size === 0) return
    const duplicates = new Set(this.#names.duplicates())
    const followed = this.#isFollowed
    for (const { batch, signal, reasons, ingest } of stored) {
      for (let i = 0; i < batch.count; i++) {
        const key = signal[i] as number
        if (followed[key] !== 1 || duplicates.has(reasons[i] as number)) continue
        const time = Math.floor(batch.sourceTime[i] as number)
        const text = batch.text?.get(i)?.toWellFormed()
        this.#change(key, (column) =>
          column.put({ time, value: batch.value[i] as number, status: batch.status[i] as number, ingest, text }),
        )
      }
    }
    this.#bound()
  }

  /** Something was stored or removed that did not come to `committed`. */
  clear(): void {
    this.#columns = new Map()
    this.#isFollowed.fill(0)
    this.#capacity = 0
  }

  /** Answers from here, or asks the database. */
  async series(query: SeriesQuery, ask: (query: SeriesQuery) => Promise<Series[]>): Promise<Series[]> {
    if (!this.#isRecent(query)) return ask(query)
    const found = this.#found(query)
    if (found) return found
    // From now on what is committed is noted, so that what is read next leaves nothing out.
    const followed = query.signals.map((signal) => this.#follow(signal))
    const { signals, from, lookBackUs } = query
    try {
      const whole = await ask({ signals, from, to: EVER, lookBackUs })
      if (sum(whole) <= this.#limits.recentRows * SHARE) for (const [i, series] of whole.entries()) this.#keep(followed[i], series, query)
      return partsOf(
        whole.map((series) => ({ ...series, hasText: series.text !== undefined, textOf: (row) => series.text?.get(row) })),
        query,
      )
    } catch (error) {
      if (!(error instanceof QueryRefused)) throw error
      // What came after it may be too much, and it alone not.
      return await ask(query)
    } finally {
      for (const one of followed) if (one?.column.since === Number.POSITIVE_INFINITY) this.#forget(one)
      this.#bound()
    }
  }

  #isRecent({ signals, from, to, asKnownAt }: SeriesQuery): boolean {
    const isPlain = asKnownAt === undefined && Number.isSafeInteger(from) && Number.isSafeInteger(to) && from <= to
    return isPlain && signals.length <= this.#limits.seriesSignals && this.#recorded > 0 && to > this.#recorded - RECENT_US
  }

  #found(query: SeriesQuery): Series[] | undefined {
    const columns: (RecentColumn | undefined)[] = []
    let rows = 0
    for (const signal of query.signals) {
      const key = this.#names.keyOf(signal)
      const column = key === undefined ? undefined : this.#columns.get(key)
      if (key !== undefined && !column?.covers(query.from, query.lookBackUs)) return undefined
      columns.push(column)
      if (column) rows += rowAt(column, query.to) - rowAt(column, query.from)
    }
    if (rows > this.#limits.seriesRows) return undefined
    for (const column of columns) if (column) column.isAsked = true
    return partsOf(
      columns.map((column) => column?.view() ?? NOTHING),
      query,
    )
  }

  #follow(signal: string): Followed | undefined {
    const key = this.#names.keyOf(signal)
    if (key === undefined) return undefined
    let column = this.#columns.get(key)
    if (!column) {
      column = new RecentColumn()
      this.#columns.set(key, column)
      this.#capacity += column.capacity
      if (key >= this.#isFollowed.length) {
        const grown = new Uint8Array(Math.max(key + 1, this.#isFollowed.length * 2))
        grown.set(this.#isFollowed)
        this.#isFollowed = grown
      }
      this.#isFollowed[key] = 1
    }
    return { key, column, missed: column.missed }
  }

  /** Unless something of what was committed while the database was asked is not here. */
  #keep(one: Followed | undefined, series: Series, { from, lookBackUs }: SeriesQuery): void {
    if (!one || this.#columns.get(one.key) !== one.column || one.column.missed !== one.missed) return
    const first = series.count > 0 ? (series.time[0] as number) : Number.POSITIVE_INFINITY
    this.#change(one.key, (column) => {
      column.join(series, first < from ? first : from - lookBackUs)
      return true
    })
  }

  #change(key: number, work: (column: RecentColumn) => boolean): void {
    const column = this.#columns.get(key) as RecentColumn
    const before = column.capacity
    const isRight = work(column)
    this.#capacity += column.capacity - before
    if (!isRight) this.#forget({ key, column })
  }

  #forget({ key, column }: Pick<Followed, 'key' | 'column'>): void {
    if (this.#columns.get(key) !== column) return
    this.#columns.delete(key)
    this.#isFollowed[key] = 0
    this.#capacity -= column.capacity
  }

  /** Beyond the limit columns that nobody asked for lately go, and of the others the oldest rows. */
  #bound(): void {
    const { recentRows } = this.#limits
    if (this.#capacity <= recentRows) return
    for (const [key, column] of this.#columns) {
      if (!column.isAsked || column.since === Number.POSITIVE_INFINITY) this.#forget({ key, column })
      column.isAsked = false
    }
    const each = Math.max(1, Math.floor(recentRows / 4 / Math.max(1, this.#columns.size)))
    for (const key of this.#columns.keys())
      this.#change(key, (column) => {
        column.keep(each)
        return true
      })
    if (this.#capacity > recentRows) this.clear()
  }
}

interface Followed {
  readonly key: number
  readonly column: RecentColumn
  /** Of the column, when it was followed. */
  readonly missed: number
}

/** What of longer columns a question is about, copied into one buffer per kind: so it goes to another thread. */
function partsOf(all: readonly Columns[], { signals, from, to, lookBackUs, lookAheadUs = 0 }: SeriesQuery): Series[] {
  const parts = all.map((columns) => {
    const { time, count } = columns
    const [begin, end] = [rowAt(columns, from), rowAt(columns, to)]
    const first = begin > 0 && from - (time[begin - 1] as number) <= lookBackUs ? begin - 1 : begin
    return { first, last: lookAheadUs > 0 && end < count && (time[end] as number) - to <= lookAheadUs ? end + 1 : end }
  })
  const rows = parts.reduce((sum, { first, last }) => sum + last - first, 0)
  const [time, value, ingest, status] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows), new Uint32Array(rows)]
  let start = 0
  return parts.map(({ first, last }, i) => {
    const [columns, begin] = [all[i] as Columns, start]
    const end = (start += last - first)
    time.set(columns.time.subarray(first, last), begin)
    value.set(columns.value.subarray(first, last), begin)
    ingest.set(columns.ingest.subarray(first, last), begin)
    status.set(columns.status.subarray(first, last), begin)
    const text = new Map<number, string>()
    for (let row = first; columns.hasText && row < last; row++) {
      const of = columns.textOf(row)
      if (of !== undefined) text.set(row - first, of)
    }
    return {
      ...{ signal: signals[i] as string, count: last - first, time: time.subarray(begin, end), value: value.subarray(begin, end) },
      ...{ status: status.subarray(begin, end), ingest: ingest.subarray(begin, end), ...(text.size > 0 && { text }) },
    }
  })
}

const sum = (all: readonly Series[]): number => all.reduce((rows, { count }) => rows + count, 0)
