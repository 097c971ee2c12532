import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cases } from '../../lib/thorough.fixture.ts'
import { MemoryHistory } from '../memory-history.fixture.ts'
import { rank, Status } from '../status.ts'
import { heldShare, overHeld, takesEnd } from './held.ts'
import { FUNCTIONS, type FunctionName } from './index.ts'

const numRuns = cases(500, 10_000)
const SPAN = 60

interface Reading {
  readonly time: number
  readonly value: number
  readonly status: number
}
interface Given {
  readonly told: readonly Reading[]
  readonly from: number
  readonly length: number
  readonly hold: number
}

const reading = fc.record({
  time: fc.integer({ min: 0, max: SPAN }),
  value: fc.constantFrom(0, 0, 1, 2, 5, -3, 7.5),
  status: fc.constantFrom(0, 0, 0, 0, Status.Uncertain, Status.UncertainSubstituteValue, Status.BadNoCommunication, Status.GoodNoData),
})
const given: fc.Arbitrary<Given> = fc.record({
  ...{ told: fc.array(reading, { maxLength: 14 }), from: fc.integer({ min: 0, max: 40 }), length: fc.integer({ min: 1, max: 30 }) },
  hold: fc.integer({ min: 1, max: 40 }),
})

/** 0 Good, 1 Uncertain, 2 without a value. */
const level = ({ status }: Reading) => (status === Status.GoodNoData || status >= 0x80000000 ? 2 : status === 0 ? 0 : 1)
const value = (one: Reading | undefined) => one?.value ?? null
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
const nullIf = (is: boolean, found: number | null) => (is ? null : found)

/** Every function from the words of the standard, a microsecond at a time, values held. Shares no code with what it judges. */
function naive({ told, from, length, hold }: Given) {
  const to = from + length
  const all = [...new Map(told.map((one) => [one.time, one])).values()].sort((a, b) => a.time - b.time)
  const inside = all.filter(({ time }) => time >= from && time < to)
  const lead = all.filter(({ time }) => time < from).at(-1)
  const read = lead && from - lead.time < hold ? [lead, ...inside] : inside
  const at = (t: number) => read.filter(({ time }) => time <= t && t - time < hold).at(-1)
  const moments = Array.from({ length }, (_, i) => at(from + i)).map((one, i) => {
    const newest = read.filter(({ time }) => time <= from + i).at(-1)
    return newest === one ? one : undefined
  })
  const isGood = (one: Reading | undefined) => one !== undefined && level(one) === 0
  const good = moments.flatMap((one) => (one && isGood(one) ? [one] : []))
  const samples = inside.filter(isGood)
  const usable = read.filter(isGood)
  const values = samples.map((one) => one.value)
  const held = good.map((one) => one.value)
  const none = values.length === 0
  const mean = sum(values) / values.length
  const squares = sum(values.map((x) => (x - mean) ** 2))
  const spread = (free: number) => nullIf(none, values.length > free ? squares / (values.length - free) : 0)
  const root = (x: number | null) => (x === null ? null : Math.sqrt(x))
  const most = (list: readonly number[], sign: 1 | -1) => (list.length === 0 ? null : sign * Math.max(...list.map((x) => x * sign)))
  const width = (list: readonly number[]) => nullIf(list.length === 0, Math.max(...list) - Math.min(...list))
  const ms = (count: number) => count / 1000
  // The newest before the end holds there, when it holds so long. One right at the end is none of this interval, but the bound of it.
  const newest = read.at(-1)
  const atEnd = newest && to - newest.time < hold ? newest : undefined
  const startBound = isGood(moments[0]) ? value(moments[0]) : null
  const bound = read.length > 0 ? all.find(({ time }) => time === to) : undefined
  const endBound = isGood(bound ?? atEnd) ? value(bound ?? atEnd) : null
  // An Uncertain reading that holds at the start is no Bad time; one within is (OPC 10000-13, tables A.30 and A.32).
  const badUs = moments.filter((one) => !isGood(one) && !(one !== undefined && level(one) === 1 && one.time < from)).length
  // Codes within as they are, and what the bounds at both edges are worth.
  const levels = moments.map((one) => (one === undefined ? 2 : one.time < from ? level(one) : rank(one.status)))
  const line = (t: number): number => {
    const [a, b] = [usable.filter((one) => one.time <= t).at(-1) as Reading, usable.find((one) => one.time > t)]
    return b ? a.value + ((b.value - a.value) * (t - a.time)) / (b.time - a.time) : a.value
  }
  const known = Array.from({ length }, (_, i) => from + i).filter((t) => (usable[0]?.time ?? to) <= t)
  const interpolated = usable.filter(({ time }) => time <= from).at(-1)
  const steps = usable.filter((one, i) => one.time >= from && usable[i - 1]?.value !== one.value).length
  const expected: Record<FunctionName, number | null> = {
    Interpolative: value(interpolated),
    Average: nullIf(none, mean),
    TimeAverage: nullIf(known.length === 0, sum(known.map((t) => (line(t) + line(t + 1)) / 2)) / known.length),
    TimeAverage2: nullIf(good.length === 0, sum(held) / good.length),
    Total: nullIf(known.length === 0, sum(known.map((t) => value(usable.filter((one) => one.time <= t).at(-1)) ?? 0)) / 1e6),
    Total2: nullIf(good.length === 0, sum(held) / 1e6),
    ...{ Minimum: most(values, -1), MinimumActualTime: most(values, -1), Maximum: most(values, 1), MaximumActualTime: most(values, 1) },
    ...{ Minimum2: most(held, -1), MinimumActualTime2: most(held, -1), Maximum2: most(held, 1), MaximumActualTime2: most(held, 1) },
    ...{ Range: width(values), Range2: width(held) },
    Count: nullIf(none, values.length),
    NumberOfTransitions: nullIf(none, steps),
    DurationInStateZero: nullIf(good.length === 0, ms(held.filter((x) => x === 0).length)),
    DurationInStateNonZero: nullIf(good.length === 0, ms(held.filter((x) => x !== 0).length)),
    Start: inside[0] && level(inside[0]) < 2 ? inside[0].value : null,
    End: inside.length > 0 && level(inside.at(-1) as Reading) < 2 ? value(inside.at(-1)) : null,
    Delta: nullIf(none, (values.at(-1) as number) - (values[0] as number)),
    ...{ StartBound: startBound, EndBound: endBound },
    DeltaBounds: startBound === null || endBound === null ? null : endBound - startBound,
    DurationGood: nullIf(read.length === 0, ms(good.length)),
    DurationBad: nullIf(read.length === 0, ms(badUs)),
    PercentGood: nullIf(read.length === 0, (good.length / length) * 100),
    PercentBad: nullIf(read.length === 0, (badUs / length) * 100),
    WorstQuality: nullIf(inside.length === 0, Math.max(...inside.map((one) => rank(one.status)))),
    WorstQuality2: nullIf(read.length === 0, Math.max(...levels, atEnd ? level(atEnd) : 2)),
    ...{ StandardDeviationSample: root(spread(1)), VarianceSample: spread(1) },
    ...{ StandardDeviationPopulation: root(spread(0)), VariancePopulation: spread(0) },
  }
  const share = (meant: (one: Reading) => boolean) => moments.filter((one) => one && meant(one)).length / length
  const ownShare = (meant: (one: Reading) => boolean) => share((one: Reading) => one.time >= from && meant(one))
  return {
    expected,
    share,
    ownShare,
    isGood,
    usable: share((one) => level(one) < 2),
    isAllGood: good.length === length,
    holdsAtEnd: atEnd !== undefined,
  }
}

