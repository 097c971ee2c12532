import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Sample, Signal } from '../../src/api/schemas.ts'
import { formatAge, formatBytes, formatNumber, formatUnit } from '../src/format.ts'
import { areasOf, buildBranches, standing, totalOf } from '../src/live/branches.ts'
import { find, haystack, visibleRows } from '../src/live/find.ts'
import { levelOf } from '../src/live/judge.ts'
import { createPlant } from '../src/live/plant.ts'
import { shownNumber, shownRange, shownStep, shownUnit, shownValue } from '../src/live/shown.ts'
import { stepOf } from '../src/live/tree-keys.ts'
import { appendLive, nearestPoint, runsOf } from '../src/live/trend-columns.ts'
import { hrefTo, parsePlace } from '../src/router.ts'
import { createFixturePlant } from './fixture-plant.ts'

const NOW = Date.parse('2026-11-23T08:00:00Z')
const fixture = createFixturePlant(200, NOW)
const signals: Signal[] = fixture.signals.map((signal, i) => ({ ...signal, last: fixture.sampleOf(i, NOW) }))
const sampleOf = (signal: string, status: Sample['status'], at: number): Sample => ({
  signal,
  time: new Date(at).toISOString(),
  receivedTime: new Date(at).toISOString(),
  value: 1,
  status,
  statusCode: status,
  reasons: [],
})

test('counts kept while samples arrive are those of a fresh count', () => {
  const update = fc.tuple(fc.nat(signals.length - 1), fc.constantFrom('Good', 'Uncertain', 'Bad'))
  fc.assert(
    fc.property(fc.array(fc.array(update, { maxLength: 30 }), { maxLength: 8 }), (flushes) => {
      const plant = createPlant()
      plant.load(signals)
      let at = NOW
      for (const updates of flushes) {
        plant.take(updates.map(([index, status]) => sampleOf(signals[index].id, status as Sample['status'], ++at)))
        plant.flush()
      }
      const fresh = buildBranches(signals.map((signal, i) => ({ ...signal, last: plant.sample(i) })))
      for (const [path, branch] of plant.branches.byPath) assert.deepEqual(branch.counts, fresh.byPath.get(path)?.counts, path)
    }),
    { numRuns: 60 },
  )
})

test('a reload never replaces a newer value, and samples of unknown signals are not kept', () => {
  const plant = createPlant()
  plant.load(signals)
  plant.take([sampleOf(signals[0].id, 'Bad', NOW + 5_000), sampleOf('nobody/knows', 'Bad', NOW)])
  plant.flush()
  plant.load(signals)
  assert.equal(standing(plant.sample(0)), 2)
  assert.equal(plant.indexOf('nobody/knows'), undefined)
})

test('only those who look at a changed signal are told', () => {
  const plant = createPlant()
  plant.load(signals)
  const told: number[] = []
  plant.onSignal(3, () => told.push(3))
  plant.onSignal(4, () => told.push(4))
  plant.take([sampleOf(signals[4].id, 'Good', NOW + 1), sampleOf(signals[4].id, 'Bad', NOW + 2)])
  plant.flush()
  assert.deepEqual(told, [4])
})

test('the tree: areas, natural order, search and keys', () => {
  const { root } = buildBranches(signals)
  assert.deepEqual(
    areasOf(root)
      .map(({ name }) => name)
      .sort(),
    ['baggage', 'chilled-water', 'energy', 'gates'],
  )
  assert.equal(totalOf(root), 200)
  const rows = visibleRows(root, signals, (path) => path.split('/').length <= 2, undefined)
  const carousels = rows.flatMap((row) => (row.branch?.name.startsWith('carousel') ? [row.branch.name] : []))
  assert.deepEqual(carousels.slice(0, 3), ['carousel-1', 'carousel-2', 'carousel-3'])

  const hay = signals.map(haystack)
  const found = find('carousel-3/ COURANT', '', hay, (i) => signals[i].last)
  assert.equal(found?.size, 1)
  assert.equal(find('', 'abnormal', hay, (i) => signals[i].last)?.size, 3)
  assert.equal(visibleRows(root, signals, () => true, found).length, 5)

  const at = (name: string) => rows.findIndex((row) => row.branch?.name === name)
  assert.deepEqual(stepOf('End', rows, 0, ''), { kind: 'move', to: rows.length - 1 })
  assert.deepEqual(stepOf('ArrowLeft', rows, at('carousel-2'), ''), { kind: 'move', to: at('baggage') })
  assert.deepEqual(stepOf('ArrowRight', rows, at('carousel-2'), ''), { kind: 'toggle', path: 't2e/baggage/carousel-2', open: true })
  assert.deepEqual(stepOf('e', rows, 0, 'en'), { kind: 'move', to: at('energy') })
  assert.equal(stepOf('F5', rows, 0, ''), undefined)
})

