import type { SampleBatch } from '../core/batch.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { SECOND } from '../core/time.ts'
import { Column, Parameter } from './column.ts'

/** Samples per second of source time that a signal may have unless it declares another `maxSamplesPerSecond`; high, because a backlog without times of its own comes all at once. */
export const FLOOD_PER_SECOND = 100_000
const PER_US = 1 / SECOND

/**
 * Keeps a signal that floods from filling the disk: a token bucket per signal, filled by its own source time (so that history brought late is no flood), one
 * second deep. What is above is dropped and counted; what is kept of a flood has the reason `flood`. Others are not touched.
 */
export class Flood {
  /** Tokens left, and the source time they were counted at; NaN before the first reading: the bucket is full. */
  readonly memory = { bucket: new Column(Number.NaN, 2) }
  readonly #limit = new Parameter(FLOOD_PER_SECOND)
  readonly #reasons: ReasonSets

  constructor(reasons: ReasonSets) {
    this.#reasons = reasons
  }

  declare(signal: number, { maxSamplesPerSecond }: SignalDefinition): void {
    this.#limit.set(signal, maxSamplesPerSecond)
    this.memory.bucket.reserve(signal + 1)
  }

  /** The batch itself, or the rows of it that are kept. */
  keep(batch: SampleBatch): SampleBatch {
    const { count, signal, sourceTime, reasons } = batch
    const [limits, bucket] = [this.#limit.values, this.memory.bucket.values]
    let kept: number[] | undefined
    for (let i = 0; i < count; i++) {
      const s = signal[i] as number
      const t = sourceTime[i] as number
      const limit = limits[s] as number
      const b = s << 1
      const left = (bucket[b] as number) + Math.abs(t - (bucket[b + 1] as number)) * limit * PER_US
      const filled = left < limit ? left : limit
      bucket[b + 1] = t
      if (filled >= 1) {
        bucket[b] = filled - 1
        if (filled >= 2 && kept === undefined) continue
        if (filled < 2) reasons[i] = this.#reasons.with(reasons[i] as number, 'flood')
        kept?.push(i)
      } else {
        bucket[b] = filled
        kept ??= Array.from({ length: i }, (_, row) => row)
      }
    }
    return kept ? pick(batch, kept) : batch
  }
}

function pick(batch: SampleBatch, rows: readonly number[]): SampleBatch {
  const text = new Map<number, string>()
  rows.forEach((row, i) => {
    const value = batch.text?.get(row)
    if (value !== undefined) text.set(i, value)
  })
  return {
    count: rows.length,
    signal: Uint32Array.from(rows, (row) => batch.signal[row] as number),
    sourceTime: Float64Array.from(rows, (row) => batch.sourceTime[row] as number),
    value: Float64Array.from(rows, (row) => batch.value[row] as number),
    status: Uint32Array.from(rows, (row) => batch.status[row] as number),
    reasons: Uint32Array.from(rows, (row) => batch.reasons[row] as number),
    receivedTime: batch.receivedTime,
    ...(text.size > 0 && { text }),
  }
}
