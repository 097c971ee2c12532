import type { DuckDBDataChunk } from '@duckdb/node-api'
import type { Series } from '../../core/history.ts'
import { columnOf } from './vectors.ts'

/** Of a signal's rows, [start, end) of the columns. */
interface Part {
  readonly start: number
  readonly end: number
}

/**
 * Sorts chunks of samples out into one series per signal. The chunks have the columns signal key, time, value, status, ingest and perhaps text.
 * All series share one buffer per column, which goes to another thread as it is.
 */
export class SeriesColumns {
  readonly #keys: readonly number[]
  /** By signal key: its place among the keys asked for. */
  readonly #places: Uint32Array
  readonly #counts: Uint32Array
  readonly #chunks: DuckDBDataChunk[] = []

  constructor(keys: readonly number[]) {
    this.#keys = keys
    this.#places = new Uint32Array(keys.reduce((most, key) => Math.max(most, key), 0) + 1)
    keys.forEach((key, place) => {
      this.#places[key] = place
    })
    this.#counts = new Uint32Array(keys.length)
  }

  /** Takes a chunk in. */
  add(chunk: DuckDBDataChunk): void {
    this.#chunks.push(chunk)
    const signal = columnOf(chunk, 0, Uint32Array)
    for (let from = 0; from < chunk.rowCount; ) {
      const to = endOfRun(signal, from, chunk.rowCount)
      const place = this.#places[signal[from] as number] as number
      this.#counts[place] = (this.#counts[place] as number) + to - from
      from = to
    }
  }

