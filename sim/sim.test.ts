import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isThorough } from '../src/lib/thorough.fixture.ts'
import { simulate } from './world.ts'

/** Short runs of a few seeds; `node sim/main.ts` goes on from there. */

test('one seed gives one run', async () => {
  const [first, second] = [await simulate({ seed: 204, hours: 0.3 }), await simulate({ seed: 204, hours: 0.3 })]
  assert.deepEqual(first, second)
  assert.ok(first.steps > 500)
  const other = await simulate({ seed: 8, hours: 0.1 })
  assert.notEqual(other.hash, first.hash)
})

// Worlds with a fault every minute or two: 200 and 212 have a relay, 204 two edges on one hub.
const SEEDS = isThorough ? [200, 204, 212] : [200]
for (const seed of SEEDS)
  test(`seed ${seed}: with faults, everything acknowledged arrives once, in order and as it was`, async () => {
    const { violations, acknowledged, stored, declared } = await simulate({ seed, hours: 1 })
    assert.deepEqual(violations, [])
    assert.ok(acknowledged > 0)
    assert.equal(stored + declared, acknowledged)
  })

// A full disk once took the hub's whole log, all of it released: the next start found nothing and began a new epoch.
test('seed 9: a disk that is full takes no log its epoch', async () => {
  const { violations, acknowledged } = await simulate({ seed: 9, hours: 1.55 })
  assert.deepEqual(violations, [])
  assert.ok(acknowledged > 0)
})

// The relay, put back to an older copy, declares as gone what the hub has: the hub once ended the line each time, for good.
test('seed 20053: what a restored relay no longer has is taken, as far as it is gone for the hub too', async () => {
  const { violations, stored, declared, acknowledged } = await simulate({ seed: 20053, hours: 3.3 })
  assert.deepEqual(violations, [])
  assert.equal(stored + declared, acknowledged)
})
