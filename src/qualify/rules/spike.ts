import type { ReasonSets } from '../../core/reasons.ts'
import { Status } from '../../core/status.ts'
import { HOUR } from '../../core/time.ts'
import { Column, Parameter } from '../column.ts'
import { mark, type Notice, type Rows, type Rule, type RuleKind } from '../rule.ts'
import { JUMP, REMEMBERED } from '../trace.ts'
import { longestSilenceUs } from './gap.ts'
import { soundLimits } from './range.ts'

/** Sound readings before this one that it is compared with, of the last sixteen. */
const WINDOW = 9
/** Makes the median absolute deviation an estimate of the standard deviation of a normal distribution: 1 / Φ⁻¹(3/4). */
const MAD_TO_SIGMA = 1.4826
/** A level left by a marked step is remembered for this long. */
const BACK_US = HOUR

/**
 * Spike: a reading that jumps (by more than `minimum` and more than four usual steps), and lies more than `threshold` robust standard deviations (Hampel identifier:
 * median and median absolute deviation of the nine sound readings before it) and more than `minimum` away from their median, becomes
 * UncertainSensorNotAccurate. The scale never falls below the declared resolution.
 *
 * The end of something wrong is no spike: not the way back to the level that a marked step left, nor the first reading after some outside the range, missing ones, a flat
 * line, or a disagreement of peers. So a lasting change of level costs one mark at most.
 */
export const spike: RuleKind = {
  id: 'spike',
  version: 3,
  reasons: ['spike'],
  parametersOf: (definition) => definition.spike && { ...definition.spike, window: WINDOW },
  create: (reasons) => new Spike(reasons),
}

class Spike implements Rule {
  readonly #threshold = new Parameter(Number.NaN)
  readonly #minimum = new Parameter(0)
  readonly #resolution = new Parameter(0)
  readonly #silence = new Parameter(Number.POSITIVE_INFINITY)
  readonly #low = new Parameter(Number.NEGATIVE_INFINITY)
  readonly #high = new Parameter(Number.POSITIVE_INFINITY)
  /** The level before a marked step, and when that step was. From when until when the readings of the last thing that ended were wrong. */
  readonly memory = {
    ...{ level: new Column(Number.NaN), time: new Column(Number.NaN) },
    ...{ from: new Column(Number.NaN), until: new Column(Number.NaN) },
  }
  readonly #reasons: ReasonSets
  readonly #sorted = new Float64Array(WINDOW)
  readonly #deviations = new Float64Array(WINDOW)

  constructor(reasons: ReasonSets) {
    this.#reasons = reasons
  }

  get isActive(): boolean {
    return this.#threshold.isUsed
  }

  declare(signal: number, definition: Parameters<Rule['declare']>[1]): Notice | undefined {
    const { spike: declared, resolution } = definition
    const [low, high] = soundLimits(definition)
    this.#threshold.set(signal, declared?.threshold)
    this.#minimum.set(signal, declared?.minimum)
    this.#resolution.set(signal, resolution)
    this.#silence.set(signal, longestSilenceUs(definition))
    this.#low.set(signal, low)
    this.#high.set(signal, high)
    for (const column of Object.values(this.memory)) column.reserve(signal + 1)
    return declared && { jump: declared.minimum }
  }

  judge(rows: Rows): void {
    const { noticed, row, signal, sourceTime, value, isInOrder, isOutside, isWayBack, newest, previousValue, usualStep } = rows
    const [thresholds, minimums, silences] = [this.#threshold.values, this.#minimum.values, this.#silence.values]
    const [level, time] = [this.memory.level.values, this.memory.time.values]
    for (let k = 0; k < noticed; k++) {
      const i = row[k] as number
      const s = signal[i] as number
      const threshold = thresholds[s] as number
      if (Number.isNaN(threshold) || isInOrder[k] === 0) continue
      const v = value[i] as number
      const before = previousValue[k] as number
      const step = Math.abs(v - before)
      if (!(step > Math.max(minimums[s] as number, JUMP * (usualStep[k] as number)))) continue
      const t = sourceTime[i] as number
      if (isOutside[k] === 0) {
        const isBack = t - (time[s] as number) <= BACK_US && Math.abs(v - (level[s] as number)) < step / 2
        if (isBack || isWayBack[k] === 1) {
          isWayBack[k] = 1
          // Where another rule knows, it does not say since when.
          this.memory.from.values[s] = isBack ? (time[s] as number) : Number.NEGATIVE_INFINITY
          this.memory.until.values[s] = t
          time[s] = Number.NaN
          continue
        }
        if (t - (newest[k] as number) > (silences[s] as number)) continue
      }
      if (!this.#isOutlier(rows, k, v, threshold)) continue
      mark(rows, i, this.#reasons, 'spike', Status.UncertainSensorNotAccurate)
      if (isOutside[k] === 1 || t - (time[s] as number) <= BACK_US) continue
      level[s] = before
      time[s] = t
    }
  }

  /** Against the sound readings before the `k`-th row: false where there are too few, or where the very last one is not sound and this one is. */
  #isOutlier({ row, signal, history, isOutside }: Rows, k: number, value: number, threshold: number): boolean {
    const s = signal[row[k] as number] as number
    const [low, high] = [this.#low.values[s] as number, this.#high.values[s] as number]
    const [from, until] = [this.memory.from.values[s] as number, this.memory.until.values[s] as number]
    const sorted = this.#sorted
    let found = 0
    for (let n = REMEMBERED - 1; n >= 0 && found < WINDOW; n--) {
      const time = history[2 * (k * REMEMBERED + n)] as number
      const one = history[2 * (k * REMEMBERED + n) + 1] as number
      if (time >= from && time < until) continue
      if (one >= low && one <= high) insert(sorted, found++, one)
      else if (n === REMEMBERED - 1 && isOutside[k] === 0 && !Number.isNaN(one)) return false
    }
    if (found < WINDOW) return false
    const median = sorted[WINDOW >> 1] as number
    const deviations = this.#deviations
    for (let n = 0; n < WINDOW; n++) insert(deviations, n, Math.abs((sorted[n] as number) - median))
    const scale = Math.max(MAD_TO_SIGMA * (deviations[WINDOW >> 1] as number), this.#resolution.values[s] as number)
    const minimum = this.#minimum.values[s] as number
    const distance = Math.abs(value - median)
    // A value that never moved has no scale to judge its first move by, unless the declaration gives one.
    return scale + minimum > 0 && distance > threshold * scale && distance > minimum
  }
}

/** Puts a value in its place among the `count` first ones: faster than a sort for so few. */
function insert(sorted: Float64Array, count: number, value: number): void {
  let at = count
  for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number
  sorted[at] = value
}
