import { fallsOf, fallsWithin } from '../counter.ts'
import type { Series } from '../history.ts'
import { newestIngest, rowAt } from '../row-at.ts'
import { isNull, rank, Status } from '../status.ts'
import type { Micros } from '../time.ts'
import { DEFAULT_CONFIGURATION } from './configuration.ts'
import { type Aggregate, aggregate, type FunctionName, type Samples } from './index.ts'

/** A function over one stretch of one signal whose readings hold until the next one, but no longer than `holdUs`. */
export interface AskedHeld {
  readonly name: FunctionName
  readonly holdUs: Micros
  /** False: values slope from one reading to the next. */
  readonly stepped: boolean
  /** As of AggregateConfiguration, 0 to 100. */
  readonly percentDataGood: number
}

export interface FoundHeld extends Aggregate {
  /** Share of the time covered by readings that went into the value, 0 to 1. */
  readonly coverage: number
  /** Whether one that would have gone in was Uncertain, or Bad or without a value. */
  readonly hasUncertain: boolean
  readonly hasBad: boolean
  /** For a difference: whether the value went down within, which that of a counter cannot tell from going up. */
  readonly hasFallen: boolean
  /** Samples read, that before the interval included, and the newest record that one of them came in. */
  readonly count: number
  readonly newestIngest: number
}

/**
 * What a function takes of its readings: only Good ones (what is Uncertain is left out like what is Bad, `treatUncertainAsBad`), those with a value, or any. Of
 * `samples`: those within the interval only, while the others take what holds at its start too.
 */
interface Takes {
  readonly readings: 'good' | 'usable' | 'any'
  readonly of: 'time' | 'samples'
}

const OF_TIME: Takes = { readings: 'good', of: 'time' }
const OF_SAMPLES: Takes = { readings: 'good', of: 'samples' }

const OTHERS: Readonly<Partial<Record<FunctionName, Takes>>> = {
  ...{ Average: OF_SAMPLES, Minimum: OF_SAMPLES, Maximum: OF_SAMPLES, MinimumActualTime: OF_SAMPLES, MaximumActualTime: OF_SAMPLES },
  ...{ Range: OF_SAMPLES, Count: OF_SAMPLES, Delta: OF_SAMPLES, StandardDeviationSample: OF_SAMPLES, VarianceSample: OF_SAMPLES },
  ...{ StandardDeviationPopulation: OF_SAMPLES, VariancePopulation: OF_SAMPLES },
  // These pass on a sample whatever its status.
  ...{ Start: { readings: 'usable', of: 'samples' }, End: { readings: 'usable', of: 'samples' } },
  // What is Bad is their answer.
  ...{ DurationGood: { readings: 'any', of: 'time' }, DurationBad: { readings: 'any', of: 'time' } },
  ...{ PercentGood: { readings: 'any', of: 'time' }, PercentBad: { readings: 'any', of: 'time' } },
  ...{ WorstQuality: { readings: 'any', of: 'samples' }, WorstQuality2: { readings: 'any', of: 'time' } },
}

const takesOf = (name: FunctionName): Takes => OTHERS[name] ?? OF_TIME

/** True of functions to which Bad readings are the answer and nothing that spoils it. */
export const isOfQuality = (name: FunctionName): boolean => takesOf(name).readings === 'any'

/**
 * True of functions to which a sample at the very end of the stretch says what held there (Simple Bounding Value, OPC 10000-13, 3.1.9): with the one before it instead, what
 * neighbouring stretches say would not add up to the whole.
 */
export const takesEnd = (name: FunctionName): boolean => name === 'EndBound' || name === 'DeltaBounds'

/** To these a gap between samples is no sample. Transitions compare with the sample before the interval. */
const isWithoutGaps = (name: FunctionName): boolean => takesOf(name).of === 'samples' || name === 'NumberOfTransitions'

/**
 * A function of OPC 10000-13 over [from, to). `series` reaches back by the hold, and forward by it where values slope, to `to` itself where the function `takesEnd`; what it
 * holds besides plays no part, so that the result does not depend on how much was read. Time without a reading is Bad.
 */
