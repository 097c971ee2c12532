import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readField } from './field-values.ts'
import { NEVER, type RecordField, type RecordKind } from './it-records.ts'
import { judgeRow, keyOfRow } from './record-row.ts'
import { parseTime } from './time.ts'

const flight: RecordKind = {
  name: 'flight',
  key: ['number', 'day'],
  fields: {
    number: { type: 'text', required: false },
    day: { type: 'text', required: false },
    belt: { type: 'text', required: true },
    bags: { type: 'number', required: false, unit: '{bag}' },
    first: { type: 'time', required: false, zone: 'Europe/Paris' },
    last: { type: 'time', required: false, zone: 'Europe/Paris' },
  },
  validity: { from: 'first', to: 'last' },
  authority: {},
}

test('a row becomes a version: columns mapped, values typed, validity taken from its fields', () => {
  const row = {
    flight: { no: 'AF 12' },
    day: '2026-07-01',
    belt: 'Belt 3',
    bags: '112',
    first: '2026-07-01T08:10:00',
    last: '2026-07-01 08:40',
  }
  assert.deepEqual(judgeRow(row, flight, { map: { number: 'flight.no' } }, 'fids'), {
    version: {
      kind: 'flight',
      key: 'AF 12\u001f2026-07-01',
      source: 'fids',
      validFrom: parseTime('2026-07-01T06:10:00Z'),
      validTo: parseTime('2026-07-01T06:40:00Z'),
      isDeleted: false,
      values: {
        ...{ number: 'AF 12', day: '2026-07-01', belt: 'Belt 3', bags: 112 },
        ...{ first: parseTime('2026-07-01T06:10:00Z'), last: parseTime('2026-07-01T06:40:00Z') },
      },
    },
  })
})

test('a record that does not say when it begins has not begun', () => {
  const judged = judgeRow({ number: 'AF 12', day: 'd', belt: 'b' }, flight, {}, 'fids')
  assert.ok('version' in judged)
  assert.equal(judged.version.validFrom, NEVER)
  assert.equal(judged.version.validTo, null)
})

test('a malformed row says everything that is wrong with it, and its key where that can be read', () => {
  const judged = judgeRow({ number: 'AF 12', day: 'd', bags: 'many', first: 5, belt: null }, flight, {}, 'fids')
  assert.deepEqual(judged, {
    malformed: {
      kind: 'flight',
      source: 'fids',
      reason:
        'belt is required and empty; bags is "many" where a number was expected; first is the number "5": declare with `epoch` whether it counts s, ms or us',
      row: '{"number":"AF 12","day":"d","bags":"many","first":5,"belt":null}',
    },
    key: 'AF 12\u001fd',
  })
  const backwards = judgeRow(
    { number: 'a', day: 'd', belt: 'b', first: '2026-07-01T08:10:00Z', last: '2026-07-01T08:00:00Z' },
    flight,
    {},
    'fids',
  )
  assert.ok('malformed' in backwards)
  assert.match(backwards.malformed.reason, /^last \(2026-07-01T08:00:00.000Z\) is before first/)
})

test('values: what is exact, what is refused, and why', () => {
  const read = (raw: unknown, field: Partial<RecordField> & Pick<RecordField, 'type'>) => {
    const found = readField(raw, { required: false, ...field })
    return 'value' in found ? found.value : found.wrong
  }
  assert.equal(read('9007199254740993', { type: 'number' }), 'is "9007199254740993", more than a number holds exactly: declare it as text')
  assert.equal(read(9007199254740993n, { type: 'text' }), '9007199254740993')
  assert.equal(read('0.1', { type: 'number' }), 0.1)
  assert.equal(read('0x10', { type: 'number' }), 'is "0x10" where a number was expected')
  assert.equal(read(Number.NaN, { type: 'number' }), 'is "NaN" where a number was expected')
  assert.equal(read('Yes', { type: 'boolean' }), true)
  assert.equal(read(0, { type: 'boolean' }), false)
  assert.equal(read('2', { type: 'boolean' }), 'is "2" where yes or no was expected')
  assert.equal(read('', { type: 'text' }), null)
  assert.equal(read({ a: 1 }, { type: 'text' }), 'is an object where a text was expected')
  assert.equal(read('open', { type: 'text', values: ['OPEN', 'CLOSED'] }), 'is "open", which is none of OPEN, CLOSED')
  assert.equal(
    read('2026-10-25T02:30:00', { type: 'time', zone: 'Europe/Paris' }),
    'is "2026-10-25T02:30:00", which came twice in Europe/Paris: let the source send its offset from UTC',
  )
  assert.equal(
    read('2026-03-29T02:30:00', { type: 'time', zone: 'Europe/Paris' }),
    'is "2026-03-29T02:30:00", which never was in Europe/Paris: the clocks went forward then',
  )
  assert.equal(read('2026-07-01', { type: 'time' }), 'is "2026-07-01", a time without zone: declare the field\'s `zone`')
  assert.equal(read('2026-07-01 10:00:00+02', { type: 'time' }), parseTime('2026-07-01T08:00:00Z'))
  for (const text of ['2026-11-27T10:15Z', '2026-11-27 10:15Z', '2026-11-27T11:15+01:00', '2026-11-27 11:15+01'])
    assert.equal(read(text, { type: 'time' }), parseTime('2026-11-27T10:15:00Z'), text)
  assert.equal(read('2026-11-27 11:15', { type: 'time', zone: 'Europe/Paris' }), parseTime('2026-11-27T10:15:00Z'))
  assert.equal(read('2026-11-27 10:15', { type: 'time' }), 'is "2026-11-27 10:15", a time without zone: declare the field\'s `zone`')
  assert.equal(read(new Date('2026-07-01T08:00:00Z'), { type: 'time' }), parseTime('2026-07-01T08:00:00Z'))
  assert.equal(read(1782892800, { type: 'time', epoch: 's' }), 1782892800e6)
  assert.equal(
    read('2026-13-45T00:00:00Z', { type: 'time' }),
    'is "2026-13-45T00:00:00Z" where a time was expected, like 2026-11-27T08:00:00Z',
  )
  assert.equal(read(new Date(Number.NaN), { type: 'time' }), 'is "an impossible date" where a time was expected, like 2026-11-27T08:00:00Z')
})

test('whatever a source sends, a row is a version or is in quarantine, and its key is the same either way', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: false }),
    fc.object({ maxDepth: 2 }),
  )
  const row = fc.dictionary(fc.constantFrom('number', 'day', 'belt', 'bags', 'first', 'last', '__proto__'), anything)
  fc.assert(
    fc.property(row, (one) => {
      const judged = judgeRow(one, flight, {}, 'fids')
      const key = keyOfRow(one, flight, {})
      if ('version' in judged) assert.equal(judged.version.key, key)
      else {
        assert.ok(judged.malformed.reason.length > 0)
        if (judged.key !== undefined) assert.equal(judged.key, key)
      }
    }),
    { numRuns: 2_000 },
  )
})
