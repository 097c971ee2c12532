import {
  BIGINT,
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBVector,
  TIMESTAMP,
  UINTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import type { SampleBatch } from '../../core/batch.ts'
import type { Rows } from './batch-rows.ts'
import { columnOf } from './vectors.ts'

/** Rows in one of the engine's chunks. */
const CHUNK = 2048
const TYPES = [UINTEGER, TIMESTAMP, DOUBLE, UINTEGER, UINTEGER, BIGINT]
const TEXT = TYPES.length
const TWO_32 = 2 ** 32

interface Columns {
  readonly chunk: DuckDBDataChunk
  readonly rows: number
  readonly vectors: readonly DuckDBVector[]
  readonly signal: Uint32Array
  /** Microseconds as pairs of 32 bits, low first: four times as fast as making a BigInt of each. */
  readonly time: Uint32Array
  readonly value: Float64Array
  readonly status: Uint32Array
  readonly reasons: Uint32Array
  readonly ingest: BigInt64Array
}

/**
 * Appends whole batches to a hot table through the engine's column chunks: typed arrays are copied into the vectors, nothing is made per
 * sample. Small batches share a chunk. Rows are in the table after `flush`, inside the transaction of the connection.
 */
export class SampleAppender {
  readonly #appender: DuckDBAppender
  readonly #types: readonly DuckDBType[]
  #full: Columns
  #count = 0

  private constructor(appender: DuckDBAppender, types: readonly DuckDBType[]) {
    this.#appender = appender
    this.#types = types
    this.#full = columns(CHUNK, types)
  }

  /** For `store.samples`. */
  static async numbers(connection: DuckDBConnection): Promise<SampleAppender> {
    return new SampleAppender(await connection.createAppender('samples', 'store'), TYPES)
  }

  /** For `store.texts`. */
  static async texts(connection: DuckDBConnection): Promise<SampleAppender> {
    return new SampleAppender(await connection.createAppender('texts', 'store'), [...TYPES, VARCHAR])
  }

  append({ batch, signal, reasons, ingest }: Rows): void {
    for (let from = 0; from < batch.count; ) {
      const rows = Math.min(batch.count - from, CHUNK - this.#count)
      fill(this.#full, this.#count, batch, signal, reasons, ingest, from, rows)
      this.#setText(batch, from, rows)
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

  #setText(batch: SampleBatch, from: number, rows: number): void {
    const texts = this.#full.vectors[TEXT]
    for (let i = 0; texts && i < rows; i++) texts.setItem(this.#count + i, batch.text?.get(from + i) ?? null)
  }

  #push(c: Columns, rows: number): void {
    this.#count = 0
    if (rows === 0) return
    const whole = rows === c.rows ? c : shorten(c, columns(rows, this.#types))
    for (const vector of whole.vectors) vector.flush()
    this.#appender.appendDataChunk(whole.chunk)
    // A vector of text keeps every string it was ever given: it is used once.
    if (this.#types.length > TEXT) this.#full = columns(CHUNK, this.#types)
  }
}

function columns(rows: number, types: readonly DuckDBType[]): Columns {
  const chunk = DuckDBDataChunk.create(types, rows)
  const vectors = types.map((_, i) => chunk.getColumnVector(i))
  const times = columnOf(chunk, 1, BigInt64Array)
  return {
    chunk,
    rows,
    vectors,
    signal: columnOf(chunk, 0, Uint32Array),
    time: new Uint32Array(times.buffer, times.byteOffset, rows * 2),
    value: columnOf(chunk, 2, Float64Array),
    status: columnOf(chunk, 3, Uint32Array),
    reasons: columnOf(chunk, 4, Uint32Array),
    ingest: columnOf(chunk, 5, BigInt64Array),
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
  c.ingest.fill(BigInt(ingest), to, to + rows)
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
function shorten(c: Columns, short: Columns): Columns {
  const { rows } = short
  short.signal.set(c.signal.subarray(0, rows))
  short.time.set(c.time.subarray(0, rows * 2))
  short.value.set(c.value.subarray(0, rows))
  short.status.set(c.status.subarray(0, rows))
  short.reasons.set(c.reasons.subarray(0, rows))
  short.ingest.set(c.ingest.subarray(0, rows))
  const [from, to] = [c.vectors[TEXT], short.vectors[TEXT]]
  for (let i = 0; from && to && i < rows; i++) to.setItem(i, from.getItem(i))
  return short
}
