import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { mqttConfig } from './config.ts'
import { mqtt } from './index.ts'

const sparkplug = { url: 'mqtts://b', format: 'sparkplug' }
const plain = (signals: object[], more: object = {}) => ({ url: 'mqtts://b', format: 'plain', signals, ...more })
const codes = (config: object) => (mqtt.lint?.(mqttConfig.parse(config)) ?? []).map(({ code }) => code)

test('the sample configurations of the README are accepted as they stand', async () => {
  const readme = await readFile(join(import.meta.dirname, 'README.md'), 'utf8')
  const samples = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, text]) => parse(text as string) as { connections: Record<string, Record<string, unknown>> },
  )
  assert.ok(samples.length >= 2)
  for (const { connections } of samples)
    for (const { kind, silence: _silence, label: _label, ...config } of Object.values(connections)) {
      assert.equal(kind, 'mqtt')
      assert.deepEqual(mqtt.lint?.(mqttConfig.parse(config)), [])
    }
})

test('defaults', () => {
  const config = mqttConfig.parse(sparkplug)
  assert.deepEqual(
    [config.protocolVersion, config.cleanStart, config.qos, config.keepAlive, config.sessionExpiry],
    [5, false, 1, 30_000, 86_400_000],
  )
  if (config.format === 'sparkplug')
    assert.deepEqual([config.groups, config.primaryHost, config.idTemplate], [['*'], false, '{group}/{node}/{device}/{metric}'])
})

test('what is refused', () => {
  const wrong: object[] = [
    { ...sparkplug, url: 'http://b' },
    { ...sparkplug, url: 'mqtt://user:pass@b' },
    { ...sparkplug, protocolVersion: 3 },
    { ...sparkplug, qos: 2 },
    { ...sparkplug, format: 'csv' },
    { ...sparkplug, group: ['x'] },
    { ...sparkplug, groups: ['a/b/c/d'] },
    { ...sparkplug, idTemplate: '{group}' },
    { ...sparkplug, signals: [{ metric: 'a/b' }] },
    plain([]),
    plain([{ id: 'a', topic: 'a', jsonPath: 'a..b' }]),
    plain([{ id: 'a b', topic: 'a' }]),
    plain([{ id: 'a', topic: 'a', timestamp: { jsonPath: 't', format: 'rfc' } }]),
  ]
  for (const config of wrong) assert.equal(mqttConfig.safeParse(config).success, false, JSON.stringify(config))
})

test('lint', () => {
  assert.deepEqual(codes({ ...sparkplug, url: 'mqtt://broker.example' }), ['W_MQTT_PLAINTEXT'])
  assert.deepEqual(codes({ ...sparkplug, url: 'mqtt://127.0.0.1:1883' }), [])
  assert.deepEqual(codes({ ...sparkplug, url: 'mqtt://localhost', tls: {} }), ['E_MQTT_TLS_UNUSED'])
  assert.deepEqual(codes({ ...sparkplug, tls: { certificate: '/c' } }), ['E_MQTT_TLS_PAIR'])
  assert.deepEqual(codes({ ...sparkplug, signals: [{ metric: 'a/b//c' }, { metric: 'a/b//c' }] }), ['E_MQTT_DUPLICATE_METRIC'])
  assert.deepEqual(
    codes(
      plain([
        { id: 'x', topic: 'a', expectedPeriod: '1s' },
        { id: 'x', topic: 'b', expectedPeriod: '1s' },
      ]),
    ),
    ['E_DUPLICATE_ID'],
  )
  const expectedPeriod = '1min'
  assert.deepEqual(codes(plain([{ id: 'x', topic: 'a/+', expectedPeriod }])), ['E_MQTT_CAPTURE'])
  assert.deepEqual(codes(plain([{ id: 'x/{2}', topic: 'a/+', expectedPeriod }])), ['E_MQTT_CAPTURE'])
  assert.deepEqual(codes(plain([{ id: 'x', topic: 'a/#', expectedPeriod }])), ['E_MQTT_TOPIC'])
  assert.deepEqual(
    codes(
      plain([
        { id: 'x', topic: 'a' },
        { id: 'y', topic: 'b' },
      ]),
    ),
    ['W_MQTT_SILENCE'],
  )
  assert.deepEqual(
    codes(
      plain([
        { id: 'x', topic: 'a', expectedPeriod },
        { id: 'y', topic: 'b', model: 'hall' },
      ]),
    ),
    [],
  )
})
