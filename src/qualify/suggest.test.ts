import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { duration } from '../core/config-parts.ts'
import { SECOND } from '../core/time.ts'
import { randomFrom } from './faults/random.fixture.ts'
import { durationText, type History, suggest } from './suggest.ts'

const T0 = 1_700_000_000 * SECOND

/** `count` readings, one each `periodS` with 5 % jitter. */
function history(count: number, periodS: number, of: (i: number, random: ReturnType<typeof randomFrom>) => number, seed = 1): History {
  const random = randomFrom(seed)
  return {
    time: Float64Array.from({ length: count }, (_, i) => T0 + (i + random.between(-0.05, 0.05)) * periodS * SECOND),
    value: Float64Array.from({ length: count }, (_, i) => of(i, random)),
  }
}

const temperature = (i: number, random: ReturnType<typeof randomFrom>) =>
  Math.round(10 * (15 + 5 * Math.sin((2 * Math.PI * i) / 8640) + random.normal(0.1))) / 10

test('a temperature: range around its robust extremes, its period, its step, its calm and its speed, each from the evidence', () => {
  const { proposal, evidence } = suggest(history(8640, 10, temperature), 500) ?? assert.fail()
  const { range, expectedPeriod, resolution, flatLine, maxRatePerSecond, counter } = proposal
  assert.deepEqual([range, expectedPeriod, resolution, counter], [[5, 25], 10_000, 0.1, undefined])
  assert.ok((flatLine ?? 0) >= 3 * evidence.calmMs && (flatLine ?? 0) <= 3_600_000, `${flatLine}`)
  assert.ok((maxRatePerSecond ?? 0) >= 3 * evidence.rates[0] && (maxRatePerSecond ?? 0) < 0.5, `${maxRatePerSecond}`)
  assert.deepEqual([evidence.samples, evidence.distinct > 90], [8640, true])
})

test('one wild reading in a thousand moves neither the range nor the rate', () => {
  const wild =
    suggest(
      history(8640, 10, (i, random) => (i % 2000 === 999 ? 900 : temperature(i, random))),
      500,
    ) ?? assert.fail()
  assert.deepEqual(wild.proposal.range, [5, 25])
  assert.equal(wild.evidence.maximum, 900)
})

test('a counter is one, its rollover known where it fell from near one; nothing else is said of its level', () => {
  const up = suggest(
    history(2000, 1, (i) => (i * 40) % 65_536),
    500,
  )?.proposal
  assert.deepEqual(up, { expectedPeriod: 1000, counter: { rollover: 65_536 }, range: [0, 65_536] })
  const rising = (periodS: number) =>
    suggest(
      history(900, periodS, (i) => 3 * i),
      500,
    )?.proposal.counter
  // A quarter of an hour of rising is no counter yet.
  assert.deepEqual([rising(60), rising(1)], [{}, undefined])
  // But no range either: it would be left with the next reading.
  for (const sign of [1, -1])
    assert.equal(
      suggest(
        history(900, 1, (i) => 3000 + sign * 3 * i),
        500,
      )?.proposal.range,
      undefined,
    )
})

test('codes of states, constants and numbers without a step are not given what they do not have', () => {
  assert.deepEqual(
    suggest(
      history(1000, 1, (i) => [0, 1, 2, 3][Math.floor(i / 50) % 4] as number),
      500,
    )?.proposal,
    { expectedPeriod: 1000 },
  )
  const constant = suggest(
    history(1000, 1, () => 21.5),
    500,
  )?.proposal
  assert.deepEqual(constant, { expectedPeriod: 1000 })
  assert.equal(
    suggest(
      history(1000, 1, (_, random) => random.normal(1)),
      500,
    )?.proposal.resolution,
    undefined,
  )
})

test('a motor that stands still for minutes when it is well gets no flat line, readings by exception get no period', () => {
  const motor = suggest(
    history(4000, 1, (i, random) => (Math.floor(i / 1000) % 2 === 0 ? 0 : 8 + random.normal(0.2))),
    500,
  )?.proposal
  assert.equal(motor?.flatLine, undefined)
  assert.equal(motor?.range?.[0], 0)
  const random = randomFrom(3)
  const { value } = history(1000, 1, temperature)
  let t = T0
  const time = value.map(() => (t += random.between(0.5, 30) * SECOND))
  assert.equal(suggest({ time, value }, 500)?.proposal.expectedPeriod, undefined)
})

test('too little history, or none of any length, suggests nothing', () => {
  assert.equal(suggest(history(499, 10, temperature), 500), undefined)
  assert.equal(suggest({ time: new Float64Array(600).fill(T0), value: new Float64Array(600) }, 500), undefined)
  assert.equal(suggest({ time: new Float64Array(0), value: new Float64Array(0) }, 0), undefined)
})

test('whatever the readings: what is proposed can be declared, and the middle of the readings lies within the range', () => {
  const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 80 })
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 100_000 }), (list, periodMs) => {
      const time = Float64Array.from(list, (_, i) => T0 + i * periodMs * 1000)
      const { proposal, evidence } = suggest({ time, value: Float64Array.from(list) }, 2) ?? assert.fail()
      const { range, resolution, maxRatePerSecond, expectedPeriod, flatLine } = proposal
      if (range) assert.ok(range[0] < range[1] && range[0] <= evidence.percentiles[1] && evidence.percentiles[1] <= range[1])
      for (const positive of [resolution, maxRatePerSecond])
        assert.ok(positive === undefined || (positive > 0 && Number.isFinite(positive)))
      for (const ms of [expectedPeriod, flatLine]) if (ms !== undefined) assert.equal(duration.parse(durationText(ms)), ms)
    }),
  )
})
