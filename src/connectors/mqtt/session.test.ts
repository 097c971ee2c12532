import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SampleBatch } from '../../core/batch.ts'
import { NotConnected } from '../../core/errors.ts'
import { startMosquitto, withoutMosquitto } from './brokers.fixture.ts'
import { mqttConfig } from './config.ts'
import { contextFor, readUntil, seen } from './context.fixture.ts'
import { MQTT_LIMITS } from './limits.ts'
import { startDemoBroker, startSparkplugSimulator } from './simulator.ts'
import { MqttSource } from './source.ts'
import { data, metric, nbirth } from './sparkplug/host.fixture.ts'
import { SparkplugType } from './sparkplug/types.ts'

const stop = new AbortController().signal
const plain = (url: string, more: object = {}) => mqttConfig.parse({ url, format: 'plain', signals: [{ id: 'x', topic: 'x' }], ...more })

async function publisher(url: string, protocolVersion: 4 | 5 = 5) {
  return (await import('mqtt')).default.connectAsync(url, { protocolVersion })
}

test('a line that drops before the acknowledgement delivers nothing twice in one process', { skip: withoutMosquitto }, async () => {
  const broker = await startMosquitto()
  const context = contextFor()
  const source = new MqttSource(plain(broker.url), context)
  await source.connect(stop)
  const out = await publisher(broker.url)
  await out.publishAsync('x', '1', { qos: 1 })
  const delivery = await source.read(stop)
  assert.deepEqual(
    seen(delivery.batch, context).map(({ value }) => value),
    [1],
  )
  await source.close()
  await source.connect(stop)
  await out.publishAsync('x', '2', { qos: 1 })
  assert.deepEqual(
    (await readUntil(source, context, (all) => all.length > 0)).map(({ value }) => value),
    [2],
    'the first came again and was known',
  )
  delivery.ack?.()
  await source.close()
  await source.connect(stop)
  await out.publishAsync('x', '3', { qos: 1 })
  assert.deepEqual(
    (await readUntil(source, context, (all) => all.length > 0)).map(({ value }) => value),
    [3],
  )
  await source.close()
  await out.endAsync()
  await broker.stop()
})

test('a process that dies between disk and acknowledgement can still read what the broker kept', { skip: withoutMosquitto }, async () => {
  const broker = await startMosquitto()
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-births-'))
  const config = mqttConfig.parse({ url: broker.url, format: 'sparkplug' })
  const first = new MqttSource(config, contextFor({ directory }))
  await first.connect(stop)
  const out = await publisher(broker.url)
  await out.publishAsync('spBv1.0/g/NBIRTH/n', nbirth([metric('a', 0, 'Float', 1)]), { qos: 1 })
  const birth = await first.read(stop)
  assert.equal(birth.batch.count, 1)
  birth.ack?.()
  await first.close()
  await out.publishAsync('spBv1.0/g/NDATA/n', data(1, [{ alias: 0, type: SparkplugType.Float, value: 2 }]), { qos: 1 })
  const context = contextFor({ directory })
  const second = new MqttSource(config, context)
  await second.connect(stop)
  const [kept] = await readUntil(second, context, (all) => all.length > 0)
  assert.deepEqual([kept?.signal, kept?.value, kept?.status, kept?.reasons], ['t/g/n/a', 2, 'Uncertain', ['sparkplug-birth-remembered']])
  await out.publishAsync('spBv1.0/g/NBIRTH/n', nbirth([metric('a', 0, 'Float', 3)]), { qos: 1 })
  await out.publishAsync('spBv1.0/g/NDATA/n', data(1, [{ alias: 0, type: SparkplugType.Float, value: 4 }]), { qos: 1 })
  assert.deepEqual(
    (await readUntil(second, context, (all) => all.length > 1)).map(({ value, status }) => [value, status]),
    [
      [3, 'Good'],
      [4, 'Good'],
    ],
  )
  assert.deepEqual(second.counters.dropped, {})
  await second.close()
  await out.endAsync()
  await broker.stop()
  await rm(directory, { recursive: true, force: true })
})

