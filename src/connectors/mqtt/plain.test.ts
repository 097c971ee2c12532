import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from '../../core/batch.ts'
import type { SourceCounters } from '../../core/source.ts'
import { follow, JSON_PATH_STEPS, parsePath } from '../../lib/json-path.ts'
import { type PlainConfig, plainConfig } from './config.ts'
import { contextFor, seen } from './context.fixture.ts'
import { MQTT_LIMITS } from './limits.ts'
import { PlainTopics } from './plain.ts'
import { parseText, parseTimestamp } from './plain-values.ts'

const RUNS = process.env.ECLUSE_LONG === '1' ? 100_000 : 1_000
const NOW = Date.UTC(2026, 2, 2, 8) * 1000

function topics(signals: object[]) {
  const config = plainConfig.parse({ url: 'mqtt://127.0.0.1', format: 'plain', signals }) as PlainConfig
  const context = contextFor()
  const counters: SourceCounters = { dropped: {} }
  const plain = new PlainTopics({ config, context, counters })
  const send = (topic: string, payload: string | Buffer, retain = false) => {
    const into = new BatchBuilder()
    plain.handle(topic, Buffer.from(payload), retain, into, NOW)
    return seen(into.build(NOW), context)
  }
  return { plain, context, counters, send }
}

test('numbers, booleans and text as whole messages', () => {
  const { send } = topics([
    { id: 'n', topic: 'n' },
    { id: 'b', topic: 'b', dataType: 'boolean' },
    { id: 't', topic: 't', dataType: 'text' },
  ])
  const of = (topic: string, payload: string) => send(topic, payload).map(({ value, status, reasons }) => [value, status, ...reasons])[0]
  assert.deepEqual(of('n', ' 21.5 '), [21.5, 'Good'])
  assert.deepEqual(of('n', '-1e3'), [-1000, 'Good'])
  assert.deepEqual(of('n', '0x10'), [null, 'BadTypeMismatch', 'type-mismatch'])
  assert.deepEqual(of('n', 'NaN'), [null, 'BadOutOfRange', 'not-a-number'])
  assert.deepEqual(of('n', '-inf'), [null, 'BadOutOfRange', 'infinite'])
  assert.deepEqual(of('n', ''), [null, 'BadNoData', 'no-value'])
  assert.deepEqual(of('n', '9007199254740993'), [9007199254740992, 'Uncertain', 'precision-lost'])
  assert.deepEqual(of('b', 'ON'), [true, 'Good'])
  assert.deepEqual(of('b', 'maybe'), [null, 'BadTypeMismatch', 'type-mismatch'])
  assert.deepEqual(of('t', 'é'), ['é', 'Good'])
  assert.deepEqual(of('t', 'x'.repeat(5000)), [null, 'BadEncodingLimitsExceeded', 'text-too-long'])
  assert.deepEqual(send('unknown', '1'), [])
})

test('JSON: paths, the device’s time, what is missing, what is no JSON', () => {
  const timestamp = { jsonPath: 'ts', format: 'unix-ms' }
  const { send, counters } = topics([
    { id: 'a', topic: 'j', jsonPath: 'sensors[1].t', timestamp },
    { id: 'b', topic: 'j', jsonPath: '$["odd name"].v', whenMissing: 'skip' },
    { id: 'c', topic: 'j', jsonPath: 'ok', dataType: 'boolean' },
  ])
  const first = send('j', JSON.stringify({ ts: NOW / 1000 - 5, sensors: [{ t: 1 }, { t: 2 }], 'odd name': { v: 3 }, ok: true }))
  assert.deepEqual(
    first.map(({ signal, value, time }) => [signal, value, time - NOW]),
    [
      ['t/a', 2, -5000],
      ['t/b', 3, 0],
      ['t/c', true, 0],
    ],
  )
  const second = send('j', '{"sensors":[0],"ok":"yes","ts":"soon"}')
  assert.deepEqual(
    second.map(({ signal, status, reasons }) => [signal, status, ...reasons]),
    [
      ['t/a', 'BadNoData', 'no-value', 'source-time-implausible'],
      ['t/c', 'BadTypeMismatch', 'type-mismatch'],
    ],
  )
  assert.ok(send('j', '{').every(({ status, reasons }) => status === 'BadDecodingError' && reasons[0] === 'undecodable'))
  assert.equal(counters.dropped.undecodable, 1)
  assert.ok(send('j', Buffer.alloc(MQTT_LIMITS.jsonBytes + 1, ' ')).every(({ status }) => status === 'BadDecodingError'))
  assert.equal(send('j', `${'['.repeat(100_000)}${']'.repeat(100_000)}`).length, 2, 'depth is no trouble')
})

