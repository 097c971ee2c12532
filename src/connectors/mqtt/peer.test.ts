import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodePayload, type OutMetric } from './sparkplug/encode.ts'
import { NOON_MS, nbirth, testHost } from './sparkplug/host.fixture.ts'
import { SparkplugType } from './sparkplug/types.ts'

/** A Python with Google's protobuf package: `ECLUSE_PEER_PYTHON=/path/to/python`. */
const python = process.env.ECLUSE_PEER_PYTHON

test('an independent protobuf reads what we write, and we read what it writes', {
  skip: python ? false : 'ECLUSE_PEER_PYTHON names no Python with protobuf',
}, () => {
  const metric = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ type: SparkplugType.Float, value })),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ type: SparkplugType.Double, value })),
    fc.integer().map((value) => ({ type: SparkplugType.Int32, value })),
    fc.maxSafeInteger().map((value) => ({ type: SparkplugType.Int64, value })),
    fc.boolean().map((value) => ({ type: SparkplugType.Boolean, value })),
    fc.string({ maxLength: 20 }).map((value) => ({ type: SparkplugType.String, value })),
  )
  const sets = fc.sample(fc.array(metric, { minLength: 1, maxLength: 20 }), 200)
  const payloads = sets.map((set) =>
    nbirth(set.map((one, i): OutMetric => ({ name: `m${i}`, alias: i, timeMs: NOON_MS, unit: 'A', quality: 192, ...one }))),
  )
  const script = join(import.meta.dirname, 'sparkplug', 'peer.py')
  const { stdout, stderr, status } = spawnSync(python as string, [script], {
    input: payloads.map((bytes) => bytes.toString('hex')).join('\n'),
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { values: unknown[]; units: string[]; again: string })
  assert.equal(answers.length, payloads.length)
  for (const [i, { values, units, again }] of answers.entries()) {
    const set = sets[i] ?? []
    const wanted = set.map(({ value }) => value)
    // JSON knows no -0.
    assert.deepEqual(
      values.map((value) => (value === 0 ? 0 : value)),
      wanted.map((value) => (value === 0 ? 0 : value)),
    )
    assert.ok(units.every((unit) => unit === 'A'))
    const host = testHost()
    const samples = host.send('spBv1.0/g/NBIRTH/n', Buffer.from(again, 'hex'))
    assert.deepEqual(
      samples.map(({ value }) => (value === 0 ? 0 : value)),
      wanted.map((value) => (value === 0 ? 0 : value)),
    )
    assert.ok(samples.every(({ status: one }) => one === 'Good'))
    assert.deepEqual(host.counters.dropped, {})
  }
  assert.ok(encodePayload({ metrics: [] }).length === 0)
})
