import type { SampleBatch } from '../core/batch.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { Column, Parameter } from './column.ts'
import { isAhead, type Rows } from './rule.ts'

/** Rows judged at once: their scratch columns stay in the processor's cache from rule to rule. */
export const CHUNK_ROWS = 4_096

/**
 * What came before each row, found once for all rules: the newest reading of its signal in source time. A reading older than the newest
 * is compared with nothing newer and remembered by nobody, so that late data changes no verdict on what follows; one from the future is not
 * remembered either, or every sound reading after it would be out of order. A value outside its declared limits is no measure for the next one.
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
  readonly #outside = new Uint8Array(CHUNK_ROWS)
  readonly #low = new Parameter(Number.NEGATIVE_INFINITY)
  readonly #high = new Parameter(Number.POSITIVE_INFINITY)

  reserve(signals: number): void {
    for (const column of Object.values(this.memory)) column.reserve(signals)
  }

  declare(signal: number, { range, instrumentRange }: SignalDefinition): void {
    const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    this.#low.set(signal, Math.max(range?.[0] ?? low, instrumentRange?.[0] ?? low))
    this.#high.set(signal, Math.min(range?.[1] ?? high, instrumentRange?.[1] ?? high))
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
      outside: this.#outside,
    }
    this.#follow(rows)
    return rows
  }

  #follow(rows: Rows): void {
    const { count, signal, sourceTime, value, newest, previousTime, previousValue, outside } = rows
    const [lows, highs] = [this.#low.values, this.#high.values]
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
      const isOutside = v < (lows[s] as number) || v > (highs[s] as number)
      outside[i] = isOutside ? 1 : 0
      if (t < before || isAhead(rows, i)) continue
      newestOf[s] = t
      if (isOutside || Number.isNaN(v)) continue
      timeOf[s] = t
      lastOf[s] = v
    }
  }
}
