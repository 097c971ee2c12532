import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { BatchBuilder } from '../core/batch.ts'
import { EquipmentNames, equipmentConfig } from '../core/equipment.ts'
import { ManualClock } from '../core/manual-clock.ts'
import type { NodeView } from '../core/node-view.ts'
import { recordKindsConfig, toRecordKinds } from '../core/record-kinds.ts'
import { formatTime, HOUR } from '../core/time.ts'
import { json, noPolicy, startFixture } from './fixture.ts'
import { statsReader } from './health.ts'
import { API_LIMITS } from './limits.ts'
import { LiveClient } from './live-client.ts'
import { compileGlob } from './match.ts'
import { withRecords } from './why-records.ts'

const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code]
const INVALID = [400, 'invalid-request']

/** What is asked at the limit is not refused for what it is; one more is. */
async function bounded(limit: number, ask: (count: number) => Promise<Response>, name: string): Promise<void> {
  const at = await ask(limit)
  assert.notDeepEqual(await codeOf(at), INVALID, `${name} at ${limit}`)
  assert.deepEqual(await codeOf(await ask(limit + 1)), INVALID, `${name} at ${limit + 1}`)
}

test('rows and characters that one request may ask for', async (t) => {
  const api = await startFixture(3)
  t.after(() => api.close())
  await api.signIn()
  const get = (path: string) => (count: number) => api.call(`/api/v1/${path}=${count}`)
  const rows: [keyof typeof API_LIMITS, number, string][] = [
    ['gaps', API_LIMITS.gaps, 'nodes/gaps?limit'],
    ['recordRows', API_LIMITS.recordRows, 'records?kind=order&limit'],
    ['factRows', API_LIMITS.factRows, 'facts?definition=kpi&limit'],
    ['lineageItems', API_LIMITS.lineageItems, 'lineage/places?limit'],
    ['securityFindings', API_LIMITS.securityFindings, 'security/findings?limit'],
    ['auditRows', API_LIMITS.auditRows, 'audit?limit'],
    ['trendPoints', API_LIMITS.trendPoints, 'trend?signal=t/line-0/m0&points'],
  ]
  for (const [name, limit, path] of rows) await bounded(limit, get(path), name)
  const post = (path: string, body: (count: number) => object) => (count: number) => api.call(`/api/v1/${path}`, json(body(count)))
  await bounded(
    API_LIMITS.sqlRows,
    post('query', (limit) => ({ sql: 'select 1', limit })),
    'sqlRows',
  )
  await bounded(
    API_LIMITS.sqlLength,
    post('query', (length) => ({ sql: 'x'.repeat(length) })),
    'sqlLength',
  )
  const ids = (count: number) => ({ ids: Array.from({ length: count }, (_, i) => `${i}`), reason: 'checked', by: 'x' })
  await bounded(API_LIMITS.released, post('records/quarantine/release', ids), 'released')
  await bounded(API_LIMITS.targetLength, (length) => api.call(`/api/v1/discover?target=${'x'.repeat(length)}`), 'targetLength')
  await bounded(
    API_LIMITS.targetLength,
    post('writes', (length) => ({ signal: 'x'.repeat(length), value: 1 })),
    'targetLength',
  )
  await bounded(
    API_LIMITS.writtenLength,
    post('writes', (length) => ({ signal: 'x', value: 'x'.repeat(length) })),
    'writtenLength',
  )
  const finding = 'security/findings/0123456789abcdef/acknowledgement'
  await bounded(
    API_LIMITS.reasonLength,
    post(finding, (length) => ({ reason: 'x'.repeat(length) })),
    'reasonLength',
  )
})

