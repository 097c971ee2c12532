import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CONTRACT_BREACHES, type ContractBreach } from '../../core/contracts.ts'
import { rank, Status, worst } from '../../core/status.ts'
import { HOUR, MINUTE } from '../../core/time.ts'
import { batchOf, bench, contractOf, custom, property, type Row, T0 } from './fixture.ts'
import { CONTRACT_LIMITS } from './limits.ts'

const CURRENT = property('current', { logicalTypeOptions: { minimum: 0, exclusiveMaximum: 9 } }, { signal: 'a/current', unit: 'A' })
const KEPT = { status: Status.Good, reasons: [] }

test('a value outside the valid range is Uncertain with the reason contract; an exclusive limit is outside', () => {
  const { judge, kinds } = bench([contractOf([CURRENT])])
  const got = judge([
    { signal: 0, value: 0 },
    { signal: 0, value: 9 },
    { signal: 5, value: 1e9 },
  ])
  assert.deepEqual(got, [KEPT, { status: Status.UncertainEngineeringUnitsExceeded, reasons: ['contract'] }, KEPT])
  assert.deepEqual(kinds(), ['m.current range 1'])
})

test('declared states: of a text, of a boolean, of a number', () => {
  const state = (name: string, signal: string, validStates: unknown[]) => property(name, {}, { signal, validStates })
  const { judge, kinds } = bench([
    contractOf([state('state', 'a/state', ['RUNNING', 'FAULT']), state('running', 'a/running', [true]), state('mode', 'a/mode', [1, 2])]),
  ])
  const text = (value: string): Row => ({ signal: 1, value: Number.NaN, text: value })
  const got = judge([
    text('RUNNING'),
    text('running'),
    { signal: 2, value: 1 },
    { signal: 2, value: 0 },
    { signal: 3, value: 2 },
    { signal: 3, value: 3 },
  ])
  const bad = { status: Status.Uncertain, reasons: ['contract'] }
  assert.deepEqual(got, [KEPT, bad, KEPT, bad, KEPT, bad])
  assert.deepEqual(kinds(), ['m.state state 1', 'm.running state 1', 'm.mode state 1'])
})

test('codes of a source are read as the states that they mean', () => {
  const { signals, judge, kinds } = bench([contractOf([property('mode', {}, { signal: 'coded', validStates: ['AUTO', 'MANUAL'] })])])
  const common = { id: 't/coded', connection: 'c', address: 'a', dataType: 'number' } as const
  const coded = signals.define({ ...common, states: { 1: 'AUTO', 2: 'MANUAL', 3: 'SERVICE' } })
  const got = judge([1, 2, 3, 4].map((value) => ({ signal: coded, value })))
  const bad = { status: Status.Uncertain, reasons: ['contract'] }
  assert.deepEqual(got, [KEPT, KEPT, bad, bad])
  assert.deepEqual(kinds(), ['m.mode state 2'])
})

test('another unit than promised is named on each sample; a signal without a unit is not', () => {
  const { judge, kinds } = bench([contractOf([property('all', {}, { signal: '{a,b}/{current,mode}', unit: 'A' })])])
  const got = judge([
    { signal: 0, value: 1 },
    { signal: 3, value: 1 },
    { signal: 4, value: 1 },
  ])
  assert.deepEqual(got, [KEPT, KEPT, { status: Status.Uncertain, reasons: ['contract'] }])
  assert.deepEqual(kinds(), ['m.all unit 1'])
})

test('a late sample keeps its status and says why', () => {
  const sla = { slaProperties: '[{ property: latency, value: 5, unit: s }]' }
  const { judge, kinds } = bench([contractOf([CURRENT], [], sla)])
  const got = judge([
    { signal: 0, value: 1, age: 5 },
    { signal: 0, value: 1, age: 5.1 },
  ])
  assert.deepEqual(got, [KEPT, { status: Status.Good, reasons: ['contract'] }])
  assert.deepEqual(kinds(), ['m.current delay 1'])
})

test('a status below the minimum and a missing value are found, and stay what they were', () => {
  const { judge, kinds } = bench([
    contractOf([
      property('current', { required: true, logicalTypeOptions: { minimum: 0 } }, { signal: 'a/current', minimumStatus: 'Uncertain' }),
    ]),
  ])
  const got = judge([
    { signal: 0, value: Number.NaN, status: Status.BadNoCommunication },
    { signal: 0, value: 1, status: Status.UncertainLastUsableValue },
    { signal: 0, value: Number.NaN, status: Status.GoodNoData },
  ])
  assert.deepEqual(got, [
    { status: Status.BadNoCommunication, reasons: ['contract'] },
    { status: Status.UncertainLastUsableValue, reasons: [] },
    { status: Status.GoodNoData, reasons: ['contract'] },
  ])
  assert.deepEqual(kinds(), ['m.current status 1', 'm.current null 2'])
})

test('the mark of one contract is not the breach of the next', () => {
  const strict = contractOf([property('current', {}, { signal: 'a/*', minimumStatus: 'Good' })], [], { id: 'strict' })
  const { judge, kinds } = bench([contractOf([CURRENT]), strict])
  judge([{ signal: 0, value: 10 }])
  assert.deepEqual(kinds(), ['m.current range 1'])
})

test('a draft is listed with its signals and judges nothing', () => {
  const { judge, watch } = bench([contractOf([CURRENT], [], { status: 'draft' })])
  assert.deepEqual(judge([{ signal: 0, value: 10 }]), [KEPT])
  const [state] = watch.findings(T0)
  assert.deepEqual([state?.enforced, [...(state?.bound.get('m.current') ?? [])], state?.findings], [false, [0], []])
})

