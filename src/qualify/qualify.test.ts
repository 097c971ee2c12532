import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import { rank, Status } from '../core/status.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import { Qualify } from './index.ts'

const T0 = 1_700_000_000 * SECOND
type Row = [signal: number, seconds: number, value: number, status?: number]

function bench() {
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const common = { connection: 'c', address: 'a', dataType: 'number' } as const
  signals.define({ ...common, id: 'plain' })
  signals.define({ ...common, id: 'strict', range: [0, 100], maxRatePerSecond: 10, flatLineUs: 5 * SECOND })
  const qualify = new Qualify(signals, reasons)
  const judge = (rows: Row[], receivedTime = T0 + MINUTE) => {
    const batch = batchOf(rows, receivedTime)
    qualify.judge(batch)
    return [...batch.signal].map((_, i) => ({ status: batch.status[i] as number, reasons: reasons.names(batch.reasons[i] as number) }))
  }
  return { judge }
}

function batchOf(rows: Row[], receivedTime: number): SampleBatch {
  const builder = new BatchBuilder()
  for (const [signal, seconds, value, status] of rows) builder.push(signal, T0 + seconds * SECOND, value, status ?? 0)
  return builder.build(receivedTime)
}

test('a reading outside its range is Uncertain, one at the limit is not, one of a free signal never', () => {
  const got = bench().judge([
    [1, 0, 100],
    [1, 60, 100.01],
    [0, 0, 1e9],
  ])
  assert.deepEqual(got, [
    { status: Status.Good, reasons: [] },
    { status: Status.UncertainEngineeringUnitsExceeded, reasons: ['range'] },
    { status: Status.Good, reasons: [] },
  ])
})

test('a step faster than the rate is marked, also across batches and at one source time', () => {
  const { judge } = bench()
  assert.deepEqual(judge([[1, 0, 10]])[0]?.reasons, [])
  assert.deepEqual(judge([[1, 1, 20]])[0]?.reasons, [])
  assert.deepEqual(judge([[1, 2, 30.5]])[0]?.reasons, ['rate'])
  assert.deepEqual(judge([[1, 2, 31]])[0]?.reasons, ['rate'])
})

test('an unchanged value is a flat line only after its time, and a change ends it', () => {
  const got = bench().judge([
    [1, 0, 1],
    [1, 5, 1],
    [1, 6, 1],
    [1, 7, 2],
    [1, 8, 2],
  ])
  assert.deepEqual(
    got.map((g) => g.reasons),
    [[], [], ['flat-line'], [], []],
  )
})

test('late, out of order and future readings are named; only the future one loses its status', () => {
  const got = bench().judge(
    [
      [0, 60, 1],
      [0, 0, 1],
      [0, 130, 1],
    ],
    T0 + 61 * SECOND,
  )
  assert.deepEqual(got, [
    { status: Status.Good, reasons: [] },
    { status: Status.Good, reasons: ['late', 'out-of-order'] },
    { status: Status.Uncertain, reasons: ['clock-ahead'] },
  ])
})

test('a null value is judged by nothing but its time', () => {
  const got = bench().judge([[1, 0, Number.NaN, Status.BadNoCommunication]])
  assert.deepEqual(got, [{ status: Status.BadNoCommunication, reasons: [] }])
})

const rows = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 1 }),
    fc.integer({ min: 0, max: 100 }),
    fc.double({ min: -50, max: 150, noNaN: false }),
    fc.constantFrom(Status.Good, Status.UncertainLastUsableValue, Status.BadNoCommunication),
  ),
  { maxLength: 40 },
)

test('no rule raises a status, and a lowered one says why', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const got = bench().judge(given)
      got.forEach(({ status, reasons }, i) => {
        const before = given[i]?.[3] ?? 0
        assert.ok(rank(status) >= rank(before))
        if (status !== before) assert.ok(reasons.length > 0)
      })
    }),
  )
})

test('how samples are cut into batches changes no verdict', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 7 }), (given, size) => {
      const whole = bench().judge(given)
      const { judge } = bench()
      const parts: ReturnType<typeof judge> = []
      for (let i = 0; i < given.length; i += size) parts.push(...judge(given.slice(i, i + size)))
      assert.deepEqual(parts, whole)
    }),
  )
})
