import { z } from 'zod'
import { configurationProblem, DEFAULT_CONFIGURATION } from '../core/aggregates/index.ts'
import { AGGREGATES, type AggregateFunction, type AggregateRow } from '../core/historian.ts'
import type { NodeView } from '../core/node-view.ts'
import { statusName } from '../core/status.ts'
import { formatTime } from '../core/time.ts'
import { inUnit, restatedValues, type Saying, unitQuery } from './in-unit.ts'
import { API_LIMITS } from './limits.ts'
import { compileGlob } from './match.ts'
import { Refusal } from './problem.ts'
import { type ProcessedQuery, processedRows } from './processed.ts'
import { PROCESSED, type ProcessedName, SAID_NAMES } from './processed-names.ts'
import { period, readInterval, readPeriod } from './query-times.ts'
import { signalOf } from './render.ts'
import type { Resources, Server } from './route.ts'
import { type AggregatePage, aggregatePage } from './schemas.ts'

type Row = AggregatePage['rows'][number]

const list = z.union([z.string(), z.array(z.string()).max(API_LIMITS.aggregateSignals)])
const flag = z.enum(['true', 'false'])
const percent = z.coerce.number().min(0).max(100).default(100)

/** AggregateConfiguration of OPC 10000-13, for its functions. */
const configuration = {
  interpolation: z
    .enum(['sloped', 'stepped'])
    .optional()
    .describe('Between samples; default stepped for booleans and states, sloped otherwise'),
  treatUncertainAsBad: flag.default('true'),
  percentDataBad: percent,
  percentDataGood: percent,
  useSlopedExtrapolation: flag.default('false'),
}

const querystring = z.strictObject({
  signal: list.optional().describe('One id or several'),
  match: z.string().optional().describe('Or a glob over ids'),
  ...period,
  unit: unitQuery,
  interval: z.string().max(32).default('1h'),
  functions: z
    .string()
    .max(1_024)
    .default('average,count,percentGood')
    .describe(
      `Some of ${AGGREGATES.join(', ')}, which count samples, one of several of one time; or of OPC UA Part 13, with a status each and durations in ms: ${SAID_NAMES.join(', ')}; any of them by its BrowseName too (Average, TimeAverage2)`,
    ),
  ...configuration,
})

export function aggregateRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/aggregate',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'Statistics by interval: plain ones of the samples, and those of OPC UA Part 13 with the status of each',
        querystring,
        response: { 200: aggregatePage },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const { from, to } = readPeriod(query, view.clock.now())
      const intervalUs = readInterval(query.interval)
      const { plain, processed } = readFunctions(query.functions)
      const configuration = readConfiguration(query)
      const signals = chosen(view, query)
      const saying = inUnit(query.unit)
      const sayings = new Map(signals.map((id) => [id, saying(signalOf(view, id))]))
      const statistics =
        plain.length === 0
          ? { rows: [], truncated: false }
          : await view.historian.aggregate({ signals, functions: plain, ...{ from, to, intervalUs, limit: API_LIMITS.aggregateRows } })
      const rows = statistics.rows.map((row) => toRow(row, sayings.get(row.signal)))
      if (processed.length === 0) return { rows, truncated: statistics.truncated }
      const definitions = signals.map((id) => signalOf(view, id))
      const computed = await processedRows(view.historian, {
        signals: definitions,
        functions: processed,
        saying,
        from,
        to,
        intervalUs,
        configuration,
      })
      return { rows: withStatistics(computed.rows, rows, plain), truncated: computed.truncated || statistics.truncated }
    },
  )

  function chosen(view: NodeView, query: { signal?: string | string[] | undefined; match?: string | undefined }): string[] {
    if (query.signal !== undefined) return [query.signal].flat().map((id) => signalOf(view, id).id)
    if (query.match === undefined) throw new Refusal(400, 'no-signal')
    const matches = compileGlob(query.match)
    const ids = view.signals.all().flatMap(({ id }) => (matches(id) ? [id] : []))
    if (ids.length <= API_LIMITS.aggregateSignals) return ids
    throw new Refusal(400, 'too-many-signals', ids.length, API_LIMITS.aggregateSignals)
  }
}

function readFunctions(text: string): { plain: AggregateFunction[]; processed: ProcessedName[] } {
  const plain: AggregateFunction[] = []
  const processed: ProcessedName[] = []
  for (const part of text.split(',')) {
    const name = part.trim()
    const known = AGGREGATES.find((one) => one === name)
    if (known) plain.push(known)
    else if (PROCESSED.has(name)) processed.push(name as ProcessedName)
    else throw new Refusal(400, 'unknown-function', part.slice(0, 32), [...AGGREGATES, ...SAID_NAMES])
  }
  return { plain, processed }
}

function readConfiguration(query: z.infer<typeof querystring>): ProcessedQuery['configuration'] {
  const { interpolation, percentDataBad, percentDataGood } = query
  const read = {
    ...{ ...DEFAULT_CONFIGURATION, percentDataBad, percentDataGood },
    treatUncertainAsBad: query.treatUncertainAsBad === 'true',
    useSlopedExtrapolation: query.useSlopedExtrapolation === 'true',
  }
  if (configurationProblem(read)) throw new Refusal(400, 'invalid-configuration')
  return { ...read, stepped: interpolation && interpolation === 'stepped' }
}

function toRow({ signal, time, values }: AggregateRow, saying: Saying | undefined): Row {
  const { worstStatus, ...rest } = saying ? restatedValues(values, saying) : values
  const worst = worstStatus === undefined || worstStatus === null ? worstStatus : statusName(worstStatus)
  return {
    signal,
    time: formatTime(time),
    ...(saying?.unit !== undefined && { unit: saying.unit }),
    values: { ...rest, ...(worst !== undefined && { worstStatus: worst }) },
  }
}

/** Plain statistics beside the computed ones; an interval without samples counts none and has no others. */
function withStatistics(computed: Row[], statistics: readonly Row[], plain: readonly AggregateFunction[]): Row[] {
  if (plain.length === 0) return computed
  const none = Object.fromEntries(plain.map((name) => [name, name === 'count' ? 0 : null]))
  const known = new Map(statistics.map((row) => [`${row.signal} ${row.time}`, row.values]))
  return computed.map((row) => ({ ...row, values: { ...none, ...known.get(`${row.signal} ${row.time}`), ...row.values } }))
}
