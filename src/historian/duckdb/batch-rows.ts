import type { SampleBatch } from '../../core/batch.ts'

/** Rows of one record, with the historian's keys for their signals and reasons. */
export interface Rows {
  readonly batch: SampleBatch
  readonly signal: Uint32Array
  readonly reasons: Uint32Array
  readonly ingest: number
}

/** Some of the rows, in their order. For the rare batches that hold text or signals nobody defined. */
export function pick({ batch, signal, reasons, ingest }: Rows, isWanted: (row: number) => boolean): Rows {
  const rows = Array.from(signal.keys()).filter(isWanted)
  const of = (column: Uint32Array) => Uint32Array.from(rows, (row) => column[row] as number)
  const of64 = (column: Float64Array) => Float64Array.from(rows, (row) => column[row] as number)
  const text = new Map<number, string>()
  rows.forEach((row, i) => {
    const value = batch.text?.get(row)
    if (value !== undefined) text.set(i, value)
  })
  const picked: SampleBatch = {
    count: rows.length,
    signal: of(batch.signal),
    sourceTime: of64(batch.sourceTime),
    value: of64(batch.value),
    status: of(batch.status),
    reasons: of(batch.reasons),
    receivedTime: batch.receivedTime,
    ...(text.size > 0 && { text }),
  }
  return { batch: picked, signal: of(signal), reasons: of(reasons), ingest }
}
