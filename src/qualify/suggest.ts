import { HOUR, SECOND } from '../core/time.ts'

/** Good readings of one numeric signal, in order of source time (microseconds). */
export interface History {
  readonly time: Float64Array
  readonly value: Float64Array
}

/** What a declaration could say, in the words of the file; durations in milliseconds. */
export interface Proposal {
  readonly range?: readonly [number, number]
  readonly resolution?: number
  readonly expectedPeriod?: number
  readonly flatLine?: number
  readonly maxRatePerSecond?: number
  readonly counter?: { readonly rollover?: number }
}

/** What it was taken from. */
export interface Evidence {
  readonly samples: number
  readonly fromUs: number
  readonly toUs: number
  readonly minimum: number
  readonly maximum: number
  /** Values below which 0.1, 50 and 99.9 % lie. */
  readonly percentiles: readonly [number, number, number]
  /** Milliseconds between readings: median, 99 %, longest. */
  readonly gapsMs: readonly [number, number, number]
  /** Longest time at one value, in milliseconds. */
  readonly calmMs: number
  /** Change per second: 99.9 %, largest. */
  readonly rates: readonly [number, number]
  readonly distinct: number
}

export interface Suggestion {
  readonly proposal: Proposal
  readonly evidence: Evidence
}

/** Few whole values: codes of states, for which only the period is proposed. */
const STATE_VALUES = 8
/** What is left around the robust extremes, as a share of what lies between them. */
const RANGE_MARGIN = 0.25
/** A calm time, and a rate, may be this many times the longest and the fastest usual one. */
const MARGIN = 3
/** Readings come regularly when 99 % of the gaps are at most this many medians. */
const REGULAR = 1.5
/** A signal that stands still for more than this share of its history does so when it is well. */
const CALM_SHARE = 0.2
const STEPS_FOR_RESOLUTION = 20
/** Rises before what only rises is a counter, and rises per fall; without a fall it takes hours too: a motor that warms up only rises as well. */
const RISES_OF_COUNTER = 500
const RISES_PER_FALL = 50
const HOURS_OF_COUNTER = 6
/** A flat line lasts this many periods at least, however short the calm times were. */
const FLAT_PERIODS = 10
const NEAR_ROLLOVER = 0.9
const ROLLOVERS = [2 ** 16, 2 ** 32, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

/** What the history suggests; undefined when there are fewer than `minSamples` readings, or all at one time: no ground to say anything. */
export function suggest({ time, value }: History, minSamples: number): Suggestion | undefined {
  const count = value.length
  if (count < Math.max(2, minSamples) || !((time[count - 1] as number) > (time[0] as number))) return undefined
  const sorted = value.slice().sort()
  const gaps = between(time, (i) => ((time[i] as number) - (time[i - 1] as number)) / 1000).sort()
  const steps = between(value, (i) => (value[i] as number) - (value[i - 1] as number))
  const resolution = resolutionOf(steps)
  const rates = between(time, (i) => {
    const elapsed = (time[i] as number) - (time[i - 1] as number)
    return elapsed > 0 ? Math.abs(steps[i - 1] as number) / (elapsed / SECOND) : 0
  }).sort()
  const evidence: Evidence = {
    ...{ samples: count, fromUs: time[0] as number, toUs: time[count - 1] as number },
    ...{ minimum: sorted[0] as number, maximum: sorted[count - 1] as number },
    percentiles: [at(sorted, 0.001), at(sorted, 0.5), at(sorted, 0.999)],
    gapsMs: [at(gaps, 0.5), at(gaps, 0.99), at(gaps, 1)],
    calmMs: calmOf({ time, value }, (resolution ?? 0) / 2) / 1000,
    rates: [at(rates, 0.999), at(rates, 1)],
    distinct: distinctOf(sorted),
  }
  return { evidence, proposal: { ...periodOf(evidence), ...levelsOf(evidence, { steps, value }, resolution) } }
}

function levelsOf(
  evidence: Evidence,
  { steps, value }: { steps: Float64Array; value: Float64Array },
  resolution: number | undefined,
): Proposal {
  if (evidence.distinct <= STATE_VALUES && value.every(Number.isInteger)) return {}
  const counter = counterOf(steps, value, evidence.toUs - evidence.fromUs)
  if (counter) return { counter, ...(counter.rollover !== undefined && { range: [0, counter.rollover] }) }
  const [fast] = evidence.rates
  const span = evidence.toUs - evidence.fromUs
  // A source that reports by exception never repeats a value: its silence is no flat line.
  const isRegular = periodOf(evidence).expectedPeriod !== undefined
  const calm = Math.max(MARGIN * evidence.calmMs, FLAT_PERIODS * evidence.gapsMs[1])
  return {
    // What only rose (a meter of few hours, a motor that warms up) or only fell has not shown where it ends.
    ...(steps.some((step) => step > 0) && steps.some((step) => step < 0) && rangeOf(evidence)),
    ...(resolution !== undefined && { resolution }),
    ...(isRegular && evidence.distinct > 1 && evidence.calmMs * 1000 <= CALM_SHARE * span && { flatLine: niceDuration(calm) }),
    // A rate too small to be written is none.
    ...(roundUp(MARGIN * fast) > 0 && { maxRatePerSecond: roundUp(MARGIN * fast) }),
  }
}

/** Robust extremes with a margin, rounded outwards; a value that is never negative stays so. */
function rangeOf({ percentiles: [low, , high], minimum, distinct }: Evidence): { range?: readonly [number, number] } {
  const spread = high - low
  if (!(spread > 0) || distinct < 3) return {}
  const step = 10 ** Math.floor(Math.log10(spread)) / 2
  const [below, above] = [low - RANGE_MARGIN * spread, high + RANGE_MARGIN * spread]
  const bottom = clean(Math.floor(below / step) * step)
  return { range: [minimum >= 0 ? Math.max(0, bottom) : bottom, clean(Math.ceil(above / step) * step)] }
}

function periodOf({ gapsMs: [usual, most] }: Evidence): { expectedPeriod?: number } {
  return usual > 0 && most <= REGULAR * usual ? { expectedPeriod: niceDuration(usual * 0.98) } : {}
}

/** The smallest step that all steps are multiples of, within the precision of a 32-bit float; undefined when there is none. */
function resolutionOf(steps: Float64Array): number | undefined {
  const sizes = [...new Set(steps.map((step) => Number(Math.abs(step).toPrecision(6))))].filter((step) => step > 0).sort((a, b) => a - b)
  const [smallest] = sizes
  if (smallest === undefined || steps.reduce((n, step) => n + (step === 0 ? 0 : 1), 0) < STEPS_FOR_RESOLUTION) return undefined
  for (const parts of [1, 2, 3, 4, 5, 10]) {
    const step = Number((smallest / parts).toPrecision(3))
    if (sizes.every((size) => Math.abs(size / step - Math.round(size / step)) < 0.02 * parts)) return step
  }
  return undefined
}

/** Only ever up, but for falls to the bottom; which rollover, when the falls are from near one. */
function counterOf(steps: Float64Array, value: Float64Array, spanUs: number): { rollover?: number } | undefined {
  let rises = 0
  const tops: number[] = []
  for (const [i, step] of steps.entries()) {
    if (step > 0) rises++
    if (!(step < 0)) continue
    const before = value[i] as number
    if ((value[i + 1] as number) > (1 - NEAR_ROLLOVER) * before) return undefined
    tops.push(before)
  }
  if (rises < RISES_OF_COUNTER || tops.length * RISES_PER_FALL > rises) return undefined
  if (tops.length === 0 && spanUs < HOURS_OF_COUNTER * HOUR) return undefined
  const top = tops.length === 0 ? undefined : Math.max(...tops)
  const rollover = top === undefined ? undefined : ROLLOVERS.find((limit) => top < limit && top > NEAR_ROLLOVER * limit)
  return rollover === undefined ? {} : { rollover }
}

/** Longest time, in microseconds, for which readings stay within `width` of one of them: as the flat line rule measures it. */
function calmOf({ time, value }: History, width: number): number {
  let [level, since, longest] = [Number.NaN, 0, 0]
  for (const [i, v] of value.entries()) {
    const t = time[i] as number
    if (Math.abs(v - level) <= width) longest = Math.max(longest, t - since)
    else [level, since] = [v, t]
  }
  return longest
}

function between(list: Float64Array, of: (i: number) => number): Float64Array {
  return Float64Array.from({ length: list.length - 1 }, (_, i) => of(i + 1))
}

/** The value below which the share `p` of sorted values lies. */
function at(sorted: Float64Array, p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] as number
}

function distinctOf(sorted: Float64Array): number {
  let distinct = 0
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++
  return distinct
}

const clean = (value: number): number => Number(value.toPrecision(6)) + 0

/** Up to two significant digits. */
function roundUp(value: number): number {
  const step = 10 ** (Math.floor(Math.log10(value)) - 1)
  return clean(Math.ceil(value / step - 1e-9) * step)
}

const LADDER_MS = [
  10, 20, 50, 100, 200, 250, 500, 1e3, 2e3, 5e3, 1e4, 1.5e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5,
]

/** The next duration people would write, at least as long; beyond a day, whole days. */
function niceDuration(ms: number): number {
  return LADDER_MS.find((step) => ms <= step) ?? Math.ceil(ms / 864e5) * 864e5
}

/** `1500` as `1500ms`, `300000` as `5min`: the longest unit that says it in whole numbers. */
export function durationText(ms: number): string {
  const units = [
    [864e5, 'd'],
    [36e5, 'h'],
    [6e4, 'min'],
    [1e3, 's'],
  ] as const
  const [size, name] = units.find(([size]) => ms >= size && ms % size === 0) ?? [1, 'ms']
  return `${ms / size}${name}`
}
