import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import type { FactView, RecordView } from '../../src/api/schemas.ts'
import { attentionOf, isCalm } from '../src/live/attention.ts'
import { bandOfFact, bandsOfRecords, isAbove, laneChoices, shownBands } from '../src/live/bands.ts'
import { planeOf, validSpan } from '../src/live/bitemporal.ts'
import { coverageOf, factChanges, ownKey, shownKey, worstOfFact } from '../src/live/fact-rows.ts'
import { barsOf, type KpiTarget, kpiSeries, lastEnded, mainValue, scaleOf, stepOf, targetOf } from '../src/live/kpis.ts'
import { localInput, spanTimes, utcOf } from '../src/live/local-time.ts'
import { alignedColumns, overlayWindow, valueAt } from '../src/live/overlay.ts'
import { bySource, changesOf, findRows, recordRows, sorted } from '../src/live/record-rows.ts'
import { windowAround } from '../src/live/trend-columns.ts'
import { yamlOf } from '../src/live/unknown-names.ts'
import { toYaml } from '../src/live/yaml.ts'
import { hrefTo, parsePlace } from '../src/router.ts'
import { createFacts } from './fixture-facts.ts'
import { createRecords } from './fixture-records.ts'

const NOW = Date.parse('2026-11-23T08:30:00Z')
const records = createRecords(NOW, 40)
const facts = createFacts(NOW, 20)
const listed = (query: string): RecordView[] => records.list(new URLSearchParams(`limit=1000&${query}`)).records
const found = (query: string): FactView[] => facts.list(new URLSearchParams(`limit=1000&${query}`)).facts
const flights = listed('kind=flight')
const flightKind = records.kinds().kinds[0]
const first = recordRows(flights, flightKind)[0]

test('one row per record: the source that counts, and what the others say otherwise', () => {
  assert.equal(recordRows(flights, flightKind).length, 40)
  assert.equal(first.main.source, 'aodb')
  assert.deepEqual(first.disagrees, ['last_bag', 'bags'])
  assert.deepEqual(
    first.others.map(({ source }) => source),
    ['fids'],
  )
})

test('a name nobody declared, a record that names none, and one whose place is known are three things', () => {
  const rows = recordRows(flights, flightKind)
  assert.equal(rows.filter(({ equipment }) => equipment === 'unknown').length, 2)
  const nameless = { ...flights[9], equipment: null, values: { ...flights[9].values, belt: null } }
  assert.equal(recordRows([nameless], flightKind)[0].equipment, 'none')
})

test('every word of a search is looked for in key, fields, source and equipment', () => {
  const rows = recordRows(flights, flightKind)
  assert.deepEqual(findRows(rows, 'af1000 FIDS'), [rows[0]])
  assert.deepEqual(
    findRows(rows, 'kl1148 belt').map(({ main }) => main.values.belt),
    ['Belt 33'],
  )
  assert.equal(findRows(rows, '"belt 33"').length, 2)
  assert.equal(findRows(rows, 'no such word').length, 0)
})

test('sorting keeps the order of equals, and puts what is empty last either way', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(5))), fc.boolean(), (values, descending) => {
      const rows = values.map((value, at) => ({ value, at }))
      const order = sorted(rows, ({ value }) => value, descending)
      const filled = order.filter(({ value }) => value !== null)
      assert.ok(order.slice(filled.length).every(({ value }) => value === null))
      for (const [i, row] of filled.entries()) {
        const before = filled[i - 1]
        if (!before) continue
        if (before.value === row.value) assert.ok(before.at < row.at)
        else assert.equal((before.value ?? 0) < (row.value ?? 0), !descending)
      }
    }),
  )
})

test('a version says what changed from the one before it, each thing once', () => {
  const [aodb] = bySource(listed(`kind=flight&versions=all&key=${first.main.key[0]}&key=${first.main.key[1]}`), flightKind.sources)
  const changed = aodb.versions.slice(1).map((version, i) => changesOf(aodb.versions[i], version).map(({ field }) => field))
  assert.deepEqual(changed, [['belt'], ['first_bag', 'last_bag'], ['bags']])
  const deleted = { ...aodb.versions[3], isDeleted: true }
  assert.deepEqual(changesOf(aodb.versions[3], deleted), [{ field: 'isDeleted', before: false, after: true }])
})

