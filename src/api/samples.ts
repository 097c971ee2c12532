import { z } from 'zod'
import type { SampleColumns } from '../core/historian.ts'
import type { NodeView } from '../core/node-view.ts'
import { formatTime } from '../core/time.ts'
import { inUnit, restated, unitQuery } from './in-unit.ts'
import { API_LIMITS } from './limits.ts'
import { period, readMoment, readPeriod } from './query-times.ts'
import { signalOf, toSample } from './render.ts'
import type { Resources, Server } from './route.ts'
import { type Sample, samplePage } from './schemas.ts'

/** When each row was received and recorded, by the record it came in. */
async function arrivals({ historian }: NodeView, { count, ingest }: SampleColumns) {
  const ids = [...new Set(ingest.subarray(0, count))]
  return new Map((await historian.ingests(ids)).map((row) => [row.ingest, row]))
}

export function sampleRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/samples',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'Stored samples of one signal; oldest first, or the newest first with order=newest',
        querystring: z.strictObject({
          signal: z.string(),
          ...period,
          limit: z.coerce.number().int().min(1).max(API_LIMITS.samples).default(1_000),
          asKnownAt: z.string().max(64).optional().describe('Only what was recorded up to then'),
          unit: unitQuery,
          order: z.enum(['oldest', 'newest']).default('oldest'),
        }),
        response: { 200: samplePage },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const now = view.clock.now()
      const signal = signalOf(view, query.signal)
      const saying = inUnit(query.unit)(signal)
      const { from, to } = readPeriod(query, now)
      const columns = await view.historian.samples({
        ...{ signal: signal.id, from, to, limit: query.limit, descending: query.order === 'newest' },
        ...(query.asKnownAt !== undefined && { asKnownAt: readMoment(query.asKnownAt, now) }),
      })
      const arrived = await arrivals(view, columns)
      const samples: Sample[] = []
      for (let row = 0; row < columns.count; row++) {
        const arrival = arrived.get(columns.ingest[row] as number)
        const sample = toSample(signal, {
          time: columns.time[row] as number,
          receivedTime: arrival?.receivedTime,
          recordedTime: arrival?.recordedTime,
          value: columns.value[row] as number,
          status: columns.status[row] as number,
          reasons: columns.reasonSets.get(columns.reasons[row] as number) ?? [],
          text: columns.text?.get(row),
        })
        samples.push(restated(sample, saying))
      }
      return { signal: signal.id, from: formatTime(from), to: formatTime(to), samples, truncated: columns.truncated }
    },
  )
}
