import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isNull, rank, Status } from '../status.ts'
import { KIND, prepare } from './history.ts'
import {
  type Aggregate,
  type AggregateConfiguration,
  aggregate,
  DEFAULT_CONFIGURATION,
  describeStatus,
  FUNCTIONS,
  type FunctionName,
  type Samples,
} from './index.ts'
import { AGGREGATE_LIMITS, eachInterval } from './intervals.ts'
import { Durations, eachRegion } from './regions.ts'

/** Laws that hold for any history, not only for the standard's examples. Times are small numbers of microseconds here. */

const ALL = Object.keys(FUNCTIONS) as FunctionName[]
const CODES = [Status.Good, Status.Good, Status.Good, Status.GoodLocalOverride, Status.Uncertain, Status.UncertainLastUsableValue]
const BAD = [Status.Bad, Status.BadNoCommunication, Status.BadNoData, Status.GoodNoData]

const row = fc.record({
  gap: fc.integer({ min: 1, max: 40 }),
  value: fc.integer({ min: -3, max: 3 }),
  status: fc.constantFrom(...CODES, ...BAD),
})
const histories = fc.array(row, { minLength: 0, maxLength: 60 }).map(samplesOf)
const configurations = fc.record({
  treatUncertainAsBad: fc.boolean(),
  percentDataBad: fc.constantFrom(50, 80, 100),
  percentDataGood: fc.constantFrom(50, 80, 100),
  useSlopedExtrapolation: fc.boolean(),
  stepped: fc.boolean(),
  resolutionUs: fc.constantFrom(1, 5),
})
const periods = fc.record({
  from: fc.integer({ min: -50, max: 600 }),
  length: fc.integer({ min: 1, max: 900 }),
  interval: fc.integer({ min: 5, max: 200 }),
})

function samplesOf(rows: readonly { gap: number; value: number; status: number }[]): Samples {
  let at = 0
  return {
    count: rows.length,
    time: Float64Array.from(rows, ({ gap }) => (at += gap)),
    value: Float64Array.from(rows, ({ value }) => value),
    status: Uint32Array.from(rows, ({ status }) => status),
  }
}

const slice = ({ time, value, status }: Samples, from: number, to: number): Samples => ({
  ...{ count: to - from, time: time.slice(from, to), value: value.slice(from, to), status: status.slice(from, to) },
})

/** The samples in a period and around it, as far as its edges need them: two usable ones before, one after. */
function around(samples: Samples, from: number, to: number, configuration: AggregateConfiguration): Samples {
  const history = prepare(samples, configuration)
  const first = [...history.time].filter((time) => time < from).length
  const last = [...history.time].filter((time) => time < to).length
  const one = history.before[first] as number
  const two = one < 0 ? -1 : (history.before[one] as number)
  return slice(history, Math.max(0, two), Math.min(history.count, (history.after[last] as number) + 1))
}

test('a period in parts, each with only the samples around it, gives what the whole gives', () => {
  fc.assert(
    fc.property(
      histories,
      configurations,
      periods,
      fc.integer({ min: 1, max: 8 }),
      (samples, configuration, { from, length, interval }, cut) => {
        const to = from + length
        const middle = Math.min(to, from + cut * interval)
        const compute = (some: Samples, a: number, b: number) =>
          aggregate(some, { from: a, to: b, intervalUs: interval }, ALL, configuration).results
        const whole = compute(samples, from, to)
        const parts = [
          [from, middle],
          [middle, to],
        ].filter(([a, b]) => (a as number) < (b as number)) as [number, number][]
        const results = parts.map(([a, b]) => compute(around(samples, a, b, configuration), a, b))
        for (const name of ALL)
          assert.deepEqual(
            results.flatMap((one) => one[name] ?? []),
            whole[name],
            name,
          )
      },
    ),
  )
})

test('Good, Uncertain and Bad time make the whole interval, or reach as far as the data', () => {
  fc.assert(
    fc.property(histories, configurations, periods, (samples, configuration, { from, length, interval }) => {
      const period = { from, to: from + length, intervalUs: interval }
      const names = ['PercentGood', 'PercentBad', 'DurationGood', 'DurationInStateZero', 'DurationInStateNonZero'] as const
      const { results } = aggregate(samples, period, names, configuration)
      const history = prepare(samples, configuration)
      let i = 0
      eachInterval(history, period, (one) => {
        const [good, bad, goodMs, zero, nonZero] = names.map((name) => (results[name] as Aggregate[])[i] as Aggregate)
        i++
        if (good?.value === null) return
        const sums = new Durations()
        eachRegion(history, one, true, (duration, _start, _end, kind) => sums.add(duration, kind))
        const uncertain = (sums.uncertain / sums.total) * 100
        assert.ok(Math.abs((good?.value ?? 0) + (bad?.value ?? 0) + uncertain - 100) < 1e-9)
        const newest = history.time[history.count - 1] as number
        const held = newest < one.end && history.kind[history.count - 1] !== KIND.bad
        assert.equal(sums.total, held ? Math.min(one.end, newest + configuration.resolutionUs) - one.start : one.end - one.start)
        if (zero?.value != null) assert.ok(Math.abs(zero.value + (nonZero?.value ?? 0) - (goodMs?.value ?? 0)) < 1e-9)
      })
    }),
  )
})

