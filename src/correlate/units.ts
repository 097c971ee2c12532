import type { FunctionName } from '../core/aggregates/index.ts'
import type { CorrelateContext } from './context.ts'

/** Functions whose result is a duration, a number or a share, and no value of the signal. */
export const RESULT_UNITS: Readonly<Partial<Record<FunctionName, string>>> = {
  Count: '1',
  NumberOfTransitions: '1',
  DurationInStateZero: 'ms',
  DurationInStateNonZero: 'ms',
  DurationGood: 'ms',
  DurationBad: 'ms',
  PercentGood: '%',
  PercentBad: '%',
  WorstQuality: '1',
  WorstQuality2: '1',
}

/** The unit of a signal that stands in the file as a whole id; undefined where nobody knows it. */
export const wholeUnit = (signal: string, { site, definitionOf }: Pick<CorrelateContext, 'site' | 'definitionOf'>): string | undefined =>
  signal.startsWith('./') ? undefined : definitionOf?.(`${site}/${signal}`)?.unit
