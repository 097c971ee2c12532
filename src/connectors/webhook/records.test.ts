import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { request as tlsRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { NotConnected } from '../../core/errors.ts'
import { LIMITS } from '../../core/limits.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import type { RecordDelivery } from '../../core/record-source.ts'
import type { Clock } from '../../core/time.ts'
import { systemClock } from '../../core/time.ts'
import { selfSigned, withoutOpenssl } from '../../lib/certificates.fixture.ts'
import { Answers } from './answers.ts'
import { webhookConfig } from './config.ts'
import { webhook } from './index.ts'
import { WEBHOOK_LIMITS } from './limits.ts'
import { lintWebhook } from './lint.ts'
import { WebhookRecords } from './records.ts'

const token = 'a-token-of-enough-characters'
const records = [
  { record: 'flight', path: '/flights' },
  { record: 'order', path: '/orders', rows: 'data.items', deletedWhen: { field: 'op', equals: 'D' } },
]
const base = { port: 0, auth: { type: 'bearer', token }, records }

async function bench(t: TestContext, keys: object = {}, clock: Clock = systemClock) {
  const source = new WebhookRecords(webhookConfig.parse({ ...base, ...keys }), testRunner({ clock }).context)
  t.after(() => source.close())
  await source.connect(t.signal)
  const url = `http://127.0.0.1:${source.port}`
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as { error?: string }, headers: response.headers }
  }
  return { source, url, post }
}

const limit = () => AbortSignal.timeout(20_000)

test('202 comes after the acknowledgement, not before', async (t) => {
  const { source, post } = await bench(t)
  let answered = false
  const sent = post('/flights', { id: 'AF1', seq: 1 }).finally(() => (answered = true))
  const delivery = await source.read(limit())
  assert.deepEqual([delivery.feed, delivery.rows], [0, [{ id: 'AF1', seq: 1 }]])
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(answered, false)
  delivery.ack?.()
  assert.deepEqual([(await sent).status, (await sent).body], [202, { rows: 1, deleted: 0 }])
})

test('one row, a list, rows and deletions, rows at a path, deletions among rows in their order', async (t) => {
  const { source, post } = await bench(t)
  const says = async (path: string, body: unknown): Promise<Pick<RecordDelivery, 'feed' | 'rows' | 'deleted'>[]> => {
    const all: Pick<RecordDelivery, 'feed' | 'rows' | 'deleted'>[] = []
    const sent = post(path, body)
    const settled = sent.then(() => true)
    for (;;) {
      const { ack, from, ...delivery } = await source.read(limit())
      assert.equal(from, '127.0.0.1')
      all.push(delivery)
      ack?.()
      if (await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 30, false))])) break // the answer or more rows: whichever comes
    }
    assert.equal((await sent).status, 202)
    return all
  }
  assert.deepEqual(await says('/flights', [{ a: 1 }, { a: 2 }]), [{ feed: 0, rows: [{ a: 1 }, { a: 2 }] }])
  assert.deepEqual(await says('/flights', { rows: [{ a: 1 }], deleted: [{ a: 2 }] }), [
    { feed: 0, rows: [{ a: 1 }] },
    { feed: 0, rows: [], deleted: [{ a: 2 }] },
  ])
  assert.deepEqual(await says('/flights', { rows: 7, deleted: [] }), [{ feed: 0, rows: [{ rows: 7, deleted: [] }] }])
  const items = [{ k: 1 }, { k: 1, op: 'D' }, { k: 1, op: 'U' }]
  assert.deepEqual(await says('/orders?x=1', { data: { items } }), [
    { feed: 1, rows: [{ k: 1 }] },
    { feed: 1, rows: [], deleted: [{ k: 1, op: 'D' }] },
    { feed: 1, rows: [{ k: 1, op: 'U' }] },
  ])
  assert.equal((await post('/flights', [])).status, 202)
})

