import {
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBVarCharVector,
  type DuckDBVector,
  TIMESTAMP,
  UINTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import type { SampleBatch } from '../../core/batch.ts'
import { columnOf } from './vectors.ts'

/** Rows in one of the engine's chunks. */
const CHUNK = 2048
const TYPES = [UINTEGER, TIMESTAMP, DOUBLE, UINTEGER, UINTEGER, UINTEGER, VARCHAR]
const TEXT = 6
const TWO_32 = 2 ** 32

interface Columns {
  readonly chunk: DuckDBDataChunk
  readonly rows: number
  readonly vectors: readonly DuckDBVector[]
  readonly signal: Uint32Array
  /** Microseconds as pairs of 32 bits, low first: twice as fast as making a BigInt of each. */
  readonly time: Uint32Array
  readonly value: Float64Array
  readonly status: Uint32Array
  readonly reasons: Uint32Array
  readonly ingest: Uint32Array
}

/**
 * Appends whole batches to `store.samples` through the engine's column chunks: typed arrays are copied into the vectors, nothing is made per
 * sample. Small batches share a chunk. Rows are in the table after `flush`, inside the transaction of the connection.
 */
export class SampleAppender {
  readonly #appender: DuckDBAppender
  readonly #full = columns(CHUNK)
  #count = 0

  private constructor(appender: DuckDBAppender) {
    this.#appender = appender
  }

  static async create(connection: DuckDBConnection): Promise<SampleAppender> {
    return new SampleAppender(await connection.createAppender('samples', 'store'))
  }

  /** `signal` and `reasons` are the historian's keys, row by row. */
  append(batch: SampleBatch, signal: Uint32Array, reasons: Uint32Array, ingest: number): void {
    if (batch.text?.size) this.#appendWithText(batch, signal, reasons, ingest)
    else this.#appendNumbers(batch, signal, reasons, ingest)
  }

  #appendNumbers(batch: SampleBatch, signal: Uint32Array, reasons: Uint32Array, ingest: number): void {
    for (let from = 0; from < batch.count; ) {
      const rows = Math.min(batch.count - from, CHUNK - this.#count)
      fill(this.#full, this.#count, batch, signal, reasons, ingest, from, rows)
      from += rows
      this.#count += rows
      if (this.#count === CHUNK) this.#push(this.#full, CHUNK)
    }
  }

  flush(): void {
    this.#push(this.#full, this.#count)
    this.#appender.flushSync()
  }

  /** Forgets what was not flushed and closes. */
  discard(): void {
    this.#appender.clear()
    this.#appender.closeSync()
  }

  #appendWithText(batch: SampleBatch, signal: Uint32Array, reasons: Uint32Array, ingest: number): void {
    this.#push(this.#full, this.#count)
    for (let from = 0; from < batch.count; from += CHUNK) {
      const rows = Math.min(batch.count - from, CHUNK)
      const c = columns(rows)
      fill(c, 0, batch, signal, reasons, ingest, from, rows)
      const texts = c.vectors[TEXT] as DuckDBVarCharVector
      for (let i = 0; i < rows; i++) {
        const text = batch.text?.get(from + i)
        if (text !== undefined) texts.setItem(i, text)
      }
      this.#push(c, rows)
    }
  }

  #push(c: Columns, rows: number): void {
    this.#count = 0
    if (rows === 0) return
    const whole = rows === c.rows ? c : shorten(c, rows)
    for (const vector of whole.vectors) vector.flush()
    this.#appender.appendDataChunk(whole.chunk)
  }
}

function columns(rows: number): Columns {
  const chunk = DuckDBDataChunk.create(TYPES, rows)
  const vectors = TYPES.map((_, i) => chunk.getColumnVector(i))
  const times = columnOf(chunk, 1, BigInt64Array)
  const text = vectors[TEXT] as DuckDBVarCharVector
  for (let i = 0; i < rows; i++) text.setItem(i, null)
  return {
    chunk,
    rows,
    vectors,
    signal: columnOf(chunk, 0, Uint32Array),
    time: new Uint32Array(times.buffer, times.byteOffset, rows * 2),
    value: columnOf(chunk, 2, Float64Array),
    status: columnOf(chunk, 3, Uint32Array),
    reasons: columnOf(chunk, 4, Uint32Array),
    ingest: columnOf(chunk, 5, Uint32Array),
  }
}

function fill(
  c: Columns,
  to: number,
  batch: SampleBatch,
  signal: Uint32Array,
  reasons: Uint32Array,
  ingest: number,
  from: number,
  rows: number,
): void {
  const end = from + rows
  c.signal.set(signal.subarray(from, end), to)
  c.value.set(batch.value.subarray(from, end), to)
  c.status.set(batch.status.subarray(from, end), to)
  c.reasons.set(reasons.subarray(from, end), to)
  c.ingest.fill(ingest, to, to + rows)
  const { time } = c
  const { sourceTime } = batch
  for (let i = from, at = to * 2; i < end; i++, at += 2) {
    const t = Math.floor(sourceTime[i] as number)
    const high = Math.floor(t / TWO_32)
    time[at] = t - high * TWO_32
    time[at + 1] = high
  }
}

/** The first rows, in a chunk of their own: a chunk's vectors are as long as the chunk. */
function shorten(c: Columns, rows: number): Columns {
  const short = columns(rows)
  short.signal.set(c.signal.subarray(0, rows))
  short.time.set(c.time.subarray(0, rows * 2))
  short.value.set(c.value.subarray(0, rows))
  short.status.set(c.status.subarray(0, rows))
  short.reasons.set(c.reasons.subarray(0, rows))
  short.ingest.set(c.ingest.subarray(0, rows))
  return short
}
