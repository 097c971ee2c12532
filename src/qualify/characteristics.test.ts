import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MeasureRow } from '../core/historian.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { HOUR } from '../core/time.ts'
import { qualityOf } from './characteristics.ts'

const signal: SignalDefinition = { id: 's/a', connection: 'c', address: 'a', dataType: 'number', resolution: 0.05 }

/** One hour of Good readings whose smallest step is `resolution`. */
const hour = (readings: number, resolution?: number): MeasureRow => ({
  ...{ signal: 's/a', hour: 0, samples: readings, good: readings, uncertain: 0, bad: 0 },
  ...{ goodUs: HOUR, uncertainUs: 0, badUs: 0, unknownUs: 0, byReason: {}, delayP50Us: null, delayP95Us: null },
  ...(resolution !== undefined && { resolution }),
})
const precisionOf = (rows: MeasureRow[]) => qualityOf(rows, signal).characteristics.precision

test('precision: coarse steps among few readings say nothing, a step as fine as declared does; hours count together', () => {
  assert.equal(precisionOf([hour(2, 0.1)]), null)
  assert.equal(precisionOf([hour(29, 0.1)]), null)
  assert.ok(Math.abs((precisionOf([hour(30, 0.1)]) ?? 0) - 0.5) < 1e-6)
  assert.ok(Math.abs((precisionOf([hour(15, 0.1), hour(15, 0.2)]) ?? 0) - 0.5) < 1e-6)
  assert.equal(precisionOf([hour(2, 0.05)]), 1)
  assert.equal(precisionOf([hour(100)]), null)
})

test('what cannot be known does not lower the score', () => {
  assert.equal(qualityOf([hour(2, 0.1)], signal).score, 1)
})
