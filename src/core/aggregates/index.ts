import * as averages from './average.ts'
import type { AggregateConfiguration } from './configuration.ts'
import * as counts from './count.ts'
import * as durations from './duration.ts'
import * as extremes from './extremes.ts'
import * as boundedExtremes from './extremes-bounds.ts'
import { prepare, type Samples } from './history.ts'
import { interpolative } from './interpolative.ts'
import { type Aggregate, type Compute, eachInterval, type Period } from './intervals.ts'
import * as startEnd from './start-end.ts'
import * as timeAverages from './time-average.ts'
import * as qualities from './worst-quality.ts'

export { type AggregateConfiguration, configurationProblem, DEFAULT_CONFIGURATION } from './configuration.ts'
export type { Samples } from './history.ts'
export type { Aggregate, Period } from './intervals.ts'
export { resultUnit } from './result-unit.ts'
export { describeStatus } from './status.ts'

/** The aggregates of OPC 10000-13 by BrowseName; all but AnnotationCount, for samples have no annotations here. */
export const FUNCTIONS = {
  Interpolative: interpolative,
  Average: averages.average,
  TimeAverage: timeAverages.timeAverage,
  TimeAverage2: timeAverages.timeAverage2,
  Total: timeAverages.timeTotal,
  Total2: timeAverages.timeTotal2,
  Minimum: extremes.minimum,
  Maximum: extremes.maximum,
  MinimumActualTime: extremes.minimumActualTime,
  MaximumActualTime: extremes.maximumActualTime,
  Range: extremes.range,
  Minimum2: boundedExtremes.minimum2,
  Maximum2: boundedExtremes.maximum2,
  MinimumActualTime2: boundedExtremes.minimumActualTime2,
  MaximumActualTime2: boundedExtremes.maximumActualTime2,
  Range2: boundedExtremes.range2,
  Count: counts.count,
  DurationInStateZero: durations.durationInStateZero,
  DurationInStateNonZero: durations.durationInStateNonZero,
  NumberOfTransitions: counts.numberOfTransitions,
  Start: startEnd.start,
  End: startEnd.end,
  Delta: startEnd.delta,
  StartBound: startEnd.startBound,
  EndBound: startEnd.endBound,
  DeltaBounds: startEnd.deltaBounds,
  DurationGood: durations.durationGood,
  DurationBad: durations.durationBad,
  PercentGood: durations.percentGood,
  PercentBad: durations.percentBad,
  WorstQuality: qualities.worstQuality,
  WorstQuality2: qualities.worstQuality2,
  StandardDeviationSample: averages.standardDeviationSample,
  VarianceSample: averages.varianceSample,
  StandardDeviationPopulation: averages.standardDeviationPopulation,
  VariancePopulation: averages.variancePopulation,
} as const satisfies Record<string, Compute>

export type FunctionName = keyof typeof FUNCTIONS

/** Results of several functions, a row per interval. */
export interface AggregateRows {
  /** Where each interval begins. */
  readonly start: number[]
  /** By function, one result per interval. */
  readonly results: Readonly<Partial<Record<FunctionName, Aggregate[]>>>
}

/**
 * Computes functions over the intervals of a period. The samples should reach beyond the period on both sides where there are more: those
 * before and after give the values at its edges, and tell the beginning and the end of the data.
 */
export function aggregate(
  samples: Samples,
  period: Period,
  functions: readonly FunctionName[],
  configuration: AggregateConfiguration,
  aligned = false,
): AggregateRows {
  const history = prepare(samples, configuration)
  const start: number[] = []
  const columns = [...new Set(functions)].map((name) => ({ name, compute: FUNCTIONS[name] as Compute, results: [] as Aggregate[] }))
  eachInterval(
    history,
    period,
    (interval) => {
      start.push(interval.start)
      for (const { compute, results } of columns) results.push(compute(history, interval))
    },
    aligned,
  )
  return { start, results: Object.fromEntries(columns.map(({ name, results }) => [name, results])) }
}
