import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanRun } from '../bench/attacks/clean.ts'
import { demoDay } from '../bench/attacks/demo-day.ts'
import { caughtAfter, SCENARIOS, teach } from '../bench/attacks/scenarios.ts'
import { openWorld } from '../bench/attacks/world.ts'

/** What `node bench/main.ts attacks` measures, so that a change after which an attack goes unseen, or a quiet day raises an alarm, does not pass. */

const LIMIT_MS = 5_000

test('every scripted attack is caught within five seconds', async (t) => {
  const world = await openWorld()
  t.after(() => world.close())
  await teach(world)
  const missed: string[] = []
  for (const scenario of SCENARIOS) {
    const after = await caughtAfter(world, scenario)
    if (after === undefined || after > LIMIT_MS) missed.push(`${scenario.name}: ${after ?? 'not at all'}`)
  }
  assert.ok(SCENARIOS.length >= 20)
  assert.deepEqual(missed, [])
})

test('two hours of a plant that does what it does every day raise no alert', async () => {
  for (const seed of [1, 2]) assert.deepEqual((await cleanRun(1, seed)).alerts, [])
})

test('an hour of the demo’s own plant, with its story, raises no alert', async () => {
  const { alerts, samples } = await demoDay(1)
  assert.ok(samples > 500_000, `${samples} samples`)
  assert.deepEqual(alerts, [])
})
