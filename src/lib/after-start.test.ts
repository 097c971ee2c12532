import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectAfterStart } from './after-start.ts'

test('what a start left behind is collected once; called off, nothing is; without the means, nothing happens', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const had = globalThis.gc
  t.after(() => {
    globalThis.gc = had
  })
  const collect = t.mock.fn(async () => {})
  globalThis.gc = collect as unknown as NodeJS.GCFunction
  collectAfterStart(1_000)()
  t.mock.timers.tick(2_000)
  assert.equal(collect.mock.callCount(), 0)
  collectAfterStart(1_000)
  t.mock.timers.tick(5_000)
  assert.equal(collect.mock.callCount(), 1)
  globalThis.gc = undefined
  collectAfterStart(1_000)
  t.mock.timers.tick(1_000)
})
