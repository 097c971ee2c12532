import type { ReasonSets } from '../../core/reasons.ts'
import { Status } from '../../core/status.ts'
import { Column, Parameter } from '../column.ts'
import { isAhead, mark, type RuleKind } from '../rule.ts'

/** Readings before this one that it is compared with. */
const WINDOW = 9
/** Makes the median absolute deviation an estimate of the standard deviation of a normal distribution: 1 / Φ⁻¹(3/4). */
const MAD_TO_SIGMA = 1.4826
/** A step is looked at closely when it is this many times the usual one. */
const JUMP = 4
/** Weight of one step in the usual step. */
const FORGET = 1 / 32

/**
 * Spike: a reading that jumps (by more than `minimum` from the one before), and lies more than `threshold` robust standard deviations (Hampel identifier: median and median absolute deviation of the
 * nine readings before it) and more than `minimum` away from their median, becomes UncertainSensorNotAccurate. Readings after a lasting step do
 * not jump any more, so a change of level costs one mark at most. The scale never falls below the declared resolution. Readings outside the
 * declared range are nobody's neighbours.
 */
export const spike: RuleKind = {
  id: 'spike',
  version: 2,
  reasons: ['spike'],
  parametersOf: (definition) => definition.spike && { ...definition.spike, window: WINDOW },
  create: (reasons) => new Spike(reasons),
}

class Spike {
  readonly #threshold = new Parameter(Number.NaN)
  readonly #minimum = new Parameter(0)
  readonly #resolution = new Parameter(0)
  readonly memory = { window: new Column(Number.NaN, WINDOW), seen: new Column(0), step: new Column(0) }
  readonly #reasons: ReasonSets
  readonly #sorted = new Float64Array(WINDOW)

  constructor(reasons: ReasonSets) {
    this.#reasons = reasons
  }

  get isActive(): boolean {
    return this.#threshold.isUsed
  }

  declare(signal: number, { spike: declared, resolution }: Parameters<RuleKind['parametersOf']>[0]): void {
    this.#threshold.set(signal, declared?.threshold)
    this.#minimum.set(signal, declared?.minimum)
    this.#resolution.set(signal, resolution)
    for (const column of Object.values(this.memory)) column.reserve(signal + 1)
  }

  judge(rows: Parameters<ReturnType<RuleKind['create']>['judge']>[0]): void {
    const { count, signal, sourceTime, value, previousTime, previousValue, outside } = rows
    const [thresholds, minimums, window, seen, steps] = [
      this.#threshold.values,
      this.#minimum.values,
      this.memory.window.values,
      this.memory.seen.values,
      this.memory.step.values,
    ]
    for (let i = 0; i < count; i++) {
      const s = signal[i] as number
      const v = value[i] as number
      const threshold = thresholds[s] as number
      if (Number.isNaN(threshold) || Number.isNaN(v) || (sourceTime[i] as number) < (previousTime[i] as number) || isAhead(rows, i))
        continue
      const known = seen[s] as number
      const usual = steps[s] as number
      const step = Math.abs(v - (previousValue[i] as number))
      if (outside[i] === 1) {
        if (known >= WINDOW && this.#isOutlier(s, v, threshold)) mark(rows, i, this.#reasons, 'spike', Status.UncertainSensorNotAccurate)
        continue
      }
      if (known >= WINDOW && step <= Math.max(JUMP * usual, minimums[s] as number)) {
        steps[s] = usual + (step - usual) * FORGET
      } else if (known < WINDOW) {
        steps[s] = known === 0 ? 0 : usual + (step - usual) / known
      } else if (this.#isOutlier(s, v, threshold)) {
        mark(rows, i, this.#reasons, 'spike', Status.UncertainSensorNotAccurate)
      } else {
        // A step beyond the usual that is no spike: the usual one grows, slowly.
        steps[s] = usual + (step - usual) * FORGET
      }
      window[s * WINDOW + (known < WINDOW ? known : known - WINDOW)] = v
      // Counts on between one and two windows, so that it stays a place in the window and a sign that the window is full.
      seen[s] = known + 1 === 2 * WINDOW ? WINDOW : known + 1
    }
  }

  #isOutlier(signal: number, value: number, threshold: number): boolean {
    const { values } = this.memory.window
    const sorted = this.#sorted
    sorted.set(values.subarray(signal * WINDOW, (signal + 1) * WINDOW))
    sorted.sort()
    const median = sorted[WINDOW >> 1] as number
    for (let k = 0; k < WINDOW; k++) sorted[k] = Math.abs((sorted[k] as number) - median)
    sorted.sort()
    const scale = Math.max(MAD_TO_SIGMA * (sorted[WINDOW >> 1] as number), this.#resolution.values[signal] as number)
    const minimum = this.#minimum.values[signal] as number
    const distance = Math.abs(value - median)
    // A value that never moved has no scale to judge its first move by, unless the declaration gives one.
    return scale + minimum > 0 && distance > threshold * scale && distance > minimum
  }
}
