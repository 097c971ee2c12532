import type { SampleBatch } from '../core/batch.ts'
import { BatchBuilder } from '../core/batch.ts'
import type { LastValues } from '../core/last-values.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { SignalTable } from '../core/signals.ts'
import type { Spool } from '../core/spool.ts'
import { rank, Status } from '../core/status.ts'
import type { Clock } from '../core/time.ts'
import type { SilenceLimits } from './liveness.ts'

export interface StuckLogParts {
  readonly spool: Pick<Spool, 'stats'>
  readonly signals: Pick<SignalTable, 'size'>
  readonly reasons: ReasonSets
  readonly last: LastValues
  readonly clock: Clock
  readonly silence: SilenceLimits
  /** Whether this node measures or computes a signal itself. */
  readonly isOwn: (signal: number) => boolean
  readonly publish: (batch: SampleBatch) => void
}

/** A last value as it was before it was covered. */
interface Covered {
  readonly time: number
  readonly value: number
  readonly status: number
  readonly reasons: number
  readonly text: string | undefined
}

/**
 * Nothing stays Good that cannot be renewed. While the log takes nothing (a full disk, say) nothing that is measured is shown, and the marks of silence cannot be
 * written either. So this node's last values turn Uncertain, then Bad, for the eyes alone, with the reason `log-stuck`. When the log takes again they are put back; what
 * was measured meanwhile, and could wait, follows.
 */
export class StuckLog {
  readonly #parts: StuckLogParts
  readonly #covered = new Map<number, Covered>()
  #sinceMs: number | undefined
  #severity: 0 | 1 | 2 = 0

  constructor(parts: StuckLogParts) {
    this.#parts = parts
  }

  /** To be called every second. */
  tick(): void {
    const { spool, clock, silence } = this.#parts
    if (spool.stats().problem === undefined) {
      this.#lift()
      return
    }
    this.#sinceMs ??= clock.monotonicMs()
    const stuckMs = clock.monotonicMs() - this.#sinceMs
    const severity = stuckMs >= silence.badAfter ? 2 : stuckMs >= silence.uncertainAfter ? 1 : 0
    if (severity === 0 || severity <= this.#severity) return
    this.#severity = severity
    this.#cover(severity)
  }

  #cover(severity: 1 | 2): void {
    const { last, signals, reasons, isOwn, clock } = this.#parts
    const now = clock.now()
    const set = reasons.of(REASON)
    const builder = new BatchBuilder()
    for (let index = 0; index < signals.size; index++) {
      if (!last.has(index) || !isOwn(index) || rank(last.status[index] as number) >= severity) continue
      const [value, text] = [last.value[index] as number, last.text.get(index)]
      const before = this.#isCovered(index) ? this.#covered.get(index) : undefined
      const [time, status, given] = [last.sourceTime[index] as number, last.status[index] as number, last.reasons[index] as number]
      this.#covered.set(index, before ?? { time, value, status, reasons: given, text })
      const isUncertain = severity === 1
      const row = builder.push(index, now, isUncertain ? value : Number.NaN, isUncertain ? UNCERTAIN : Status.BadNoCommunication, set)
      if (isUncertain && text !== undefined) builder.setText(row, text)
    }
    this.#say(builder)
  }

  #lift(): void {
    this.#sinceMs = undefined
    if (this.#severity === 0) return
    this.#severity = 0
    const builder = new BatchBuilder()
    for (const [index, { time, value, status, reasons, text }] of this.#covered) {
      if (!this.#isCovered(index)) continue
      const row = builder.push(index, time, value, status, reasons)
      if (text !== undefined) builder.setText(row, text)
    }
    this.#covered.clear()
    this.#say(builder)
  }

  /** Nothing came since. */
  #isCovered(index: number): boolean {
    return this.#parts.last.reasons[index] === this.#parts.reasons.of(REASON)
  }

  #say(builder: BatchBuilder): void {
    const { last, signals, clock, publish } = this.#parts
    if (builder.count === 0) return
    const batch = builder.build(clock.now())
    last.update(batch, signals.size)
    publish(batch)
  }
}

const REASON = 'log-stuck'
const UNCERTAIN = Status.UncertainLastUsableValue
