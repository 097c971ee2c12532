import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../core/log.ts'
import { ManualClock } from '../core/manual-clock.ts'
import type { SpoolStats } from '../core/spool.ts'
import { RULES_CONSUMER, RuleMemory } from './rule-memory.ts'

test('records of other nodes, which are not judged here, do not fill the spool for the rules: they let go at the next look', async () => {
  const released: [string, number][] = []
  const held = (bytes: number) => [{ consumer: RULES_CONSUMER, records: 1, bytes, oldestTime: undefined, oldestAgeMs: 0 }]
  let stats = { firstSequence: 1, lastSequence: 40, maxBytes: 1000, held: held(250) } as unknown as SpoolStats
  const memory = new RuleMemory({
    memories: [],
    spool: {
      ...{ node: 'hub', epoch: 1, read: async () => [], stats: () => stats },
      release: (consumer, sequence) => void released.push([consumer, sequence]),
    },
    clock: new ManualClock(1_000_000),
    log: silent,
  })
  await memory.tick()
  assert.deepEqual(released, [], 'a quarter of the room is theirs')
  stats = { ...stats, held: held(251) }
  await memory.tick()
  assert.deepEqual(released, [[RULES_CONSUMER, 41]])
})
