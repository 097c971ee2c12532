import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Status } from '../status.ts'
import { fallsWithin } from './fall.ts'

const samples = (...rows: [time: number, value: number, status?: number][]) => ({
  count: rows.length,
  time: Float64Array.from(rows, ([time]) => time),
  value: Float64Array.from(rows, ([, value]) => value),
  status: Uint32Array.from(rows, ([, , status = Status.Good]) => status),
})

test('a counter that went down within the interval has no difference there', () => {
  const reset = samples([0, 900], [10, 1000], [20, 3], [30, 8])
  assert.equal(fallsWithin(reset, 0, 40, 'Delta'), true)
  assert.equal(fallsWithin(reset, 20, 40, 'Delta'), false, 'what was before it plays no part')
  assert.equal(fallsWithin(reset, 20, 40, 'DeltaBounds'), true, 'this one begins with what held before')
  assert.equal(fallsWithin(reset, 0, 20, 'Delta'), false, 'nor what comes after it')
  assert.equal(fallsWithin(reset, 0, 40, 'Maximum'), false)
})

test('what a difference passes over is not looked at', () => {
  const glitch = samples([0, 900], [10, 0, Status.Uncertain], [20, Number.NaN, Status.BadNoData], [30, 901])
  assert.equal(fallsWithin(glitch, 0, 40, 'Delta'), false)
  assert.equal(fallsWithin(glitch, 0, 40, 'DeltaBounds'), true)
})
