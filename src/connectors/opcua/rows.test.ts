import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DataValue } from 'node-opcua'
import { BatchBuilder } from '../../core/batch.ts'
import { ReasonSets } from '../../core/reasons.ts'
import type { DataType } from '../../core/signals.ts'
import { Status } from '../../core/status.ts'
import { parseTime } from '../../core/time.ts'
import { appendNotifications } from './rows.ts'
import type { Item } from './targets.ts'

const NOW = parseTime('2026-11-23T08:00:00Z')

function append(dataType: DataType, values: unknown[]) {
  const into = new BatchBuilder(4)
  const reasons = new ReasonSets()
  const item: Item = { signal: 7, declared: { id: 'a', node: 'ns=1;s=A' }, address: 'ns=1;s=A', nodeId: undefined, dataType }
  const appended = appendNotifications(
    into,
    reasons,
    [item],
    values.map((value) => ({ clientHandle: 0, value: value as DataValue })),
    NOW,
  )
  const batch = into.build(NOW)
  const row = (i = 0) => ({
    value: batch.text?.get(i) ?? batch.value[i],
    status: batch.status[i],
    time: batch.sourceTime[i],
    reasons: reasons.names(batch.reasons[i] as number),
  })
  return { appended, batch, row }
}

const data = (dataType: number, value: unknown, over: object = {}) => ({
  statusCode: { value: 0 },
  sourceTimestamp: new Date(NOW / 1000),
  sourcePicoseconds: 0,
  value: { dataType, arrayType: 0, value },
  ...over,
})
const halves = (value: bigint) => [Number(BigInt.asUintN(64, value) >> 32n), Number(BigInt.asUintN(64, value) & 0xffffffffn)]

test('all 32 bits of the status and the microseconds of the time are kept', () => {
  const { row, appended } = append('number', [
    data(11, 1.5, { statusCode: { value: 0x40920480 }, sourceTimestamp: new Date(NOW / 1000 - 1), sourcePicoseconds: 250_900_000 }),
  ])
  assert.deepEqual(row(), { value: 1.5, status: 0x40920480, time: NOW - 1000 + 250, reasons: [] })
  assert.equal(appended.overflows, 1)
})

test('law: 64-bit integers are exact or say that they are not', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const { row } = append('number', [data(8, halves(value))])
      const exact = BigInt(Number(value)) === value
      assert.deepEqual(row(), {
        value: Number(value),
        status: exact ? 0 : Status.Uncertain,
        time: NOW,
        reasons: exact ? [] : ['precision-lost'],
      })
    }),
  )
  assert.equal(append('number', [data(9, halves(2n ** 64n - 1n))]).row().value, 2 ** 64)
})

test('what does not fit keeps its place with a status and a reason', () => {
  const bad = (dataType: DataType, value: unknown, status: number, reason: string) => {
    const { row, appended } = append(dataType, [value])
    assert.deepEqual([row().value, row().status, row().reasons], [Number.NaN, status, [reason]])
    assert.match(appended.problem ?? '', /^ns=1;s=A: /)
  }
  bad('number', data(11, Number.NaN), Status.BadOutOfRange, 'not-a-number')
  bad('number', data(10, Number.POSITIVE_INFINITY), Status.BadOutOfRange, 'infinite')
  bad('number', data(12, '12'), Status.BadTypeMismatch, 'type-mismatch')
  bad('number', data(11, 0, { value: { dataType: 11, arrayType: 1, value: new Float64Array(3) } }), Status.BadTypeMismatch, 'array-refused')
  bad('number', data(11, 0, { value: { dataType: 11, arrayType: 1, value: null } }), Status.BadTypeMismatch, 'array-refused')
  bad('text', data(15, Buffer.from('abc')), Status.BadTypeMismatch, 'bytes-refused')
  bad('text', data(22, { x: 1 }), Status.BadTypeMismatch, 'structure-refused')
  bad('text', data(12, 'x'.repeat(5_000)), Status.BadEncodingLimitsExceeded, 'text-too-long')
  bad('text', data(13, new Date(Number.NaN)), Status.BadNoData, 'no-value')
  bad('number', data(0, undefined), Status.BadNoData, 'no-value')
  bad('number', data(11, 1, { value: undefined }), Status.BadNoData, 'no-value')
})

test('times of no living device give way to ours', () => {
  for (const [date, ...epoch] of [['1601-01-01T00:00:00Z', 'epoch-1601'], ['2400-01-01T00:00:00Z']] as const) {
    const { row } = append('number', [data(11, 5, { sourceTimestamp: new Date(date) })])
    assert.deepEqual(row(), { value: 5, status: Status.Uncertain, time: NOW, reasons: [...epoch, 'source-time-implausible'] })
  }
  assert.deepEqual(append('number', [data(11, 5, { sourceTimestamp: null })]).row(), { value: 5, status: 0, time: NOW, reasons: [] })
})

test('booleans, texts, dates and enumerations', () => {
  assert.equal(append('boolean', [data(1, true)]).row().value, 1)
  assert.equal(append('number', [data(6, 3)]).row().value, 3)
  assert.equal(append('text', [data(21, { locale: 'fr', text: 'marche' })]).row().value, 'marche')
  assert.equal(append('text', [data(13, new Date('2026-01-02T03:04:05.678Z'))]).row().value, '2026-01-02T03:04:05.678Z')
})

test('a bad status has no value, whatever came with it', () => {
  const { row, appended } = append('number', [data(11, 5, { statusCode: { value: 0x808c0000 } })])
  assert.deepEqual(row(), { value: Number.NaN, status: 0x808c0000, time: NOW, reasons: [] })
  assert.equal(appended.problem, undefined)
})

test('order is kept, strangers are counted, one complaint per connection', () => {
  const { batch, appended } = append('number', [data(11, 1), data(12, 'x'), data(11, 2), data(12, 'y')])
  assert.deepEqual([...batch.value], [1, Number.NaN, 2, Number.NaN])
  assert.ok(appended.problem)
  const into = new BatchBuilder(1)
  const strangers = appendNotifications(into, new ReasonSets(), [], [{ clientHandle: 9, value: data(11, 1) as unknown as DataValue }], NOW)
  assert.deepEqual([into.count, strangers.strangers], [0, 1])
})
