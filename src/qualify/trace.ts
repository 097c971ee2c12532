import type { SampleBatch } from '../core/batch.ts'
import { Column } from './column.ts'
import type { Rows } from './rule.ts'

/** Rows judged at once: their scratch columns stay in the processor's cache from rule to rule. */
export const CHUNK_ROWS = 4_096

/**
 * What came before each row, found once for all rules: the newest reading of its signal in source time. A reading older than the newest
 * is compared with nothing newer and remembered by nobody, so that late data changes no verdict on what follows.
 */
export class Trace {
  readonly memory = {
    newest: new Column(Number.NEGATIVE_INFINITY),
    time: new Column(Number.NEGATIVE_INFINITY),
    value: new Column(Number.NaN),
  }
  readonly #newest = new Float64Array(CHUNK_ROWS)
  readonly #time = new Float64Array(CHUNK_ROWS)
  readonly #value = new Float64Array(CHUNK_ROWS)

  reserve(signals: number): void {
    for (const column of Object.values(this.memory)) column.reserve(signals)
  }

  /** Rows `from .. to-1` of a batch, at most `CHUNK_ROWS`, with what came before each. */
  rows(batch: SampleBatch, from: number, to: number): Rows {
    const rows: Rows = {
      count: to - from,
      offset: from,
      signal: batch.signal.subarray(from, to),
      sourceTime: batch.sourceTime.subarray(from, to),
      value: batch.value.subarray(from, to),
      status: batch.status.subarray(from, to),
      reasons: batch.reasons.subarray(from, to),
      text: batch.text,
      receivedTime: batch.receivedTime,
      newest: this.#newest,
      previousTime: this.#time,
      previousValue: this.#value,
    }
    this.#follow(rows)
    return rows
  }

  #follow({ count, signal, sourceTime, value, newest, previousTime, previousValue }: Rows): void {
    const newestOf = this.memory.newest.values
    const timeOf = this.memory.time.values
    const lastOf = this.memory.value.values
    for (let i = 0; i < count; i++) {
      const s = signal[i] as number
      const t = sourceTime[i] as number
      const v = value[i] as number
      const before = newestOf[s] as number
      newest[i] = before
      previousTime[i] = timeOf[s] as number
      previousValue[i] = lastOf[s] as number
      if (t < before) continue
      newestOf[s] = t
      if (Number.isNaN(v)) continue
      timeOf[s] = t
      lastOf[s] = v
    }
  }
}
