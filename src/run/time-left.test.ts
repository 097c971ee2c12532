import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Growth, type Room, timeLeft } from './time-left.ts'

const MIB = 2 ** 20
const ROOM: Room = {
  ...{ bytes: 300 * MIB, heldBytes: 100 * MIB, maxBytes: 1000 * MIB, diskFreeBytes: undefined, bytesPerSecond: MIB },
  ...{ maxAgeMs: 7 * 86_400_000, oldestAgeMs: 3_600_000, overflow: 'block' },
}

test('nothing is said before the rate is known', () => {
  const growth = new Growth()
  assert.equal(growth.bytesPerSecond, undefined)
  for (let s = 0; s < 30; s += 5) growth.note(s * 1000, s * 500)
  assert.equal(growth.bytesPerSecond, undefined)
  growth.note(30_000, 15_000)
  assert.ok(Math.abs(Number(growth.bytesPerSecond) - 500) < 1e-6)
  assert.equal(timeLeft({ ...ROOM, bytesPerSecond: undefined }), undefined)
})

test('a steady rate is told exactly from the first, whatever the counter and the clock started from', () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.nat(1e9), fc.integer({ min: 0, max: 100_000 }), (bytes, ms, rate) => {
      const growth = new Growth()
      for (let s = 0; s <= 600; s += 5) growth.note(ms + s * 1000, bytes + s * rate)
      assert.ok(Math.abs((growth.bytesPerSecond as number) - rate) < 1e-3)
    }),
  )
})

test('a burst is smoothed, a lasting change shows within minutes, and time that stands still changes nothing', () => {
  const growth = new Growth()
  let bytes = 0
  let ms = 0
  const run = (seconds: number, rate: number) => {
    for (let s = 0; s < seconds; s += 5) growth.note((ms += 5000), (bytes += 5 * rate))
    return growth.bytesPerSecond as number
  }
  run(600, 100)
  const burst = run(5, 10_000)
  assert.ok(burst > 100 && burst < 500, `${burst}`)
  run(600, 100)
  const lasting = run(600, 1000)
  assert.ok(lasting > 900 && lasting < 1000, `${lasting}`)
  growth.note(ms, bytes + 1e9)
  assert.equal(growth.bytesPerSecond, lasting)
})

test('what comes first ends it: the spool’s size, the disk, or the age of the oldest record', () => {
  assert.deepEqual(timeLeft(ROOM), { limit: 'size', seconds: 900, effect: 'block' })
  assert.deepEqual(timeLeft({ ...ROOM, overflow: 'drop-oldest' }), { limit: 'size', seconds: 900, effect: 'drop-oldest' })
  // 200 MiB in use are delivered already: they go before the disk is full.
  assert.deepEqual(timeLeft({ ...ROOM, diskFreeBytes: 50 * MIB }), { limit: 'disk', seconds: 250, effect: 'block' })
  assert.deepEqual(timeLeft({ ...ROOM, maxAgeMs: 4_000_000 }), { limit: 'age', seconds: 400, effect: 'drop-oldest' })
  assert.deepEqual(timeLeft({ ...ROOM, bytesPerSecond: 0 }), { limit: 'age', seconds: 7 * 86_400 - 3600, effect: 'drop-oldest' })
  assert.equal(timeLeft({ ...ROOM, heldBytes: 1000 * MIB, bytesPerSecond: 0 })?.seconds, 0)
  assert.equal(timeLeft({ ...ROOM, oldestAgeMs: 8 * 86_400_000 })?.seconds, 0)
})
