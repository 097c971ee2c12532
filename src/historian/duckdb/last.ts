import type { DuckDBConnection } from '@duckdb/node-api'
import type { SampleBatch } from '../../core/batch.ts'
import { rowsOf } from './rows.ts'
import { HOT_TABLES } from './schema.ts'

/**
 * The newest sample of every signal by arrival, in columns by signal key, kept by the owner thread so that a start needs no scan of all
 * samples. Compaction stores it (`store.last`), because what it deletes from the hot table may be the newest of a quiet signal; on opening, hot
 * samples of later ingests go over it.
 */
export class Last {
  ingest = new Float64Array(0)
  time = new Float64Array(0)
  received = new Float64Array(0)
  value = new Float64Array(0)
  status = new Uint32Array(0)
  reasons = new Uint32Array(0)
  readonly text = new Map<number, string>()

  static async load(connection: DuckDBConnection, signals: number): Promise<Last> {
    const last = new Last()
    last.#reserve(signals)
    const stored = `SELECT signal, ingest, epoch_us(time), epoch_us(received), value, status, reasons, text FROM store.last`
    const [fills] = await rowsOf(connection, 'SELECT count(*) FROM store.fills')
    const inOrder = fills?.[0] === 0 ? '' : 'WHERE ingest NOT IN (SELECT ingest FROM store.fills)'
    // Rows of one ingest and signal are all in one of the two tables, so a row of a later ingest is later, whichever table it is in.
    const hot = HOT_TABLES.map(
      (
        table,
      ) => `SELECT s.signal, s.ingest, epoch_us(s.time), epoch_us(i.received), s.value, s.status, s.reasons, ${table === 'store.texts' ? 's.text' : 'NULL'}
        FROM ${table} s JOIN (SELECT max(rowid) AS row FROM ${table} ${inOrder} GROUP BY signal) n ON s.rowid = n.row JOIN store.ingests i USING (ingest)`,
    )
    for (const row of (await Promise.all([stored, ...hot].map((sql) => rowsOf(connection, sql)))).flat()) {
      const [key, ingest, time, received, value, status, reasons] = row as number[]
      if (key === undefined || (ingest ?? 0) <= (last.ingest[key] ?? 0)) continue
      last.#reserve(key)
      last.ingest[key] = ingest ?? 0
      last.time[key] = time ?? 0
      last.received[key] = received ?? 0
      last.value[key] = value ?? Number.NaN
      last.status[key] = status ?? 0
      last.reasons[key] = reasons ?? 0
      const text = row[7]
      if (typeof text === 'string') last.text.set(key, text)
      else last.text.delete(key)
    }
    return last
  }

  /** Takes in a committed batch; later rows win. Rows of signal 0 were refused. */
  update(batch: SampleBatch, signal: Uint32Array, reasons: Uint32Array, ingest: number, signals: number): void {
    this.#reserve(signals)
    const { count, sourceTime, value, status } = batch
    for (let i = 0; i < count; i++) {
      const key = signal[i] as number
      this.ingest[key] = ingest
      this.time[key] = sourceTime[i] as number
      this.received[key] = batch.receivedTime
      this.value[key] = value[i] as number
      this.status[key] = status[i] as number
      this.reasons[key] = reasons[i] as number
    }
    if (this.text.size === 0 && !batch.text) return
    for (let i = 0; i < count; i++) {
      const text = batch.text?.get(i)
      if (text === undefined) this.text.delete(signal[i] as number)
      else this.text.set(signal[i] as number, text)
    }
  }

  /** Keys of signals that have a sample. */
  keys(): number[] {
    const keys: number[] = []
    for (let key = 1; key < this.ingest.length; key++) if (this.ingest[key] !== 0) keys.push(key)
    return keys
  }

  /** Forgets samples that retention removed. */
  forgetBefore(time: number): void {
    for (const key of this.keys()) {
      if ((this.time[key] as number) >= time) continue
      this.ingest[key] = 0
      this.text.delete(key)
    }
  }

  #reserve(key: number): void {
    if (key < this.ingest.length) return
    const length = Math.max(key + 1, this.ingest.length * 2, 256)
    for (const name of ['ingest', 'time', 'received', 'value'] as const) {
      const grown = new Float64Array(length)
      grown.set(this[name])
      this[name] = grown
    }
    for (const name of ['status', 'reasons'] as const) {
      const grown = new Uint32Array(length)
      grown.set(this[name])
      this[name] = grown
    }
  }
}
