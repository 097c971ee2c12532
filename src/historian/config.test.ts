import assert from 'node:assert/strict'
import { test } from 'node:test'
import { historianConfig } from './config.ts'

test('defaults, units and unknown keys', () => {
  assert.deepEqual(historianConfig.parse({}), {
    memoryLimit: 2 ** 30,
    threads: 2,
    compactAfter: 86_400_000,
    queryTimeout: 10_000,
    queryRows: 10_000,
    commitRows: 100_000,
    commitInterval: 250,
  })
  assert.equal(historianConfig.parse({ retention: '400d' }).retention, 400 * 86_400_000)
  assert.equal(historianConfig.safeParse({ retentions: '400d' }).success, false)
  assert.equal(historianConfig.safeParse({ commitRows: 0 }).success, false)
})