export function overHeld(series: Series, from: Micros, to: Micros, asked: AskedHeld): FoundHeld {
  const { name, holdUs, stepped, percentDataGood } = asked
  const first = rowAt(series, from)
  const last = rowAt(series, to)
  const begin = first > 0 && from - (series.time[first - 1] as number) < holdUs ? first - 1 : first
  const isAtEnd = takesEnd(name) && series.time[last] === to
  const isAhead = isAtEnd || (!stepped && last < series.count && (series.time[last] as number) <= to + holdUs)
  const rows = { begin, end: isAhead ? last + 1 : last, closeAt: stepped || isWithoutGaps(name) ? to : undefined, holdUs }
  const samples = rowsOf(series, rows, isWithoutGaps(name))
  const configuration = { ...DEFAULT_CONFIGURATION, stepped, percentDataGood }
  const { results } = aggregate(samples, { from, to, intervalUs: to - from }, [name], configuration)
  const found = (results[name] as Aggregate[])[0] as Aggregate
  const takes = takesOf(name)
  const covered = coveredBy(series, takes.of === 'samples' ? first : begin, last, { from, to, holdUs }, takes.readings)
  const hasFallen = fallsWithin(fallsOf(samples, name), from, to, name, stepped)
  const level = isAtEnd ? levelOf(series, last) : 0
  return {
    ...{ ...found, coverage: covered.coverage, hasFallen, count: last - begin },
    ...{ hasUncertain: covered.hasUncertain || level === 1, hasBad: covered.hasBad || level === 2 },
    newestIngest: newestIngest(series, begin, isAtEnd ? last + 1 : last),
  }
}

/** 0 Good, 1 Uncertain, 2 Bad or without a number. */
const levelOf = ({ status, value }: Pick<Series, 'status' | 'value'>, row: number): number =>
  isNull(status[row] as number) || !Number.isFinite(value[row]) ? 2 : rank(status[row] as number)

/** Share of [from, to) covered by readings that go into a value: those that the function takes, or else all that have a value or a text. */
export function heldShare(series: Series, from: Micros, to: Micros, holdUs: Micros, name?: FunctionName): number {
  const { readings, of }: Takes = name ? takesOf(name) : { readings: 'usable', of: 'time' }
  const first = rowAt(series, from)
  const known = name ? series : { ...series, value: series.value.map((value, i) => (series.text?.has(i) ? 0 : value)) }
  return coveredBy(known, of === 'samples' ? first : Math.max(0, first - 1), rowAt(series, to), { from, to, holdUs }, readings).coverage
}

function coveredBy(
  series: Pick<Series, 'time' | 'value' | 'status'>,
  begin: number,
  end: number,
  { from, to, holdUs }: { readonly from: Micros; readonly to: Micros; readonly holdUs: Micros },
  taken: Takes['readings'],
) {
  const { time } = series
  const worst = { good: 0, usable: 1, any: 2 }[taken]
  let us = 0
  let hasUncertain = false
  let hasBad = false
  for (let i = begin; i < end; i++) {
    const at = time[i] as number
    const until = Math.min(i + 1 < end ? (time[i + 1] as number) : to, at + holdUs)
    const start = Math.max(from, at)
    if (until <= start) continue
    const level = levelOf(series, i)
    if (level === 1) hasUncertain = true
    if (level === 2) hasBad = true
    if (level <= worst) us += until - start
  }
  return { coverage: to > from ? us / (to - from) : 0, hasUncertain, hasBad }
}

interface Rows {
  readonly begin: number
  readonly end: number
  /** Where the last one holds beyond this it goes on as it is: without a sample there it would be the end of what is known at all. */
  readonly closeAt: Micros | undefined
  readonly holdUs: Micros
}

/**
 * Rows of a series, with a Bad one where the one before holds no longer, unless gaps are nothing to the function. Not BadNoData: at the beginning that would
 * be no sample at all (OPC 10000-13, A.1).
 */
function rowsOf(series: Series, { begin, end, closeAt, holdUs }: Rows, isWithout: boolean): Samples {
  const most = (isWithout ? 1 : 2) * (end - begin) + 1
  const time = new Float64Array(most)
  const value = new Float64Array(most)
  const status = new Uint32Array(most)
  let count = 0
  const add = (at: Micros, what: number, how: number) => {
    time[count] = at
    value[count] = what
    status[count++] = how
  }
  for (let i = begin; i < end; i++) {
    const at = series.time[i] as number
    add(at, series.value[i] as number, series.status[i] as number)
    const isLast = i + 1 === end
    if (isLast && closeAt !== undefined && at + holdUs > closeAt) add(at + holdUs, series.value[i] as number, series.status[i] as number)
    else if (!isWithout && (isLast || at + holdUs < (series.time[i + 1] as number))) add(at + holdUs, Number.NaN, Status.BadNoCommunication)
  }
  return { count, time, value, status }
}