test('+ stands for a level, and is caught into the id; retained values without a time are of unknown age', () => {
  const { send, plain, context } = topics([
    { id: '{2}/{1}/t', topic: 'site/+/+/t', unit: 'Cel' },
    { id: 'exact', topic: 'site/a/b/t' },
  ])
  assert.deepEqual(plain.filters, ['site/+/+/t'], 'no message comes twice')
  assert.deepEqual(
    send('site/a/b/t', '1')
      .map(({ signal }) => signal)
      .sort(),
    ['t/b/a/t', 't/exact'],
  )
  assert.equal(context.signals.at(context.signals.indexOf('t/b/a/t') ?? -1)?.unit, 'Cel')
  const [old] = send('site/x y/z/t', '1', true)
  assert.deepEqual([old?.signal, old?.status, old?.reasons], ['t/z/x-y/t', 'UncertainLastUsableValue', ['retained']])
})

test('two topics whose captures give one id: the second is refused with its reason', () => {
  const { send, counters } = topics([{ id: 'r/{1}', topic: 'r/+' }])
  assert.equal(send('r/a b', '1').length, 1)
  assert.equal(send('r/a-b', '1').length, 0)
  assert.match(counters.lastProblem ?? '', /its id t\/r\/a-b belongs to r\/a b/)
})

test('more topics than are remembered are still read', () => {
  const { send, counters } = topics([{ id: 'r/x{1}', topic: 'r/+' }])
  for (let i = 0; i <= MQTT_LIMITS.topics; i++) send(`r/${i}`, '1')
  assert.equal(counters.dropped['too-many-topics'], 1)
  assert.equal(send(`r/${MQTT_LIMITS.topics}`, '1').length, 1)
})

test('times of all formats', () => {
  assert.equal(parseTimestamp('2026-03-02T08:00:00.25Z', 'iso'), NOW + 250_000)
  assert.ok(Number.isNaN(parseTimestamp('2026-03-02 08:00', 'iso')), 'a time without a zone is none')
  assert.equal(parseTimestamp(NOW / 1e6, 'unix-s'), NOW)
  assert.equal(parseTimestamp(String(NOW / 1e3), 'unix-ms'), NOW)
  assert.equal(parseTimestamp(NOW, 'unix-us'), NOW)
})

test('paths: what is one, what is not, and what they find', () => {
  assert.deepEqual(parsePath('$'), [])
  assert.deepEqual(parsePath('a.b[0]["c\\"d"].e'), ['a', 'b', 0, 'c"d', 'e'])
  assert.deepEqual(parsePath('$.a'), ['a'])
  for (const wrong of ['.a', 'a..b', 'a b', 'a[', 'a[-1]', 'a[b]', '$a.', 'a.', '[0]x', 'a'.concat('.b'.repeat(JSON_PATH_STEPS))])
    assert.equal(parsePath(wrong), undefined, wrong)
  assert.equal(follow({ a: 1 }, ['__proto__']), undefined)
  assert.equal(follow({ a: 1 }, ['constructor', 'name']), undefined)
  assert.equal(follow([1], ['length']), undefined)
})

test('no text whatever makes a path, a value or a message throw', () => {
  const { send } = topics([
    { id: 'a', topic: 'j', jsonPath: 'a[0].b', timestamp: { jsonPath: 't', format: 'iso' } },
    { id: 'b', topic: 'j' },
  ])
  const strings = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('{"a":[{"b":1e999}],"t":"9999-99-99T99:99:99Z"}', '{"__proto__":{"a":1}}'),
  )
  fc.assert(
    fc.property(strings, (text) => {
      const path = parsePath(text)
      if (path) follow({ a: [{ b: 1 }] }, path)
      parseText(text, 'number')
      for (const { value } of send('j', text)) if (typeof value === 'number') assert.ok(Number.isFinite(value))
    }),
    { numRuns: RUNS },
  )
  const path = fc.array(fc.oneof(fc.nat({ max: 1e8 }), fc.string()), { maxLength: JSON_PATH_STEPS })
  fc.assert(
    fc.property(path, (steps) => {
      const text = `$${steps.map((step) => (typeof step === 'number' ? `[${step}]` : `["${step.replace(/["\\]/g, '\\$&')}"]`)).join('')}`
      assert.deepEqual(parsePath(text), steps)
    }),
    { numRuns: RUNS },
  )
})
