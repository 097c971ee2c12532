import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import { collectAfterStart } from './after-start.ts'

test('what a start left behind is collected once; called off, nothing is', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const used = () => getHeapStatistics().used_heap_size
  const litter = () => Array.from({ length: 400_000 }, (_, i) => ({ i })).length
  assert.equal(litter(), 400_000)
  const before = used()
  collectAfterStart(1_000)()
  t.mock.timers.tick(2_000)
  assert.ok(used() >= before)
  collectAfterStart(1_000)
  t.mock.timers.tick(2_000)
  assert.ok(used() < before)
  assert.equal((globalThis as { gc?: unknown }).gc, undefined)
})
