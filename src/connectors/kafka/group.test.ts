import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import type { CheckStep } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import type { RecordDelivery, Row } from '../../core/record-source.ts'
import { type Clock, systemClock } from '../../core/time.ts'
import { selfSigned, withoutOpenssl } from '../../lib/certificates.fixture.ts'
import { startTestBroker } from './broker.fixture.ts'
import { kafkaConfig } from './config.ts'
import { kafka } from './index.ts'
import { KAFKA_LIMITS } from './limits.ts'
import { KafkaRecords } from './records.ts'

const limit = () => AbortSignal.timeout(20_000)

async function bench(t: TestContext, feed: object = {}) {
  const broker = await startTestBroker('flights')
  const columns = { id: { key: 'text' }, op: { header: 'op' } }
  const records = [{ record: 'flight', topic: 'flights', columns, ...feed }]
  const config = kafkaConfig.parse({ brokers: [`127.0.0.1:${broker.port}`], group: 'g', timeout: '5s', records })
  const runner = testRunner()
  const source = new KafkaRecords(config, runner.context)
  t.after(async () => {
    await source.close()
    await broker.stop()
  })
  return { broker, config, runner, source }
}

/** Reads until so many rows came. */
async function rows(source: KafkaRecords, count: number, use: (delivery: RecordDelivery) => void): Promise<Row[]> {
  const all: Row[] = []
  while (all.length < count) {
    const delivery = await source.read(limit())
    all.push(...delivery.rows, ...(delivery.deleted ?? []).map((row) => ({ ...row, isDeleted: true })))
    use(delivery)
  }
  return all
}

const acknowledge = (delivery: RecordDelivery) => delivery.ack?.()

/** Waits for a commit, which goes its way after the acknowledgement. */
async function committed(broker: { committed(group: string): bigint | undefined }, offset: bigint): Promise<void> {
  const until = limit()
  while (broker.committed('g') !== offset) {
    until.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 5)) // a commit can only be looked for
  }
}

test('rows, headers and tombstones; offsets are committed after the acknowledgement', async (t) => {
  const { broker, source } = await bench(t)
  broker.send('AF1', '{"gate":"B1"}', { op: 'U' })
  broker.send('AF1', null)
  broker.send('AF1', '[{"n":9007199254740993},{"n":2}]')
  await source.connect(t.signal)
  const held: RecordDelivery[] = []
  assert.deepEqual(await rows(source, 4, (delivery) => held.push(delivery)), [
    { gate: 'B1', id: 'AF1', op: 'U' },
    { id: 'AF1', isDeleted: true },
    { n: '9007199254740993', id: 'AF1' },
    { n: 2, id: 'AF1' },
  ])
  assert.equal(broker.committed('g'), undefined)
  for (const delivery of held) delivery.ack?.()
  await committed(broker, 3n)
})

test('what was not acknowledged comes again on the next line; what was does not', async (t) => {
  const { broker, source } = await bench(t)
  broker.send('AF1', '{"n":1}')
  await source.connect(t.signal)
  await rows(source, 1, () => {})
  broker.hangUp()
  await source.close()
  await source.connect(t.signal)
  assert.deepEqual(await rows(source, 1, acknowledge), [{ n: 1, id: 'AF1' }])
  await committed(broker, 1n)
  await source.close()
  broker.send('AF1', '{"n":2}')
  await source.connect(t.signal)
  assert.deepEqual(await rows(source, 1, acknowledge), [{ n: 2, id: 'AF1' }])
})

test('what is on our disk does not come again when its commit was lost, unless the topic is another one', async (t) => {
  const { broker, runner, source } = await bench(t)
  const keep = ({ cursor, ack }: RecordDelivery) => {
    if (cursor !== undefined) runner.cursors.set(0, cursor)
    ack?.()
  }
  for (const n of [1, 2, 3]) broker.send('AF1', `{"n":${n}}`)
  await source.connect(t.signal)
  await rows(source, 3, keep)
  await committed(broker, 3n)
  await source.close()
  broker.forget('g', 1n)
  broker.send('AF1', '{"n":4}')
  await source.connect(t.signal)
  assert.deepEqual(await rows(source, 1, keep), [{ n: 4, id: 'AF1' }])
  await source.close()
  broker.renew()
  broker.send('AF1', '{"n":5}')
  await source.connect(t.signal)
  assert.deepEqual(await rows(source, 1, keep), [{ n: 5, id: 'AF1' }])
})

