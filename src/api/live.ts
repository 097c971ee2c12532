import { z } from 'zod'
import type { SignalDefinition } from '../core/signals.ts'
import { describe, statsReader } from './health.ts'
import { inUnit, restated, sayingOnce, unitQuery } from './in-unit.ts'
import { API_LIMITS } from './limits.ts'
import { LiveClient } from './live-client.ts'
import { compileGlob } from './match.ts'
import { Refusal } from './problem.ts'
import { languageOf } from './problem-words/index.ts'
import { batchSample, lastSample } from './render.ts'
import type { Resources, Server } from './route.ts'
import type { Sample } from './schemas.ts'

const HEALTH_MS = 2_000
const KEEP_ALIVE_MS = 15_000
/** How long a stream may outlive the session it was opened with. */
const WELCOME_MS = 500

/** `GET /api/v1/live`: last values first, then every durable sample, as server-sent events. Returns the way to end all streams. */
export function liveRoutes(server: Server, { view: whole, viewOf, callerOf, access }: Resources): { close(): void } {
  const clients = new Set<LiveClient>()
  const statsOf = statsReader(whole)
  const unsubscribe = whole.subscribe((batch) => {
    for (const client of clients) client.offer(batch)
  })
  const healthTimer = setInterval(() => {
    if (clients.size === 0) return
    statsOf().then(
      (stats) => {
        for (const client of clients) client.sendHealth(stats)
      },
      () => undefined, // the next request of /health says why
    )
  }, HEALTH_MS)
  const aliveTimer = setInterval(() => {
    for (const client of clients) client.keepAlive()
  }, KEEP_ALIVE_MS)
  const closeUnwelcome = () => {
    for (const client of clients) if (!client.isWelcome()) client.close()
  }
  access.onChange(closeUnwelcome)
  const stillTimer = setInterval(closeUnwelcome, WELCOME_MS)

  server.get(
    '/api/v1/live',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'Live samples as server-sent events: samples, missed, health, changes (IT records and results with a new version)',
        querystring: z.strictObject({
          ...{ match: z.string().default('**'), unit: unitQuery },
          lang: z
            .enum(['en', 'fr'])
            .optional()
            .describe('of the words in health; else that of Accept-Language, which a page cannot set here'),
        }),
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      const { query, headers } = request
      const language = query.lang ?? languageOf(headers['accept-language'])
      const view = viewOf(request)
      const caller = callerOf(request)
      if (clients.size >= API_LIMITS.liveClients) {
        throw new Refusal(503, 'too-many-streams', API_LIMITS.liveClients)
      }
      const owner = `${caller.kind} ${caller.name}`
      if ([...clients].filter((client) => client.owner === owner).length >= API_LIMITS.liveClientsOfOne) {
        throw new Refusal(429, 'too-many-own-streams', API_LIMITS.liveClientsOfOne)
      }
      const matches = compileGlob(query.match)
      const wants = (index: number): boolean => matches(view.signals.at(index)?.id ?? '')
      const wanted = Array.from({ length: view.signals.size }, (_, index) => index).filter(wants)
      if (query.unit !== undefined) {
        // Refused now, while there is an answer to refuse with; a signal that comes later and cannot be converted is said as it is stored.
        const saying = inUnit(query.unit)
        for (const index of wanted) saying(view.signals.at(index) as SignalDefinition)
      }
      const saying = sayingOnce(query.unit)
      const inItsUnit = (index: number, sample: Sample | undefined): Sample | undefined => {
        const signal = view.signals.at(index)
        return signal && sample && restated(sample, saying(signal))
      }
      reply.hijack()
      const response = reply.raw
      for (const [name, value] of Object.entries(reply.getHeaders())) response.setHeader(name, value as string)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      response.socket?.setTimeout(0)
      response.socket?.setNoDelay(true)
      const first = wanted.filter((index) => view.last.has(index))
      const client = new LiveClient({
        ...{ owner, response, wants, first },
        // Who may see other things now asks again, and gets those.
        isWelcome: () => access.callerOf(request, false)?.version === caller.version,
        health: (stats) => describe(view, stats, language),
        render: (batch, row) => inItsUnit(batch.signal[row] as number, batchSample(view, batch, row)),
        renderLast: (index) => inItsUnit(index, lastSample(view, index)),
      })
      const changed = view.onChanges(({ records, facts, more }) => {
        client.send('changes', { records: records.map(({ kind, key }) => ({ kind, key: key.split('\u001f') })), facts, more })
      })
      response.on('close', () => {
        changed()
        clients.delete(client)
        client.close()
      })
      // It joins before its first values are out: what changes meanwhile waits behind them, and is never lost unsaid.
      clients.add(client)
      client.begin()
      client.sendHealth(await statsOf())
    },
  )

  return {
    close: () => {
      unsubscribe()
      clearInterval(healthTimer)
      clearInterval(aliveTimer)
      clearInterval(stillTimer)
      for (const client of clients) client.close()
    },
  }
}
