import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection, nkeys } from '@nats-io/transport-node'
import type { CheckStep } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import type { Row } from '../../core/record-source.ts'
import { selfSigned, withoutOpenssl } from '../../lib/certificates.fixture.ts'
import { natsConfig } from './config.ts'
import { nats } from './index.ts'
import { NATS_LIMITS } from './limits.ts'
import { NatsRecords } from './records.ts'
import { type NatsServer, startNats, withoutNats } from './server.fixture.ts'

const skip = { skip: withoutNats }
const limit = () => AbortSignal.timeout(30_000)

async function server(t: TestContext, lines = '', files = {}): Promise<NatsServer> {
  const started = await startNats(lines, files)
  t.after(() => started.stop())
  return started
}

async function publisher(t: TestContext, { port }: NatsServer, options = {}): Promise<NatsConnection> {
  const link = await connect({ port, ...options })
  t.after(() => link.close())
  return link
}

async function source(t: TestContext, url: string, feeds: object[], keys: object = {}): Promise<NatsRecords> {
  const config = natsConfig.parse({ url, ...keys, records: feeds.map((feed) => ({ record: 'flight', ...feed })) })
  const made = new NatsRecords(config, testRunner().context)
  t.after(() => made.close())
  await made.connect(t.signal)
  return made
}

async function stream(t: TestContext, at: NatsServer, name = 'FLIGHTS', subject = 'it.>'): Promise<NatsConnection> {
  const link = await publisher(t, at)
  await (await jetstreamManager(link)).streams.add({ name, subjects: [subject] })
  return link
}

/** The server gives again what is not acknowledged when its own time is over: 30 s, unless the consumer was made with less. */
async function shortPatience(link: NatsConnection): Promise<void> {
  const settings = { durable_name: 'ecluse', filter_subject: 'it.flights.*', ack_policy: 'explicit' as const, max_ack_pending: 100 }
  await (await jetstreamManager(link)).consumers.add('FLIGHTS', { ...settings, ack_wait: 300_000_000 })
}

const feed = { subject: 'it.flights.*', stream: { name: 'FLIGHTS', durable: 'ecluse' } }
const say = (link: NatsConnection, subject: string, row: unknown) => link.request(subject, JSON.stringify(row))

/** Reads until so many rows came; acknowledges unless told otherwise. */
async function rows(from: NatsRecords, count: number, acknowledge = true): Promise<Row[]> {
  const all: Row[] = []
  while (all.length < count) {
    const delivery = await from.read(limit())
    all.push(...delivery.rows, ...(delivery.deleted ?? []))
    if (acknowledge) delivery.ack?.()
  }
  return all
}

test('subjects: rows, lists, columns of the subject and of headers, deletions in their order', skip, async (t) => {
  const at = await server(t)
  const link = await publisher(t, at)
  const columns = { id: { subject: 3 }, op: { header: 'Op' } }
  const from = await source(t, at.url, [
    { subject: 'it.flights.*', columns, deletedWhen: 'empty' },
    { subject: 'it.orders', rows: 'data', deletedWhen: { header: 'Op', equals: 'D' } },
  ])
  const deleted = headers()
  deleted.set('Op', 'D')
  link.publish('it.flights.AF1', '{"gate":"B1"}', { headers: deleted })
  link.publish('it.flights.AF1', '')
  link.publish('it.flights.AF1', '[{"gate":"B2"},{"gate":"B3"}]')
  link.publish('it.orders', '{"data":{"order":9007199254740993}}')
  link.publish('it.orders', '{"data":{"order":2}}', { headers: deleted })
  link.publish('it.orders', 'nonsense')
  const all: unknown[] = []
  while (all.length < 5) {
    const { ack, ...delivery } = await from.read(limit())
    all.push(delivery)
    ack?.()
  }
  assert.deepEqual(all, [
    { feed: 0, rows: [{ gate: 'B1', id: 'AF1', op: 'D' }] },
    { feed: 0, rows: [], deleted: [{ id: 'AF1' }] },
    {
      feed: 0,
      rows: [
        { gate: 'B2', id: 'AF1' },
        { gate: 'B3', id: 'AF1' },
      ],
    },
    { feed: 1, rows: [{ order: '9007199254740993' }] },
    { feed: 1, rows: [], deleted: [{ order: 2 }] },
  ])
  assert.deepEqual((await from.read(limit())).unreadable, [{ row: 'nonsense', reason: 'no JSON, or cut off' }])
})

