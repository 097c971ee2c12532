import type { SampleBatch } from './batch.ts'
import type { ReasonSets } from './reasons.ts'
import { Status, worst } from './status.ts'
import type { Micros } from './time.ts'
import { resolveWall, type Zone } from './zone.ts'

/** The newest UTC time of each signal, by index; NaN where none was seen. Bounded by the table of signals. */
export class PreviousTimes {
  utc: Float64Array<ArrayBuffer> = new Float64Array(0)

  grow(to: number): void {
    if (to <= this.utc.length) return
    const longer = new Float64Array(Math.max(to, 2 * this.utc.length)).fill(Number.NaN, this.utc.length)
    longer.set(this.utc)
    this.utc = longer
  }
}

/**
 * Replaces the wall-clock times of a batch by UTC, in place. Rows without a device time carry the received time and are left alone. Where the
 * clocks change and nothing decides, the sample becomes Uncertain with `dst-fold` or `dst-gap`.
 */
export function toUtc(batch: SampleBatch, zone: Zone, reasons: ReasonSets, previous: PreviousTimes): void {
  const { count, signal, sourceTime, receivedTime } = batch
  for (let i = 0; i < count; i++) {
    const wall = sourceTime[i] as Micros
    if (wall === receivedTime) continue
    const index = signal[i] as number
    if (index >= previous.utc.length) previous.grow(index + 1)
    const span = zone.span(wall)
    let utc = wall - span.offsetUs
    if (span.kind !== 'plain') {
      const resolved = resolveWall(span, wall, previous.utc[index] as number, receivedTime)
      utc = resolved.utc
      if (resolved.doubt) {
        batch.status[i] = worst(batch.status[i] as number, Status.Uncertain)
        batch.reasons[i] = reasons.with(batch.reasons[i] as number, resolved.doubt)
      }
    }
    sourceTime[i] = utc
    previous.utc[index] = utc
  }
}