test('a signal that comes or changes later is bound as it then is', () => {
  const { signals, judge, kinds, watch } = bench([contractOf([property('x', {}, { signal: 'new/**', unit: 'A' })])])
  assert.deepEqual(judge([{ signal: 5, value: 1 }]), [KEPT])
  const index = signals.define({ id: 't/new/x', connection: 'c', address: 'a', dataType: 'number', unit: 'A' })
  assert.deepEqual(judge([{ signal: index, value: 1 }]), [KEPT])
  signals.define({ id: 't/new/x', connection: 'c', address: 'a', dataType: 'number', unit: 'mA' })
  judge([{ signal: index, value: 1 }])
  assert.deepEqual(kinds(), ['m.x unit 1'])
  assert.deepEqual([...(watch.findings(T0)[0]?.bound.get('m.x') ?? [])], [index])
})

test('a finding keeps the newest examples, the first and last time, and the count of the last hour', () => {
  const { judge, watch } = bench([contractOf([CURRENT])])
  for (let i = 0; i < 8; i++) judge([{ signal: 0, value: 100 + i }], T0 + i * 20 * MINUTE)
  const end = T0 + 7 * 20 * MINUTE
  const [finding] = watch.findings(end)[0]?.findings ?? []
  assert.deepEqual([finding?.count, finding?.firstTime, finding?.lastTime, finding?.lastHour], [8, T0, end, 3])
  assert.equal(finding?.examples.length, CONTRACT_LIMITS.examples)
  assert.deepEqual(
    finding?.examples.map(({ value }) => value),
    [103, 104, 105, 106, 107],
  )
  assert.deepEqual(finding?.examples.at(-1), { signal: 't/a/current', time: end, value: 107 })
  assert.equal(watch.findings(end + 2 * HOUR)[0]?.findings[0]?.lastHour, 0)
})

test('an example of a long text is cut', () => {
  const { judge, watch } = bench([contractOf([property('state', {}, { signal: 'a/state', validStates: ['x'] })])])
  judge([{ signal: 1, value: Number.NaN, text: 'y'.repeat(4_000) }])
  assert.equal(String(watch.findings(T0)[0]?.findings[0]?.examples[0]?.value).length, 200)
})

const everything = contractOf(
  [
    property(
      'current',
      { required: true, logicalTypeOptions: { minimum: 0, maximum: 9 }, quality: [{ metric: 'nullValues', mustBe: 0 }] },
      { signal: '*/current', unit: 'A', minimumStatus: 'Uncertain' },
    ),
    property('state', {}, { signal: 'a/state', validStates: ['A', 'B'], minimumStatus: 'Good' }),
    property('mode', {}, { signal: 'a/{mode,running}', validStates: [0, 1, 2] }),
  ],
  [custom('otOwner', 'x')],
  { slaProperties: '[{ property: latency, value: 5, unit: s }, { property: frequency, value: 30, unit: s }]' },
)
const statuses = [Status.Good, Status.GoodNoData, Status.UncertainLastUsableValue, Status.BadNoCommunication, Status.BadSensorFailure]
const row: fc.Arbitrary<Row> = fc.record({
  signal: fc.nat({ max: 5 }),
  value: fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constant(Number.NaN)),
  status: fc.constantFrom(...statuses),
  text: fc.constantFrom('A', 'B', 'C'),
  age: fc.nat({ max: 10 }),
})

test('property: a status is never raised, no value or time is touched, and what is marked is counted', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
      const { watch } = bench([everything])
      const batch = batchOf(rows, T0)
      const before = batchOf(rows, T0)
      watch.judge(batch)
      rows.forEach((_, i) => {
        assert.ok(rank(batch.status[i] as number) >= rank(before.status[i] as number))
        assert.equal(batch.status[i], worst(before.status[i] as number, batch.status[i] as number))
        if (batch.status[i] !== before.status[i]) assert.notEqual(batch.reasons[i], 0)
      })
      assert.deepEqual([batch.value, batch.sourceTime, batch.count], [before.value, before.sourceTime, before.count])
      const counted = watch.findings(T0).flatMap(({ findings }) => findings)
      const marked = [...batch.reasons].filter((set) => set !== 0).length
      assert.ok(counted.reduce((sum, { count }) => sum + count, 0) >= marked)
      assert.ok(counted.length <= 3 * CONTRACT_BREACHES.length)
    }),
  )
})

test('property: how samples are cut into batches changes neither the verdicts nor the findings', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (rows, size) => {
      const whole = bench([everything])
      const cut = bench([everything])
      const verdicts = whole.judge(rows)
      const pieces = Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => cut.judge(rows.slice(i * size, (i + 1) * size)))
      assert.deepEqual(pieces.flat(), verdicts)
      assert.deepEqual(cut.watch.findings(T0), whole.watch.findings(T0))
    }),
  )
})

test('every kind of breach can be reached', () => {
  const { judge, watch } = bench([everything])
  judge([
    { signal: 0, value: 10, age: 6 },
    { signal: 0, value: Number.NaN, status: Status.BadNoCommunication },
    { signal: 1, value: Number.NaN, text: 'C' },
    { signal: 4, value: 1 },
  ])
  judge([{ signal: 0, value: Number.NaN, status: Status.BadNoCommunication }])
  watch.silence(batchOf([{ signal: 0, value: 1 }], T0 + MINUTE))
  const found = new Set(watch.findings(T0).flatMap(({ findings }) => findings.map(({ kind }): ContractBreach => kind)))
  assert.deepEqual([...found].sort(), [...CONTRACT_BREACHES].sort())
})
