import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Boot, bootKey, claimedBoot, type Datagram, OVERHEAD, openDatagram, Sealer } from './datagram.ts'
import { DIODE_LIMITS } from './limits.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i)
const boot: Boot = { sender: 7, boot: 1_795_000_000_000_000, salt: new Uint8Array(16).fill(9) }
const shard: Datagram = {
  block: 2 ** 40 + 5,
  shard: 3,
  data: 4,
  parity: 2,
  blockBytes: 39,
  bytes: Uint8Array.from({ length: 10 }, (_, i) => i),
}

function open(bytes: Uint8Array, key = KEY): Datagram | undefined {
  const claimed = claimedBoot(bytes)
  return claimed && openDatagram(bytes, bootKey(key, claimed))
}

test('a datagram comes back as it was, and does not show its content', () => {
  const sealed = new Sealer(KEY, boot).seal(shard)
  assert.equal(sealed.length, OVERHEAD + 10)
  assert.deepEqual(claimedBoot(sealed), boot)
  const opened = open(sealed)
  assert.deepEqual({ ...opened, bytes: [...(opened?.bytes ?? [])] }, { ...shard, bytes: [...shard.bytes] })
  assert.ok(!Buffer.from(sealed).includes(Buffer.from(shard.bytes)))
})

test('no nonce comes twice: the same shard is another datagram each time, and under each boot', () => {
  const sealer = new Sealer(KEY, boot)
  const seen = new Set([sealer.seal(shard), sealer.seal(shard), new Sealer(KEY, { ...boot, boot: boot.boot + 1 }).seal(shard)].map(String))
  assert.equal(seen.size, 3)
  assert.throws(() => new Sealer(KEY.subarray(1), boot), RangeError)
})

test('one changed bit anywhere, another key or another length opens nothing', () => {
  const sealed = new Sealer(KEY, boot).seal(shard)
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = sealed.slice()
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.equal(open(changed), undefined, `bit ${bit}`)
  }
  assert.equal(open(sealed, KEY.toReversed()), undefined)
  for (let length = 0; length < sealed.length; length++) assert.equal(open(sealed.subarray(0, length)), undefined)
})

test('numbers that contradict each other are refused even where the key is right', () => {
  const sealer = new Sealer(KEY, boot)
  const changes: Partial<Datagram>[] = [
    ...[{ block: 0 }, { data: 0 }, { shard: 6 }, { parity: 252 }, { blockBytes: 41 }, { blockBytes: 36 }],
    ...[{ blockBytes: 0 }, { blockBytes: 2 ** 32 - 1 }],
  ]
  for (const change of changes) assert.equal(open(sealer.seal({ ...shard, ...change })), undefined, JSON.stringify(change))
})

test('bytes that nobody sealed throw nothing', () => {
  assert.equal(claimedBoot(new Uint8Array(DIODE_LIMITS.datagramBytes.max + 1)), undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => open(bytes) === undefined),
    { numRuns: 3000 },
  )
  const sealed = new Sealer(KEY, boot).seal(shard)
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.uint8Array({ minLength: 1, maxLength: 20 }), (at, noise) => {
      const bytes = sealed.slice()
      bytes.set(noise.subarray(0, bytes.length - at), at)
      return open(bytes) === undefined || Buffer.from(bytes).equals(Buffer.from(sealed))
    }),
    { numRuns: 3000 },
  )
})
