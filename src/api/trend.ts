import { z } from 'zod'
import type { AggregateRow, SampleColumns } from '../core/historian.ts'
import type { NodeView } from '../core/node-view.ts'
import { isNull, rank } from '../core/status.ts'
import { formatTime } from '../core/time.ts'
import { inUnit, restatedColumns, unitQuery } from './in-unit.ts'
import { API_LIMITS } from './limits.ts'
import { period, readPeriod } from './query-times.ts'
import { signalOf } from './render.ts'
import type { Resources, Server } from './route.ts'
import { type Trend, trend } from './schemas.ts'

type Columns = Pick<Trend, 'time' | 'value' | 'severity' | 'minimum' | 'maximum' | 'bucketed'>

/** Seconds since the epoch, for drawing. */
const seconds = (time: number): number => time / 1e6

export function trendRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/trend',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'One signal as columns for drawing; where there are more samples than points, a point stands for an interval',
        querystring: z.strictObject({
          signal: z.string(),
          ...period,
          points: z.coerce.number().int().min(10).max(API_LIMITS.trendPoints).default(1_000),
          unit: unitQuery,
        }),
        response: { 200: trend },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const signal = signalOf(view, query.signal)
      const { from, to } = readPeriod(query, view.clock.now())
      const saying = inUnit(query.unit)(signal)
      const unit = saying.unit !== undefined && { unit: saying.unit }
      const columns = await draw(view, signal.id, from, to, query.points)
      return { signal: signal.id, ...unit, from: formatTime(from), to: formatTime(to), ...restatedColumns(columns, saying) }
    },
  )
}

async function draw({ historian }: NodeView, signal: string, from: number, to: number, points: number): Promise<Columns> {
  const columns = await historian.samples({ signal, from, to, limit: points })
  if (!columns.truncated) return everySample(columns)
  const intervalUs = Math.max(1000, Math.ceil((to - from) / points))
  const { rows } = await historian.aggregate({
    ...{ signals: [signal], from, to, intervalUs, limit: points + 2 },
    functions: ['average', 'minimum', 'maximum', 'worstStatus'],
  })
  return everyInterval(rows, intervalUs)
}

function everySample({ count, time, value, status }: SampleColumns): Columns {
  const out = { bucketed: false, time: [] as number[], value: [] as (number | null)[], severity: [] as number[] }
  for (let i = 0; i < count; i++) {
    const code = status[i] as number
    const v = value[i] as number
    out.time.push(seconds(time[i] as number))
    out.value.push(isNull(code) || !Number.isFinite(v) ? null : v)
    out.severity.push(rank(code))
  }
  return out
}

/** An interval with a Bad sample is closed by a gap, so that the line does not run on over what nobody measured. */
function everyInterval(rows: readonly AggregateRow[], intervalUs: number): Columns {
  const time: number[] = []
  const value: (number | null)[] = []
  const minimum: (number | null)[] = []
  const maximum: (number | null)[] = []
  const severity: number[] = []
  const push = (at: number, row: AggregateRow['values'] | undefined, worst: number) => {
    time.push(seconds(at))
    value.push(row?.average ?? null)
    minimum.push(row?.minimum ?? null)
    maximum.push(row?.maximum ?? null)
    severity.push(worst)
  }
  for (const row of rows) {
    const worst = rank(row.values.worstStatus ?? 0)
    push(row.time, row.values, worst)
    if (worst === 2) push(row.time + intervalUs / 2, undefined, 2)
  }
  return { bucketed: true, time, value, minimum, maximum, severity }
}