test('a stream: what was published before and while we were away comes, once it was acknowledged not again', skip, async (t) => {
  const at = await server(t)
  const link = await stream(t, at)
  for (let n = 0; n < 3; n++) await say(link, 'it.flights.AF', { n })
  const first = await source(t, at.url, [feed])
  assert.deepEqual(await rows(first, 3), [{ n: 0 }, { n: 1 }, { n: 2 }])
  await first.close()
  await say(link, 'it.flights.AF', { n: 3 })
  const second = await source(t, at.url, [feed])
  assert.deepEqual(await rows(second, 1), [{ n: 3 }])
})

test('the server is killed between delivery and acknowledgement: everything comes again, nothing is lost', skip, async (t) => {
  const at = await server(t)
  const link = await stream(t, at)
  for (let n = 0; n < 50; n++) await say(link, 'it.flights.AF', { n })
  await shortPatience(link)
  const from = await source(t, at.url, [feed])
  assert.equal((await rows(from, 50, false)).length, 50)
  await link.close()
  await at.kill()
  await assert.rejects(async () => {
    for (;;) await from.read(limit())
  }, NotConnected)
  await from.close()
  await assert.rejects(from.connect(t.signal), (error) => error instanceof NotConnected && /ECONNREFUSED/.test(error.message))
  await at.restart()
  await from.connect(t.signal)
  const again = await rows(from, 50)
  assert.deepEqual(new Set(again.map(({ n }) => n)), new Set(Array.from({ length: 50 }, (_, n) => n)))
})

test('what is not acknowledged before the line drops comes again on the next one', skip, async (t) => {
  const at = await server(t)
  const link = await stream(t, at)
  await say(link, 'it.flights.AF', { n: 1 })
  await shortPatience(link)
  const from = await source(t, at.url, [feed])
  const lost = await from.read(limit())
  await from.close()
  lost.ack?.()
  await from.connect(t.signal)
  assert.deepEqual(await rows(from, 1), [{ n: 1 }])
})

test('after a reconnection an old message never comes after a newer one', skip, async (t) => {
  const at = await server(t)
  const link = await stream(t, at)
  await say(link, 'it.flights.AF', { n: 1 })
  const from = await source(t, at.url, [feed])
  await from.read(limit())
  await from.close()
  await say(link, 'it.flights.AF', { n: 2 })
  await from.connect(t.signal)
  assert.deepEqual(await rows(from, 2), [{ n: 1 }, { n: 2 }])
})

test('what is on our disk does not come again when its acknowledgement was lost, unless the stream is another one', skip, async (t) => {
  const at = await server(t)
  const link = await stream(t, at)
  await say(link, 'it.flights.AF', { n: 1 })
  const runner = testRunner()
  const config = natsConfig.parse({ url: at.url, records: [{ record: 'flight', ...feed }] })
  const from = new NatsRecords(config, runner.context)
  t.after(() => from.close())
  await from.connect(t.signal)
  const { cursor } = await from.read(limit())
  runner.cursors.set(0, cursor ?? '')
  await from.close()
  await say(link, 'it.flights.AF', { n: 2 })
  await from.connect(t.signal)
  assert.deepEqual(await rows(from, 1), [{ n: 2 }])
  await from.close()
  const manager = await jetstreamManager(link)
  await manager.streams.delete('FLIGHTS')
  await manager.streams.add({ name: 'FLIGHTS', subjects: ['it.>'] })
  await say(link, 'it.flights.AF', { n: 3 })
  await from.connect(t.signal)
  assert.deepEqual(await rows(from, 1), [{ n: 3 }])
})

