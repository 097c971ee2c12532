import type { LoadedConfig } from '../../config/index.ts'
import { writtenSignals } from '../dependencies.ts'

/** What a connection asks of its device. */
export interface ConnectionLoad {
  readonly signals: number
  /** Readings per second that are asked for, where every signal says how often: by its period or that of its connection. */
  readonly readingsPerSecond: number | undefined
  /** Where the connector can tell. */
  readonly requestsPerSecond: number | undefined
}

/** By connection. */
export function loadsOf({ connections, canonical }: LoadedConfig): Map<string, ConnectionLoad> {
  const counts = new Map<string, number>()
  for (const [name] of writtenSignals(canonical)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return new Map(
    connections.flatMap(({ name, connector, config }) => {
      if (connector.source === undefined) return []
      const asked = config as { period?: unknown; signals?: readonly { period?: unknown }[] }
      const periods = (asked.signals ?? []).map(({ period }) => period ?? asked.period)
      const isPolled = periods.length > 0 && periods.every((period): period is number => typeof period === 'number' && period > 0)
      const readingsPerSecond = isPolled ? rounded(periods.reduce((sum: number, period) => sum + 1_000 / (period as number), 0)) : undefined
      const requests = connector.requestsPerSecond?.(config)
      return [
        [
          name,
          { signals: counts.get(name) ?? 0, readingsPerSecond, requestsPerSecond: requests === undefined ? undefined : rounded(requests) },
        ],
      ]
    }),
  )
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000
