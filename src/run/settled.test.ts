import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, type Micros, SECOND } from '../core/time.ts'
import { settledTime } from './settled.ts'

/** A clock whose timer and wall are set by the test. */
function clockAt(wall: Micros) {
  const clock = { wall, timer: 0, now: () => clock.wall, monotonicMs: () => clock.timer / 1000, sleep: async () => {} }
  const pass = (by: Micros) => {
    clock.wall += by
    clock.timer += by
  }
  return { clock, pass }
}
const START = 1_795_000_000 * SECOND

test('a clock that stood before the start is believed at once, and follows small corrections', () => {
  const { clock, pass } = clockAt(START)
  const settled = settledTime(clock, START - HOUR)
  assert.equal(settled(), START)
  pass(HOUR)
  clock.wall += 2 * SECOND
  assert.equal(settled(), clock.wall)
})

test('a clock that is set by years is believed after a day; until then the one of before goes on', () => {
  for (const step of [3_650 * DAY, -20_000 * DAY, 2 * HOUR]) {
    const { clock, pass } = clockAt(START)
    const settled = settledTime(clock, START - HOUR)
    clock.wall += step
    for (let hour = 0; hour < 24; hour++) {
      assert.equal(settled(), clock.wall - step)
      pass(HOUR)
    }
    assert.equal(settled(), clock.wall)
  }
})

test('a clock that is set and set back removes nothing', () => {
  const { clock, pass } = clockAt(START)
  const settled = settledTime(clock, START - HOUR)
  for (const step of [3_650 * DAY, -3_650 * DAY]) {
    clock.wall += step
    pass(23 * HOUR)
    assert.ok((settled() ?? 0) < START + 3 * DAY)
  }
})

test('after a start far from the last record, or without one, nothing is believed for a day', () => {
  for (const last of [undefined, START - 30 * DAY, START + DAY]) {
    const { clock, pass } = clockAt(START)
    const settled = settledTime(clock, last)
    pass(23 * HOUR)
    assert.equal(settled(), undefined)
    pass(HOUR)
    assert.equal(settled(), START + DAY)
  }
})
