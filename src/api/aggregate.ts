import { z } from 'zod'
import { AGGREGATES, type AggregateRow } from '../core/historian.ts'
import { statusName } from '../core/status.ts'
import { formatTime } from '../core/time.ts'
import { inUnit, restatedValues, type Saying, unitQuery } from './in-unit.ts'
import { API_LIMITS } from './limits.ts'
import { compileGlob } from './match.ts'
import { Refusal } from './problem.ts'
import { period, readInterval, readPeriod } from './query-times.ts'
import { signalOf } from './render.ts'
import type { Resources, Server } from './route.ts'
import { type AggregatePage, aggregatePage } from './schemas.ts'

const list = z.union([z.string(), z.array(z.string()).max(API_LIMITS.aggregateSignals)])

export function aggregateRoutes(server: Server, { view }: Resources): void {
  server.get(
    '/api/v1/aggregate',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Statistics by interval; over samples that are not Bad, with the share of Good ones',
        querystring: z.strictObject({
          signal: list.optional().describe('One id or several'),
          match: z.string().optional().describe('Or a glob over ids'),
          ...period,
          unit: unitQuery,
          interval: z.string().max(32).default('1h'),
          functions: z
            .string()
            .max(256)
            .default('average,count,percentGood')
            .describe(`Some of ${AGGREGATES.join(', ')}`),
        }),
        response: { 200: aggregatePage },
      },
    },
    async ({ query }) => {
      const { from, to } = readPeriod(query, view.clock.now())
      const signals = chosen(query)
      const saying = inUnit(query.unit)
      const sayings = new Map(signals.map((id) => [id, saying(signalOf(view, id))]))
      const { rows, truncated } = await view.historian.aggregate({
        signals,
        functions: readFunctions(query.functions),
        intervalUs: readInterval(query.interval),
        limit: API_LIMITS.aggregateRows,
        ...{ from, to },
      })
      return { rows: rows.map((row) => toRow(row, sayings.get(row.signal))), truncated }
    },
  )

  function chosen(query: { signal?: string | string[] | undefined; match?: string | undefined }): string[] {
    if (query.signal !== undefined) return [query.signal].flat().map((id) => signalOf(view, id).id)
    if (query.match === undefined) throw new Refusal(400, 'no-signal', 'name at least one `signal`, or a `match`')
    const matches = compileGlob(query.match)
    const ids = view.signals.all().flatMap(({ id }) => (matches(id) ? [id] : []))
    if (ids.length <= API_LIMITS.aggregateSignals) return ids
    throw new Refusal(400, 'too-many-signals', `the pattern matches ${ids.length} signals, the limit is ${API_LIMITS.aggregateSignals}`)
  }
}

function readFunctions(text: string) {
  return text.split(',').map((name) => {
    const known = AGGREGATES.find((one) => one === name.trim())
    if (known) return known
    throw new Refusal(400, 'unknown-function', `there is no function ${name.slice(0, 32)}`, `there are ${AGGREGATES.join(', ')}`)
  })
}

function toRow({ signal, time, values }: AggregateRow, saying: Saying | undefined): AggregatePage['rows'][number] {
  const { worstStatus, ...rest } = saying ? restatedValues(values, saying) : values
  const worst = worstStatus === undefined || worstStatus === null ? worstStatus : statusName(worstStatus)
  return {
    signal,
    time: formatTime(time),
    ...(saying?.unit !== undefined && { unit: saying.unit }),
    values: { ...rest, ...(worst !== undefined && { worstStatus: worst }) },
  }
}