test('a message that cannot be read goes to quarantine and does not come for ever', skip, async (t) => {
  const at = await server(t)
  const link = await stream(t, at)
  await link.request('it.flights.AF', 'x'.repeat(2_000))
  await link.request('it.flights.AF', '['.repeat(NATS_LIMITS.depth + 1))
  await link.request('it.flights.AF', `[${'{},'.repeat(10_000)}{}]`)
  await link.request('it.flights.AF', `[${'1,'.repeat(NATS_LIMITS.values / 4)}1]`.slice(0, 600_000))
  const from = await source(t, at.url, [feed], { maxMessage: '100kB' })
  const reasons: string[] = []
  while (reasons.length < 4) {
    const { unreadable, ack } = await from.read(limit())
    reasons.push(...(unreadable ?? []).map(({ reason }) => reason))
    ack?.()
  }
  assert.deepEqual(reasons, [
    'no JSON, or cut off',
    'more than 64 lists and maps inside one another',
    'a message of 10001 rows; at most 10000 are read',
    'a message of 500003 bytes; at most 100000 are read',
  ])
  const info = await (await jetstreamManager(link)).consumers.info('FLIGHTS', 'ecluse')
  await link.flush()
  assert.equal(info.num_pending, 0)
})

test('what is not there, not ours or not allowed is said', skip, async (t) => {
  const permission =
    'authorization { users: [ { user: a, password: aaaa, permissions: { subscribe: "_INBOX.>" } }, { user: b, password: bbbb } ] }'
  const at = await server(t, permission)
  const as = (user: string, feeds: object[]) => source(t, at.url, feeds, { auth: { type: 'user', user, password: user.repeat(4) } })
  await assert.rejects(
    as('b', [feed]),
    (error) => error instanceof NotConnected && /stream FLIGHTS/.test(error.message) && /make the stream/.test(error.hint ?? ''),
  )
  await assert.rejects(as('c', [feed]), /does not let us in/)
  await assert.rejects(async () => {
    const from = await as('a', [{ subject: 'it.flights' }])
    for (;;) await from.read(limit())
  }, /does not let us read it\.flights/)
  const link = await publisher(t, at, { user: 'b', pass: 'bbbb' })
  const manager = await jetstreamManager(link)
  await manager.streams.add({ name: 'FLIGHTS', subjects: ['it.>'] })
  await manager.consumers.add('FLIGHTS', { durable_name: 'none', filter_subject: 'it.flights.*', ack_policy: 'none' as const })
  await manager.consumers.add('FLIGHTS', {
    durable_name: 'many',
    filter_subject: 'it.flights.*',
    ack_policy: 'explicit' as const,
    max_ack_pending: 5000,
  })
  await manager.consumers.add('FLIGHTS', {
    durable_name: 'push',
    filter_subject: 'it.flights.*',
    ack_policy: 'explicit' as const,
    deliver_subject: 'x',
  })
  const own = (durable: string) => as('b', [{ ...feed, stream: { name: 'FLIGHTS', durable } }])
  await manager.consumers.add('FLIGHTS', { durable_name: 'other', filter_subject: 'it.orders', ack_policy: 'explicit' as const })
  await assert.rejects(own('other'), /does not read it\.flights/)
  await assert.rejects(own('none'), /not acknowledged message by message/)
  await assert.rejects(own('many'), /more than 1000 messages unacknowledged/)
  await assert.rejects(own('push'), /push consumer/)
  const from = await own('ours')
  await manager.consumers.delete('FLIGHTS', 'ours')
  await assert.rejects(async () => {
    for (;;) await from.read(limit())
  }, NotConnected)
})