test('hours of quality, leads of a search, what braces stand for', async (t) => {
  const api = await startFixture(3)
  t.after(() => api.close())
  await api.signIn()
  const hours = (count: number) => api.call(`/api/v1/quality?from=${formatTime(0)}&to=${formatTime(count * HOUR)}`)
  assert.equal((await hours(API_LIMITS.qualityHours)).status, 200)
  assert.deepEqual(await codeOf(await hours(API_LIMITS.qualityHours + 1)), [400, 'period-too-long'])
  const lead = async (us: number) =>
    (await api.call(`/api/v1/discover?target=nothing&lead=${us / 1000}ms`)).json() as Promise<{ code: string }>
  const codes = [API_LIMITS.leastLeadUs - 1000, API_LIMITS.leastLeadUs, API_LIMITS.leadUs, API_LIMITS.leadUs + 1000].map(lead)
  const isRefused = (await Promise.all(codes)).map(({ code }) => code === 'invalid-lead')
  assert.deepEqual(isRefused, [true, false, false, true])
  const braces = (count: number) => () => compileGlob(`{${Array(count).fill('a').join(',')}}`)
  assert.doesNotThrow(braces(API_LIMITS.globAlternatives))
  assert.throws(braces(API_LIMITS.globAlternatives + 1))
})

test('hours of signals in one answer about quality: what is cut says so', async (t) => {
  const asked: number[] = []
  const api = await startFixture(3)
  t.after(() => api.close())
  await api.signIn()
  const { historian } = api.view
  const measures: NodeView['historian']['measures'] = async ({ limit }) => {
    asked.push(limit)
    return { rows: [], truncated: true }
  }
  Object.assign(historian, { measures })
  const page = (await (await api.call('/api/v1/quality')).json()) as { truncated: boolean }
  assert.deepEqual([asked, page.truncated], [[API_LIMITS.qualityRows], true])
})

test('signals of one question about intervals', async (t) => {
  const api = await startFixture(API_LIMITS.aggregateSignals)
  t.after(() => api.close())
  await api.signIn()
  const ask = (match: string, functions: string) =>
    api.call(`/api/v1/aggregate?${new URLSearchParams({ match, functions, from: '-1h', interval: '1h' })}`)
  assert.equal((await ask('**', 'count')).status, 200)
  for (let i = 0; i <= API_LIMITS.processedSignals; i++)
    api.signals.define({ id: `t/more/m${i}`, connection: 'plc-0', address: `b${i}`, dataType: 'number', unit: 'A' })
  assert.deepEqual(await codeOf(await ask('**', 'count')), [400, 'too-many-signals'])
  assert.equal((await ask(`t/more/m{${[...Array(API_LIMITS.processedSignals).keys()].join(',')}}`, 'TimeAverage')).status, 200)
  assert.equal((await codeOf(await ask('t/more/*', 'TimeAverage')))[1], 'too-many-signals')
})

test('statements at once, their time, and passwords that are checked at once', async (t) => {
  let release = () => {}
  const asked: number[] = []
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const api = await startFixture(0)
  t.after(() => api.close())
  await api.signIn()
  const historian = api.view.historian as { sql: NodeView['historian']['sql'] }
  let started = () => {}
  const running = new Promise<void>((resolve) => {
    started = resolve
  })
  historian.sql = async (_text, { timeoutMs }) => {
    if (asked.push(timeoutMs) === API_LIMITS.queries) started()
    await held
    return { columns: [], rows: [], truncated: false }
  }
  const ask = () => api.call('/api/v1/query', json({ sql: 'select 1' }))
  const waiting = Array.from({ length: API_LIMITS.queries }, ask)
  await running
  assert.deepEqual(await codeOf(await ask()), [429, 'busy'])
  release()
  assert.deepEqual(new Set((await Promise.all(waiting)).map(({ status }) => status)), new Set([200]))
  assert.deepEqual(asked, Array(API_LIMITS.queries).fill(API_LIMITS.sqlMs))
  const { Passwords } = await import('./people/passwords.ts')
  const passwords = new Passwords()
  const checks = Array.from({ length: API_LIMITS.passwords }, () => passwords.check('x', undefined))
  await assert.rejects(passwords.check('x', undefined), { code: 'busy' })
  await Promise.all(checks)
})

