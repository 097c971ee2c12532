import { createReadStream, existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { LedgerAnswer, Sample, SamplePage, SignalPage, Trend } from '../../src/api/schemas.ts'
import { createEvidence, type FixtureEvidence } from './fixture-evidence.ts'
import { createFacts } from './fixture-facts.ts'
import { lineageOf } from './fixture-lineage.ts'
import { type FixtureNodes, gapsOf, nodeListOf } from './fixture-nodes.ts'
import { passportOf } from './fixture-passport.ts'
import { KEPT, makeChanges, placesUnder, planFor } from './fixture-plan.ts'
import { createFixturePlant } from './fixture-plant.ts'
import { policyOf } from './fixture-policy.ts'
import { contractsOf, qualityHours, qualityPage, why } from './fixture-quality.ts'
import { createRecords } from './fixture-records.ts'
import { securityOf } from './fixture-security.ts'

/** The policy that the bundle needs, and nothing more. React, uPlot and the virtual list set styles through the CSSOM, which it allows. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export interface FixtureOptions {
  readonly signals: number
  /** Live samples per second, in events of a tenth of that. */
  readonly samplesPerSecond: number
  readonly signedIn?: boolean
  /** What this node is to others; absent: it stands alone. */
  readonly nodes?: FixtureNodes
  /** False: no contract is declared. */
  readonly contracts?: boolean
  /** Flights, and jams; absent: neither records nor results are declared. */
  readonly records?: number
  readonly facts?: number
  readonly evidence?: FixtureEvidence
  readonly permissions?: readonly string[]
  /** Conduits between twenty zones; absent: no zones are declared. */
  readonly conduits?: number
}

export interface FixtureServer {
  readonly url: string
  /** Ends every live stream and refuses new ones until called with `true`. */
  setLive(on: boolean): void
  readonly token: string
  readonly security: ReturnType<typeof securityOf>
  close(): Promise<void>
}

const EVENTS_PER_SECOND = 10