test('counts and totals of neighbouring intervals add up to those of both together', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 10 }), (samples, width, parts) => {
      const configuration = { ...DEFAULT_CONFIGURATION, resolutionUs: 1 }
      const { time, kind, count } = prepare(samples, configuration)
      const usable = [...time.subarray(0, count)].filter((_, i) => kind[i] !== KIND.bad)
      const from = usable[0]
      const end = usable.at(-1)
      if (from === undefined || end === undefined || from + width * parts > end) return
      const sum = (name: FunctionName, intervalUs: number) =>
        (aggregate(samples, { from, to: from + width * parts, intervalUs }, [name], configuration).results[name] as Aggregate[])
          .map(({ value }) => value ?? 0)
          .reduce((a, b) => a + b, 0)
      assert.equal(sum('Count', width), sum('Count', width * parts))
      assert.ok(Math.abs(sum('Total', width) - sum('Total', width * parts)) < 1e-9)
    }),
  )
})

test('nothing comes out clean where nothing usable went in, and only what is Bad has no value', () => {
  const judges: FunctionName[] = ['DurationGood', 'DurationBad', 'PercentGood', 'PercentBad', 'WorstQuality', 'WorstQuality2']
  const judged = ALL.filter((name) => !judges.includes(name))
  fc.assert(
    fc.property(histories, configurations, periods, (samples, configuration, { from, length, interval }) => {
      const period = { from, to: from + length, intervalUs: interval }
      const { results } = aggregate(samples, period, ALL, configuration)
      const history = prepare(samples, configuration)
      let i = 0
      eachInterval(history, period, ({ first, last, end }) => {
        // A sample at the very end is the end bound: it belongs to the next interval, and still says how this one ends.
        const bound = last < history.count && history.time[last] === end ? 1 : 0
        const rows = history.severity.subarray(Math.max(0, first - 1), last + bound)
        const dead = first < last && rows.every((severity) => severity === KIND.bad)
        for (const name of ALL) {
          const { value, status } = (results[name] as Aggregate[])[i] as Aggregate
          assert.equal(value === null, isNull(status), `${name} ${value} ${describeStatus(status)}`)
          assert.ok(value === null || Number.isFinite(value), name)
          const clean = rank(status) === 0 && status >>> 16 !== Status.GoodNoData >>> 16
          if (dead && judged.includes(name)) assert.ok(!clean, `${name} ${describeStatus(status)}`)
        }
        i++
      })
    }),
  )
})

test('averages and interpolated values stay between the least and the greatest sample', () => {
  fc.assert(
    fc.property(histories, fc.boolean(), periods, (samples, stepped, { from, length, interval }) => {
      const period = { from, to: from + length, intervalUs: interval }
      const names = ['Interpolative', 'TimeAverage', 'TimeAverage2', 'Average', 'Minimum', 'Maximum'] as const
      const { results } = aggregate(samples, period, names, { ...DEFAULT_CONFIGURATION, stepped })
      for (const name of names) for (const { value } of results[name] ?? []) assert.ok(value === null || Math.abs(value) <= 3 + 1e-9)
    }),
  )
})

test('what is not a number counts as Bad; of several samples at one time the last one counts and says so', () => {
  const samples = samplesOf([
    { gap: 10, value: Number.NaN, status: Status.Good },
    { gap: 10, value: 1, status: Status.Good },
    { gap: 0, value: 2, status: Status.Good },
    { gap: 10, value: Number.POSITIVE_INFINITY, status: Status.Uncertain },
  ])
  const period = { from: 0, to: 40, intervalUs: 40 }
  const { results } = aggregate(samples, period, ['Count', 'Start', 'Delta', 'Maximum', 'MaximumActualTime'], DEFAULT_CONFIGURATION)
  const said = (name: FunctionName) => (results[name] ?? []).map(({ value, status }) => [value, describeStatus(status)])
  assert.deepEqual(said('Count'), [[1, 'UncertainDataSubNormal, Calculated, Partial']])
  assert.deepEqual(said('Start'), [[null, 'BadAggregateInvalidInputs, Partial']])
  assert.deepEqual(said('Maximum'), [[2, 'UncertainDataSubNormal, Calculated, Partial']])
  const [raw] = aggregate(samples, { from: 20, to: 25, intervalUs: 5 }, ['Start'], DEFAULT_CONFIGURATION).results.Start ?? []
  assert.deepEqual([raw?.value, describeStatus(raw?.status ?? 0)], [2, 'Good, ExtraData'])
})

test('samples out of order, a period turned round, too many intervals, a contradictory configuration: refused', () => {
  const samples = samplesOf([])
  const run = (part: Partial<AggregateConfiguration>, from = 0, to = 10, intervalUs = 1, some = samples) =>
    aggregate(some, { from, to, intervalUs }, ['Count'], { ...DEFAULT_CONFIGURATION, ...part })
  assert.equal(run({}).start.length, 10)
  assert.throws(() => run({}, 10, 0), /beginning before its end/)
  assert.throws(() => run({}, 0, 10, 0), /beginning before its end/)
  assert.throws(() => run({}, 0, AGGREGATE_LIMITS.intervals + 1), /more than 1000000 intervals/)
  assert.throws(() => run({ percentDataGood: 10, percentDataBad: 50 }), /at least 100 - percentDataBad/)
  assert.throws(() => run({ percentDataGood: 101 }), /percentages/)
  const turned = { count: 2, time: Float64Array.of(2, 1), value: new Float64Array(2), status: new Uint32Array(2) }
  assert.throws(() => run({}, 0, 10, 1, turned), /order of time/)
})