test('slow and silent connections are closed in their time', { timeout: 30_000 }, async (t) => {
  const api = await startFixture(0)
  t.after(() => api.close())
  const { port, host } = new URL(api.url)
  const timed = async (said: string): Promise<number> => {
    const socket = connect(Number(port), '127.0.0.1').resume()
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    const begin = performance.now()
    socket.write(said)
    await once(socket, 'close')
    return performance.now() - begin
  }
  const [headers, body, silent] = await Promise.all([
    timed(`GET / HTTP/1.1\r\nHost: ${host}\r\n`),
    timed(`POST /api/v1/session HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`),
    timed(`GET /api/v1/health HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
  ])
  const within = (tookMs: number, limitMs: number) =>
    assert.ok(tookMs >= limitMs - 100 && tookMs < limitMs + 4_000, `${tookMs} of ${limitMs}`)
  within(headers as number, API_LIMITS.headersMs)
  within(body as number, API_LIMITS.requestMs)
  within(silent as number, API_LIMITS.keepAliveMs)
})

/** A stream that takes what `open` lets it, and remembers how many samples each event had. */
function subscriber(first: readonly number[]) {
  const events: { event: string; count: number }[] = []
  const response = {
    ...{ writableLength: 0, writableEnded: false, destroyed: false, end: () => undefined },
    on: () => response,
    write: (text: string) => {
      const [, event = '', data = '{}'] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(text) ?? []
      const { samples } = JSON.parse(data) as { samples: unknown[] | number }
      events.push({ event, count: Array.isArray(samples) ? samples.length : samples })
    },
  }
  const render = () => ({}) as never
  const client = new LiveClient({
    ...{ owner: 'ana', response: response as unknown as ServerResponse, first, render, renderLast: render },
    ...{ wants: () => true, isWelcome: () => true, health: () => undefined },
  })
  return { client, events, response }
}

const samplesOf = (count: number) => {
  const builder = new BatchBuilder()
  for (let i = 0; i < count; i++) builder.push(0, i, i, 0, 0)
  return builder.build(0)
}

test('the live stream: samples of one event, samples that wait, bytes unsent', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const many = subscriber(Array.from({ length: API_LIMITS.liveEvent + 1 }, (_, i) => i))
  many.client.begin()
  assert.deepEqual(many.events, [
    { event: 'samples', count: API_LIMITS.liveEvent },
    { event: 'samples', count: 1 },
  ])
  const slow = subscriber([])
  slow.response.writableLength = API_LIMITS.liveUnsentBytes + 1
  slow.client.begin()
  for (let i = 0; i < 2; i++) slow.client.offer(samplesOf(API_LIMITS.livePending / 2))
  slow.client.offer(samplesOf(1))
  t.mock.timers.tick(1_000)
  assert.deepEqual(slow.events, [], 'nothing is written to whom so much waits')
  slow.response.writableLength = API_LIMITS.liveUnsentBytes
  slow.client.offer(samplesOf(1))
  t.mock.timers.tick(1_000)
  assert.deepEqual(slow.events[0], { event: 'missed', count: API_LIMITS.livePending / 2 })
  const told = slow.events.slice(1).reduce((sum, { count }) => sum + count, 0)
  assert.equal(told, API_LIMITS.livePending / 2 + 2)
  assert.ok(slow.events.slice(1).every(({ count }) => count <= API_LIMITS.liveEvent))
})

test('live streams at once, of one account or token and in all: who opens many keeps nobody else out', async (t) => {
  const api = await startFixture(1)
  t.after(() => api.close())
  await api.signIn()
  const stopping = new AbortController()
  t.after(() => stopping.abort())
  const owners = Math.ceil(API_LIMITS.liveClients / API_LIMITS.liveClientsOfOne)
  const tokens = []
  for (let i = 1; i <= owners; i++) {
    const made = await api.call('/api/v1/tokens', json({ name: `t${i}`, may: ['read'], zones: ['*'], days: 1 }))
    tokens.push(((await made.json()) as { secret: string }).secret)
  }
  const own = () => api.call('/api/v1/live', { signal: stopping.signal })
  const of = (token: string | undefined) => () =>
    fetch(`${api.url}/api/v1/live`, { signal: stopping.signal, headers: { authorization: `Bearer ${token}` } })
  // Held: an answer that nobody holds is collected, and its stream ends.
  const streams: Response[] = []
  const fill = async (open: () => Promise<Response>) => {
    for (let i = 0; i < API_LIMITS.liveClientsOfOne && streams.length < API_LIMITS.liveClients; i++) streams.push(await open())
  }
  await fill(own)
  assert.deepEqual(await codeOf(await own()), [429, 'too-many-own-streams'])
  for (const token of tokens.slice(1)) await fill(of(token))
  assert.deepEqual([...new Set(streams.map(({ status }) => status))], [200])
  assert.equal(streams.length, API_LIMITS.liveClients)
  assert.deepEqual(await codeOf(await of(tokens[0])()), [503, 'too-many-streams'])
})

test('a file whose policy is tried: its size, and what the answer lists', async (t) => {
  const changes = Array.from({ length: API_LIMITS.policyChanges + 1 }, () => ({ name: 'x', role: 'x', may: 'read' as const, zone: 'x' }))
  const change = { gained: changes, lost: [] } as never
  const simulate: NodeView['policy']['simulate'] = () =>
    ({ rights: change, carried: change, conduits: [], ways: [], unasked: 0, problems: [] }) as never
  const api = await startFixture(0, { node: { policy: { ...noPolicy, simulate } } })
  t.after(() => api.close())
  await api.signIn()
  const answer = await api.call('/api/v1/policy/simulate', json({ file: 'version: 1' }))
  const { rights } = (await answer.json()) as { rights: { gained: unknown[]; gainedCount: number } }
  assert.deepEqual([rights.gained.length, rights.gainedCount], [API_LIMITS.policyChanges, API_LIMITS.policyChanges + 1])
  const file = (bytes: number) =>
    api.call('/api/v1/policy/simulate', json({ file: 'x'.repeat(bytes - JSON.stringify({ file: '' }).length) }))
  assert.equal((await file(API_LIMITS.simulatedBytes)).status, 200)
  assert.equal((await file(API_LIMITS.simulatedBytes + 1)).status, 413)
})

test('records named as why a reading is what it is', async () => {
  const declared = equipmentConfig.parse({ line: { level: 'area', aliases: [{ system: 'erp', name: 'L1' }] } })
  const version = (i: number) => ({
    ...{ kind: 'order', key: `W${i}`, source: 'erp', validFrom: 0, validTo: 10, isDeleted: false, knownTime: 0, ingest: 1 },
    values: { id: `W${i}`, place: 'L1' },
  })
  const versions = Array.from({ length: API_LIMITS.whyRecords + 1 }, (_, i) => version(i))
  const order = { key: ['id'], fields: { id: {}, place: {} }, equipment: { field: 'place', system: 'erp' } }
  const view = {
    ...{ site: { id: 't' }, equipmentNames: new EquipmentNames(declared), clock: { now: () => 5 } },
    recordKinds: toRecordKinds(recordKindsConfig.parse({ order })),
    historian: { records: async () => ({ versions, truncated: false }) },
  } as unknown as NodeView
  const rule = { rule: 'maintenance', reason: 'under-maintenance', parameters: { records: ['order'] } } as never
  const told = await withRecords(view, rule, { signal: 't/line/m', time: 5, knownAt: 9 })
  assert.equal((told.parameters as { because: unknown[] }).because.length, API_LIMITS.whyRecords)
})

test('a historian that does not answer keeps health waiting no longer than its time', async () => {
  const clock = new ManualClock(0)
  const view = { clock, historian: { stats: () => new Promise(() => undefined) } } as unknown as NodeView
  const asked = statsReader(view)()
  let isTold = false
  void asked.then(() => {
    isTold = true
  })
  await clock.advance(API_LIMITS.statsMs - 1)
  assert.equal(isTold, false)
  await clock.advance(1)
  assert.equal((await asked).problem, 'the historian does not answer')
})
