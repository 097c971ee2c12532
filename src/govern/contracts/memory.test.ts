import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Status } from '../../core/status.ts'
import { HOUR, MINUTE, SECOND } from '../../core/time.ts'
import { batchOf, bench, contractOf, property, type Row, T0 } from './fixture.ts'
import { CONTRACT_LIMITS } from './limits.ts'

const NULL: Row = { signal: 0, value: Number.NaN, status: Status.BadSensorFailure }
const ONE: Row = { signal: 0, value: 1 }
/** The beginning of the hour of T0. */
const H0 = Math.floor(T0 / HOUR) * HOUR
const checked = (quality: object[], fields: Record<string, unknown> = { signal: 'a/current' }, more: Record<string, string> = {}) =>
  contractOf([property('m', { quality }, fields)], [], more)

test('a check by rows: the samples past its limit break it, at once and by name; the next hour begins anew', () => {
  const { judge, watch } = bench([checked([{ metric: 'nullValues', mustBeLessOrEqualTo: 2 }])])
  const got = judge([NULL, ONE, NULL, NULL, ONE, NULL])
  assert.deepEqual(
    got.map(({ reasons }) => reasons.includes('contract')),
    [false, false, false, true, false, true],
  )
  assert.deepEqual(
    got.map(({ status }) => status),
    [NULL, ONE, NULL, NULL, ONE, NULL].map(({ status = Status.Good }) => status),
  )
  judge([NULL, NULL], T0 + HOUR)
  const [finding] = watch.findings(T0)[0]?.findings ?? []
  assert.deepEqual([finding?.kind, finding?.check, finding?.count], ['check', 'nullValues mustBeLessOrEqualTo 2', 2])
})

test('values that are not valid are Uncertain; those that stand for a missing one keep their status', () => {
  const invalid = { metric: 'invalidValues', arguments: { validValues: [1, 2] }, mustBe: 0 }
  const missing = { metric: 'missingValues', arguments: { missingValues: [-9999] }, mustBe: 0 }
  const { judge, kinds } = bench([checked([invalid, missing])])
  const got = judge([ONE, { signal: 0, value: 3 }, { signal: 0, value: -9999 }, NULL])
  assert.deepEqual(
    got.map(({ status }) => status),
    [Status.Good, Status.Uncertain, Status.Uncertain, Status.BadSensorFailure],
  )
  assert.deepEqual(kinds(), ['m.m check 2', 'm.m check 1'])
})

test('what an hour lacked, and shares of it, are known at its end: of whole hours only', () => {
  const quality = [
    { metric: 'rowCount', mustBeGreaterOrEqualTo: 3 },
    { metric: 'nullValues', mustBeLessThan: 50, unit: 'percent' },
  ]
  const { judge, watch } = bench([checked(quality)], H0 - 10 * MINUTE)
  const told = () =>
    watch.findings(T0)[0]?.findings.map(({ check, count, examples }) => [check, count, examples[0]?.value, examples[0]?.time])
  judge([ONE], H0 - MINUTE)
  judge([NULL, ONE], H0)
  // The hour before was not watched from its beginning.
  assert.deepEqual(told(), [])
  watch.tick(H0 + HOUR)
  assert.deepEqual(told(), [
    ['rowCount mustBeGreaterOrEqualTo 3', 1, 2, H0 + HOUR],
    ['nullValues mustBeLessThan 50 %', 1, 50, H0 + HOUR],
  ])
  // An hour without samples has no share; a clock that goes back ends nothing.
  watch.tick(H0 + 2 * HOUR)
  watch.tick(H0)
  watch.tick(H0 + 2 * HOUR)
  assert.deepEqual(
    told()?.map(([, count]) => count),
    [2, 1],
  )
})

const FRESH = { slaProperties: '[{ property: frequency, value: 1, unit: min }, { property: latency, value: 1, unit: d }]' }

test('a promise of freshness notices silence: on a mark when it has lasted, later by itself, once each time', () => {
  const { judge, kinds, watch, reasons } = bench([checked([], { signal: 'a/current' }, FRESH)])
  const marks = (at: number) => {
    const batch = batchOf([{ signal: 0, value: 1, status: Status.UncertainLastUsableValue }], at)
    watch.silence(batch)
    return reasons.names(batch.reasons[0] as number)
  }
  judge([ONE])
  // Without a mark there is no silence: a signal may report changes only.
  watch.tick(T0 + HOUR)
  assert.deepEqual(marks(T0 + 10 * SECOND), [])
  watch.tick(T0 + 50 * SECOND)
  assert.deepEqual(kinds(), [])
  watch.tick(T0 + 61 * SECOND)
  assert.deepEqual(kinds(), ['m.m silence 1'])
  assert.deepEqual(marks(T0 + 70 * SECOND), ['contract'])
  watch.tick(T0 + 90 * SECOND)
  judge([ONE], T0 + 100 * SECOND)
  assert.deepEqual(marks(T0 + 200 * SECOND), ['contract'])
  assert.deepEqual(kinds(), ['m.m silence 2'])
  const [finding] = watch.findings(T0)[0]?.findings ?? []
  assert.deepEqual(finding?.examples[1], { signal: 't/a/current', time: T0 + 200 * SECOND, value: null })
})

