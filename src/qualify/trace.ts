import type { SampleBatch } from '../core/batch.ts'
import { type Micros, SECOND } from '../core/time.ts'
import { Column } from './column.ts'
import { AHEAD_US, type Notice, type Rows } from './rule.ts'

/** Rows judged at once: their scratch columns stay in the processor's cache from rule to rule. */
export const CHUNK_ROWS = 4_096
/** Readings remembered of each signal, oldest out. */
export const REMEMBERED = 16
/** A step is a jump when it is this many times the usual one. */
export const JUMP = 4
/** Weight of one step in the usual step. */
const FORGET = 1 / 32

/** Numbers of one signal, side by side: a line of the processor's cache for what is remembered, one for its limits. */
const LINE = 3
const STRIDE = 1 << LINE
const [NEWEST, TIME, VALUE, USUAL, PLACE, LEVEL, SINCE, READINGS] = [0, 1, 2, 3, 4, 5, 6, 7] as const
const [LOW, HIGH, RATE, SILENCE, AGE, STEP, WIDTH, STAND] = [0, 1, 2, 3, 4, 5, 6, 7] as const
/** The limits of a signal of which no rule wants to see anything, by the places above. */
const NOTHING = [-Infinity, Infinity, Infinity, Infinity, Infinity, Infinity, 0, Infinity]
const PAIRS = 2 * REMEMBERED
/** Signals whose readings stand together in `recent`, a place at a time: neighbours that tick together write to one line. A power of two. */
const BLOCK_BITS = 6
const BLOCK = 1 << BLOCK_BITS

/**
 * What came before each row, found once for all rules, and the rows that any rule has to look at: most readings are sound, and cost one pass however many
 * rules there are. A reading older than the newest is compared with nothing newer and remembered by nobody, so that late data changes no verdict on what
 * follows; one from the future is not remembered either, or every sound reading after it would be out of order. A value outside its declared limits is no
 * measure for the next one.
 */
export class Trace {
  /** `last`: newest time; time and value of the last number within its limits; usual step; place in `recent`; level, since when, readings on it. */
  readonly memory = { last: new Column(Number.NaN, STRIDE), recent: new Column(Number.NaN, PAIRS) }
  readonly #limits = new Column(Number.NaN, STRIDE)
  readonly #row = new Uint16Array(CHUNK_ROWS)
  readonly #newest = new Float64Array(CHUNK_ROWS)
  readonly #previousTime = new Float64Array(CHUNK_ROWS)
  readonly #previousValue = new Float64Array(CHUNK_ROWS)
  readonly #usualStep = new Float64Array(CHUNK_ROWS)
  readonly #level = new Float64Array(CHUNK_ROWS)
  readonly #since = new Float64Array(CHUNK_ROWS)
  readonly #readings = new Float64Array(CHUNK_ROWS)
  readonly #isInOrder = new Uint8Array(CHUNK_ROWS)
  readonly #isOutside = new Uint8Array(CHUNK_ROWS)
  readonly #isWayBack = new Uint8Array(CHUNK_ROWS)
  readonly #history = new Float64Array(CHUNK_ROWS * PAIRS)

  /** Begins a signal's declaration anew: no rule wants to see any of its readings. */
  declare(signal: number): void {
    this.#limits.reserve(signal + 1)
    this.memory.last.reserve(signal + 1)
    this.memory.recent.reserve((signal | (BLOCK - 1)) + 1)
    this.#limits.values.set(NOTHING, signal * STRIDE)
  }

  /** Adds what a rule wants to see of a signal's readings. */
  notice(signal: number, { low, high, perSecond, silenceUs, ageUs, jump, width, standUs, isAlways }: Notice): void {
    const { values } = this.#limits
    const m = signal * STRIDE
    const atMost = (place: number, limit: number | undefined) => {
      if (limit !== undefined && limit < (values[m + place] as number)) values[m + place] = limit
    }
    if (low !== undefined && low > (values[m + LOW] as number)) values[m + LOW] = low
    if (width !== undefined && width > (values[m + WIDTH] as number)) values[m + WIDTH] = width
    atMost(HIGH, high)
    atMost(RATE, perSecond === undefined ? undefined : perSecond / SECOND)
    atMost(SILENCE, isAlways ? Number.NEGATIVE_INFINITY : silenceUs)
    atMost(AGE, ageUs)
    atMost(STEP, jump)
    atMost(STAND, standUs)
  }