test('levels: bad, out of range, uncertain, silent, near, normal', () => {
  const motor: Signal = { id: 'a/b', connection: 'c', address: 'x', dataType: 'number', range: [0, 16] }
  const of = (value: number | null, status: Sample['status']) => levelOf(motor, { ...sampleOf('a/b', status, NOW), value })
  assert.deepEqual(
    [of(null, 'Bad'), of(18, 'Uncertain'), of(8, 'Uncertain'), levelOf(motor, undefined), of(15.8, 'Good'), of(8, 'Good'), of(0, 'Good')],
    [1, 2, 3, 4, 5, 6, 6],
  )
})

test('runs of doubt in a trend end where the next point differs, or at the edge', () => {
  const columns = { time: [1, 2, 3, 4, 5], value: [1, 1, null, 1, 1], severity: [0, 1, 2, 0, 1], minimum: [], maximum: [] }
  assert.deepEqual(runsOf(columns, 9), [
    { from: 2, to: 3, severity: 1 },
    { from: 3, to: 4, severity: 2 },
    { from: 5, to: 9, severity: 1 },
  ])
})

test('live points are added once and in order', () => {
  const value: (number | null)[] = [1]
  const columns = { time: [NOW / 1000], value, severity: [0], minimum: value, maximum: value }
  assert.equal(appendLive(columns, sampleOf('a', 'Good', NOW), {}), false)
  assert.equal(appendLive(columns, sampleOf('a', 'Uncertain', NOW + 1000), {}), true)
  assert.deepEqual(columns.severity, [0, 1])
  assert.deepEqual(columns.value, [1, 1])
})

test('numbers, units and ages read as each language writes them', () => {
  assert.equal(formatNumber(-12345.678, 'fr', 2), '−12\u202f345,68')
  assert.equal(formatNumber(12345.678, 'en', 1), '12,345.7')
  assert.equal(formatUnit('Cel', 'fr'), '°C')
  assert.equal(formatUnit('{bag}', 'en'), 'bag')
  assert.deepEqual(
    [0, 59_999, 60_000, 7_200_000, 86_400_000].map((ms) => formatAge(ms, 'fr')),
    ['0 s', '59 s', '1 min', '2 h', '1 j'],
  )
  assert.equal(formatBytes(52_428_800, 'fr'), '50,0 Mio')
})

test('links read back as written', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (id) => {
      const place = parsePlace(hrefTo('signal', { id, range: undefined }))
      assert.equal(place.page, 'signal')
      assert.equal(place.search.get('id'), id)
    }),
  )
})

test('the point nearest to a time, at the ends and between', () => {
  const columns = { time: [10, 20, 40], value: [], severity: [], minimum: [], maximum: [] }
  assert.deepEqual(
    [-5, 14, 16, 31, 1e300].map((seconds) => nearestPoint(columns, seconds)),
    [0, 0, 1, 2, 2],
  )
  assert.equal(nearestPoint({ ...columns, time: [] }, 3), undefined)
})

test('stored values as people see them: values with the offset, steps without, others untouched', () => {
  const kelvin = { unit: 'K', displayUnit: 'Cel', display: { factor: 1, offset: -273.15 }, range: [278.15, 283.15] } as unknown as Signal
  assert.deepEqual([shownNumber(kelvin, 300), shownStep(kelvin, 2), shownUnit(kelvin), shownRange(kelvin)], [26.85, 2, 'Cel', [5, 10]])
  assert.deepEqual([shownValue(kelvin, null), shownValue(kelvin, 'x'), shownValue({}, 3.1)], [null, 'x', 3.1])
})