const everything = checked(
  [
    { metric: 'nullValues', mustBe: 1 },
    { metric: 'invalidValues', arguments: { validValues: [0, 1, 2] }, mustBeLessThan: 3 },
    { metric: 'rowCount', mustBeLessOrEqualTo: 20 },
  ],
  { signal: '*/current', minimumStatus: 'Good', unit: 'A' },
  FRESH,
)
const row: fc.Arbitrary<Row> = fc.record({
  signal: fc.constantFrom(0, 4),
  value: fc.integer({ min: -1, max: 4 }),
  status: fc.constantFrom(Status.Good, Status.BadSensorFailure, Status.UncertainLastUsableValue),
})

test('property: a restart in the middle changes no finding: saved, put back, and what came after learnt from the log', () => {
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 8 }), { maxLength: 8 }), fc.nat({ max: 8 }), fc.nat({ max: 8 }), (batches, a, b) => {
      const [saveAt, stopAt] = [Math.min(a, b), Math.max(a, b)]
      const whole = bench([everything])
      const first = bench([everything])
      let saved: Uint8Array | undefined
      const log: ReturnType<typeof batchOf>[] = []
      const at = (i: number) => H0 + i * SECOND
      batches.slice(0, stopAt).forEach((rows, i) => {
        if (i === saveAt) saved = first.watch.save()
        whole.judge(rows, at(i))
        const batch = batchOf(rows, at(i))
        first.watch.judge(batch)
        if (saved) log.push(batch)
      })
      saved ??= first.watch.save()
      const second = bench([everything], H0 + 500)
      // Sets of reasons are the spool's, and keep their indices.
      second.reasons.restore(1, first.reasons.since(1))
      assert.ok(second.watch.restore(saved))
      for (const batch of log) second.watch.learn(batch)
      batches.slice(stopAt).forEach((rows, i) => {
        whole.judge(rows, at(stopAt + i))
        second.judge(rows, at(stopAt + i))
      })
      assert.deepEqual(second.watch.findings(T0)[0]?.findings, whole.watch.findings(T0)[0]?.findings)
    }),
  )
})

test('what is learnt again from the log is not changed again', () => {
  const { watch, reasons } = bench([everything])
  const batch = batchOf([NULL, NULL, ONE], T0)
  batch.reasons[1] = reasons.of('contract')
  const before = { ...batch, status: batch.status.slice(), reasons: batch.reasons.slice() }
  watch.learn(batch)
  assert.deepEqual([batch.status, batch.reasons], [before.status, before.reasons])
})

test('another version of a contract begins anew; what is no memory is refused, and so is more than may be kept', () => {
  const old = bench([checked([{ metric: 'nullValues', mustBe: 0 }])])
  old.judge([NULL])
  const saved = old.watch.save()
  const other = bench([checked([{ metric: 'nullValues', mustBe: 0 }], undefined, { version: '"2"' })])
  assert.ok(other.watch.restore(saved))
  assert.deepEqual(other.kinds(), [])
  const same = bench([checked([{ metric: 'nullValues', mustBe: 0 }])])
  const text = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
  for (const bad of ['', '{', '{}', { findings: [{}], hours: [] }]) assert.equal(same.watch.restore(text(bad)), false)
  assert.equal(same.watch.restore(new Uint8Array(CONTRACT_LIMITS.savedBytes + 1)), false)
  const { findings } = JSON.parse(new TextDecoder().decode(saved))
  assert.equal(same.watch.restore(text({ findings: Array(CONTRACT_LIMITS.savedFindings + 1).fill(findings[0]), hours: [] })), false)
  assert.deepEqual(same.kinds(), [])
})

test('of too many findings the most frequent are kept', () => {
  const names = Array.from({ length: CONTRACT_LIMITS.properties }, (_, i) => `p${i}`)
  const quality = ['nullValues', 'missingValues'].map((metric) => ({ metric, mustBe: 0 }))
  const contract = contractOf(names.map((name) => property(name, { required: true, quality }, { signal: 'a/current' })))
  const { judge, watch } = bench([contract])
  judge([NULL])
  const { findings } = JSON.parse(new TextDecoder().decode(watch.save()))
  assert.equal(findings.length, CONTRACT_LIMITS.savedFindings)
})