test('a body that cannot be taken is refused as a whole, with its reason', async (t) => {
  const { source, post } = await bench(t, { maxBody: '4MiB' })
  const why = async (path: string, body: unknown, headers = {}) => {
    const { status, body: said } = await post(path, body, headers)
    return `${status} ${said.error}`
  }
  assert.match(await why('/flights', '{"secret": hunter2'), /^400 the body cannot be read: no JSON/)
  assert.match(await why('/flights', [{ a: 1 }, 7]), /^400 1 items of the list are no rows/)
  assert.match(await why('/flights', { rows: [{}], deleted: [{}, null] }), /^400 item 1 of deleted is no row/)
  assert.match(await why('/orders', { data: {} }), /^400 there is nothing at data\.items/)
  assert.match(await why('/flights', '['.repeat(WEBHOOK_LIMITS.depth + 1)), /^400 .*more than 64 lists/)
  assert.match(await why('/flights', `[${'1,'.repeat(WEBHOOK_LIMITS.values)}1]`), /^400 .*more than 1000000 values/)
  assert.match(await why('/flights', JSON.stringify(Array(LIMITS.deliveryRows + 1).fill({}))), /^400 more than 10000 rows/)
  assert.match(await why('/nothing', {}), /^404/)
  assert.match(await why('/flights', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }), /^415/)
  assert.match(await why('/flights', {}, { 'idempotency-key': 'k'.repeat(256) }), /^400 an Idempotency-Key has 1 to 255/)
  assert.equal(source.counters.dropped['request-400'], 8)
})

