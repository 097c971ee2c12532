import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, parseTime } from '../core/time.ts'
import type { Relation } from './config.ts'
import { calendar } from './periods.ts'
import { coveredUs, relates } from './relations.ts'

test('relations of an interval to [100, 200), ends within 2', () => {
  const expected: [from: number, to: number, Relation[]][] = [
    [120, 150, ['overlaps', 'begins', 'ends', 'during']],
    [99, 150, ['overlaps', 'ends', 'during', 'starts']],
    [150, 201, ['overlaps', 'begins', 'during', 'finishes']],
    [101, 199, ['overlaps', 'begins', 'ends', 'during', 'contains', 'starts', 'finishes', 'equals']],
    [50, 300, ['overlaps', 'contains']],
    [50, 99, ['before', 'meets']],
    [20, 60, ['before']],
    [20, 40, []],
    [200, 250, ['after', 'meets']],
    [240, 250, ['after']],
    [251, 260, []],
    [150, 150, ['overlaps', 'begins', 'ends', 'during']],
    [150, Number.POSITIVE_INFINITY, ['overlaps', 'begins']],
  ]
  const all: Relation[] = ['overlaps', 'begins', 'ends', 'during', 'contains', 'starts', 'finishes', 'equals', 'before', 'after', 'meets']
  for (const [from, to, relations] of expected) {
    const found = all.filter((relation) => relates(relation, { from, to }, { from: 100, to: 200 }, 2, 50))
    assert.deepEqual(found.sort(), relations.sort(), `${from} ${to}`)
  }
})

test('time that several cover counts once', () => {
  const spans = [
    { from: 0, to: 50 },
    { from: 40, to: 60 },
    { from: 55, to: 58 },
    { from: 90, to: Number.POSITIVE_INFINITY },
  ]
  assert.equal(coveredUs(spans, 10, 100), 60)
})

test('days begin at midnight of their zone, also when the clocks change', () => {
  const paris = calendar('day', 'Europe/Paris')
  const spring = paris.at(parseTime('2026-03-29T12:00:00Z'))
  assert.deepEqual([spring.from, spring.to - spring.from], [parseTime('2026-03-28T23:00:00Z'), 23 * HOUR])
  const autumn = paris.at(parseTime('2026-10-25T22:30:00Z'))
  assert.deepEqual([autumn.from, autumn.to - autumn.from], [parseTime('2026-10-24T22:00:00Z'), 25 * HOUR])
  const far = calendar('day', 'Pacific/Kiritimati').at(parseTime('2026-06-01T10:00:00Z'))
  assert.equal(far.from, parseTime('2026-06-01T10:00:00Z'))
  assert.deepEqual(calendar('hour', 'UTC').at(HOUR * 5 + 7), { from: HOUR * 5, to: HOUR * 6 })
  for (let t = parseTime('2026-01-01T00:00:00Z'); t < parseTime('2027-01-01T00:00:00Z'); t += DAY / 3) {
    const { from, to } = paris.at(t)
    assert.ok(from <= t && t < to && paris.at(to).from === to)
  }
})