  /** The series of each signal by its key; an empty one for what was not asked for. */
  build(): (key: number | undefined) => Omit<Series, 'signal'> {
    const starts = new Uint32Array(this.#keys.length)
    for (let i = 1; i < starts.length; i++) starts[i] = (starts[i - 1] as number) + (this.#counts[i - 1] as number)
    const rows = new Rows((starts.at(-1) ?? 0) + (this.#counts.at(-1) ?? 0))
    const ends = starts.slice()
    for (const chunk of this.#chunks) rows.scatter(chunk, this.#places, ends)
    const parts = this.#keys.map((_, i): Part => {
      const part = { start: starts[i] as number, end: ends[i] as number }
      if (rows.isRising(part)) return part
      rows.sort(part)
      return { start: part.start, end: rows.keepNewest(part) }
    })
    return (key) => rows.series(parts[this.#places[key ?? this.#places.length] ?? -1] ?? { start: 0, end: 0 })
  }
}

/** Shorter runs of one signal are copied number by number. */
const SHORT_RUN = 16

/** Where another signal begins. */
function endOfRun(signal: Uint32Array, from: number, count: number): number {
  const key = signal[from]
  let end = from + 1
  while (end < count && signal[end] === key) end++
  return end
}

/** The samples of all series, those of one signal side by side. */
class Rows {
  readonly #time: Float64Array
  readonly #value: Float64Array
  readonly #status: Uint32Array
  readonly #ingest: Float64Array
  readonly #text = new Map<number, string>()

  constructor(count: number) {
    this.#time = new Float64Array(count)
    this.#value = new Float64Array(count)
    this.#status = new Uint32Array(count)
    this.#ingest = new Float64Array(count)
  }

  /** Puts each row behind those of its signal that are there already. */
  scatter(chunk: DuckDBDataChunk, places: Uint32Array, ends: Uint32Array): void {
    const signal = columnOf(chunk, 0, Uint32Array)
    const time = columnOf(chunk, 1, Float64Array)
    const value = columnOf(chunk, 2, Float64Array)
    const status = columnOf(chunk, 3, Uint32Array)
    const ingest = columnOf(chunk, 4, Float64Array)
    const text = chunk.columnCount > 5 ? chunk.getColumnVector(5) : undefined
    const [times, values, statuses, ingests] = [this.#time, this.#value, this.#status, this.#ingest]
    for (let from = 0; from < chunk.rowCount; ) {
      // Cold files are sorted by signal: there a chunk is often of one alone, and its columns are copied at once.
      const end = endOfRun(signal, from, chunk.rowCount)
      const place = places[signal[from] as number] as number
      const to = ends[place] as number
      ends[place] = to + end - from
      if (end - from < SHORT_RUN) {
        for (let i = from, row = to; i < end; i++, row++) {
          times[row] = time[i] as number
          values[row] = value[i] as number
          statuses[row] = status[i] as number
          ingests[row] = ingest[i] as number
        }
      } else {
        times.set(time.subarray(from, end), to)
        values.set(value.subarray(from, end), to)
        statuses.set(status.subarray(from, end), to)
        ingests.set(ingest.subarray(from, end), to)
      }
      for (let i = from; text && i < end; i++) {
        const item = text.getItem(i)
        if (typeof item === 'string') this.#text.set(to + i - from, item)
      }
      from = end
    }
  }

  /** Whether each is later than the one before: then there is nothing to sort, and nothing twice. */
  isRising({ start, end }: Part): boolean {
    const times = this.#time
    for (let i = start + 1; i < end; i++) if ((times[i - 1] as number) >= (times[i] as number)) return false
    return true
  }

  /** By time, then by arrival; those of one record at one time, whose order is not kept, the worse status last, then the greater value. */
  sort({ start, end }: Part): void {
    const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i).sort((a, b) => this.#order(a, b))
    for (const column of [this.#time, this.#value, this.#status, this.#ingest]) {
      const sorted = column.constructor === Float64Array ? new Float64Array(rows.length) : new Uint32Array(rows.length)
      rows.forEach((row, i) => {
        sorted[i] = column[row] as number
      })
      column.set(sorted, start)
    }
    if (this.#text.size === 0) return
    const texts = Array.from(rows, (row) => this.#text.get(row))
    texts.forEach((text, i) => {
      this.#setText(start + i, text)
    })
  }

  /** Of the rows of one time keeps the last, and closes the ranks; tells where the series ends now. */
  keepNewest({ start, end }: Part): number {
    let to = start
    for (let i = start; i < end; i++) {
      if (i + 1 < end && this.#time[i] === this.#time[i + 1]) continue
      if (to !== i) this.#move(i, to)
      to++
    }
    return to
  }

  series({ start, end }: Part): Omit<Series, 'signal'> {
    const text = new Map<number, string>()
    for (let i = start; this.#text.size > 0 && i < end; i++) {
      const of = this.#text.get(i)
      if (of !== undefined) text.set(i - start, of)
    }
    return {
      count: end - start,
      time: this.#time.subarray(start, end),
      value: this.#value.subarray(start, end),
      status: this.#status.subarray(start, end),
      ingest: this.#ingest.subarray(start, end),
      ...(text.size > 0 && { text }),
    }
  }

  #move(from: number, to: number): void {
    this.#time[to] = this.#time[from] as number
    this.#value[to] = this.#value[from] as number
    this.#status[to] = this.#status[from] as number
    this.#ingest[to] = this.#ingest[from] as number
    if (this.#text.size > 0) this.#setText(to, this.#text.get(from))
  }

  #setText(row: number, text: string | undefined): void {
    if (text === undefined) this.#text.delete(row)
    else this.#text.set(row, text)
  }

  #order(a: number, b: number): number {
    return this.#by(this.#time, a, b) || this.#by(this.#ingest, a, b) || this.#by(this.#status, a, b) || this.#byValue(a, b)
  }

  #by(column: Float64Array | Uint32Array, a: number, b: number): number {
    return (column[a] as number) - (column[b] as number)
  }

  /** As the engine orders them: no value after every other, then by text, none last. */
  #byValue(a: number, b: number): number {
    const [one, other] = [this.#value[a] as number, this.#value[b] as number]
    if (one !== other && !(Number.isNaN(one) && Number.isNaN(other))) return Number.isNaN(one) || one > other ? 1 : -1
    const [text, than] = [this.#text.get(a), this.#text.get(b)]
    return text === than ? 0 : text === undefined || (than !== undefined && text > than) ? 1 : -1
  }
}
