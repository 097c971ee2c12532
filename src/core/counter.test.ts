import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FunctionName } from './aggregates/index.ts'
import { fallsWithin as between, fallOf, fallsOf } from './counter.ts'
import { Status } from './status.ts'

const samples = (...rows: [time: number, value: number, status?: number][]) => ({
  count: rows.length,
  time: Float64Array.from(rows, ([time]) => time),
  value: Float64Array.from(rows, ([, value]) => value),
  status: Uint32Array.from(rows, ([, , status = Status.Good]) => status),
})

const fallsWithin = (rows: ReturnType<typeof samples>, from: number, to: number, name: FunctionName, stepped = true) =>
  between(fallsOf(rows, name), from, to, name, stepped)

test('a counter that went down within the interval has no difference there', () => {
  const reset = samples([0, 900], [10, 1000], [20, 3], [30, 8])
  assert.equal(fallsWithin(reset, 0, 40, 'Delta'), true)
  assert.equal(fallsWithin(reset, 20, 40, 'Delta'), false, 'what was before it plays no part')
  assert.equal(fallsWithin(reset, 15, 40, 'DeltaBounds'), true, 'this one begins with what held before')
  assert.equal(fallsWithin(reset, 20, 40, 'DeltaBounds'), false, 'or with the reading of that very moment')
  assert.equal(fallsWithin(reset, 0, 20, 'DeltaBounds'), true, 'and ends with that of its end')
  assert.equal(fallsWithin(reset, 0, 15, 'DeltaBounds'), false)
  assert.equal(fallsWithin(reset, 0, 15, 'DeltaBounds', false), true, 'where values slope it is on its way down')
  assert.equal(fallsWithin(reset, 0, 20, 'Delta'), false, 'nor what comes after it')
  assert.equal(fallsWithin(reset, 0, 40, 'Maximum'), false)
})

test('what a difference passes over is not looked at', () => {
  const glitch = samples([0, 900], [10, 0, Status.Uncertain], [20, Number.NaN, Status.BadNoData], [30, 901])
  assert.equal(fallsWithin(glitch, 0, 40, 'Delta'), false)
  assert.equal(fallsWithin(glitch, 0, 40, 'DeltaBounds'), true)
})

test('what a fall means: none for a counter, nothing where it may fall, doubt where nobody said', () => {
  assert.deepEqual(
    [fallOf({ counter: {} }), fallOf({ mayFall: true }), fallOf({}), fallOf(undefined)],
    ['counter-reset', undefined, 'may-have-reset', 'may-have-reset'],
  )
})