test('credentials: token, nkey; TLS with our certificate', { skip: withoutNats || withoutOpenssl }, async (t) => {
  const user = nkeys.createUser()
  const seed = new TextDecoder().decode(user.getSeed())
  const subject = [{ subject: 'it' }]
  const byToken = await server(t, 'authorization { token: "a secret token" }')
  await source(t, byToken.url, subject, { auth: { type: 'token', token: 'a secret token' } })
  const wrong = source(t, byToken.url, subject, { auth: { type: 'token', token: 'hunter2' } })
  await assert.rejects(
    wrong,
    (error) =>
      error instanceof NotConnected && /does not let us in/.test(error.message) && !/hunter2/.test(`${error.stack} ${error.cause}`),
  )
  const byKey = await server(t, `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`)
  await source(t, byKey.url, subject, { auth: { type: 'nkey', seed: `${seed}\n` } })
  await assert.rejects(source(t, byKey.url, subject, { auth: { type: 'nkey', seed: 'SUNONSENSE' } }), /does not let us in/)

  const [ours, theirs] = [selfSigned('client'), selfSigned('server')]
  const files = { 'cert.pem': theirs.certificate, 'key.pem': theirs.key, 'ca.pem': ours.certificate }
  const tls = await server(
    t,
    'tls { cert_file: "FOLDER/cert.pem", key_file: "FOLDER/key.pem", ca_file: "FOLDER/ca.pem", verify: true }',
    files,
  )
  const url = tls.url.replace('nats:', 'tls:')
  const good = { ca: theirs.certificate, certificate: ours.certificate, key: ours.key }
  await source(t, url, subject, { tls: good })
  await assert.rejects(source(t, url, subject), (error) => error instanceof NotConnected && /tls\.ca/.test(error.hint ?? ''))
  await assert.rejects(
    source(t, url, subject, { tls: { ...good, serverName: 'other.example' } }),
    (error) => error instanceof NotConnected && /another name/.test(error.hint ?? ''),
  )
  await assert.rejects(source(t, tls.url, subject), NotConnected)
  await assert.rejects(source(t, byToken.url.replace('nats:', 'tls:'), subject), NotConnected)
})

test('silence is a sign of life; check; a server that lets its clients send too much', skip, async (t) => {
  const at = await server(t, `max_payload: ${NATS_LIMITS.serverMessageBytes + 1}\nmax_pending: 134217728`)
  await assert.rejects(source(t, at.url, [{ subject: 'it' }]), /allows messages of 67108865 bytes/)
  const other = await server(t)
  await stream(t, other)
  const quiet = await source(t, other.url, [{ subject: 'it' }])
  assert.deepEqual(await quiet.read(limit()), { feed: 0, rows: [] })
  const steps: CheckStep[] = []
  const config = natsConfig.parse({ url: other.url, records: [{ record: 'flight', ...feed }] })
  for await (const step of nats.check(config, testRunner().context as never, t.signal)) steps.push(step)
  assert.deepEqual(
    steps.map(({ ok, detail }) => [ok, detail.replace(/version \S+/, 'version V')]),
    [
      [true, `127.0.0.1:${other.port} lets us in, version V`],
      [true, 'stream FLIGHTS holds 0 messages; our consumer ecluse will be made'],
    ],
  )
})

test('what waits is bounded: a stream’s messages come later, others are counted', skip, async (t) => {
  const at = await server(t, 'max_payload: 16777216')
  const link = await stream(t, at, 'BIG', 'big.>')
  const from = await source(t, at.url, [{ subject: 'core' }, { subject: 'big.*', stream: { name: 'BIG', durable: 'd' } }], {
    maxMessage: '16MiB',
  })
  const text = JSON.stringify({ text: 'x'.repeat(15 * 1024 * 1024) })
  const room = Math.floor(NATS_LIMITS.inboxBytes / text.length)
  for (let n = 0; n < room + 2; n++) link.publish('core', text)
  await link.flush()
  let core = 0
  const dropped = () => from.counters.dropped['local-queue-full'] ?? 0
  await new Promise<void>((resolve) => {
    const look = () => (dropped() > 0 ? resolve() : setTimeout(look, 10)) // a counter can only be looked at
    look()
  })
  for (let n = 0; n < 2; n++) await link.request('big.a', text, { timeout: 20_000 })
  let big = 0
  while (core + dropped() < room + 2 || big < 2) {
    const { feed: which, rows: got, ack } = await from.read(limit())
    if (which === 0) core += got.length
    else big += got.length
    ack?.()
  }
  assert.equal(core + dropped(), room + 2)
})
