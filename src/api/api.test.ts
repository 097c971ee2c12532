import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Status } from '../core/status.ts'
import { type Fixture, json, PASSWORD, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'
import { health, lastPage, samplePage, session, signalPage, sqlResult, trend } from './schemas.ts'

const PUBLIC = [
  'GET /api/v1/health/live',
  'GET /api/v1/session',
  'POST /api/v1/session',
  'GET /api/v1/session/ways',
  'DELETE /api/v1/session',
  'POST /api/v1/session/second-factor',
  'POST /api/v1/session/passkey/options',
  'POST /api/v1/session/passkey',
  'POST /api/v1/accounts',
  'POST /api/v1/invitation',
  'GET /',
]

describe('the HTTP surface', () => {
  let api: Fixture
  before(async () => {
    api = await startFixture(100)
    await api.signIn()
    api.publish(Array.from({ length: 100 }, (_, i) => [i, i]))
  })
  after(() => api.close())

  test('every route declares a permission, and answers strangers with 401 unless it is on the public list', async () => {
    const routes = api.routes.filter(({ method }) => method !== 'HEAD')
    assert.ok(routes.length >= 14, `${routes.length} routes`)
    for (const { method, url, permission } of routes) {
      assert.ok(permission, `${method} ${url} declares no permission`)
      if (permission === 'public') {
        assert.ok(PUBLIC.includes(`${method} ${url}`), `${method} ${url} is public and not on the list`)
        continue
      }
      const answer = await fetch(`${api.url}${url}`, { method })
      assert.equal(answer.status, 401, `${method} ${url}`)
    }
  })

  test('answers have the shapes of their schemas', async () => {
    // biome-ignore lint/suspicious/noExplicitAny: the schemas say what each answer is
    const read = async (path: string): Promise<any> => (await api.call(`/api/v1/${path}`)).json()
    health.parse(await read('health'))
    const page = signalPage.parse(await read('signals?match=t/line-1/*&limit=3'))
    assert.deepEqual([page.signals.length, page.total, page.next], [3, 15, page.signals[2]?.id])
    const next = signalPage.parse(await read(`signals?match=t/line-1/*&after=${page.next}`))
    assert.equal(next.signals.length, 12)
    const last = lastPage.parse(await read('last?match=**&limit=10'))
    assert.deepEqual([last.samples.length, last.total, last.truncated], [10, 100, true])
    const samples = samplePage.parse(await read('samples?signal=t/line-3/m3&from=-1h'))
    assert.deepEqual([samples.samples[0]?.value, samples.samples[0]?.recordedTime], [3, '1970-01-01T00:00:03.000Z'])
    trend.parse(await read('trend?signal=t/line-3/m3'))
    assert.equal((await read('aggregate?match=t/line-2/*&functions=count,worstStatus')).rows[0].values.worstStatus, 'Good')
    sqlResult.parse(await (await api.call('/api/v1/query', json({ sql: 'SELECT 1' }))).json())
    const description = await read('openapi.json')
    assert.equal(description.openapi, '3.1.0')
    assert.ok(description.paths['/api/v1/samples'].get.parameters.some(({ name }: { name: string }) => name === 'asKnownAt'))
    const { responses, security } = description.paths['/api/v1/samples'].get
    assert.deepEqual(Object.keys(responses), ['200', '4XX', '5XX'])
    assert.deepEqual(responses['4XX'].content['application/json'].schema.required, ['code', 'message'])
    assert.deepEqual([security, description.paths['/api/v1/session'].post.security], [[{ token: [] }, { session: [] }], []])
    const metrics = await (await api.call('/metrics')).text()
    assert.match(metrics, /ecluse_samples_dropped_total\{connection="plc-0",reason="sequence-gap"\} 2/)
    assert.match(metrics, /ecluse_connection_clock_offset_seconds\{connection="plc-0"\} 3600\n/)
    assert.match(metrics, /ecluse_connection_clock_beyond_limit\{connection="plc-0"\} 1\n/)
    const { clock } = (await read('health')).connections[0]
    assert.deepEqual([clock.offsetUs, clock.measuredTime, clock.findingDetail], [3_600_000_000, '1970-01-01T00:00:00.000Z', 'UTC+01:00'])
    assert.ok(!metrics.includes('line-1'), 'no signal ids in labels')
  })

  test('booleans, texts and nulls come out as what they are', async () => {
    api.publish([
      [8, 1],
      [9, 4],
      [10, 5, Status.BadNoCommunication],
    ])
    const read = async (id: string) => lastPage.parse(await (await api.call(`/api/v1/last?match=${id}`)).json()).samples[0]
    assert.equal((await read('t/line-1/m8'))?.value, true)
    assert.equal((await read('t/line-2/m9'))?.value, 'text 4')
    const bad = await read('t/line-3/m10')
    assert.deepEqual([bad?.value, bad?.status, bad?.statusCode, bad?.reasons], [null, 'Bad', 'BadNoCommunication', ['range']])
  })

  test('what is asked wrongly is refused with what to do', async () => {
    const refused: [path: string, status: number, code: string][] = [
      ['samples?signal=t/line-3/nothing', 404, 'unknown-signal'],
      ['records?kind=none&from=now&to=-1h', 404, 'unknown-kind'],
      ['samples?signal=t/line-3/m3&from=yesterday', 400, 'invalid-time'],
      ['samples?signal=t/line-3/m3&from=now&to=-1h', 400, 'invalid-period'],
      ['samples', 400, 'invalid-request'],
      ['samples?signal=t/line-3/m3&limit=1000000000', 400, 'invalid-request'],
      ['aggregate?match=**&interval=often', 400, 'invalid-interval'],
      ['aggregate?match=**&functions=median', 400, 'unknown-function'],
      ['aggregate', 400, 'no-signal'],
      [`last?match=${'x'.repeat(API_LIMITS.globLength + 1)}`, 400, 'glob-invalid'],
      ['last?match=t/{a', 400, 'glob-invalid'],
      ['last?limt=5', 400, 'invalid-request'],
      ['nothing-here', 404, 'not-found'],
    ]
    for (const [path, status, code] of refused) {
      const answer = await api.call(`/api/v1/${path}`)
      const body = (await answer.json()) as { code: string; message: string }
      assert.deepEqual([answer.status, body.code], [status, code], path)
      assert.ok(body.message.length > 5)
    }
  })

  test('live: last values first, then what becomes durable, for the signals that match', async () => {
    const stop = new AbortController()
    const events = eventsOf(await api.call('/api/v1/live?match=t/line-4/*', { signal: stop.signal }))
    const first = await events.next()
    assert.equal(first.value?.event, 'samples')
    assert.ok(first.value.data.samples.length >= 14)
    await until(events, 'health')
    api.publish([
      [4, 44.5],
      [5, 1],
    ])
    const got = await until(events, 'samples')
    assert.deepEqual(
      got.data.samples.map((sample: { signal: string; value: number }) => [sample.signal, sample.value]),
      [['t/line-4/m4', 44.5]],
    )
    api.publish([[4, 45, Status.UncertainEngineeringUnitsExceeded]])
    const { samples } = (await until(events, 'samples')).data
    assert.deepEqual([samples[0].status, samples[0].reasons], ['Uncertain', ['range']], 'why it is no longer Good, by name')
    stop.abort()
  })

  test('live: a client that does not read is told what it missed, and others are served meanwhile', async () => {
    const slow = await rawStream(api)
    const stop = new AbortController()
    const events = eventsOf(await api.call('/api/v1/live?match=t/line-1/m1', { signal: stop.signal }))
    await events.next()
    const rows = Array.from({ length: 100 }, (_, i) => [i, i] as [number, number])
    // Far more than the socket's buffers and the client's queue hold together.
    for (let i = 0; i < 3_000; i++) api.publish(rows)
    api.publish([[1, 777]])
    for (let seen = false; !seen; ) {
      const { data } = await until(events, 'samples')
      seen = data.samples.some(({ value }: { value: number }) => value === 777)
    }
    stop.abort()
    assert.match(await slow.readUntil(/event: missed\ndata: \{"samples":\d+\}/), /missed/)
    slow.close()
  })

  test('the last values of 1,000 signals answer quickly', async () => {
    const many = await startFixture(1_000)
    await many.signIn()
    many.publish(Array.from({ length: 1_000 }, (_, i) => [i, i]))
    const times: number[] = []
    for (let i = 0; i < 30; i++) {
      const begin = performance.now()
      await (await many.call('/api/v1/last?match=**')).arrayBuffer()
      times.push(performance.now() - begin)
    }
    await many.close()
    const median = times.sort((a, b) => a - b)[15] as number
    assert.ok(median < 100, `median ${median} ms`)
  })
})

describe('sign-in', () => {
  test('the link works once; passwords are checked, sessions end, failures are slowed down', async () => {
    const api = await startFixture(1)
    try {
      assert.equal((await api.call('/api/v1/session')).status, 401)
      const link = new URL(api.signInLink?.replace('/#/', '/') ?? '')
      const token = link.searchParams.get('token')
      const wrong = await api.call('/api/v1/accounts', json({ token: 'x'.repeat(43), name: 'eve', password: PASSWORD }))
      assert.equal(wrong.status, 403)
      const short = await api.call('/api/v1/accounts', json({ token, name: 'ana', password: 'short' }))
      assert.match(((await short.json()) as { message: string }).message, /at least 15 characters/)
      await api.signIn()
      const again = await api.call('/api/v1/accounts', json({ token, name: 'eve', password: PASSWORD }))
      assert.equal(again.status, 403, 'a used link')
      assert.deepEqual(session.parse(await (await api.call('/api/v1/session')).json()), {
        name: 'ana',
        permissions: ['read', 'query', 'operate', 'audit', 'administer', 'write'],
        everywhere: ['read', 'query', 'operate', 'audit', 'administer', 'write'],
      })
      await api.call('/api/v1/session', { method: 'DELETE' })
      assert.equal((await api.call('/api/v1/session')).status, 401)
      const good = await api.call('/api/v1/session', json({ name: 'ana', password: PASSWORD }))
      assert.match(good.headers.getSetCookie()[0] ?? '', /^ecluse-session-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
      const statuses: number[] = []
      // The first wait is a second, and a busy machine may take longer over a password; each further one is twice as long.
      while (statuses.length < 12 && statuses.at(-1) !== 429) {
        statuses.push((await api.call('/api/v1/session', json({ name: 'ana', password: 'wrong' }))).status)
      }
      assert.deepEqual(statuses.slice(0, 5), [401, 401, 401, 401, 401])
      assert.equal(statuses.at(-1), 429)
      const file = join(api.directory, 'accounts.json')
      assert.equal(statSync(file).mode & 0o777, 0o600)
      assert.ok(!readFileSync(file, 'utf8').includes(PASSWORD))
    } finally {
      await api.close()
    }
  })

  test('two nodes on one host, one jar of cookies: neither session overwrites the other', async () => {
    const nodes = [await startFixture(1), await startFixture(1)]
    try {
      // As a browser keeps them: by name, for every port of the host.
      const jar = new Map<string, string>()
      for (const { url, signInLink } of nodes) {
        const token = new URL(signInLink?.replace('/#/', '/') ?? '').searchParams.get('token')
        const answer = await fetch(`${url}/api/v1/accounts`, json({ token, name: 'ana', password: PASSWORD }))
        const [name = '', value = ''] = answer.headers.getSetCookie()[0]?.split(';')[0]?.split('=') ?? []
        jar.set(name, value)
      }
      const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
      const statusOf = async ({ url }: { url: string }) => (await fetch(`${url}/api/v1/session`, { headers: { cookie } })).status
      assert.deepEqual(await Promise.all(nodes.map(statusOf)), [200, 200])
      await fetch(`${nodes[0]?.url}/api/v1/session`, { method: 'DELETE', headers: { cookie } })
      assert.deepEqual(await Promise.all(nodes.map(statusOf)), [401, 200], 'signing out of one')
    } finally {
      for (const node of nodes) await node.close()
    }
  })

  test('guesses sent together are not free, and signing out ends an open stream', async () => {
    const api = await startFixture(3)
    try {
      await api.signIn()
      api.publish([[0, 1]])
      const stream = eventsOf(await api.call('/api/v1/live'))
      await until(stream, 'health')
      await api.call('/api/v1/session', { method: 'DELETE' })
      while (!(await stream.next()).done);
      const guesses = Array.from({ length: 12 }, () => api.call('/api/v1/session', json({ name: 'ana', password: 'wrong' })))
      const statuses = (await Promise.all(guesses)).map(({ status }) => status)
      assert.ok(statuses.filter((status) => status === 429).length >= 7, statuses.join(' '))
    } finally {
      await api.close()
    }
  })

  test('the local token reads and queries, is readable by its owner only, and goes when the server stops', async () => {
    const api = await startFixture(1)
    const file = join(api.directory, 'local-token')
    const token = readFileSync(file, 'utf8').trim()
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const headers = { authorization: `Bearer ${token}` }
    assert.equal((await api.call('/api/v1/health', { headers })).status, 200)
    assert.equal((await api.call('/api/v1/health', { headers: { authorization: `Bearer ${token.slice(0, -1)}x` } })).status, 401)
    await api.close()
    assert.ok(!existsSync(file))
  })
})

describe('hostile requests', () => {
  let api: Fixture
  before(async () => {
    api = await startFixture(10)
    await api.signIn()
  })
  after(() => api.close())

  test('a foreign host name and a foreign origin are refused', async () => {
    assert.equal(await statusOf(api, { headers: { host: 'evil.example' } }), 421)
    const foreign = await api.call('/api/v1/session', { method: 'DELETE', headers: { origin: 'http://evil.example' } })
    assert.equal(foreign.status, 403)
    const site = await api.call('/api/v1/query', {
      ...json({ sql: 'SELECT 1' }),
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' },
    })
    assert.equal(site.status, 403)
  })

  test('too large a body, too large headers, broken JSON: refused, and the next request is served', async () => {
    const large = await api.call('/api/v1/query', json({ sql: 'x'.repeat(API_LIMITS.bodyBytes) }))
    assert.equal(large.status, 413)
    assert.equal(await statusOf(api, { headers: { 'x-long': 'x'.repeat(API_LIMITS.headerBytes) } }), 431)
    const broken = await api.call('/api/v1/query', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '['.repeat(50_000),
    })
    assert.equal(broken.status, 400)
    assert.equal((await api.call('/api/v1/health')).status, 200)
  })

  test('a body in chunks is refused before it is read, and a connection that falls silent after an answer is closed', async () => {
    const { port } = new URL(api.url)
    const say = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1')
        let got = ''
        socket.on('error', () => undefined)
        socket.on('data', (part) => {
          got += part.toString()
        })
        socket.once('close', () => resolve(got))
        socket.write(text)
      })
    const chunked = 'Host: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n'
    assert.match(await say(`POST /api/v1/session HTTP/1.1\r\n${chunked}`), /^HTTP\/1.1 411 /)
    assert.match(await say('GET /api/v1/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'), /^HTTP\/1.1 200 /)
  })

  test('headers that drip are cut off while others are served', async () => {
    const { port } = new URL(api.url)
    const socket = connect(Number(port), '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    socket.resume()
    socket.write('GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n')
    assert.equal((await api.call('/api/v1/health')).status, 200)
    await closed
  })

  test('one address cannot hold more than its share of connections', async () => {
    const { port } = new URL(api.url)
    const sockets = Array.from({ length: API_LIMITS.connectionsPerAddress + 20 }, () => connect(Number(port), '127.0.0.1'))
    const refused = await new Promise<number>((resolve) => {
      let count = 0
      for (const socket of sockets) {
        socket.on('error', () => undefined)
        socket.resume()
        socket.once('close', () => {
          if (++count === 20) resolve(count)
        })
      }
    })
    assert.equal(refused, 20)
    for (const socket of sockets) socket.destroy()
  })

  test('the pages come with a strict policy, and no other file has an address', async () => {
    const directory = join(api.directory, 'pages')
    mkdirSync(join(directory, 'assets'), { recursive: true })
    writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Écluse</title>')
    writeFileSync(join(directory, 'assets', 'app-1a2b.js'), 'export {}')
    const pages = await startFixture(1, { webDirectory: directory })
    const page = await pages.call('/')
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';.*frame-ancestors 'none'/)
    assert.match((await pages.call('/assets/app-1a2b.js')).headers.get('cache-control') ?? '', /immutable/)
    for (const path of ['/../accounts.json', '/%2e%2e/accounts.json', '/assets/..%2f..%2faccounts.json', '/accounts.json']) {
      assert.ok([400, 404].includes(await statusOf(pages, { path })), path)
    }
    await pages.close()
  })
})

