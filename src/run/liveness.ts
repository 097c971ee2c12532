import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import type { LastValues } from '../core/last-values.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { SignalTable } from '../core/signals.ts'
import type { Delivery } from '../core/source.ts'
import { rank, Status } from '../core/status.ts'
import type { Clock } from '../core/time.ts'
import { longestSilenceUs } from '../qualify/index.ts'
import type { HealthRecord } from './health.ts'

export interface SilenceLimits {
  /** Milliseconds without a word from the device until its signals are Uncertain, and until they are Bad. */
  readonly uncertainAfter: number
  readonly badAfter: number
}

export interface LivenessParts {
  readonly connection: string
  readonly limits: SilenceLimits
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly last: LastValues
  readonly clock: Clock
  readonly health: HealthRecord
}

/**
 * Nothing stays Good when its source is silent. Within `uncertainAfter` every signal of the connection turns UncertainLastUsableValue with the
 * value it had, within `badAfter` BadNoCommunication without a value; both are samples like any other, so that history shows when we stopped knowing.
 * A signal with a declared `expectedPeriod` is held to its own limit as well, whatever the rest of the connection does.
 */
export class Liveness {
  readonly #parts: LivenessParts
  #heardMs: number
  #known = 0
  #inFlight = false
  readonly #startedTime: number
  readonly #members = new Set<number>()

  constructor(parts: LivenessParts) {
    this.#parts = parts
    this.#heardMs = parts.clock.monotonicMs()
    this.#startedTime = parts.clock.now()
  }

  /** How often `check` must be called for the limits to be kept. */
  get tickMs(): number {
    return Math.max(10, Math.min(1_000, this.#parts.limits.uncertainAfter / 10))
  }

  /** Indices of the connection's signals. */
  members(): ReadonlySet<number> {
    const { signals, connection } = this.#parts
    for (const index of signals.changedSince(this.#known)) {
      if (signals.at(index)?.connection === connection) this.#members.add(index)
      else this.#members.delete(index)
    }
    this.#known = signals.version
    return this.#members
  }

  heard(): void {
    const { health, clock } = this.#parts
    this.#heardMs = clock.monotonicMs()
    health.lastHeardTime = clock.now()
    health.liveness = 'live'
  }

  /**
   * The samples that say what has become uncertain or bad since the last check; undefined when nothing has, or when what was said last
   * is not durable yet.
   */
  check(): Delivery | undefined {
    const batch = this.#inFlight ? undefined : this.#judge()
    if (!batch) return undefined
    this.#inFlight = true
    const ack = () => {
      this.#inFlight = false
    }
    return { batch, ack }
  }

  #judge(): SampleBatch | undefined {
    const { limits, clock, health } = this.#parts
    const silentMs = clock.monotonicMs() - this.#heardMs
    if (silentMs >= limits.badAfter) {
      if (health.liveness !== 'bad') health.gaps++
      health.liveness = 'bad'
      return this.#mark(this.members(), 'source-silent', 2)
    }
    if (silentMs >= limits.uncertainAfter) {
      health.liveness = 'uncertain'
      return this.#mark(this.members(), 'source-silent', 1)
    }
    return this.#overdue()
  }

  #overdue(): SampleBatch | undefined {
    const { signals, last, clock, limits } = this.#parts
    const now = clock.now()
    const late: number[] = []
    const gone: number[] = []
    for (const index of this.members()) {
      const definition = signals.at(index)
      const period = definition?.expectedPeriodUs
      const longest = definition && longestSilenceUs(definition)
      if (period === undefined || longest === undefined) continue
      if (!last.has(index)) {
        if (now - this.#startedTime > period + limits.badAfter * 1000) gone.push(index)
        continue
      }
      const silentUs = now - (last.receivedTime[index] as number)
      const severity = rank(last.status[index] as number)
      // A mark of ours renews receivedTime; the step to Bad counts from it.
      if (severity === 0 && silentUs > Math.max(longest, limits.uncertainAfter * 1000)) late.push(index)
      else if (severity === 1 && silentUs > period + (limits.badAfter - limits.uncertainAfter) * 1000) gone.push(index)
    }
    return late.length > 0 ? this.#mark(late, 'overdue', 1) : gone.length > 0 ? this.#mark(gone, 'overdue', 2) : undefined
  }

  /** Samples for the signals whose status is better than `severity` (1 Uncertain, 2 Bad). */
  #mark(members: Iterable<number>, reason: string, severity: 1 | 2): SampleBatch | undefined {
    const { last, reasons, clock } = this.#parts
    const now = clock.now()
    const set = reasons.of(reason)
    const builder = new BatchBuilder()
    for (const index of members) {
      if (!last.has(index)) {
        if (severity === 2) builder.push(index, now, Number.NaN, Status.BadNoCommunication, reasons.of(reason, 'never-heard'))
      } else if (rank(last.status[index] as number) < severity) {
        const text = severity === 1 ? last.text.get(index) : undefined
        const value = severity === 1 ? (last.value[index] as number) : Number.NaN
        const row = builder.push(index, now, value, severity === 1 ? Status.UncertainLastUsableValue : Status.BadNoCommunication, set)
        if (text !== undefined) builder.setText(row, text)
      }
    }
    return builder.count > 0 ? builder.build(now) : undefined
  }
}
