import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayBeOffUs } from './clocks.ts'

test('times may be off by the measured offset and its uncertainty together', () => {
  const clock = { connection: 'plc', method: 'one-way' } as const
  assert.equal(mayBeOffUs({ ...clock, offsetUs: 4_100_000, uncertaintyUs: 100_000 }), 4_200_000)
  assert.equal(mayBeOffUs({ ...clock, offsetUs: -150, uncertaintyUs: 150 }), 300)
  assert.equal(mayBeOffUs({ ...clock, offsetUs: undefined, uncertaintyUs: 0 }), 0)
  assert.equal(mayBeOffUs({ ...clock, offsetUs: undefined, uncertaintyUs: undefined }), undefined)
})