/** Status of a request written by hand, for what fetch would not send. */
function statusOf(api: Fixture, options: { path?: string; headers?: Record<string, string> }): Promise<number> {
  const { port } = new URL(api.url)
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/api/v1/health/live', agent: false, ...options }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })
}

interface LiveEvent {
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: each event has its own shape, checked where it is read
  data: any
}

async function* eventsOf(answer: Response): AsyncGenerator<LiveEvent, undefined> {
  let text = ''
  try {
    for await (const part of answer.body as ReadableStream<Uint8Array>) {
      text += Buffer.from(part).toString()
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const match = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end))
        text = text.slice(end + 2)
        if (match) yield { event: match[1] as string, data: JSON.parse(match[2] as string) }
      }
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
  }
}

async function until(events: AsyncGenerator<LiveEvent, undefined>, event: string): Promise<LiveEvent> {
  for (;;) {
    const { value } = await events.next()
    if (!value) throw new Error(`the stream ended before ${event}`)
    if (value.event === event) return value
  }
}

/** A live stream whose socket is not read until it is asked to be. */
async function rawStream(api: Fixture) {
  const { port } = new URL(api.url)
  const token = readFileSync(join(api.directory, 'local-token'), 'utf8').trim()
  const socket = connect(Number(port), '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write(`GET /api/v1/live?match=** HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  const readUntil = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      let tail = ''
      socket.on('data', (part) => {
        tail = tail.slice(-1_000) + part.toString()
        if (pattern.test(tail)) resolve(tail)
      })
      socket.resume()
    })
  return { readUntil, close: () => socket.destroy() }
}
