import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { CheckStep } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { runsOfMessage } from '../../core/message-rows.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import { asMessage } from './as-message.ts'
import { asNotConnected, topicIds } from './client.ts'
import { brokerOf, kafkaConfig } from './config.ts'
import { kafka } from './index.ts'
import { KAFKA_LIMITS } from './limits.ts'
import { lintKafka } from './lint.ts'
import { Place } from './place.ts'
import { KafkaRecords } from './records.ts'

const feed = { record: 'flight', topic: 'flights' }
const base = { brokers: ['kafka.example:9093'], group: 'ecluse', tls: {}, records: [feed] }
const parse = (keys: object) => kafkaConfig.parse({ ...base, ...keys })
const codes = (keys: object) => lintKafka(parse(keys)).map(({ code }) => code)

test('unencrypted lines leave this machine only where that is written; a topic has one feed', () => {
  assert.deepEqual(codes({}), [])
  assert.deepEqual(codes({ tls: undefined }), ['E_KAFKA_PLAINTEXT'])
  assert.deepEqual(codes({ tls: undefined, insecure: true }), ['W_KAFKA_PLAINTEXT'])
  assert.deepEqual(codes({ tls: undefined, brokers: ['localhost:9092', '[::1]:9092'] }), [])
  assert.deepEqual(codes({ tls: { key: 'k' }, records: [feed, feed] }), ['E_KAFKA_TLS', 'E_KAFKA_TOPIC'])
})

test('what is no broker, topic, group or size is refused', () => {
  for (const brokers of [[], ['kafka'], ['kafka:'], ['http://kafka:1'], Array(KAFKA_LIMITS.brokers + 1).fill('k:1')])
    assert.throws(() => parse({ brokers }))
  for (const topic of ['', 'a b', 'a/b', 'x'.repeat(250)]) assert.throws(() => parse({ records: [{ ...feed, topic }] }))
  assert.throws(() => parse({ group: '' }))
  assert.throws(() => parse({ maxMessage: '17MiB' }), /16MiB/)
  assert.throws(() => parse({ records: Array(KAFKA_LIMITS.feeds + 1).fill(feed) }))
  assert.deepEqual(brokerOf('[fe80::1]:9092'), { host: 'fe80::1', port: 9092 })
})

const columns = { id: { key: 'text' }, flight: { key: { json: 'flight' } }, op: { header: 'op' } }
const [declared] = parse({ records: [{ ...feed, columns, deletedWhen: { header: 'op', equals: 'D' } }] }).records
const reading = { maxBytes: 1000, bounds: KAFKA_LIMITS }
const said = (key: string | null, value: string | null, op?: string) => {
  const bytes = (text: string | null) => (text === null ? null : Buffer.from(text))
  const headerEntries: [Buffer, Buffer][] = op === undefined ? [] : [[Buffer.from('op'), Buffer.from(op)]]
  const message = asMessage({ key: bytes(key), value: bytes(value), headerEntries }, 0, declared as never)
  return runsOfMessage(message, reading).map(({ rows, isDeletion, unreadable }) => unreadable?.[0]?.reason ?? [isDeletion, ...rows])
}

test('values are rows, tombstones deletions, with columns of the key and of headers', () => {
  assert.deepEqual(said('AF1', '{"gate":"B1"}'), [[false, { gate: 'B1', id: 'AF1' }]])
  assert.deepEqual(said('{"flight":"AF1"}', null), [[true, { id: '{"flight":"AF1"}', flight: 'AF1' }]])
  assert.deepEqual(said('AF1', '{"gate":"B1"}', 'D'), [[true, { gate: 'B1', id: 'AF1', op: 'D' }]])
  assert.deepEqual(said('AF1', '[{"n":1},{"n":2}]', 'U'), [[false, { n: 1, id: 'AF1', op: 'U' }, { n: 2, id: 'AF1', op: 'U' }]])
  assert.deepEqual(said('AF1', ''), ['an empty message'])
  assert.deepEqual(said('AF1', 'nonsense'), ['no JSON, or cut off'])
  assert.deepEqual(said('AF1', 'x'.repeat(1001)), ['a message of 1001 bytes; at most 1000 are read'])
  assert.deepEqual(said(null, null), ['an empty message that says nothing of what is gone: set `columns` of the feed'])
  assert.deepEqual(said('k'.repeat(KAFKA_LIMITS.columnBytes + 1), '{}'), [[false, {}]])
  assert.deepEqual(said('AF1', '['.repeat(KAFKA_LIMITS.depth + 1)), ['more than 64 lists and maps inside one another'])
})