  /** Rows `from .. to-1` of a batch, at most `CHUNK_ROWS`, with what came before those to look at. */
  rows(batch: SampleBatch, from: number, to: number): Rows {
    const rows = {
      ...{ count: to - from, offset: from, text: batch.text, receivedTime: batch.receivedTime, earliest: 0, latest: 0 },
      signal: batch.signal.subarray(from, to),
      sourceTime: batch.sourceTime.subarray(from, to),
      value: batch.value.subarray(from, to),
      status: batch.status.subarray(from, to),
      reasons: batch.reasons.subarray(from, to),
      ...{ noticed: 0, row: this.#row, isInOrder: this.#isInOrder, isOutside: this.#isOutside, isWayBack: this.#isWayBack },
      ...{ newest: this.#newest, previousTime: this.#previousTime, previousValue: this.#previousValue, usualStep: this.#usualStep },
      ...{ level: this.#level, since: this.#since, readings: this.#readings, history: this.#history },
    }
    this.#follow(rows)
    return rows
  }

  #follow(rows: Rows & { noticed: number; earliest: Micros; latest: Micros }): void {
    const { count, signal, sourceTime, value, receivedTime } = rows
    const [limits, last, recent] = [this.#limits.values, this.memory.last.values, this.memory.recent.values]
    let noticed = 0
    let earliest = Number.POSITIVE_INFINITY
    let latest = Number.NEGATIVE_INFINITY
    for (let i = 0; i < count; i++) {
      const s = signal[i] as number
      const t = sourceTime[i] as number
      const v = value[i] as number
      if (t < earliest) earliest = t
      if (t > latest) latest = t
      const m = s << LINE
      const before = last[m + NEWEST] as number
      const usual = last[m + USUAL] as number
      const step = Math.abs(v - (last[m + VALUE] as number))
      const elapsed = t - (last[m + TIME] as number)
      const isOutside = v < (limits[m + LOW] as number) || v > (limits[m + HIGH] as number)
      const isStill = Math.abs(v - (last[m + LEVEL] as number)) <= (limits[m + WIDTH] as number)
      const isAhead = t - receivedTime > AHEAD_US
      const most = JUMP * usual
      const hasJumped = step > (limits[m + STEP] as number) && step > most
      // Negated where NaN, before the first reading, must be noticed.
      if (
        !(t > before) ||
        !(t - before <= (limits[m + SILENCE] as number)) ||
        isOutside ||
        hasJumped ||
        step > (limits[m + RATE] as number) * elapsed ||
        (isStill && t - (last[m + SINCE] as number) > (limits[m + STAND] as number)) ||
        receivedTime - t > (limits[m + AGE] as number) ||
        isAhead
      ) {
        this.#isOutside[noticed] = isOutside ? 1 : 0
        this.#isInOrder[noticed] = t < before || isAhead ? 0 : 1
        if (hasJumped || !(t > before)) this.#recall(noticed, s)
        this.#notice(noticed++, i, s)
      }
      if (t < before || isAhead) continue
      const place = (last[m + PLACE] as number) | 0
      const at = pairOf(s, place)
      recent[at] = t
      recent[at + 1] = v
      last[m + PLACE] = (place + 1) & (REMEMBERED - 1)
      last[m + NEWEST] = t
      if (isStill) {
        last[m + READINGS] = (last[m + READINGS] as number) + 1
      } else {
        // A null reading (NaN) is a change as well.
        last[m + LEVEL] = v
        last[m + SINCE] = t
        last[m + READINGS] = 1
      }
      if (isOutside || Number.isNaN(v)) continue
      last[m + TIME] = t
      last[m + VALUE] = v
      // A jump counts as the smallest jump: one wild reading must not hide the next.
      last[m + USUAL] = usual > 0 ? usual + ((step < most ? step : most) - usual) * FORGET : usual === 0 ? step * FORGET : step
    }
    rows.noticed = noticed
    rows.earliest = earliest
    rows.latest = latest
  }

  /** Writes down what came before row `i` of signal `s`, as the `k`-th to look at. */
  #notice(k: number, i: number, s: number): void {
    const [last, m] = [this.memory.last.values, s * STRIDE]
    this.#row[k] = i
    this.#isWayBack[k] = 0
    this.#newest[k] = last[m + NEWEST] as number
    this.#previousTime[k] = last[m + TIME] as number
    this.#previousValue[k] = last[m + VALUE] as number
    this.#usualStep[k] = last[m + USUAL] as number
    this.#level[k] = last[m + LEVEL] as number
    this.#since[k] = last[m + SINCE] as number
    this.#readings[k] = last[m + READINGS] as number
  }

  /** Writes down the last readings of signal `s`, for the `k`-th row to look at. */
  #recall(k: number, s: number): void {
    const [history, recent] = [this.#history, this.memory.recent.values]
    const oldest = (this.memory.last.values[s * STRIDE + PLACE] as number) || 0
    for (let n = 0; n < REMEMBERED; n++) {
      const [from, to] = [pairOf(s, (oldest + n) % REMEMBERED), k * PAIRS + 2 * n]
      history[to] = recent[from] as number
      history[to + 1] = recent[from + 1] as number
    }
  }
}

/** Where in `recent` a signal's pair of source time and value is. */
function pairOf(signal: number, place: number): number {
  return ((((signal >> BLOCK_BITS) * REMEMBERED + place) << BLOCK_BITS) + (signal & (BLOCK - 1))) << 1
}
