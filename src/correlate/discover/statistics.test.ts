import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normalTails, studentTails } from './distributions.ts'
import { falseDiscoveryRates, simes } from './fdr.ts'
import { matchedTest } from './matched-test.ts'
import { seeded } from './random.ts'
import { rankCorrelation } from './rank-correlation.ts'

const near = (is: number, expected: number, within = 1e-6) =>
  assert.ok(Math.abs(is - expected) <= within * Math.max(1e-9, Math.abs(expected)), `${is}, not ${expected}`)

test('tails of the normal and of Student’s distribution are those of the tables', () => {
  near(normalTails(1.959963984540054), 0.05)
  near(normalTails(4), 6.334248366623973e-5, 1e-5)
  near(studentTails(2.2281388519649385, 10), 0.05)
  near(studentTails(12.706204736174698, 1), 0.05)
  near(studentTails(-3.5, 200), 0.0005731, 1e-3)
  assert.equal(studentTails(5, 0), 1)
})

/** Tries every choice of "the event" in every set. */
function bruteForce(sets: readonly (readonly number[])[]): number {
  const scores = sets.map((all) => all.map((one) => all.reduce((sum, other) => sum + Math.sign(one - other), 0)))
  const seen = Math.abs(scores.reduce((sum, [first]) => sum + (first as number), 0))
  let sums = [0]
  for (const one of scores) sums = sums.flatMap((sum) => one.map((score) => sum + score))
  return sums.filter((sum) => Math.abs(sum) >= seen).length / sums.length
}

test('the matched test equals every permutation tried, ties included', () => {
  const value = fc.integer({ min: 0, max: 4 })
  fc.assert(
    fc.property(fc.array(fc.array(value, { minLength: 3, maxLength: 4 }), { minLength: 1, maxLength: 7 }), (sets) => {
      const result = matchedTest(sets.map(([event, ...controls], cluster) => ({ event: event as number, controls, cluster })))
      const exact = bruteForce(sets)
      // What is far from any finding is told by the normal distribution.
      if (exact < 0.1) near(result?.p as number, exact, 1e-9)
      else assert.ok((result?.p as number) > 0.03)
    }),
    { numRuns: 200, seed: 1 },
  )
})

test('unknown values leave their set, or the comparison with it, out; events of one cluster count as one', () => {
  const set = (event: number, controls: number[], cluster: number) => ({ event, controls, cluster })
  assert.equal(matchedTest([set(Number.NaN, [1, 2], 0), set(3, [1, Number.NaN], 1)]), undefined)
  const some = matchedTest([set(3, [1, 2, Number.NaN], 0), set(3, [4, 5], 1)])
  assert.deepEqual([some?.sets, some?.controls, some?.effect], [2, 4, 0])
  const apart = Array.from({ length: 10 }, (_, i) => set(9, [1, 2, 3, 4], i))
  assert.ok((matchedTest(apart)?.p ?? 1) < 1e-6)
  assert.equal(matchedTest(apart.map((one) => ({ ...one, cluster: 0 })))?.p, 1)
})

test('false discovery rates are those of the textbook; Simes takes the best of the sorted', () => {
  const rates = falseDiscoveryRates([0.01, 0.04, 0.03, 0.5])
  assert.deepEqual(
    rates.map((q) => Number(q.toFixed(6))),
    [0.04, 0.053333, 0.053333, 0.5],
  )
  near(simes([0.04, 0.01, 0.02]), 0.03)
  assert.equal(simes([]), 1)
})

test('correlations of wandering columns are not taken for many independent ones', () => {
  const random = seeded(3)
  const walk = (keep: number) => {
    let level = 0
    return Float64Array.from({ length: 400 }, () => (level = keep * level + random() - 0.5))
  }
  let naive = 0
  let corrected = 0
  for (let i = 0; i < 300; i++) {
    const { effect, p } = rankCorrelation(walk(0.95), walk(0.95))
    if (studentTails(effect * Math.sqrt(398 / (1 - effect * effect)), 398) < 0.05) naive++
    if (p < 0.05) corrected++
  }
  assert.ok(naive > 100, `${naive}`)
  assert.ok(corrected <= 30, `${corrected} of 300`)
  const x = walk(0)
  const { effect, p, effective } = rankCorrelation(
    x,
    x.map((value) => Math.exp(3 * value)),
  )
  assert.deepEqual([effect > 0.999, p < 1e-9, effective > 200], [true, true, true])
})