test('the plane of both times: across when a version holds, upwards from when it was known', () => {
  const [aodb] = bySource(listed(`kind=flight&versions=all&key=${first.main.key[0]}&key=${first.main.key[1]}`), flightKind.sources)
  const { boxes } = planeOf(aodb.versions, validSpan(aodb.versions, NOW))
  assert.deepEqual(
    boxes.map(({ isCurrent }) => isCurrent),
    [false, false, false, true],
  )
  for (const [i, box] of boxes.entries()) {
    assert.ok(box.x0 > 0 && box.x0 < box.x1 && box.x1 < 1)
    assert.deepEqual([box.y0, box.y1], [i / 4, (i + 1) / 4])
  }
  assert.ok(boxes[2].x0 > boxes[1].x0)
  const open = planeOf(
    [{ ...aodb.versions[0], validFrom: null, validTo: null }],
    validSpan([{ ...aodb.versions[0], validFrom: null, validTo: null }], NOW),
  )
  assert.deepEqual([open.boxes[0].x0, open.boxes[0].x1, open.boxes[0].isOpenLeft, open.boxes[0].isOpenRight], [0, 1, true, true])
})

test('a declaration reads as YAML that says the same', () => {
  for (const { declaration } of facts.definitions().definitions) assert.deepEqual(parse(toYaml(declaration)), declaration)
  const name = fc.stringMatching(/^[a-z]{1,8}$/)
  const object = <T>(value: fc.Arbitrary<T>) => fc.dictionary(name, value, { noNullPrototype: true })
  const plain = object(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string())))
  fc.assert(fc.property(object(plain), (value) => assert.deepEqual(parse(toYaml(value)) ?? {}, value)))
})

test('the line for an unknown name is YAML, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (name) => {
      const { line } = yamlOf({ system: 'flights', name }, 'baggage/carousel-3')
      assert.deepEqual(parse(line), [{ system: 'flights', name }])
    }),
  )
  assert.equal(yamlOf({ system: 'flights', name: 'Belt 33' }, 'baggage/carousel-3').line, '- { system: flights, name: Belt 33 }')
  assert.deepEqual(parse(yamlOf({ name: 'baggage/x' }, '').line), { 'baggage/x': { level: 'work-unit' } })
})

test('results: the worst status, the least coverage, what a revision changed, and keys for people', () => {
  const jams = found('definition=jam')
  assert.deepEqual([worstOfFact(jams[0]), worstOfFact(jams[3])], [0, 1])
  assert.equal(coverageOf(jams[3]), 0.62)
  assert.equal(coverageOf({ ...jams[0], values: {} }), null)
  const third = found(`definition=jam&revisions=all&key=${encodeURIComponent(jams[2].key)}`)
  assert.deepEqual(
    factChanges(third[0], third[1]).map(({ field }) => field),
    ['to', 'duration', 'peak'],
  )
  assert.equal(ownKey(jams[0]), '')
  assert.equal(ownKey(found('definition=delivery')[0]), `AF1000 · 2026-11-23`)
  assert.equal(
    shownKey('c3 · 2026-11-23T08:00:00.000Z', () => 'eight'),
    'c3 · eight',
  )
})

test('a KPI knows its limits and its better way, however they are written, and counts only periods that are over', () => {
  assert.deepEqual(targetOf({ declaration: { range: [90, 100], trend: 'higher-is-better' } }), { range: [90, 100], trend: 'higher' })
  assert.deepEqual(targetOf({ declaration: { range: { upper: 3 }, trend: 'lower' } }), { range: [undefined, 3], trend: 'lower' })
  for (const declaration of [undefined, null, 'text', {}])
    assert.deepEqual(targetOf({ declaration }), { range: [undefined, undefined], trend: undefined })
  const all = found('definition=availability')
  assert.equal(mainValue('availability', all), 'availability')
  const [one] = kpiSeries('availability', all, 12)
  assert.equal(one.periods.length, 12)
  assert.equal(lastEnded(one), 10)
  assert.equal(typeof stepOf(one), 'number')
  const target: KpiTarget = { range: [90, 100], trend: 'higher' }
  const { bars } = barsOf(one, target, scaleOf([one], target))
  const [uncovered] = bars.filter(({ hasValue }) => !hasValue)
  assert.deepEqual(uncovered, { height: 1, unknown: 1, isOut: false, hasValue: false })
  // Beside a place with a higher figure the same bar is lower: the rows can be compared.
  const twice = {
    ...one,
    periods: one.periods.map((fact) => ({ ...fact, values: { availability: { ...fact.values.availability, value: 200 } } })),
  }
  const beside = barsOf(one, target, scaleOf([one, twice], target)).bars
  assert.deepEqual(
    beside.filter(({ hasValue }) => hasValue).map(({ height }) => height * 2),
    bars.filter(({ hasValue }) => hasValue).map(({ height }) => height),
  )
  assert.ok(bars.every(({ height, unknown }) => height >= 0 && height <= 1 && unknown >= 0 && unknown <= 1))
})

