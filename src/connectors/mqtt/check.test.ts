import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BrowseEntry, CheckStep } from '../../core/connector.ts'
import { systemClock } from '../../core/time.ts'
import { OPENSSL, startMosquitto, withoutTls } from './brokers.fixture.ts'
import { mqttConfig } from './config.ts'
import { contextFor, readUntil } from './context.fixture.ts'
import { mqtt } from './index.ts'
import { MQTT_LIMITS } from './limits.ts'
import { startDemoBroker, startSparkplugSimulator } from './simulator.ts'
import { MqttSource } from './source.ts'
import { metric, nbirth } from './sparkplug/host.fixture.ts'

const stop = new AbortController().signal
/** The machine's clock, on which a wait of seconds is over at once. */
const impatient = { ...systemClock, sleep: (ms: number, halt?: AbortSignal) => systemClock.sleep(ms > 1_000 ? 400 : ms, halt) }

async function collect<T>(from: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = []
  for await (const item of from ?? []) all.push(item)
  return all
}

async function check(config: object): Promise<CheckStep[]> {
  return collect(mqtt.check(mqttConfig.parse(config), contextFor({ clock: impatient }), stop))
}

test('check goes step by step and tells the first message', async () => {
  const broker = await startDemoBroker()
  const out = await (await import('mqtt')).default.connectAsync(broker.url)
  await out.publishAsync('x', '1', { retain: true })
  const config = { url: broker.url, format: 'plain', protocolVersion: 4, signals: [{ id: 'x', topic: 'x' }] }
  assert.deepEqual(
    (await check(config)).map(({ step, ok }) => [step, ok]),
    [
      ['tcp', true],
      ['mqtt', true],
      ['subscription', true],
      ['first message', true],
    ],
  )
  const silent = await check({ ...config, signals: [{ id: 'y', topic: 'y' }] })
  assert.deepEqual([silent.at(-1)?.step, silent.at(-1)?.ok], ['first message', false])
  assert.match(silent.at(-1)?.hint ?? '', /are the topics right/)
  const five = await check({ ...config, protocolVersion: 5 })
  assert.match(five.at(-1)?.hint ?? '', /protocolVersion: 4/)
  await out.endAsync()
  await broker.stop()
  const nobody = await check(config)
  assert.deepEqual(
    nobody.map(({ step, ok }) => [step, ok]),
    [['tcp', false]],
  )
})

test('TLS: refused until its authority is named, then read through it', { skip: withoutTls }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ecluse-tls-'))
  await chmod(folder, 0o755)
  const key = join(folder, 'key.pem')
  const cert = join(folder, 'cert.pem')
  const subject = ['-subj', '/CN=broker', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync(
    OPENSSL,
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'ignore' },
  )
  await chmod(key, 0o644)
  const broker = await startMosquitto([`certfile ${cert}`, `keyfile ${key}`], 'mqtts')
  const config = { url: broker.url, format: 'plain', signals: [{ id: 'x', topic: 'x' }] }
  const refused = await check(config)
  assert.deepEqual(
    refused.map(({ step, ok }) => [step, ok]),
    [
      ['tcp', true],
      ['tls', false],
    ],
  )
  assert.match(refused[1]?.hint ?? '', /tls\.ca/)
  const trusted = await check({ ...config, tls: { ca: cert } })
  assert.deepEqual(
    trusted.slice(0, 4).map(({ step, ok }) => [step, ok]),
    [
      ['tcp', true],
      ['tls', true],
      ['mqtt', true],
      ['subscription', true],
    ],
  )
  const context = contextFor()
  const source = new MqttSource(mqttConfig.parse({ ...config, tls: { ca: cert } }), context)
  await source.connect(stop)
  const { connectAsync } = (await import('mqtt')).default
  const out = await connectAsync(broker.url, { rejectUnauthorized: false })
  await out.publishAsync('x', '7', { qos: 1 })
  assert.deepEqual(
    (await readUntil(source, context, (all) => all.length > 0)).map(({ value }) => value),
    [7],
  )
  await out.endAsync()
  await source.close()
  await broker.stop()
  await rm(folder, { recursive: true, force: true })
})

test('browse finds the metrics of nodes born before it listened, and plain topics', async () => {
  const broker = await startDemoBroker()
  const node = {
    name: 'n',
    devices: [
      {
        name: 'd',
        metrics: [
          { name: 'T', type: 'Float', unit: 'Cel', value: (t: number) => (t % 1000) / 1000 },
          { name: 'On', type: 'Boolean', value: () => true },
        ],
      },
    ],
  } as const
  const simulator = await startSparkplugSimulator({ url: broker.url, group: 'g', nodes: [node], periodMs: 20 })
  const browse = (config: object, match: string): Promise<BrowseEntry[]> =>
    collect(
      mqtt.browse?.(mqttConfig.parse({ url: broker.url, protocolVersion: 4, ...config }), contextFor({ clock: impatient }), match, stop),
    )
  const found = await browse({ format: 'sparkplug' }, 'g/n/**')
  assert.deepEqual(
    found.map(({ address, dataType, unit }) => [address, dataType, unit]),
    [
      ['g/n/d/On', 'boolean', undefined],
      ['g/n/d/T', 'number', 'Cel'],
    ],
  )
  assert.equal(found[0]?.value, 'true')
  const out = await (await import('mqtt')).default.connectAsync(broker.url)
  await out.publishAsync('hall/1/t', '21.5', { retain: true })
  assert.deepEqual(await browse({ format: 'plain', signals: [{ id: 'x', topic: 'x' }] }, 'hall/*/t'), [
    { path: 'hall/1/t', address: 'hall/1/t', dataType: 'number', value: '21.5' },
  ])
  await out.endAsync()
  await simulator.stop()
  await broker.stop()
})

/** A packet of MQTT 5: its first byte, and what follows behind its length (5.0, 2.1). */
function packet(first: number, ...parts: (Buffer | number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  const length: number[] = []
  for (let left = body.length; ; left >>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left)
    if (left < 128) return Buffer.concat([Buffer.of(first, ...length), body])
  }
}

test('browse lists so many entries and no more, and says to a broker how much may be in flight', async (t) => {
  const metrics = Array.from({ length: MQTT_LIMITS.browseEntries + 1 }, (_, i) => metric(`m${i}`, i + 1, 'Double', i))
  const topic = Buffer.from('\0\x12spBv1.0/g/NBIRTH/n')
  let connect = Buffer.alloc(0)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const kind = (bytes[0] as number) >> 4
      if (kind === 1) {
        connect = bytes
        socket.write(packet(0x20, [0, 0, 0]))
      } else if (kind === 8) {
        // The identifier stands behind the length, which takes two bytes here; all six filters of a Sparkplug host are granted.
        socket.write(packet(0x90, bytes.subarray(3, 5), [0, 0, 0, 0, 0, 0, 0]))
        socket.write(packet(0x30, topic, [0], nbirth(metrics)))
      } else if (kind === 12) socket.write(packet(0xd0))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`
  const config = mqttConfig.parse({ url, protocolVersion: 5, format: 'sparkplug' })
  const found = await collect(mqtt.browse?.(config, contextFor({ clock: impatient }), '**', stop))
  // Receive Maximum (3.1.2.11.3): 33, and two bytes.
  const at = connect.indexOf(0x21, 12)
  assert.equal(connect.readUInt16BE(at + 1), MQTT_LIMITS.inFlight)
  assert.equal(found.length, MQTT_LIMITS.browseEntries)
})
