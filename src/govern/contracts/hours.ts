import type { ContractCheck } from '../../core/contracts.ts'
import { HOUR, type Micros } from '../../core/time.ts'

/** One check of one property, with its place among all checks. */
export interface PlacedCheck {
  readonly index: number
  readonly rule: number
  readonly check: ContractCheck
}

/** A check that an hour did not keep, known at its end. */
export interface MissedHour {
  readonly placed: PlacedCheck
  /** The metric: samples, or per cent of them. */
  readonly metric: number
  readonly end: Micros
  /** The last sample of the hour; undefined when there was none. */
  readonly signal: number | undefined
}

/** What an hour came to, as it is saved. */
export interface HourCount {
  readonly hour: number
  readonly rows: number
  readonly hits: number
}

/**
 * Counts each check's samples by hour of this node's clock. A sample past an upper limit is known at once; what an hour lacked, and shares of it, at
 * its end, and only of hours that were watched from their beginning.
 */
export class HourCounts {
  readonly #checks: readonly PlacedCheck[]
  readonly #hour: Float64Array
  readonly #rows: Float64Array
  readonly #hits: Float64Array
  readonly #signal: Int32Array
  readonly #since: Micros

  constructor(checks: readonly PlacedCheck[], since: Micros) {
    this.#checks = checks
    this.#since = since
    this.#hour = new Float64Array(checks.length).fill(Math.floor(since / HOUR))
    this.#rows = new Float64Array(checks.length)
    this.#hits = new Float64Array(checks.length)
    this.#signal = new Int32Array(checks.length).fill(-1)
  }

  /** Counts one sample; true when it is one too many. Call `ended` first. */
  count({ index, check }: PlacedCheck, signal: number, isHit: boolean): boolean {
    this.#rows[index] = (this.#rows[index] as number) + 1
    this.#signal[index] = signal
    if (!isHit) return false
    const hits = (this.#hits[index] as number) + 1
    this.#hits[index] = hits
    return !check.percent && (check.highOpen ? hits >= check.high : hits > check.high)
  }

  /** Closes the hours that are over; a clock that goes back closes none. */
  ended(now: Micros): MissedHour[] {
    const hour = Math.floor(now / HOUR)
    const missed: MissedHour[] = []
    for (const placed of this.#checks) {
      const { index } = placed
      const before = this.#hour[index] as number
      if (hour <= before) continue
      const found = this.#close(placed, before)
      if (found) missed.push(found)
      this.#hour[index] = hour
      this.#rows[index] = 0
      this.#hits[index] = 0
      this.#signal[index] = -1
    }
    return missed
  }

  #close(placed: PlacedCheck, hour: number): MissedHour | undefined {
    const { index, check } = placed
    if (hour * HOUR < this.#since) return undefined
    const rows = this.#rows[index] as number
    const hits = this.#hits[index] as number
    // Of no samples there is no share.
    if (check.percent && rows === 0) return undefined
    const metric = check.percent ? (100 * hits) / rows : hits
    const low = check.lowOpen ? metric <= check.low : metric < check.low
    const high = check.percent && (check.highOpen ? metric >= check.high : metric > check.high)
    const signal = this.#signal[index] as number
    return low || high ? { placed, metric, end: (hour + 1) * HOUR, signal: signal < 0 ? undefined : signal } : undefined
  }

  of(index: number): HourCount {
    return { hour: this.#hour[index] as number, rows: this.#rows[index] as number, hits: this.#hits[index] as number }
  }

  /** Goes on with an hour that was counted before a restart: its upper limits hold on. */
  restore(index: number, { hour, rows, hits }: HourCount): void {
    if (hour !== this.#hour[index]) return
    this.#rows[index] = rows
    this.#hits[index] = hits
  }
}
