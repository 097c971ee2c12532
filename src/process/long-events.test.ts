import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { History } from '../core/history.ts'
import { HOUR, MINUTE, SECOND } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { eventFrame } from './config.ts'
import { Driver } from './driver.fixture.ts'
import { events } from './events.ts'
import type { Known } from './places.ts'

const numRuns = cases(4, 300)
const T0 = Date.UTC(2026, 10, 23) * 1000
const known: Known = { ids: () => ['s/x'], signal: (id) => (id === 's/x' ? { unit: 'A', expectedPeriodUs: 5 * SECOND } : undefined) }
const declaration = eventFrame.parse({
  ...{ id: 'jam', inputs: { x: 'x' }, start: 'x > 8', end: 'x < 5', mergeGap: '7s', minimum: '3s' },
  attributes: { peak: { signal: 'x', function: 'Maximum2' }, mean: { signal: 'x', function: 'TimeAverage2' } },
})
const derivation = events(declaration, 's', known)

/** Every five seconds a reading: long above the limit, now and then a moment below it, some lost, some late. */
const reading = fc.record({
  value: fc.oneof({ weight: 200, arbitrary: fc.integer({ min: 9, max: 20 }) }, { weight: 1, arbitrary: fc.constantFrom(1, 6) }),
  late: fc.oneof({ weight: 60, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) }),
  isLost: fc.oneof({ weight: 300, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})

test(`a long event that goes on is what it is by its whole history, at every moment (${numRuns} streams)`, async () => {
  let spared = 0
  await fc.assert(
    fc.asyncProperty(fc.array(reading, { minLength: 150, maxLength: 260, size: 'max' }), async (readings) => {
      const live = new Driver(derivation)
      const arrivals = Map.groupBy(
        [{ value: 1, late: 0, isLost: false }, ...readings].map((one, i) => ({ ...one, i })),
        ({ i, late }) => i + late,
      )
      const last = Math.max(...arrivals.keys())
      for (let i = 0; i <= last; i++) {
        for (const { i: at, value, isLost } of arrivals.get(i) ?? []) {
          if (isLost) continue
          const time = T0 + at * 5 * SECOND
          live.history.sample('s/x', time, value)
          await live.absorb({ signal: 's/x', from: time, to: time })
        }
        const watermark = T0 + i * 5 * SECOND + 1
        await live.compute(watermark)
        if (i % 10 !== 0) continue
        const whole = (
          await derivation.compute([{ definition: 'jam', key: 's', from: T0, to: watermark }], live.history, { watermark, cause: 'first' })
        )[0]
        const facts = live.facts()
        assert.deepEqual(
          facts.map(({ from, to }) => [from, to]),
          whole?.facts.map(({ from, to }) => [from, to]),
        )
        for (const [n, { to, from, values }] of facts.entries()) {
          const now = whole?.facts[n]?.values
          if (to !== null) assert.deepEqual(values, now)
          else {
            // Where no reading comes it is looked at once a minute.
            const behind = Number(now?.duration?.value) - Number(values.duration?.value)
            assert.ok(behind >= 0 && behind * SECOND <= Math.max(MINUTE, (watermark - from) / 60) + MINUTE, `${behind} s`)
            if (behind > 0) spared++
          }
        }
      }
    }),
    { numRuns },
  )
  assert.ok(spared > numRuns, `${spared} times nothing was computed anew`)
})

test('what a new reading of a long event costs does not grow with the event', async () => {
  const costOf = async (length: number) => {
    const live = new Driver(derivation)
    live.history.sample('s/x', T0, 1)
    for (let at = 5 * SECOND; at < length; at += 5 * SECOND) live.history.sample('s/x', T0 + at, 9)
    await live.publish([{ definition: 'jam', key: 's', from: T0, to: T0 + length }], T0 + length)
    let read = 0
    const counting: History = {
      facts: (query) => live.history.facts(query),
      records: (query) => live.history.records(query),
      series: async (query) => {
        const found = await live.history.series(query)
        read += found.reduce((sum, { count }) => sum + count, 0)
        return found
      },
    }
    const time = T0 + length + 5 * SECOND
    live.history.sample('s/x', time, 9)
    await derivation.compute([{ definition: 'jam', key: 's', from: time, to: time }], counting, { watermark: time, cause: 'first' })
    return read
  }
  const [short, long] = [await costOf(HOUR), await costOf(10 * HOUR)]
  assert.ok(long === short && long < 20, `${short} and ${long} samples read`)
})