for (const format of ['sparkplug', 'plain'] as const) {
  test(`${format}: what is durable but was never acknowledged is not delivered again to the next process, what is not durable is`, {
    skip: withoutMosquitto,
  }, async () => {
    const broker = await startMosquitto()
    const directory = await mkdtemp(join(tmpdir(), 'ecluse-redelivered-'))
    const config = format === 'plain' ? plain(broker.url) : mqttConfig.parse({ url: broker.url, format: 'sparkplug' })
    const first = new MqttSource(config, contextFor({ directory }))
    await first.connect(stop)
    const out = await publisher(broker.url)
    const say = (n: number) => {
      if (format === 'plain') return out.publishAsync('x', '7', { qos: 1 })
      if (n === 0) return out.publishAsync('spBv1.0/g/NBIRTH/n', nbirth([metric('a', 0, 'Float', 7)]), { qos: 1 })
      return out.publishAsync('spBv1.0/g/NDATA/n', data(n, [{ alias: 0, type: SparkplugType.Float, value: 7 }]), { qos: 1 })
    }
    const batches: SampleBatch[] = []
    for (let n = 0; n < 12; n++) {
      await say(n)
      let delivery = await first.read(stop)
      while (delivery.batch.count === 0) delivery = await first.read(stop)
      batches.push(delivery.batch)
      if (n < 8) delivery.ack?.()
    }
    await first.close()
    // The last two never reached the disk; the time between batches is made longer than a test may take.
    const durable = batches.slice(0, 10).map(({ receipt }, i) => ({ receivedTime: i * 10e6, bytes: receipt as Uint8Array }))
    const context = contextFor({ directory, receipts: async () => durable })
    const second = new MqttSource(config, context)
    await second.connect(stop)
    assert.equal((await readUntil(second, context, (all) => all.length >= 2)).length, 2)
    assert.equal(second.counters.dropped.redelivered, 2)
    await second.close()
    await second.connect(stop)
    await say(12)
    assert.equal((await readUntil(second, context, (all) => all.length >= 1)).length, 1, 'all were acknowledged: nothing comes again')
    assert.deepEqual(second.counters.dropped, { redelivered: 2 })
    await second.close()
    await out.endAsync()
    await broker.stop()
    await rm(directory, { recursive: true, force: true })
  })
}

test('a reader that stands still stops the socket, not the memory, and loses nothing', { skip: withoutMosquitto }, async () => {
  const broker = await startMosquitto(['max_queued_messages 0', 'max_inflight_messages 0'])
  const context = contextFor()
  const source = new MqttSource(plain(broker.url, { signals: [{ id: 'x', topic: 'x', dataType: 'text' }] }), context)
  await source.connect(stop)
  const out = await publisher(broker.url)
  const size = 1024 * 1024
  const count = Math.ceil((MQTT_LIMITS.inboxBytes / size) * 2)
  const sent = Promise.all(Array.from({ length: count }, () => out.publishAsync('x', Buffer.alloc(size, 'a'), { qos: 1 })))
  await sent // the broker has them all, and we can hold only half
  const first = await source.read(stop)
  assert.ok(first.batch.count <= MQTT_LIMITS.inboxBytes / size + 1, `${first.batch.count} at once`)
  let got = first.batch.count
  first.ack?.()
  while (got < count) {
    const { batch, ack } = await source.read(stop)
    got += batch.count
    ack?.()
  }
  assert.equal(got, count)
  await source.close()
  await out.endAsync()
  await broker.stop()
})

test('a message larger than the limit is skipped on the wire, acknowledged and counted; the next one arrives', {
  skip: withoutMosquitto,
}, async () => {
  const broker = await startMosquitto()
  const context = contextFor()
  const source = new MqttSource(plain(broker.url), context)
  await source.connect(stop)
  const out = await publisher(broker.url)
  await out.publishAsync('x', Buffer.alloc(MQTT_LIMITS.messageBytes + 10, '1'), { qos: 1 })
  await out.publishAsync('x', '2', { qos: 1 })
  assert.deepEqual(
    (await readUntil(source, context, (all) => all.length > 0)).map(({ value }) => value),
    [2],
  )
  assert.equal(source.counters.dropped['message-too-large'], 1)
  await source.close()
  await source.connect(stop)
  await out.publishAsync('x', '3', { qos: 1 })
  assert.deepEqual(
    (await readUntil(source, context, (all) => all.length > 0)).map(({ value }) => value),
    [3],
  )
  assert.equal(source.counters.dropped['message-too-large'], 1, 'it did not come again')
  await source.close()
  await out.endAsync()
  await broker.stop()
})

