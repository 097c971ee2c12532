import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spoolConfig } from './config.ts'

test('an empty spool part has sound defaults', () => {
  assert.deepEqual(spoolConfig.parse({}), {
    maxBytes: 2 * 2 ** 30,
    maxAge: 7 * 86_400_000,
    overflow: 'block',
    segmentBytes: 64 * 2 ** 20,
  })
})

test('sizes and ages are read with their units', () => {
  const parsed = spoolConfig.parse({ maxBytes: '8GiB', maxAge: '36h', overflow: 'drop-oldest', segmentBytes: '1MiB' })
  assert.deepEqual(parsed, { maxBytes: 8 * 2 ** 30, maxAge: 36 * 3_600_000, overflow: 'drop-oldest', segmentBytes: 2 ** 20 })
})

test('what contradicts itself or is unknown is refused', () => {
  for (const wrong of [
    { maxByte: '1GiB' },
    { maxBytes: '4MiB', segmentBytes: '2MiB' },
    { maxBytes: '4' },
    { maxAge: '0s' },
    { segmentBytes: '1KiB' },
  ]) {
    assert.equal(spoolConfig.safeParse(wrong).success, false, JSON.stringify(wrong))
  }
})

test('every field is described', () => {
  for (const [key, field] of Object.entries(spoolConfig.shape)) assert.ok(field.description, key)
})