test('401 says nothing, to whatever path; GET is no way in', async (t) => {
  const { url, post } = await bench(t)
  for (const authorization of ['', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`]) {
    for (const path of ['/flights', '/nothing']) {
      const answer = await post(path, {}, { authorization })
      assert.deepEqual([answer.status, answer.body], [401, { error: 'not authenticated' }])
    }
  }
  const got = await fetch(`${url}/flights`, { headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST'])
})

/** A signed request of this moment. */
function signed(secret: string, body: string, seconds = Math.floor(Date.now() / 1000)) {
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return { authorization: '', 'x-signature': `sha256=${signature}`, 'x-timestamp': String(seconds) }
}

test('HMAC: a signature of this body and of now, once', async (t) => {
  const secret = 'a-shared-secret-of-enough-characters'
  const { source, post } = await bench(t, { auth: { type: 'hmac', secret, window: '1min' } })
  const body = '{"id":"AF1"}'
  const headers = signed(secret, body)
  const first = post('/flights', body, headers)
  ;(await source.read(limit())).ack?.()
  assert.equal((await first).status, 202)
  // The same request again, by the sender or by somebody who listened: the same answer, and no row.
  assert.equal((await post('/flights', body, headers)).status, 202)
  const quiet = AbortSignal.timeout(50)
  await assert.rejects(source.read(quiet))
  const old = Math.floor(Date.now() / 1000) - 61
  for (const wrong of [
    signed('another-secret-entirely', body),
    signed(secret, `${body} `),
    signed(secret, body, old),
    signed(secret, body, old + 200),
    { ...headers, 'x-timestamp': String(Number(headers['x-timestamp']) + 1) },
    { ...headers, 'x-signature': 'sha256=zz' },
    { ...headers, 'x-signature': '' },
    { authorization: `Bearer ${secret}` },
  ])
    assert.equal((await post('/flights', body, wrong as Record<string, string>)).status, 401)
})

test('an Idempotency-Key gets one answer; what failed is tried again; another body is refused', async (t) => {
  const { source, post } = await bench(t)
  const key = { 'idempotency-key': 'k1' }
  const [first, second] = [post('/flights', { a: 1 }, key), post('/flights', { a: 1 }, key)]
  const delivery = await source.read(limit())
  assert.equal(delivery.rows.length, 1)
  delivery.ack?.()
  assert.deepEqual([(await first).status, (await second).status], [202, 202])
  assert.equal((await post('/flights', { a: 2 }, key)).status, 422)
  assert.equal((await post('/flights', 'nonsense', { 'idempotency-key': 'k2' })).status, 400)
  assert.equal((await post('/flights', 'nonsense', { 'idempotency-key': 'k2' })).status, 400)
})

test('503: when the disk is slow, when too much waits, when we close', async (t) => {
  const slow = await bench(t, { patience: '20ms' })
  const answer = await slow.post('/flights', { a: 1 })
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1'])
  const key = { 'idempotency-key': 'later' }
  assert.equal((await slow.post('/flights', { a: 2 }, key)).status, 503)
  const delivery = await slow.source.read(limit())
  delivery.ack?.()
  assert.equal(delivery.rows.length, 2)
  assert.equal((await slow.post('/flights', { a: 2 }, key)).status, 202)

  const closing = await bench(t)
  const waiting = closing.post('/flights', { a: 1 })
  const lost = await closing.source.read(limit())
  await closing.source.close()
  assert.equal((await waiting).status, 503)
  lost.ack?.()
  await assert.rejects(closing.source.read(limit()), NotConnected)
})

test('an Idempotency-Key may be so long, and connections so many', async (t) => {
  const { source, post } = await bench(t, { patience: '20ms' })
  const keyed = async (length: number) => (await post('/flights', { a: 1 }, { 'idempotency-key': 'k'.repeat(length) })).status
  assert.deepEqual([await keyed(WEBHOOK_LIMITS.keyLength), await keyed(WEBHOOK_LIMITS.keyLength + 1)], [503, 400])
  let closed = 0
  const sockets: Socket[] = []
  await new Promise<void>((resolve) => {
    for (let i = 0; i < WEBHOOK_LIMITS.connections + 5; i++) {
      const socket = connect(source.port ?? 0, '127.0.0.1').resume()
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        if (++closed === 5) resolve()
      })
    }
  })
  assert.ok(closed >= 5)
  for (const socket of sockets) socket.destroy()
})

test('requests that wait for the disk are bounded in number', async (t) => {
  const { source, post } = await bench(t, { patience: '20ms' })
  for (let i = 0; i < WEBHOOK_LIMITS.waiting; i += 64) await Promise.all(Array.from({ length: 64 }, () => post('/flights', { i })))
  const answer = await post('/flights', { a: 1 })
  assert.deepEqual([answer.status, /too much/.test(answer.body.error ?? '')], [503, true])
  let rows = 0
  while (rows < WEBHOOK_LIMITS.waiting) {
    const delivery = await source.read(limit())
    rows += delivery.rows.length
    delivery.ack?.()
  }
  assert.equal(rows, WEBHOOK_LIMITS.waiting)
})

/** What a raw socket gets back. */
function raw(port: number | undefined, lines: string, then?: (write: (text: string) => boolean) => void): Promise<string> {
  return new Promise((resolve) => {
    let got = ''
    const socket = connect(port ?? 0, '127.0.0.1', () => {
      socket.write(lines)
      then?.((text) => socket.writable && socket.write(text))
    })
    socket.on('data', (chunk) => (got += chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(got))
  })
}

const head = (length: string) =>
  `POST /flights HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n${length}\r\n\r\n`

test('413: bodies are bounded, announced or not, and so are headers', async (t) => {
  const { source, post } = await bench(t, { maxBody: '1kB' })
  assert.equal((await post('/flights', { a: 'x'.repeat(1000) })).status, 413)
  assert.match(await raw(source.port, head('content-length: 99999999999')), /^HTTP\/1\.1 413 /)
  const endless = await raw(source.port, head('transfer-encoding: chunked'), (write) => {
    for (let i = 0; i < 40; i++) write(`10000\r\n${' '.repeat(65_536)}\r\n`)
  })
  assert.match(endless, /^(HTTP\/1\.1 413 |$)/)
  assert.equal(source.counters.dropped['request-413'], 3)
  assert.match(await raw(source.port, `GET / HTTP/1.1\r\nx: ${'x'.repeat(WEBHOOK_LIMITS.headerBytes)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
  assert.throws(() => webhookConfig.parse({ ...base, maxBody: '65MiB' }), /64MiB/)
})

test('bodies under way are bounded in sum', async (t) => {
  const { source, post } = await bench(t, { maxBody: '64MiB' })
  const places = WEBHOOK_LIMITS.waitingBytes / WEBHOOK_LIMITS.bodyBytes
  const held = Array.from({ length: places }, () => undefined).map(() =>
    raw(source.port, head(`content-length: ${WEBHOOK_LIMITS.bodyBytes}`)),
  )
  let answer: Awaited<ReturnType<typeof post>>
  const sent: Promise<unknown>[] = []
  do {
    const next = post('/flights', { a: 1 })
    const read = source.read(limit()).then(
      ({ ack }) => ack?.(),
      () => {},
    )
    sent.push(read)
    answer = await next
  } while (answer.status === 202)
  assert.deepEqual([answer.status, /too much/.test(answer.body.error ?? '')], [503, true])
  assert.equal(source.counters.dropped['request-503'], 1)
  await source.close()
  await Promise.allSettled([...held, ...sent])
})

test('who is slow is cut off', async (t) => {
  const { source } = await bench(t, { timeout: '100ms' })
  assert.match(await raw(source.port, 'POST /fl'), /^HTTP\/1\.1 408 |^$/)
  assert.match(await raw(source.port, `${head('content-length: 10')}{`), /^HTTP\/1\.1 408 |^$/)
})

test('nobody sends: read says so now and then', async (t) => {
  const sleeping: (() => void)[] = []
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, stop) => (ms === WEBHOOK_LIMITS.aliveMs ? new Promise((resolve) => sleeping.push(resolve)) : systemClock.sleep(ms, stop)),
  }
  const { source } = await bench(t, {}, clock)
  const pending = source.read(limit())
  sleeping[0]?.()
  assert.deepEqual(await pending, { feed: 0, rows: [] })
  const again = assert.rejects(source.read(limit()), NotConnected)
  await source.close()
  await again
})

test('a port that is taken, and check', async (t) => {
  const { source } = await bench(t)
  const config = webhookConfig.parse({ ...base, port: source.port })
  const second = new WebhookRecords(config, testRunner().context)
  await assert.rejects(
    second.connect(t.signal),
    (error) => error instanceof NotConnected && /EADDRINUSE/.test(error.message) && /another port/.test(error.hint ?? ''),
  )
  for (const [keys, ok] of [
    [config, false],
    [{ ...config, port: 0 }, true],
  ] as const)
    for await (const step of webhook.check(keys, testRunner().context as never, t.signal)) assert.equal(step.ok, ok)
})

test('TLS, and senders with a certificate only', { skip: withoutOpenssl }, async (t) => {
  const [ours, theirs] = [selfSigned('ours'), selfSigned('theirs')]
  const { source } = await bench(t, { tls: { certificate: ours.certificate, key: ours.key, clientCa: theirs.certificate } })
  const send = (options: object) =>
    new Promise<number | string>((resolve) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const request = tlsRequest(
        { host: '127.0.0.1', port: source.port, method: 'POST', path: '/flights', headers, ca: ours.certificate, agent: false, ...options },
        (response) => resolve(response.resume().statusCode ?? 0),
      )
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      request.end('{"a":1}')
    })
  const good = send({ cert: theirs.certificate, key: theirs.key })
  ;(await source.read(limit())).ack?.()
  assert.equal(await good, 202)
  assert.notEqual(await send({}), 202)
})

