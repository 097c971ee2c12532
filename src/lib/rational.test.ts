import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { binary, fromDecimal, nearestDouble, ratio } from './rational.ts'

const whole = fc.maxSafeInteger()

test('the double nearest to a quotient of whole numbers is what IEEE 754 division gives', () => {
  fc.assert(
    fc.property(
      whole,
      whole.filter((d) => d !== 0),
      (n, d) => {
        const { n: top, d: bottom } = ratio(BigInt(n), BigInt(d))
        assert.equal(nearestDouble(top, bottom), n / d + 0)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a double is the fraction it is made of, from the smallest to the largest', () => {
  const back = (value: number) => {
    const { m, e } = binary(value)
    return e >= 0 ? nearestDouble(m << BigInt(e), 1n) : nearestDouble(m, 1n << BigInt(-e))
  }
  for (const value of [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 2 ** -1022, 0.1, 1 / 3, 2 ** 53 + 2])
    assert.equal(back(value), value)
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => assert.equal(back(value), value + 0)))
})

test('a decimal is read as it is written', () => {
  assert.deepEqual(fromDecimal('273.15'), { n: 5463n, d: 20n })
  assert.deepEqual(fromDecimal('1.66e-2'), { n: 83n, d: 5000n })
  assert.deepEqual(fromDecimal('37e9'), { n: 37_000_000_000n, d: 1n })
  for (const text of ['', 'x', '1.', '1e', '0x1']) assert.throws(() => fromDecimal(text), RangeError)
})
