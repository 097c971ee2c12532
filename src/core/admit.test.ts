import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admit, screen } from './admit.ts'
import { BatchBuilder } from './batch.ts'
import { LIMITS } from './limits.ts'
import { ReasonSets } from './reasons.ts'
import type { DataType } from './signals.ts'
import { Status, statusName } from './status.ts'
import { DAY, parseTime } from './time.ts'

const NOW = parseTime('2026-11-23T08:00:00Z')

interface Case {
  name: string
  value: unknown
  type?: DataType
  time?: number
  status?: number
  want: [value: number | string | null, status: string, reasons?: string[]]
}

const cases: Case[] = [
  { name: 'a number', value: 1.5, want: [1.5, 'Good'] },
  { name: 'a boolean', value: true, type: 'boolean', want: [1, 'Good'] },
  { name: 'a text', value: 'open', type: 'text', want: ['open', 'Good'] },
  { name: 'NaN', value: Number.NaN, want: [null, 'BadOutOfRange', ['not-a-number']] },
  { name: 'an infinity', value: Number.NEGATIVE_INFINITY, want: [null, 'BadOutOfRange', ['infinite']] },
  { name: 'a counter at 2^53', value: 2n ** 53n, want: [2 ** 53, 'Good'] },
  { name: 'a counter past 2^53', value: 2n ** 53n + 1n, want: [2 ** 53, 'Uncertain', ['precision-lost']] },
  { name: 'text where a number was declared', value: '12', want: [null, 'BadTypeMismatch', ['type-mismatch']] },
  { name: 'a number where text was declared', value: 12, type: 'text', want: [null, 'BadTypeMismatch', ['type-mismatch']] },
  { name: 'an array', value: [1, 2], want: [null, 'BadTypeMismatch', ['array-refused']] },
  { name: 'a typed array', value: new Float32Array(2), want: [null, 'BadTypeMismatch', ['array-refused']] },
  { name: 'a structure', value: { a: 1 }, want: [null, 'BadTypeMismatch', ['structure-refused']] },
  { name: 'nothing', value: null, want: [null, 'BadNoData', ['no-value']] },
  { name: 'a Bad status with a value', value: 3, status: Status.BadSensorFailure, want: [null, 'BadSensorFailure'] },
  { name: 'an Uncertain status with a value', value: 3, status: Status.UncertainSubNormal, want: [3, 'UncertainSubNormal'] },
  {
    name: 'a text too long',
    value: 'x'.repeat(LIMITS.textBytes + 1),
    type: 'text',
    want: [null, 'BadEncodingLimitsExceeded', ['text-too-long']],
  },
  {
    name: 'a text too long in bytes',
    value: 'é'.repeat(LIMITS.textBytes / 2 + 1),
    type: 'text',
    want: [null, 'BadEncodingLimitsExceeded', ['text-too-long']],
  },
  ...(
    [
      ['1601-01-01T00:00:00Z', 'epoch-1601'],
      ['1904-01-01T00:20:00Z', 'epoch-1904'],
      ['1969-12-31T23:00:00Z', 'epoch-1970'],
      ['1980-01-06T05:00:00Z', 'epoch-1980'],
      ['2000-01-01T00:00:07Z', 'epoch-2000'],
    ] as const
  ).map(([time, epoch]) => ({
    name: `a clock that was never set: ${time}`,
    value: 1,
    time: parseTime(time),
    want: [1, 'Uncertain', [epoch, 'source-time-implausible']] as Case['want'],
  })),
  { name: 'the year 1985', value: 1, time: parseTime('1985-06-01T00:00:00Z'), want: [1, 'Uncertain', ['source-time-implausible']] },
  { name: 'a record of the second day of 2000', value: 1, time: parseTime('2000-01-02T00:00:00Z'), want: [1, 'Good'] },
  { name: 'a record of 1995', value: 1, time: parseTime('1995-06-01T00:00:00Z'), want: [1, 'Good'] },
  { name: 'the year 2400', value: 1, time: parseTime('2400-01-01T00:00:00Z'), want: [1, 'Uncertain', ['source-time-implausible']] },
  { name: 'no time at all', value: 1, time: Number.NaN, want: [1, 'Uncertain', ['source-time-implausible']] },
]

for (const { name, value, type = 'number', time, status, want } of cases) {
  test(`admit: ${name}`, () => {
    const reasons = new ReasonSets()
    const batch = new BatchBuilder(1)
    const row = admit(
      batch,
      reasons,
      { signal: 7, dataType: type, value, ...(time !== undefined && { sourceTime: time }), ...(status && { status }) },
      NOW,
    )
    const got = batch.text?.get(row) ?? (Number.isNaN(batch.value[row]) ? null : batch.value[row])
    assert.deepEqual(
      [got, statusName(batch.status[row] as number), reasons.names(batch.reasons[row] as number)],
      [...want, ...(want.length < 3 ? [[]] : [])],
    )
    if (want[2]?.includes('source-time-implausible')) assert.equal(batch.sourceTime[row], NOW)
  })
}

test('screen judges columns as admit judges readings, and leaves the rest alone', () => {
  const reasons = new ReasonSets()
  const batch = new BatchBuilder(1)
  batch.push(1, NOW, 4, Status.Good)
  batch.push(2, NOW, Number.POSITIVE_INFINITY, Status.Good)
  batch.push(3, NOW, Number.NaN, Status.BadNoData)
  batch.push(4, NOW + 2 * DAY, 5, Status.Good)
  screen(batch, reasons, 0, NOW)
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => [statusName(batch.status[i] as number), ...reasons.names(batch.reasons[i] as number)]),
    [['Good'], ['BadOutOfRange', 'infinite'], ['BadNoData'], ['Uncertain', 'source-time-implausible']],
  )
})