test('lint: other machines need TLS; a path has one feed; secrets are long enough', () => {
  const codes = (keys: object) => lintWebhook(webhookConfig.parse({ ...base, ...keys })).map(({ code }) => code)
  assert.deepEqual(codes({}), [])
  assert.deepEqual(codes({ host: '0.0.0.0' }), ['E_WEBHOOK_PLAINTEXT'])
  assert.deepEqual(codes({ host: '0.0.0.0', insecure: true }), ['W_WEBHOOK_PLAINTEXT'])
  assert.deepEqual(codes({ records: [records[0], records[0]] }), ['E_WEBHOOK_PATH'])
  assert.throws(() => webhookConfig.parse({ ...base, auth: { type: 'bearer', token: 'x'.repeat(WEBHOOK_LIMITS.secretLength - 1) } }))
  assert.throws(() => webhookConfig.parse({ port: 0, records }))
  assert.throws(() => webhookConfig.parse({ ...base, records: Array(WEBHOOK_LIMITS.feeds + 1).fill(records[0]) }))
})

test('answers are remembered up to a number: keys are forgotten, signatures are not before their time', () => {
  const reply = Promise.resolve({ status: 202, body: {} })
  const body = Buffer.from('x')
  for (const whenFull of ['forget', 'keep'] as const) {
    const answers = new Answers(whenFull)
    for (let i = 0; i < WEBHOOK_LIMITS.answers; i++) answers.remember(`n${i}`, body, reply, { nowMs: 0, keepMs: 1000 })
    assert.equal(answers.remember('more', body, reply, { nowMs: 500, keepMs: 1000 }), whenFull === 'forget')
    assert.equal(answers.known('n0', body) !== undefined, whenFull === 'keep')
    assert.equal(answers.remember('later', body, reply, { nowMs: 1000, keepMs: 1000 }), true)
    assert.equal(answers.known('n1', body), undefined)
  }
})
