import { z } from 'zod'
import type { Discovery, DiscoveryQuestion, DiscoveryTarget } from '../core/discovery.ts'
import type { NodeView } from '../core/node-view.ts'
import { formatTime } from '../core/time.ts'
import { nearest } from '../lib/suggest.ts'
import type { DiscoveryView } from './discovery-schemas.ts'
import { DISCOVERY_LANGUAGES, discoveryWords } from './discovery-words.ts'
import { API_LIMITS } from './limits.ts'
import { compileGlob } from './match.ts'
import { problemOf, Refusal } from './problem.ts'
import { languageOf } from './problem-words/index.ts'
import { period, readInterval, readPeriod } from './query-times.ts'
import type { Resources, Server } from './route.ts'

const querystring = z.strictObject({
  target: z.string().min(1).max(API_LIMITS.targetLength).describe('An event, NAME.VALUE of a result, or the id of a signal'),
  ...period,
  from: z.string().max(64).default('-30d'),
  lead: z.string().max(32).default('10min').describe('How long before a moment is looked at: 1s to 1d'),
  match: z.string().optional().describe('Glob over ids; default the signals at the target’s equipment, then those of its area'),
  fdr: z.coerce.number().gt(0).max(0.5).default(0.05).describe('Accepted share of false findings among the findings'),
  seed: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  lang: z.enum(DISCOVERY_LANGUAGES).default('en'),
})
type Query = z.output<typeof querystring>

/** `GET /api/v1/discover`: which signals moved before something, as server-sent events: `progress`, then one `result` or `problem`. */
export function discoverRoutes(server: Server, { view }: Resources): void {
  let isRunning = false
  server.get(
    '/api/v1/discover',
    {
      config: { permission: 'query', scope: 'every' },
      schema: {
        summary: 'Signals that moved before an event or a number did, as suggestions; server-sent events: progress, then result or problem',
        querystring,
        produces: ['text/event-stream'],
      },
    },
    async ({ query, headers }, reply) => {
      const question = questionOf(view, query)
      if (isRunning) throw new Refusal(429, 'busy/search')
      isRunning = true
      const stopping = new AbortController()
      const ended = new AbortController()
      const tooLong = () => new Refusal(503, 'too-long')
      void view.clock.sleep(API_LIMITS.discoverMs, ended.signal).then(() => stopping.abort(tooLong()))
      reply.hijack()
      const response = reply.raw
      response.on('close', () => stopping.abort())
      const send = (event: string, data: unknown) => void response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
      try {
        for (const [name, value] of Object.entries(reply.getHeaders())) response.setHeader(name, value as string)
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
        response.flushHeaders()
        response.socket?.setTimeout(0)
        let told = Number.NEGATIVE_INFINITY
        const onProgress = (progress: unknown) => {
          const now = view.clock.monotonicMs()
          if (now - told < API_LIMITS.discoverTellMs) return
          told = now
          send('progress', progress)
        }
        send('result', answerOf(await view.discover(question, { onProgress, stop: stopping.signal }), question, query))
      } catch (error) {
        const { status: _status, ...told } = problemOf(error as Error, languageOf(headers['accept-language']))
        send('problem', told)
      } finally {
        ended.abort()
        isRunning = false
        response.end()
      }
    },
  )
}

function questionOf(view: NodeView, query: Query): DiscoveryQuestion {
  const leadUs = readInterval(query.lead)
  if (leadUs < API_LIMITS.leastLeadUs || leadUs > API_LIMITS.leadUs) throw new Refusal(400, 'invalid-lead')
  const { match, fdr, seed } = query
  return {
    ...{ target: targetOf(view, query.target), ...readPeriod(query, view.clock.now()), leadUs, fdr, seed },
    ...(match !== undefined && { matches: compileGlob(match) }),
  }
}

function targetOf(view: NodeView, text: string): DiscoveryTarget {
  const index = view.signals.indexOf(text)
  if (index !== undefined) {
    if (view.signals.at(index)?.dataType === 'text') throw new Refusal(400, 'not-a-number', text)
    return { kind: 'signal', signal: text }
  }
  const results = view.derivations().filter(({ type }) => type !== 'signal')
  const whole = results.find(({ name }) => name === text)
  if (whole?.type === 'event') return { kind: 'event', definition: text }
  if (whole) throw new Refusal(400, 'no-value', text)
  const dot = text.lastIndexOf('.')
  const definition = results.find(({ name }) => name === text.slice(0, dot))
  if (dot > 0 && definition) return { kind: 'value', definition: definition.name, value: text.slice(dot + 1) }
  const near = nearest(
    dot > 0 ? text.slice(0, dot) : text,
    results.map(({ name }) => name),
  )
  throw new Refusal(404, 'unknown-target', text, near)
}

function answerOf(found: Discovery, { leadUs, target }: DiscoveryQuestion, { target: asked, fdr, seed, lang }: Query): DiscoveryView {
  const words = discoveryWords[lang]
  const { from, to, findings, leftOut, notJudged, ...counts } = found
  return {
    ...{ target: asked, from: formatTime(from), to: formatTime(to), leadSeconds: leadUs / 1e6, fdr, seed, ...counts },
    leftOut: { ...leftOut },
    findings: findings.map(({ lead, earliestUs, ids, sameAs, ...rest }) => ({
      ...{ ...rest, ids: [...ids], sameAs: [...sameAs] },
      lead: { fromSeconds: lead.fromUs / 1e6, toSeconds: lead.toUs / 1e6 },
      earliestSeconds: earliestUs / 1e6,
      says: words.says({ lead, earliestUs, ids, sameAs, ...rest }, target.kind === 'event'),
    })),
    notJudged: [...notJudged],
    note: words.note,
  }
}
