import { LIMITS } from './limits.ts'
import type { Micros } from './time.ts'

/**
 * Samples in columns: row `i` of every column is one sample. All columns have exactly `count` elements.
 * Objects per sample exist only at the edges (API, UI, rare events); stages work on whole columns and allocate per batch.
 */
export interface SampleBatch {
  readonly count: number
  /** Index into the node's SignalTable. */
  readonly signal: Uint32Array
  /** Microseconds since the epoch, UTC, by the device's clock. */
  readonly sourceTime: Float64Array
  /** Number, or 0 / 1 for a boolean; NaN where the value is null (see `isNull`) and for text. */
  readonly value: Float64Array
  /** OPC UA StatusCode. */
  readonly status: Uint32Array
  /** Index into the node's ReasonSets; 0 = no reason. */
  readonly reasons: Uint32Array
  /** Text values by row; absent for batches without text. */
  readonly text?: ReadonlyMap<number, string>
  /** When this node received the batch, by its own clock. */
  readonly receivedTime: Micros
  /**
   * Bytes by which the source knows, after a crash, which of its peer's messages are on disk already. Durable with the batch, opaque to
   * everybody else; absent where the peer sends nothing again.
   */
  readonly receipt?: Uint8Array
}

/** Grows columns, then hands them over without copying. One builder builds one batch. */
export class BatchBuilder {
  count = 0
  signal: Uint32Array
  sourceTime: Float64Array
  value: Float64Array
  status: Uint32Array
  reasons: Uint32Array
  text: Map<number, string> | undefined

  constructor(capacity = 256) {
    this.signal = new Uint32Array(capacity)
    this.sourceTime = new Float64Array(capacity)
    this.value = new Float64Array(capacity)
    this.status = new Uint32Array(capacity)
    this.reasons = new Uint32Array(capacity)
  }

  /** Makes room for `more` rows. Throws RangeError past `LIMITS.batchSamples`. */
  reserve(more: number): void {
    const need = this.count + more
    if (need <= this.signal.length) return
    if (need > LIMITS.batchSamples) throw new RangeError(`more than ${LIMITS.batchSamples} samples in one batch`)
    const capacity = Math.min(LIMITS.batchSamples, Math.max(need, this.signal.length * 2))
    this.signal = grow(this.signal, new Uint32Array(capacity))
    this.sourceTime = grow(this.sourceTime, new Float64Array(capacity))
    this.value = grow(this.value, new Float64Array(capacity))
    this.status = grow(this.status, new Uint32Array(capacity))
    this.reasons = grow(this.reasons, new Uint32Array(capacity))
  }

  /** Appends one sample and returns its row. Pass NaN for a null or text value. */
  push(signal: number, sourceTime: Micros, value: number, status: number, reasons = 0): number {
    this.reserve(1)
    const row = this.count++
    this.signal[row] = signal
    this.sourceTime[row] = sourceTime
    this.value[row] = value
    this.status[row] = status
    this.reasons[row] = reasons
    return row
  }

  setText(row: number, text: string): void {
    this.text ??= new Map()
    this.text.set(row, text)
  }

  /** Takes back all rows from `rows` on. */
  truncate(rows: number): void {
    this.count = rows
    if (this.text) for (const row of this.text.keys()) if (row >= rows) this.text.delete(row)
  }

  build(receivedTime: Micros): SampleBatch {
    const n = this.count
    const batch = {
      count: n,
      signal: this.signal.subarray(0, n),
      sourceTime: this.sourceTime.subarray(0, n),
      value: this.value.subarray(0, n),
      status: this.status.subarray(0, n),
      reasons: this.reasons.subarray(0, n),
      receivedTime,
    }
    return this.text ? { ...batch, text: this.text } : batch
  }
}

function grow<A extends Uint32Array | Float64Array>(from: A, to: A): A {
  to.set(from)
  return to
}
