import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from './world.ts'

/** Short runs of a few seeds; `node sim/main.ts` goes on from there. */

test('one seed gives one run', async () => {
  const [first, second] = [await simulate({ seed: 7, hours: 0.5 }), await simulate({ seed: 7, hours: 0.5 })]
  assert.deepEqual(first, second)
  assert.ok(first.steps > 1_000)
  const other = await simulate({ seed: 8, hours: 0.5 })
  assert.notEqual(other.hash, first.hash)
})

for (const seed of [1, 2, 3])
  test(`seed ${seed}: with faults, everything acknowledged arrives once, in order and as it was`, async () => {
    const { violations, acknowledged, stored, declared } = await simulate({ seed, hours: 2 })
    assert.deepEqual(violations, [])
    assert.ok(acknowledged > 0)
    assert.equal(stored + declared, acknowledged)
  })
