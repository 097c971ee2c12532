import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { galoisField, inverted, product } from './gf256.ts'
import { lostWith, parityFor } from './parity.ts'
import { ReedSolomon } from './reed-solomon.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('the field is the one of polynomial 0x11d', () => {
  const { exp, log, multiply, inverse } = galoisField()
  // From reedsolo 1.7.0 (PyPI) after init_tables(0x11d): gf_exp[0:16], and SHA-256 of gf_exp[0:255], gf_log[1:256] and of all 65,536 products.
  assert.deepEqual([...exp.subarray(0, 16)], [1, 2, 4, 8, 16, 32, 64, 128, 29, 58, 116, 232, 205, 135, 19, 38])
  assert.equal(sha256(exp.subarray(0, 255)), 'bdc336e3f040e4deac02d4ee345234a3aeecd636b8c944c229dd29b0a1852987')
  assert.equal(sha256(log.subarray(1)), '4750b176ac3995e46636de78deac4e4bc7d1d27b6b1cb6b862de0a473b35c421')
  const products = Uint8Array.from({ length: 65_536 }, (_, i) => multiply(i >> 8, i & 255))
  assert.equal(sha256(products), '003d1a609783d2740b9b3f00b0cd9e43e42c4f3eedc5ff54ec1709996d52e1e0')
  for (let a = 1; a < 256; a++) assert.equal(multiply(a, inverse(a)), 1)
  assert.throws(() => inverse(0), RangeError)
})

test('an inverse times its matrix is the identity, and a singular matrix is refused', () => {
  const field = galoisField()
  const matrix = Uint8Array.of(0, 2, 3, 1, 5, 7, 9, 11, 6)
  assert.deepEqual([...product(field, matrix, inverted(field, matrix, 3), 3)], [1, 0, 0, 0, 1, 0, 0, 0, 1])
  assert.throws(() => inverted(field, Uint8Array.of(1, 2, 1, 2), 2), RangeError)
})

test('parity is that of zfec', () => {
  const { vectors } = JSON.parse(readFileSync(new URL('./cases/zfec.json', import.meta.url), 'utf8')) as {
    vectors: { k: number; m: number; data: string; parity: string }[]
  }
  assert.equal(vectors.length, 10)
  for (const { k, m, data, parity } of vectors) {
    const all = Buffer.from(data, 'hex')
    const shards = Array.from({ length: k }, (_, i) => all.subarray((i * all.length) / k, ((i + 1) * all.length) / k))
    assert.equal(Buffer.concat(new ReedSolomon(k, m).encode(shards)).toString('hex'), parity, `${k} + ${m}`)
  }
})

test('any erasures up to the number of parity shards are recovered exactly', () => {
  const cases = fc.record({
    data: fc.integer({ min: 1, max: 40 }),
    parity: fc.integer({ min: 0, max: 20 }),
    length: fc.integer({ min: 0, max: 40 }),
    seed: fc.infiniteStream(fc.nat(255)),
    order: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  })
  fc.assert(
    fc.property(cases, ({ data, parity, length, seed, order }) => {
      const next = () => seed.next().value as number
      const shards = Array.from({ length: data }, () => Uint8Array.from({ length }, next))
      const code = new ReedSolomon(data, parity)
      const all: (Uint8Array | undefined)[] = [...shards, ...code.encode(shards)]
      const places = all.map((_, i) => ({ i, rank: order.next().value as number })).sort((a, b) => a.rank - b.rank)
      for (const { i } of places.slice(0, parity)) all[i] = undefined
      assert.deepEqual(code.reconstruct(all), shards)
      all[places[parity]?.i as number] = undefined
      assert.throws(() => code.reconstruct(all), RangeError)
    }),
    { numRuns: 200 },
  )
})

test('shards that make no block are refused', () => {
  assert.throws(() => new ReedSolomon(200, 56), RangeError)
  assert.throws(() => new ReedSolomon(0, 1), RangeError)
  const code = new ReedSolomon(2, 1)
  assert.throws(() => code.encode([new Uint8Array(1)]), RangeError)
  assert.throws(() => code.encode([new Uint8Array(1), new Uint8Array(2)]), RangeError)
})

test('parity follows from the loss it must bear', () => {
  // Figures from exact sums of binomials.
  assert.equal(parityFor(32, 0.05, 1e-10), 16)
  assert.equal(parityFor(1, 0.05, 1e-10), 7)
  assert.ok(Math.abs(lostWith(32, 16, 0.05) / 7.255320362220035e-11 - 1) < 1e-9)
  assert.ok(Math.abs(lostWith(32, 8, 0.05) / 0.00012958184849086514 - 1) < 1e-9)
  assert.equal(parityFor(32, 0, 1e-10), 0)
  assert.throws(() => parityFor(200, 0.3, 1e-10), RangeError)
})