const ANY = new Set(['DurationGood', 'DurationBad', 'PercentGood', 'PercentBad', 'WorstQuality', 'WorstQuality2'])
const OWN = new Set(
  'Average Minimum MinimumActualTime Maximum MaximumActualTime Range Count Start End Delta WorstQuality'
    .split(' ')
    .concat(['StandardDeviationSample', 'VarianceSample', 'StandardDeviationPopulation', 'VariancePopulation']),
)
/** The last bits depend on the order of adding. Rounding both would part two numbers that lie on either side of a half. */
function assertClose(found: number | null, expected: number | null, what: string): void {
  if (found === null || expected === null) assert.equal(found, expected, what)
  else assert.ok(Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${what}: ${found} is not ${expected}`)
}

async function seriesOf({ told }: Given, { from, to, lookBackUs }: { from: number; to: number; lookBackUs: number }) {
  const history = new MemoryHistory()
  for (const { time, value, status } of told) history.sample('x', time, level({ time, value, status }) === 2 ? Number.NaN : value, status)
  const [series] = await history.series({ signals: ['x'], from, to, lookBackUs })
  assert.ok(series)
  return series
}

test(`every function, and what of the time went into it, as counted a microsecond at a time (${numRuns} histories)`, async () => {
  await fc.assert(
    fc.asyncProperty(given, async (one) => {
      const { from, length, hold } = one
      const to = from + length
      const { expected, share, ownShare, isGood, usable, isAllGood, holdsAtEnd } = naive(one)
      const enough = await seriesOf(one, { from, to, lookBackUs: hold })
      const more = await seriesOf(one, { from, to: to + 1, lookBackUs: hold })
      const whole = await seriesOf(one, { from: -1, to: SPAN + 1, lookBackUs: 0 })
      assertClose(heldShare(whole, from, to, hold), usable, 'held')
      for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
        const asked = { name, holdUs: hold, stepped: true, percentDataGood: 100 }
        const found = overHeld(whole, from, to, asked)
        assert.deepEqual(overHeld(takesEnd(name) ? more : enough, from, to, asked), found, `${name}: more read than needed`)
        const isCode = name.startsWith('WorstQuality') && found.value !== null && name !== 'WorstQuality2'
        const value = name === 'WorstQuality2' && found.value !== null ? rank(found.value) : found.value
        assertClose(isCode ? rank(found.value as number) : value, expected[name], name)
        const meant = ANY.has(name) ? () => true : name === 'Start' || name === 'End' ? (r: Reading) => level(r) < 2 : isGood
        assertClose(found.coverage, (OWN.has(name) ? ownShare : share)(meant), `coverage of ${name}`)
        assertClose(heldShare(whole, from, to, hold, name), found.coverage, `held of ${name}`)
        const ofTime = /^(TimeAverage|Total|Minimum2|Maximum2|Range2|DurationInState)/.test(name)
        if (ofTime && rank(found.status) === 0) assert.ok(isAllGood, `${name} is Good`)
        // Those that go from bound to bound need a reading that holds at the end itself.
        if (ofTime && isAllGood && (!/^(TimeAverage|Total)$/.test(name) || holdsAtEnd))
          assert.equal(rank(found.status), 0, `${name} is not Good`)
      }
    }),
    { numRuns },
  )
})

test('differences from bound to bound add up, also where a reading lies right on the bound; those between readings do not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 38 }), async (step, middle) => {
      const told = Array.from({ length: 50 }, (_, i) => ({ time: i * step, value: i * i, status: 0 }))
      const series = await seriesOf({ told, from: 0, length: 40, hold: 10 }, { from: 0, to: 50 * step, lookBackUs: 0 })
      const change = (from: number, to: number) =>
        overHeld(series, from, to, { name: 'DeltaBounds', holdUs: 10, stepped: true, percentDataGood: 100 }).value as number
      assert.equal(change(0, middle) + change(middle, 40), change(0, 40))
      assert.equal(change(0, 40), Math.floor(40 / step) ** 2)
    }),
    { numRuns: 100 },
  )
})

test('a counter that is reset right at the end has no difference from bound to bound', async () => {
  const told = [0, 10, 20].map((time) => ({ time, value: time === 20 ? 0 : time, status: 0 }))
  const series = await seriesOf({ told, from: 0, length: 20, hold: 10 }, { from: 0, to: 21, lookBackUs: 0 })
  const asked = { holdUs: 10, stepped: true, percentDataGood: 100 }
  assert.equal(overHeld(series, 0, 20, { name: 'DeltaBounds', ...asked }).hasFallen, true)
  assert.equal(overHeld(series, 0, 20, { name: 'Delta', ...asked }).hasFallen, false)
})

test('half of the readings Uncertain: half of the time is covered, not all of it', async () => {
  const told = [0, 10, 20, 30].map((time) => ({ time, value: time, status: time % 20 === 0 ? 0 : Status.Uncertain }))
  const series = await seriesOf({ told, from: 0, length: 40, hold: 10 }, { from: 0, to: 40, lookBackUs: 10 })
  for (const name of ['TimeAverage2', 'Maximum', 'DurationInStateNonZero', 'Average'] as const)
    assert.equal(overHeld(series, 0, 40, { name, holdUs: 10, stepped: true, percentDataGood: 100 }).coverage, 0.5, name)
})

test('values that slope: a stretch that ends in nothing usable is held', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (one) => {
      const { from, length, hold, told } = one
      const to = from + length
      const series = await seriesOf(one, { from: -1, to: SPAN + 1, lookBackUs: 0 })
      const found = overHeld(series, from, to, { name: 'TimeAverage2', holdUs: hold, stepped: false, percentDataGood: 100 })
      const all = [...new Map(told.map((each) => [each.time, each])).values()].sort((a, b) => a.time - b.time)
      let [area, known, clean] = [0, 0, 0]
      for (let t = from; t < to; t++) {
        const i = all.findLastIndex(({ time }) => time <= t)
        const [a, b] = [all[i], all[i + 1]]
        if (!a || level(a) > 0 || t - a.time >= hold) continue
        known++
        const isSloped = b !== undefined && level(b) === 0 && b.time <= a.time + hold && (b.time < to || b.time <= to + hold)
        if (isSloped) clean++
        area += isSloped ? a.value + ((b.value - a.value) * (t + 0.5 - a.time)) / (b.time - a.time) : a.value
      }
      assertClose(found.value, clean > 0 ? area / known : null, 'value')
      assertClose(found.coverage, known / length, 'coverage')
    }),
    { numRuns },
  )
})
