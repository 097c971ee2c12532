import type { Series } from '../../core/history.ts'
import type { Micros } from '../../core/time.ts'

/** One sample as a series tells it. */
export interface Row {
  readonly time: Micros
  readonly value: number
  readonly status: number
  readonly ingest: number
  readonly text: string | undefined
}

/** Samples in columns, with their texts. */
export interface Columns extends Omit<Series, 'signal' | 'text'> {
  readonly hasText: boolean
  textOf(row: number): string | undefined
}

export const NOTHING: Columns = {
  ...{ count: 0, time: new Float64Array(0), value: new Float64Array(0), status: new Uint32Array(0), ingest: new Float64Array(0) },
  ...{ hasText: false, textOf: () => undefined },
}

const FIRST_ROWS = 16
/** A sample that would have to be put before more than so many is not: the column is forgotten instead, and read again when somebody asks. */
const MOST_MOVED = 1_024

/** The newest samples of one signal by rising time, one per time: every one there is from `since` on. */
export class RecentColumn {
  /** Infinity while it is not known what there was before this column began. */
  since: Micros = Number.POSITIVE_INFINITY
  /** Samples that were not taken, or dropped, because they are older than `since`: what was read before they came must not be joined. */
  missed = 0
  /** Whether somebody asked since rows were last dropped. */
  isAsked = true
  time = new Float64Array(FIRST_ROWS)
  #value = new Float64Array(FIRST_ROWS)
  #status = new Uint32Array(FIRST_ROWS)
  #ingest = new Float64Array(FIRST_ROWS)
  /** Only where there is any. */
  #text: (string | undefined)[] | undefined
  count = 0

  /** Rows there is room for. */
  get capacity(): number {
    return this.time.length
  }

  /** Takes in a sample. False when that would cost too much: then the column is not right any more. */
  put(row: Row): boolean {
    if (this.since !== Number.POSITIVE_INFINITY && row.time < this.since) {
      this.missed++
      return true
    }
    let place = this.count
    while (place > 0 && (this.time[place - 1] as number) > row.time) {
      place--
      if (this.count - place > MOST_MOVED) return false
    }
    if (place > 0 && this.time[place - 1] === row.time) {
      if (isLater(row, this.#row(place - 1))) this.#set(place - 1, row)
      return true
    }
    if (this.count === this.capacity) this.#resize(this.capacity * 2, 0)
    if (place < this.count) {
      for (const column of [this.time, this.#value, this.#status, this.#ingest]) column.copyWithin(place + 1, place, this.count)
      this.#text?.splice(place, 0, undefined)
    }
    this.count++
    this.#set(place, row)
    return true
  }

  /** Whether a question about [from, ...) is answered by what is here. */
  covers(from: Micros, lookBackUs: Micros): boolean {
    if (from < this.since) return false
    return lookBackUs === 0 || from - lookBackUs >= this.since || (this.count > 0 && (this.time[0] as number) < from)
  }

  /** Takes in what was read: every sample from `since` on that was stored when it was read. What was committed meanwhile is here already. */
  join(series: Omit<Series, 'signal'>, since: Micros): void {
    this.since = Math.min(this.since, since)
    const known = Array.from({ length: this.count }, (_, i) => this.#row(i)).filter(({ time }) => time >= this.since)
    this.missed += this.count - known.length
    this.count = 0
    this.#text = undefined
    let k = 0
    for (let i = 0; i < series.count; i++) {
      const read = rowOf(series, i)
      for (let row = known[k]; row && row.time < read.time; row = known[++k]) this.#append(row)
      const same = known[k]?.time === read.time ? known[k++] : undefined
      this.#append(same && isLater(same, read) ? same : read)
    }
    for (let row = known[k]; row; row = known[++k]) this.#append(row)
  }

  /** Drops all but the newest rows. */
  keep(rows: number): void {
    const dropped = this.count - rows
    if (dropped <= 0) return
    this.missed += dropped
    this.#resize(Math.max(FIRST_ROWS, 2 ** Math.ceil(Math.log2(rows + 1))), dropped)
    this.since = this.time[0] as number
  }

  /** What it holds now: the columns themselves, which are written to again. */
  view(): Columns {
    const { count, time } = this
    const [value, status, ingest, text] = [this.#value, this.#status, this.#ingest, this.#text]
    return { count, time, value, status, ingest, hasText: text !== undefined, textOf: (row) => text?.[row] }
  }

  #row(place: number): Row {
    return {
      time: this.time[place] as number,
      value: this.#value[place] as number,
      status: this.#status[place] as number,
      ingest: this.#ingest[place] as number,
      text: this.#text?.[place],
    }
  }

  #append(row: Row): void {
    if (this.count === this.capacity) this.#resize(this.capacity * 2, 0)
    this.#set(this.count++, row)
  }

  #set(place: number, { time, value, status, ingest, text }: Row): void {
    this.time[place] = time
    this.#value[place] = value
    this.#status[place] = status
    this.#ingest[place] = ingest
    if (text !== undefined) this.#text ??= []
    if (this.#text) this.#text[place] = text
  }

  #resize(capacity: number, from: number): void {
    const moved = <T extends Float64Array | Uint32Array>(to: T, column: T): T => {
      to.set(column.subarray(from, this.count))
      return to
    }
    this.time = moved(new Float64Array(capacity), this.time)
    this.#value = moved(new Float64Array(capacity), this.#value)
    this.#status = moved(new Uint32Array(capacity), this.#status)
    this.#ingest = moved(new Float64Array(capacity), this.#ingest)
    this.#text = this.#text?.slice(from, this.count)
    this.count -= from
  }
}

const rowOf = ({ time, value, status, ingest, text }: Omit<Series, 'signal'>, i: number): Row => ({
  ...{ time: time[i] as number, value: value[i] as number, status: status[i] as number },
  ...{ ingest: ingest[i] as number, text: text?.get(i) },
})

/** As a series chooses of several at one time: the last to arrive, of one record the worse, then the greater, no value after every other, then by text, none last. */
function isLater(a: Row, b: Row): boolean {
  if (a.ingest !== b.ingest) return a.ingest > b.ingest
  if (a.status !== b.status) return a.status > b.status
  if (a.value !== b.value && !(Number.isNaN(a.value) && Number.isNaN(b.value))) return Number.isNaN(a.value) || a.value > b.value
  return a.text !== b.text && (a.text === undefined || (b.text !== undefined && a.text > b.text))
}