test('refusals say what to do: nobody there, MQTT 5 at a 3.1.1 broker, wrong password, forbidden topics', async () => {
  const demo = await startDemoBroker()
  await refused(plain('mqtt://127.0.0.1:1'), /ECONNREFUSED/, /is the broker running/)
  await refused(plain(demo.url), /refuses/, /protocolVersion: 4/)
  await demo.stop()
})

test('a broker that wants a password says so', { skip: withoutMosquitto }, async () => {
  const broker = await startMosquitto(['allow_anonymous false'])
  for (const protocolVersion of [4, 5])
    await refused(plain(broker.url, { protocolVersion }), /not authorised|wrong user name/, /user\.name/)
  await broker.stop()
})

async function refused(config: ReturnType<typeof plain>, message: RegExp, hint: RegExp): Promise<void> {
  const source = new MqttSource(config, contextFor())
  await assert.rejects(source.connect(stop), (error: unknown) => {
    assert.ok(error instanceof NotConnected)
    assert.match(error.message, message)
    assert.match(error.hint ?? '', hint)
    return true
  })
  await source.close()
}

test('a broker that goes away ends the read with NotConnected; the next connection works', async () => {
  const broker = await startDemoBroker()
  const context = contextFor()
  const source = new MqttSource(plain(broker.url, { protocolVersion: 4 }), context)
  await source.connect(stop)
  const reading = source.read(stop)
  await broker.stop()
  await assert.rejects(reading, NotConnected)
  await source.close()
  const again = await startDemoBroker(broker.port)
  await source.connect(stop)
  const out = await publisher(again.url, 4)
  await out.publishAsync('x', '5', { qos: 1 })
  assert.deepEqual(
    (await readUntil(source, context, (all) => all.length > 0)).map(({ value }) => value),
    [5],
  )
  await out.endAsync()
  await source.close()
  await again.stop()
})

test('close settles a read that waits, and an abort does too', async () => {
  const broker = await startDemoBroker()
  const source = new MqttSource(plain(broker.url, { protocolVersion: 4 }), contextFor())
  await source.connect(stop)
  const first = source.read(stop)
  await source.close()
  await assert.rejects(first, NotConnected)
  await source.close()
  await source.connect(stop)
  const halt = new AbortController()
  const second = source.read(halt.signal)
  halt.abort(new Error('halt'))
  await assert.rejects(second, /halt/)
  await source.close()
  await broker.stop()
})

test('a primary host says it is online, again when a late will says otherwise, and offline when it leaves or is lost', async () => {
  const broker = await startDemoBroker()
  const watcher = await publisher(broker.url, 4)
  const heard: boolean[] = []
  let wake = () => {}
  watcher.on('message', (_topic, payload) => {
    heard.push((JSON.parse(payload.toString()) as { online: boolean }).online)
    wake()
  })
  const until = async (count: number) => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve))
  }
  await watcher.subscribeAsync('spBv1.0/STATE/main', { qos: 1 })
  const config = mqttConfig.parse({ url: broker.url, format: 'sparkplug', protocolVersion: 4, primaryHost: true, hostId: 'main' })
  const source = new MqttSource(config, contextFor())
  await source.connect(stop)
  await until(1)
  const halt = new AbortController()
  const reading = (async () => {
    for (;;) await source.read(halt.signal)
  })()
  await watcher.publishAsync('spBv1.0/STATE/main', JSON.stringify({ online: false, timestamp: 1 }), { qos: 1 })
  await until(3)
  halt.abort(new Error('halt'))
  await assert.rejects(reading)
  await source.close()
  await until(4)
  assert.deepEqual(heard, [true, false, true, false])
  await watcher.endAsync()
  await broker.stop()
})

test('on a new connection every value comes again, asked for by rebirth', async () => {
  const broker = await startDemoBroker()
  const context = contextFor()
  const source = new MqttSource(mqttConfig.parse({ url: broker.url, format: 'sparkplug', protocolVersion: 4 }), context)
  await source.connect(stop)
  const node = { name: 'n', devices: [{ name: 'd', metrics: [{ name: 'a', type: 'Int32', value: () => 7 }] }] } as const
  const simulator = await startSparkplugSimulator({ url: broker.url, group: 'g', nodes: [node], periodMs: 0 })
  await readUntil(source, context, (all) => all.length > 0)
  await source.close()
  await source.connect(stop)
  assert.deepEqual(
    (await readUntil(source, context, (all) => all.length > 0)).map(({ value }) => value),
    [7],
  )
  await source.close()
  await simulator.stop()
  await broker.stop()
})
