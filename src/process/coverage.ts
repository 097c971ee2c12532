import {
  type Aggregate,
  type AggregateConfiguration,
  aggregate,
  DEFAULT_CONFIGURATION,
  type FunctionName,
  type Samples,
} from '../core/aggregates/index.ts'
import { COUNTER_FELL, fallsWithin } from '../core/counter.ts'
import type { Series } from '../core/history.ts'
import { rowAt } from '../core/row-at.ts'
import { isNull, rank, Status, worst } from '../core/status.ts'
import type { Micros } from '../core/time.ts'

/** One function over one stretch of one signal. */
export interface Asked {
  readonly name: FunctionName
  readonly toleranceUs: Micros
  readonly stepped: boolean
  /** 0 to 100. */
  readonly minimumCoverage: number
  /** Of a signal that only counts up: where it went down, there is no difference. */
  readonly isCounter?: boolean
}

export interface Found {
  readonly value: number | null
  readonly status: number
  /** Share of the time that samples with a value cover. */
  readonly coverage: number
  readonly reasons: readonly string[]
}

/** Functions over samples and not over time: a gap is no sample of theirs. */
const OF_SAMPLES: ReadonlySet<FunctionName> = new Set<FunctionName>([
  ...(['Average', 'Minimum', 'Maximum', 'MinimumActualTime', 'MaximumActualTime', 'Range', 'Count', 'NumberOfTransitions'] as const),
  ...(['Start', 'End', 'Delta', 'WorstQuality', 'StandardDeviationSample', 'VarianceSample'] as const),
  ...(['StandardDeviationPopulation', 'VariancePopulation'] as const),
])

/** What is Bad is their answer. */
const OF_QUALITY: ReadonlySet<FunctionName> = new Set<FunctionName>([
  ...(['DurationGood', 'DurationBad', 'PercentGood', 'PercentBad', 'WorstQuality', 'WorstQuality2'] as const),
])

/**
 * A function of OPC UA Part 13 over [from, to), each sample holding no longer than its tolerance. With less than the minimum known the result is Uncertain,
 * with nothing known Bad. `series` reaches back by the tolerance, and forward by it where values slope.
 */
export function over(whole: Series, from: Micros, to: Micros, { name, toleranceUs, stepped, minimumCoverage, isCounter }: Asked): Found {
  const series = around(whole, from, to, toleranceUs, stepped)
  const { coverage, hasUncertain, hasBad } = covered(series, from, to, toleranceUs)
  const configuration: AggregateConfiguration = { ...DEFAULT_CONFIGURATION, stepped, percentDataGood: minimumCoverage }
  const samples = OF_SAMPLES.has(name) ? series : withGaps(series, toleranceUs)
  const { results } = aggregate(samples, { from, to, intervalUs: to - from }, [name], configuration)
  const found = results[name]?.[0] as Aggregate
  if (OF_QUALITY.has(name)) return { value: isNull(found.status) ? null : found.value, status: found.status, coverage, reasons: [] }
  if (coverage === 0) return { value: null, status: Status.BadNoData, coverage, reasons: [hasBad ? 'input-bad' : 'input-missing'] }
  if (isCounter && fallsWithin(series, from, to, name)) return { value: null, status: Status.BadNoData, coverage, reasons: [COUNTER_FELL] }
  const short = coverage * 100 < minimumCoverage
  const status = worst(found.status, short ? Status.UncertainSubNormal : Status.Good)
  const reasons = [
    ...(short ? ['coverage'] : []),
    ...(rank(status) > 0 && hasBad ? ['input-bad'] : []),
    ...(rank(status) > 0 && hasUncertain ? ['input-uncertain'] : []),
  ]
  return { value: isNull(status) ? null : found.value, status, coverage, reasons: reasons.sort() }
}

function covered({ count, time, value, status }: Samples, from: Micros, to: Micros, toleranceUs: Micros) {
  let us = 0
  let hasUncertain = false
  let hasBad = false
  for (let i = 0; i < count; i++) {
    const at = time[i] as number
    const next = i + 1 < count ? (time[i + 1] as number) : Number.POSITIVE_INFINITY
    const [start, end] = [Math.max(from, at), Math.min(to, next, at + toleranceUs)]
    if (end <= start) continue
    if (isNull(status[i] as number) || Number.isNaN(value[i])) hasBad = true
    else us += end - start
    if (rank(status[i] as number) === 1) hasUncertain = true
  }
  return { coverage: us / (to - from), hasUncertain, hasBad }
}

type Row = readonly [time: Micros, value: number, status: number]
const rowOf = ({ time, value, status }: Samples, i: number): Row => [time[i] as number, value[i] as number, status[i] as number]

/**
 * The samples of [from, to), the one that holds at its start, and where values slope the one after its end: no others, so that the result does not depend on how
 * much was read.
 */
function around(series: Series, from: Micros, to: Micros, toleranceUs: Micros, stepped: boolean): Samples {
  const { count, time } = series
  const rows: Row[] = []
  for (let i = Math.max(0, rowAt(series, from) - 1); i < count; i++) {
    const at = time[i] as number
    const next = i + 1 < count ? (time[i + 1] as number) : Number.POSITIVE_INFINITY
    if (at < from && (next < from || at + toleranceUs < from)) continue
    if (at >= to && (stepped || at > to + toleranceUs)) break
    rows.push(rowOf(series, i))
    if (at >= to) break
  }
  return columns(rows)
}

/** With a Bad sample where the one before holds no longer. */
function withGaps(samples: Samples, toleranceUs: Micros): Samples {
  const rows: Row[] = []
  for (let i = 0; i < samples.count; i++) {
    const row = rowOf(samples, i)
    const last = rows.at(-1)
    if (last && row[0] > last[0] + toleranceUs) rows.push([last[0] + toleranceUs, Number.NaN, Status.BadNoCommunication])
    rows.push(row)
  }
  const last = rows.at(-1)
  // Right after the end of what is known nothing is: without this sample the last one would hold for a moment only.
  if (last) rows.push([last[0] + toleranceUs, Number.NaN, Status.BadNoCommunication])
  return columns(rows)
}

function columns(rows: readonly Row[]): Samples {
  return {
    count: rows.length,
    time: Float64Array.from(rows, ([time]) => time),
    value: Float64Array.from(rows, ([, value]) => value),
    status: Uint32Array.from(rows, ([, , status]) => status),
  }
}