/** Serves dist/web and answers like the API, in memory. */
export async function startFixture({
  signals,
  samplesPerSecond,
  signedIn = true,
  contracts = true,
  records: recordCount = 0,
  facts: factCount = 0,
  permissions = ['read', 'query'],
  evidence: evidenceKind = 'sound',
  nodes = { kind: 'alone' },
  conduits,
}: FixtureOptions): Promise<FixtureServer> {
  const startMs = Date.now()
  const plant = createFixturePlant(signals, startMs)
  const changes = makeChanges()
  const records = createRecords(startMs, recordCount)
  const policy = conduits === undefined ? undefined : policyOf(conduits)
  const security = securityOf(policy)
  const evidence = createEvidence(evidenceKind)
  const facts = createFacts(startMs, factCount)
  // At a hub, the gates are measured by another node.
  if (nodes.kind === 'hub') for (const signal of plant.signals) if (signal.connection === 'gates-broker') signal.node = 'cell-4'
  const token = 'one-time-token'
  let live = true
  let who: string | undefined = signedIn ? 'operator' : undefined
  const accounts = new Map([['operator', 'a long enough password']])
  const streams = new Set<ServerResponse>()

  const json = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const problem = (response: ServerResponse, status: number, code: string) => json(response, status, { code, message: code })

  const ids = () => plant.signals.map(({ id }) => id)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture')
    if (!url.pathname.startsWith('/api/v1/')) return sendFile(url.pathname, response)
    const path = url.pathname.slice('/api/v1/'.length)
    const body = request.method === 'POST' ? (JSON.parse(await textOf(request)) as Record<string, string>) : {}
    if (path === 'accounts') {
      if (body.token !== token) return problem(response, 403, 'token-spent')
      accounts.set(body.name, body.password)
      who = body.name
      return json(response, 201, { done: true })
    }
    if (path === 'session' && request.method === 'POST') {
      if (accounts.get(body.name) !== body.password) return problem(response, 401, 'wrong-password')
      who = body.name
    }
    if (path === 'session' && request.method === 'DELETE') who = undefined
    if (!who) return problem(response, 401, 'not-signed-in')
    if (path === 'records/quarantine/release') return json(response, 200, records.release((body as unknown as { ids: string[] }).ids))
    if (path === 'records/quarantine/discard') return json(response, 200, records.discard((body as unknown as { ids: string[] }).ids))
    const acknowledged = /^security\/findings\/([0-9a-f]+)\/acknowledgement$/.exec(path)?.[1]
    if (acknowledged) return json(response, 200, security.acknowledge(acknowledged, String(body.reason)))
    if (path === 'security/baseline/acceptance') {
      if (security.accept(String(body.hash), String(body.reason))) return json(response, 200, { done: true })
      return problem(response, 409, 'baseline-changed')
    }
    if (path === 'evidence/verification' && request.method === 'POST') return json(response, 202, evidence.begin(Date.now()))
    if (path === 'policy/simulate') return json(response, 200, policy?.simulate())
    if (path === 'facts/recompute') return json(response, 200, { definitions: [body.definition] })
    if (path === 'plan') {
      const [file] = (body as unknown as { files: { text: string }[] }).files
      return json(response, 200, planFor(file?.text ?? '', ids()))
    }
    if (path === 'changes' && request.method === 'POST') {
      const [file] = (body as unknown as { files: { text: string }[] }).files
      return json(response, 200, { ...planFor(file?.text ?? '', ids()), change: changes.propose(who, String(body.reason)) })
    }
    const approving = /^changes\/([0-9a-f]{64})\/approvals$/.exec(path)?.[1]
    if (approving) {
      const approved = changes.approve(approving, who, String(body.reason))
      return approved ? json(response, 200, approved) : problem(response, 403, 'change-own')
    }
    if (path === 'changes') return json(response, 200, changes.list())
    get(path, url.searchParams, response)
  }

  function get(path: string, search: URLSearchParams, response: ServerResponse) {
    const now = Date.now()
    switch (path) {
      case 'session':
        return json(response, 200, { name: who, permissions })
      case 'health':
        return json(response, 200, plant.health(now))
      case 'signals':
        return json(response, 200, signalPage(search, now))
      case 'samples':
        return json(response, 200, samplePage(search, now))
      case 'trend':
        return json(response, 200, trend(search))
      case 'quality':
        return json(response, 200, qualityPage(plant.signals, search))
      case 'quality/hours':
        return json(response, 200, qualityHours(search))
      case 'why':
        return json(response, 200, why(search.get('signal') ?? '', plant.sampleOf(indexOf(search), now), now))
      case 'passport':
        return json(response, 200, passportOf(search, startMs))
      case 'lineage/places':
        return json(response, 200, placesUnder(ids(), search))
      case 'configurations':
        return json(response, 200, { running: KEPT.version, configurations: [] })
      case `configurations/${KEPT.version}`:
        return json(response, 200, KEPT)
      case 'lineage': {
        const found = lineageOf(ids(), search)
        return found ? json(response, 200, found) : problem(response, 404, 'unknown-thing')
      }
      case 'contracts':
        return json(response, 200, { contracts: contracts ? contractsOf(now) : [] })
      case 'ledger':
        return json(response, 200, search.has('signals') ? SIGNAL_LEDGER : LEDGER)
      case 'records/kinds':
        return json(response, 200, records.kinds())
      case 'records':
        return json(response, 200, records.list(search))
      case 'records/quarantine':
        return json(response, 200, records.quarantine())
      case 'records/equipment':
        return json(response, 200, records.unknown())
      case 'facts/definitions':
        return json(response, 200, facts.definitions())
      case 'facts':
        return json(response, 200, facts.list(search))
      case 'evidence':
        return json(response, 200, evidence.view(now))
      case 'evidence/verification':
        return evidence.state(now) ? json(response, 200, evidence.state(now)) : void response.writeHead(204).end()
      case 'flows':
        return json(response, 200, security.flows(search.get('conduit')))
      case 'policy':
        return json(response, 200, policy?.policy ?? { zones: [], conduits: [], crossings: [], tests: [] })
      case 'policy/rights':
        return json(response, 200, policy?.rights ?? { rights: [] })
      case 'policy/explain': {
        const found = policy?.explain(search)
        return found ? json(response, 200, found) : problem(response, 404, 'unknown-subject')
      }
      case 'security/findings':
        return json(response, 200, security.list(search))
      case 'security/baseline':
        return json(response, 200, security.baseline)
      case 'audit':
        return json(response, 200, evidence.audit(search, now))
      case 'nodes':
        return json(response, 200, nodeListOf(nodes, now))
      case 'nodes/gaps':
        return json(response, 200, gapsOf(nodes, search, now))
      case 'live':
        if (!live) return problem(response, 503, 'stream-refused')
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        response.write(`retry: 500\nevent: health\ndata: ${JSON.stringify(plant.health(now))}\n\n`)
        streams.add(response)
        response.on('close', () => streams.delete(response))
        return
      default:
        return problem(response, 404, 'unknown')
    }
  }

  function signalPage(search: URLSearchParams, now: number): SignalPage {
    const after = search.get('after') ?? ''
    const limit = Number(search.get('limit') ?? 100)
    const start = after === '' ? 0 : plant.signals.findIndex(({ id }) => id === after) + 1
    const page = plant.signals.slice(start, start + limit).map((signal, i) => ({ ...signal, last: plant.sampleOf(start + i, now) }))
    const more = start + limit < plant.signals.length
    return { signals: page, total: plant.signals.length, next: more ? page.at(-1)?.id : undefined }
  }

  const period = (search: URLSearchParams) => ({ from: Date.parse(search.get('from') ?? ''), to: Date.parse(search.get('to') ?? '') })
  const indexOf = (search: URLSearchParams) => plant.signals.findIndex(({ id }) => id === search.get('signal'))

  function samplePage(search: URLSearchParams, now: number): SamplePage {
    const { from, to } = period(search)
    const index = indexOf(search)
    const samples: Sample[] = []
    for (let t = Math.min(now, to); t >= from && samples.length < Number(search.get('limit')); t -= 2_000) {
      samples.push({ ...plant.sampleOf(index, t), recordedTime: iso(t + 6) })
    }
    return { signal: search.get('signal') ?? '', from: iso(from), to: iso(to), samples, truncated: false }
  }

  /** A trend with a gap (Bad) in its third quarter and doubt before it. */
  function trend(search: URLSearchParams): Trend {
    const { from, to } = period(search)
    const index = indexOf(search)
    const count = 600
    const time = Array.from({ length: count }, (_, i) => (from + ((to - from) * (i + 1)) / count) / 1000)
    const severity = time.map((_, i) => (i > 390 && i < 430 ? 2 : i > 350 && i <= 390 ? 1 : 0))
    const value = time.map((t, i) => {
      const { value } = plant.sampleOf(index, t * 1000)
      return severity[i] === 2 || typeof value === 'string' || value === null ? null : Number(value) * (0.8 + (0.2 * i) / count)
    })
    const bucketed = to - from > 3_600_000
    const spread = (sign: number) => value.map((v) => (v === null ? null : v * (1 + sign * 0.04)))
    const extremes = bucketed ? { minimum: spread(-1), maximum: spread(1) } : {}
    return { signal: search.get('signal') ?? '', from: iso(from), to: iso(to), bucketed, time, value, severity, ...extremes }
  }

  let next = 0
  let beats = 0
  const timer = setInterval(() => {
    const now = Date.now()
    const count = Math.round(samplesPerSecond / EVENTS_PER_SECOND)
    const samples = Array.from({ length: streams.size > 0 ? count : 0 }, () => plant.sampleOf(next++ % plant.signals.length, now))
    const health = ++beats % 20 === 0 ? `event: health\ndata: ${JSON.stringify(plant.health(now))}\n\n` : ''
    const event = `event: samples\ndata: ${JSON.stringify({ samples })}\n\n${health}`
    for (const stream of streams) stream.write(event)
  }, 1000 / EVENTS_PER_SECOND)

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => problem(response, 500, String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    token,
    setLive: (on) => {
      live = on
      if (!on) for (const stream of streams) stream.destroy()
    },
    security,
    close: async () => {
      clearInterval(timer)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

const BUNDLE = join(import.meta.dirname, '..', '..', 'dist', 'web')

function sendFile(path: string, response: ServerResponse): void {
  const file = join(BUNDLE, normalize(path === '/' ? 'index.html' : path))
  if (!file.startsWith(BUNDLE) || !existsSync(file)) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': POLICY })
  createReadStream(file).pipe(response)
}

const sums = { known: 0, quarantined: {}, dropped: {}, pending: 0, off: 0, ownWord: true }
/** Two sums that close, and one that does not. */
const LEDGER: LedgerAnswer = {
  closes: false,
  rows: [
    {
      ...sums,
      node: 'edge-1',
      connection: 'meter',
      unit: 'samples',
      destination: 'link',
      read: 104,
      delivered: 100,
      off: 4,
      ownWord: false,
    },
    {
      ...sums,
      node: 'edge-1',
      connection: 'baggage',
      unit: 'samples',
      destination: 'historian',
      read: 1_210,
      delivered: 1_200,
      dropped: { flood: 7 },
      pending: 3,
    },
    {
      ...{ ...sums, node: 'edge-1', connection: 'aodb', unit: 'rows', destination: 'historian', read: 5, delivered: 2, known: 2 },
      quarantined: { 'is required and empty': 1 },
    },
  ],
  truncated: false,
}

/** One sum that closes, one that nobody can tell, one that is off. */
const SIGNAL_LEDGER: LedgerAnswer = {
  ...{ closes: false, rows: [], truncated: false },
  signals: {
    ...{ match: 't2e/**', from: 5, to: 900, fromTime: '2026-11-23T08:00:00.000Z' },
    sums: (['closed', 'not-told-apart', 'off'] as const).map((state, i) => ({
      ...{
        node: 'edge-1',
        connection: `c${i}`,
        signals: 3,
        logged: 1_210,
        delivered: 1_200,
        pending: 10,
        droppedOfConnection: 7 * (i % 2),
      },
      ...(state === 'off' ? { off: 2, signalsOff: 1, examples: ['t2e/a'] } : { off: 0, signalsOff: 0, examples: [] }),
      state,
    })),
  },
}
