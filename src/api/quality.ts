import { z } from 'zod'
import type { MeasureRow } from '../core/historian.ts'
import type { NodeView } from '../core/node-view.ts'
import { formatTime, HOUR, type Micros } from '../core/time.ts'
import { qualityOf } from '../qualify/index.ts'
import { API_LIMITS } from './limits.ts'
import { compileGlob } from './match.ts'
import { Refusal } from './problem.ts'
import { qualityPage } from './quality-schemas.ts'
import { period, readPeriod } from './query-times.ts'
import { signalOf } from './render.ts'
import type { Resources, Server } from './route.ts'
import type { QualityRow } from './schemas.ts'

/** Quality of one signal over the hours given; `time` is that of the first. */
export function toQualityRow(view: NodeView, signal: string, rows: readonly MeasureRow[]): QualityRow {
  const index = view.signals.indexOf(signal)
  const { delayMs, ...quality } = qualityOf(rows, index === undefined ? undefined : view.signals.at(index))
  return {
    signal,
    time: formatTime(rows[0]?.hour ?? 0),
    ...quality,
    covered: { ...quality.covered },
    characteristics: { ...quality.characteristics },
    anomalies: { ...quality.anomalies },
    reasons: { ...quality.reasons },
    ...(delayMs && { delayMs }),
  }
}

/** Whole hours: what is asked for is widened to them. */
function hours(query: { from?: string | undefined; to?: string | undefined }, now: Micros): { from: Micros; to: Micros } {
  const { from, to } = readPeriod(query, now)
  const whole = { from: Math.floor(from / HOUR) * HOUR, to: Math.ceil(to / HOUR) * HOUR }
  const count = (whole.to - whole.from) / HOUR
  if (count <= API_LIMITS.qualityHours) return whole
  throw new Refusal(400, 'period-too-long', count, API_LIMITS.qualityHours)
}

/** Hours without the time before the historian's oldest sample: a plant that nobody had begun to collect from is not unknown, it is no matter. */
async function since(view: NodeView, rows: readonly MeasureRow[]): Promise<MeasureRow[]> {
  const { oldestTime } = await view.historian.stats()
  return rows.map((row) => {
    const before = Math.min(HOUR, Math.max(0, (oldestTime ?? row.hour) - row.hour))
    return before > 0 ? { ...row, unknownUs: Math.max(0, row.unknownUs - before) } : row
  })
}

/** Measures of some signals over whole hours. */
export async function measured(view: NodeView, period: { from: Micros; to: Micros }, signals: readonly string[], limit: number) {
  const { rows, truncated } = await view.historian.measures({ ...period, signals, limit })
  return { rows: await since(view, rows), truncated }
}

export function qualityRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/quality',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'Quality of signals over whole hours, worst first',
        querystring: z.strictObject({
          match: z.string().default('**').describe('Glob over ids: t2e/baggage/**/current'),
          ...period,
          limit: z.coerce.number().int().min(1).max(API_LIMITS.signals).default(1_000),
        }),
        response: { 200: qualityPage },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const { from, to } = hours(query, view.clock.now())
      const matches = compileGlob(query.match)
      const signals = view.signals.all().flatMap(({ id }) => (matches(id) ? [id] : []))
      const { rows, truncated } = await measured(view, { from, to }, signals, API_LIMITS.qualityRows)
      const bySignal = Map.groupBy(rows, ({ signal }) => signal)
      const all = [...bySignal].map(([signal, own]) => toQualityRow(view, signal, own))
      // Nothing known is worse than something bad.
      all.sort((a, b) => (a.score ?? -1) - (b.score ?? -1) || (a.signal < b.signal ? -1 : 1))
      const page = all.slice(0, query.limit)
      return { from: formatTime(from), to: formatTime(to), rows: page, total: all.length, truncated: truncated || all.length > page.length }
    },
  )

  server.get(
    '/api/v1/quality/hours',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'Quality of one signal hour by hour, oldest first',
        querystring: z.strictObject({ signal: z.string(), ...period }),
        response: { 200: qualityPage },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const { id } = signalOf(view, query.signal)
      const { from, to } = hours(query, view.clock.now())
      const { rows, truncated } = await measured(view, { from, to }, [id], API_LIMITS.qualityHours)
      return {
        from: formatTime(from),
        to: formatTime(to),
        rows: rows.map((row) => toQualityRow(view, id, [row])),
        total: rows.length,
        truncated,
      }
    },
  )
}
