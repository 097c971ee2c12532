import type { Metrics } from './metric-values.ts'
import type { Resources, Server } from './route.ts'

/** `GET /metrics` in the text format of Prometheus. What counts for it is loaded when it is asked for first: a node that nobody watches does without. */
export function metricRoutes(server: Server, { view, rate }: Resources): void {
  let opening: Promise<Metrics> | undefined
  server.get(
    '/metrics',
    { config: { permission: 'read', scope: 'every' }, schema: { summary: 'Metrics for Prometheus', produces: ['text/plain'] } },
    async (_request, reply) => {
      opening ??= import('./metric-values.ts').then(({ openMetrics }) => openMetrics({ view, rate }))
      const { contentType, text } = await opening
      return reply.type(contentType).send(await text())
    },
  )
}