test('bands: what happened at the place of a signal comes first, and alone is drawn where there is any', () => {
  const signal = 't2e/baggage/carousel-3/motor/current'
  assert.deepEqual(
    ['baggage/carousel-3', 'baggage', 'baggage/carousel-30', 'baggage/carousel-1', undefined].map((path) => isAbove(path, signal)),
    [true, true, false, false, true],
  )
  const bands = [...found('definition=jam').map(bandOfFact), ...bandsOfRecords(flights)]
  assert.equal(bands.filter(({ lane }) => lane === 'record:flight').length, 39)
  assert.equal(bands[0].to, Number.POSITIVE_INFINITY)
  const choices = laneChoices(facts.definitions().definitions, records.kinds().kinds, bands, signal)
  assert.deepEqual(
    choices.map(({ lane }) => lane),
    ['fact:jam', 'record:flight', 'fact:delivery', 'fact:stop', 'record:work_order'],
  )
  const shown = shownBands(bands, ['fact:jam'], signal)
  assert.ok(shown.length > 0 && shown.every(({ equipment }) => equipment === 'baggage/carousel-3'))
  assert.equal(shownBands(bands, ['fact:jam'], 't2e/gates/gate-1/x').length, 20)
})

test('events over each other: one axis since their start, gaps kept, values as they were in force', () => {
  assert.deepEqual(
    overlayWindow([
      { key: 'a', from: 100, to: 400 },
      { key: 'b', from: 900, to: 950 },
    ]),
    { before: 45, after: 345 },
  )
  const { time, values } = alignedColumns([
    { from: 100, columns: { time: [99, 100, 102], value: [1, 2, null] } },
    { from: 200, columns: { time: [200, 201], value: [7, 8] } },
  ])
  assert.deepEqual(time, [-1, 0, 1, 2])
  assert.deepEqual(values, [
    [1, 2, undefined, null],
    [undefined, 7, 8, undefined],
  ])
  assert.deepEqual(
    [valueAt({ time, values: values[0] }, 1.5), valueAt({ time, values: values[0] }, 5), valueAt({ time, values: values[1] }, -1)],
    [2, null, null],
  )
})

test('a link to a period shows it with room at both sides; what is no period shows nothing', () => {
  assert.deepEqual(windowAround('2026-11-23T08:00:00Z', '2026-11-23T08:10:00Z'), {
    seconds: 900,
    endMs: Date.parse('2026-11-23T08:12:30Z'),
  })
  assert.equal(windowAround('', ''), undefined)
  assert.equal(windowAround('2026-11-23T08:10:00Z', '2026-11-23T08:00:00Z'), undefined)
})

test('local times go both ways, and a link keeps a key of several parts', () => {
  assert.equal(utcOf(localInput('2026-07-01T08:00:01.000Z')), '2026-07-01T08:00:01.000Z')
  assert.equal(utcOf('soon'), undefined)
  assert.equal(localInput('soon'), '')
  assert.deepEqual(spanTimes('all', NOW), {})
  assert.equal(spanTimes('24h', NOW).from, '2026-11-22T08:30:00.000Z')
  const { page, search } = parsePlace(hrefTo('records', { kind: 'flight', key: ['AF 1, 2', 'x&y'], q: '' }))
  assert.deepEqual([page, search.getAll('key'), search.has('q')], ['records', ['AF 1, 2', 'x&y'], false])
})

test('the overview is told of what is stopped, late, in quarantine or unknown, and of nothing else', () => {
  const found = attentionOf(records.kinds(), records.unknown(), facts.definitions())
  assert.deepEqual(found, { quarantined: 3, unknownEquipment: 2, stopped: ['sorter_load'], slow: ['delivery'] })
  assert.equal(isCalm(found), false)
  assert.equal(isCalm(attentionOf(undefined, undefined, undefined)), true)
})