test('what cannot be read goes to quarantine, and its offset on', async (t) => {
  const { broker, source } = await bench(t)
  broker.send('AF1', 'nonsense')
  broker.send(null, null)
  await source.connect(t.signal)
  const reasons: string[] = []
  while (reasons.length < 2) {
    const { unreadable = [], ack } = await source.read(limit())
    reasons.push(...unreadable.map(({ reason }) => reason))
    ack?.()
  }
  assert.deepEqual(reasons, ['no JSON, or cut off', 'an empty message that says nothing of what is gone: set `columns` of the feed'])
  await committed(broker, 2n)
})

test('more than may wait is read bit by bit, and all of it', async (t) => {
  const { broker, config, runner } = await bench(t)
  const source = new KafkaRecords({ ...config, maxMessage: KAFKA_LIMITS.messageBytes }, runner.context)
  t.after(() => source.close())
  const text = 'x'.repeat(15 * 1024 * 1024)
  const count = Math.ceil(KAFKA_LIMITS.inboxBytes / text.length) + 1
  for (let n = 0; n < count; n++) broker.send('AF1', JSON.stringify({ n, text }))
  await source.connect(t.signal)
  const all = await rows(source, count, acknowledge)
  assert.deepEqual(
    all.map(({ n }) => n),
    Array.from({ length: count }, (_, n) => n),
  )
  assert.equal(broker.asked.maxBytes, KAFKA_LIMITS.fetchBytes)
  await committed(broker, BigInt(count))
})

test('nothing is sent: read says so now and then', async (t) => {
  const { config, runner } = await bench(t)
  const waited: number[] = []
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, stop) => {
      waited.push(ms)
      return systemClock.sleep(ms === KAFKA_LIMITS.aliveMs ? 20 : ms, stop)
    },
  }
  const source = new KafkaRecords(config, { ...runner.context, clock })
  t.after(() => source.close())
  await source.connect(t.signal)
  assert.deepEqual(await source.read(limit()), { feed: 0, rows: [] })
  assert.ok(waited.includes(KAFKA_LIMITS.aliveMs))
})

test('brokers that go are not connected; close makes a pending read settle; check', async (t) => {
  const { broker, config, runner, source } = await bench(t)
  const steps: CheckStep[] = []
  for await (const step of kafka.check(config, runner.context as never, t.signal)) steps.push(step)
  assert.deepEqual(
    steps.map(({ step, ok, detail }) => [step, ok, detail]),
    [
      ['brokers', true, `127.0.0.1:${broker.port} answers`],
      ['flights', true, '1 partitions'],
    ],
  )
  await source.connect(t.signal)
  const pending = assert.rejects(source.read(limit()), NotConnected)
  await source.close()
  await pending
  await source.connect(t.signal)
  await broker.stop()
  await assert.rejects(async () => {
    for (;;) await source.read(limit())
  }, NotConnected)
})

test('TLS and SASL: the right credentials get in, others are told', { skip: withoutOpenssl }, async (t) => {
  const tls = selfSigned('broker')
  const broker = await startTestBroker('flights', { tls, plain: '\0user\0right' })
  t.after(() => broker.stop())
  broker.send('AF1', '{"n":1}')
  const open = async (keys: object) => {
    const base = { brokers: [`127.0.0.1:${broker.port}`], group: 'g', timeout: '5s', tls: { ca: tls.certificate } }
    const sasl = { mechanism: 'PLAIN', user: 'user', password: 'right' }
    const source = new KafkaRecords(
      kafkaConfig.parse({ ...base, sasl, records: [{ record: 'flight', topic: 'flights' }], ...keys }),
      testRunner().context,
    )
    t.after(() => source.close())
    await source.connect(t.signal)
    return source
  }
  assert.deepEqual(await rows(await open({}), 1, acknowledge), [{ n: 1 }])
  const told = (hint: RegExp) => (error: unknown) => {
    assert.ok(error instanceof NotConnected)
    assert.match(error.hint ?? '', hint)
    assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter2/)
    return true
  }
  await assert.rejects(open({ sasl: { mechanism: 'PLAIN', user: 'user', password: 'hunter2' } }), told(/check sasl/))
  await assert.rejects(open({ tls: {} }), told(/tls\.ca/))
  await assert.rejects(open({ tls: { ca: tls.certificate, serverName: 'other.example' } }), told(/another name/))
})