test('a place knows what is on disk, of this topic and not of one made anew', () => {
  const place = new Place('id-1', undefined)
  assert.equal(place.has(0, 0n), false)
  place.take(0, 7n)
  const cursor = place.take(3, 9007199254740993n)
  const after = new Place('id-1', cursor)
  assert.deepEqual([after.has(0, 7n), after.has(0, 8n), after.has(3, 9007199254740993n), after.has(1, 0n)], [true, false, true, false])
  assert.equal(new Place('id-2', cursor).has(0, 7n), false)
  const none = '00000000-0000-0000-0000-000000000000'
  assert.equal(new Place(none, new Place(none, undefined).take(0, 7n)).has(0, 7n), false)
  for (const odd of ['', '{', '7', '{"topic":"id-1"}', '{"topic":"id-1","offsets":{"0":"x"}}', '['.repeat(1000)])
    assert.equal(new Place('id-1', odd).has(0, 0n), false)
  const full = new Place('id-1', undefined)
  let last = ''
  for (let partition = 0; partition < KAFKA_LIMITS.partitions; partition++) last = full.take(partition, 9_223_372_036_854_775_807n)
  assert.ok(last.length < 65_536)
  assert.ok(new Place('id-1', last).has(KAFKA_LIMITS.partitions - 1, 9_223_372_036_854_775_807n))
})

test('errors of the library say what to do, and no secret', () => {
  const hint = (error: unknown) => asNotConnected(error, parse({})).hint ?? ''
  const named = (name: string, message: string, more = {}) => Object.assign(new Error(message), { name, ...more })
  assert.match(hint(named('AuthenticationError', 'SASL authentication failed.', { password: 'hunter2' })), /check sasl/)
  assert.match(hint(new AggregateError([named('ProtocolError', 'x', { apiId: 'TOPIC_AUTHORIZATION_FAILED' })])), /needs Read/)
  assert.match(hint(named('ProtocolError', 'x', { apiId: 'UNKNOWN_TOPIC_OR_PARTITION' })), /make the topic/)
  assert.match(
    hint(named('NetworkError', 'x', { cause: named('Error', 'no', { code: 'ECONNREFUSED', syscall: 'connect' }) })),
    /nothing listens there/,
  )
  const error = asNotConnected(named('Error', 'odd', { request: 'hunter2' }), parse({}))
  assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter2/)
})

test('values of a message and partitions of a topic are bounded', async () => {
  const long = `[${'1,'.repeat(KAFKA_LIMITS.values)}1]`
  const [run] = runsOfMessage(
    { feed: 0, value: Buffer.from(long), columns: {}, isDeletion: false },
    { maxBytes: 1e9, bounds: KAFKA_LIMITS },
  )
  assert.equal(run?.unreadable?.[0]?.reason, 'more than 1000000 values')
  const cluster = (partitionsCount: number) =>
    ({ metadata: async () => ({ topics: new Map([['flights', { id: 'x', partitionsCount }]]) }) }) as unknown as Parameters<
      typeof topicIds
    >[0]
  assert.equal((await topicIds(cluster(KAFKA_LIMITS.partitions), parse({}))).get('flights')?.partitions, KAFKA_LIMITS.partitions)
  await assert.rejects(topicIds(cluster(KAFKA_LIMITS.partitions + 1), parse({})), /has 257 partitions/)
  const none = { metadata: async () => ({ topics: new Map() }) } as unknown as Parameters<typeof topicIds>[0]
  await assert.rejects(topicIds(none, parse({})), /there is no topic flights/)
})

test('no broker, and one that speaks something else', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume()
    socket.end('SSH-2.0-OpenSSH_9.2\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const config = { ...parse({ tls: undefined, insecure: true, timeout: '500ms' }), brokers: [`127.0.0.1:${port}`] }
  const source = new KafkaRecords(config, testRunner().context)
  await assert.rejects(source.connect(t.signal), NotConnected)
  await new Promise((resolve) => server.close(resolve))
  await assert.rejects(source.connect(t.signal), (error) => error instanceof NotConnected && /nothing listens there/.test(error.hint ?? ''))
  await assert.rejects(source.read(t.signal), NotConnected)
  await source.close()
  const steps: CheckStep[] = []
  for await (const step of kafka.check(config, testRunner().context as never, t.signal)) steps.push(step)
  assert.deepEqual([steps.length, steps[0]?.ok, /ECONNREFUSED/.test(steps[0]?.detail ?? '')], [1, false, true])
})
