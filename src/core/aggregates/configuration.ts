import type { Micros } from '../time.ts'

/** How aggregates treat a signal (OPC 10000-13, 4.2.1.2), and whether its value holds or slopes between samples (OPC 10000-11, Stepped). */
export interface AggregateConfiguration {
  /** Uncertain samples are used like Good ones, or left out like Bad ones. */
  readonly treatUncertainAsBad: boolean
  /** A result is Bad when at least this percentage of its interval is Bad. */
  readonly percentDataBad: number
  /** A result is Good when at least this percentage of its interval is Good. */
  readonly percentDataGood: number
  /** Beyond the last sample: along the last slope, or the last value held. */
  readonly useSlopedExtrapolation: boolean
  /** The value holds until the next sample. Always so for booleans. */
  readonly stepped: boolean
  /** Time resolution: how long the newest sample counts, and how far before its end an interval's last moment lies (5.4.2.4). */
  readonly resolutionUs: Micros
}

/** The defaults of the standard; resolution one millisecond as in its examples. */
export const DEFAULT_CONFIGURATION: AggregateConfiguration = {
  treatUncertainAsBad: true,
  percentDataBad: 100,
  percentDataGood: 100,
  useSlopedExtrapolation: false,
  stepped: false,
  resolutionUs: 1_000,
}

/** Why a configuration is refused (BadAggregateConfigurationRejected), or undefined. */
export function configurationProblem({ percentDataBad, percentDataGood }: AggregateConfiguration): string | undefined {
  const percent = (value: number) => value >= 0 && value <= 100
  if (!percent(percentDataBad) || !percent(percentDataGood)) return 'percentDataBad and percentDataGood are percentages from 0 to 100'
  if (percentDataGood < 100 - percentDataBad) return 'percentDataGood must be at least 100 - percentDataBad'
  return undefined
}
