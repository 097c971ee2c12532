import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Fault, runPlant } from './faults/index.fixture.ts'

/** The small form of `npm run bench -- faults`: the same plant, faults and way of counting, from other seeds. */
const size = { halls: 3, seconds: 8 * 3600 }
/** Faults a rule can know for certain from what it is given. */
const CERTAIN: readonly Fault[] = ['range', 'gap', 'duplicate', 'reorder', 'clock-ahead', 'clock-behind', 'counter-reset']

test('a plant that is well gives no alarm', () => {
  const { samples, falseAlarms, reasonsOfFalse } = runPlant({ ...size, seed: 101, faults: false })
  assert.ok(samples > 150_000)
  assert.deepEqual([falseAlarms, reasonsOfFalse], [0, {}])
})

test('every kind of fault is found, and what is marked is wrong', () => {
  const { scores, sound, lowered } = runPlant({ ...size, seed: 202, faults: true })
  for (const { fault, events, detected, wrong, hit, right, false: wrongly } of scores) {
    assert.ok(events >= 4, `${fault}: ${events} events`)
    const [recall, precision] = [detected / events, right / (right + wrongly)]
    if (CERTAIN.includes(fault)) assert.ok(hit / wrong >= 0.95, `${fault}: ${hit} of ${wrong} readings`)
    // Of a dozen spikes one wrong mark is less than 95 %.
    assert.ok(precision >= 0.95 || wrongly <= 1, `${fault}: precision ${precision}`)
    assert.ok(recall >= 0.95, `${fault}: ${detected} of ${events}`)
  }
  assert.ok(lowered / sound < 0.001, `${lowered} of ${sound}`)
})
