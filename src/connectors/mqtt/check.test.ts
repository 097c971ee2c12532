import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BrowseEntry, CheckStep } from '../../core/connector.ts'
import { systemClock } from '../../core/time.ts'
import { OPENSSL, startMosquitto, withoutTls } from './brokers.fixture.ts'
import { mqttConfig } from './config.ts'
import { contextFor, readUntil } from './context.fixture.ts'
import { mqtt } from './index.ts'
import { startDemoBroker, startSparkplugSimulator } from './simulator.ts'
import { MqttSource } from './source.ts'

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
