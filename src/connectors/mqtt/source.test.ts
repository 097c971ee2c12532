import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startMosquitto, withoutMosquitto } from './brokers.fixture.ts'
import { mqttConfig } from './config.ts'
import { contextFor, readUntil } from './context.fixture.ts'
import { startDemoBroker, startSparkplugSimulator } from './simulator.ts'
import { MqttSource } from './source.ts'

const stop = new AbortController().signal

function gate(temperature: () => number) {
  return {
    name: 'edge1',
    metrics: [{ name: 'Load', type: 'Float', value: () => 0.5 }],
    devices: [
      {
        name: 'gate-12',
        metrics: [
          { name: 'Cabin/Temperature', type: 'Double', unit: 'Cel', value: temperature },
          { name: 'Docked', type: 'Boolean', value: () => true },
          { name: 'Flight', type: 'String', value: () => 'AF 1234' },
        ],
      },
      { name: 'gate-13', metrics: [{ name: 'Docked', type: 'Boolean', value: () => false }] },
    ],
  } as const
}

test('births, data, a device that dies and returns, a node that crashes, through the demo broker', async () => {
  const broker = await startDemoBroker()
  let temperature = 20
  const context = contextFor()
  const source = new MqttSource(mqttConfig.parse({ url: broker.url, format: 'sparkplug', protocolVersion: 4 }), context)
  await source.connect(stop)
  const simulator = await startSparkplugSimulator({ url: broker.url, group: 'T2', nodes: [gate(() => temperature)], periodMs: 0 })
  const born = await readUntil(source, context, (all) => all.length >= 5)
  assert.deepEqual(
    born.map(({ signal, value, status }) => [signal, value, status]),
    [
      ['t/T2/edge1/Load', 0.5, 'Good'],
      ['t/T2/edge1/gate-12/Cabin/Temperature', 20, 'Good'],
      ['t/T2/edge1/gate-12/Docked', true, 'Good'],
      ['t/T2/edge1/gate-12/Flight', 'AF 1234', 'Good'],
      ['t/T2/edge1/gate-13/Docked', false, 'Good'],
    ],
  )
  assert.equal(context.signals.at(context.signals.indexOf('t/T2/edge1/gate-12/Cabin/Temperature') ?? -1)?.unit, 'Cel')
  temperature = 21.5
  await simulator.publish()
  const [change, ...more] = await readUntil(source, context, (all) => all.length > 0)
  assert.deepEqual([change?.signal, change?.value, more.length], ['t/T2/edge1/gate-12/Cabin/Temperature', 21.5, 0])
  await simulator.kill('edge1', 'gate-12')
  const dead = await readUntil(source, context, (all) => all.length >= 3)
  assert.ok(dead.every(({ signal, status, value }) => signal.includes('gate-12') && status === 'BadNoCommunication' && value === null))
  await simulator.revive('edge1', 'gate-12')
  assert.equal((await readUntil(source, context, (all) => all.length >= 3)).filter(({ status }) => status === 'Good').length, 3)
  await simulator.crash('edge1')
  const gone = await readUntil(source, context, (all) => all.length >= 5)
  assert.ok(gone.every(({ reasons }) => reasons.includes('sparkplug-node-death')))
  await source.close()
  await simulator.stop()
  await broker.stop()
})

test('what is not acknowledged comes again after the line dropped; what arrives meanwhile is kept', {
  skip: withoutMosquitto,
}, async () => {
  const broker = await startMosquitto()
  const context = contextFor()
  const config = mqttConfig.parse({ url: broker.url, format: 'plain', signals: [{ id: 'x', topic: 'x' }] })
  const first = new MqttSource(config, context)
  await first.connect(stop)
  const { connectAsync } = (await import('mqtt')).default
  const publisher = await connectAsync(broker.url, { protocolVersion: 5 })
  for (const value of [1, 2]) await publisher.publishAsync('x', String(value), { qos: 1 })
  await readUntil(first, context, (all) => all.length >= 2, false)
  await first.close()
  await publisher.publishAsync('x', '3', { qos: 1 })
  const second = new MqttSource(config, context)
  await second.connect(stop)
  const again = await readUntil(second, context, (all) => all.length >= 3)
  assert.deepEqual(
    again.map(({ value }) => value),
    [1, 2, 3],
  )
  await second.close()
  const third = new MqttSource(config, context)
  await third.connect(stop)
  await publisher.publishAsync('x', '4', { qos: 1 })
  assert.deepEqual(
    (await readUntil(third, context, (all) => all.length >= 1)).map(({ value }) => value),
    [4],
  )
  await third.close()
  await publisher.endAsync()
  await broker.stop()
})
