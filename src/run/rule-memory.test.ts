import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '../core/log.ts'
import { ManualClock } from '../core/manual-clock.ts'
import type { Spool, SpoolStats } from '../core/spool.ts'
import { defineSignals, numbered, start, temporaryDirectory } from '../gateway/spool/harness.ts'
import { type Memory, RULES_CONSUMER, RuleMemory } from './rule-memory.ts'

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

test('much that came since the last look is saved within seconds, so that a start has little to judge again', async () => {
  const released: number[] = []
  const clock = new ManualClock(1_000_000)
  const held = [{ consumer: RULES_CONSUMER, records: 1, bytes: 33 * 2 ** 20, oldestTime: undefined, oldestAgeMs: 0 }]
  const memory = new RuleMemory({
    memories: [],
    spool: {
      ...{ node: 'edge', epoch: 1, read: async () => [] },
      stats: () => ({ firstSequence: 1, lastSequence: 40, maxBytes: 2 ** 31, held }) as unknown as SpoolStats,
      release: (_consumer, sequence) => void released.push(sequence),
    },
    ...{ clock, log: silent },
  })
  await memory.tick()
  assert.deepEqual(released, [], 'not at every look')
  await clock.advance(5_000)
  await memory.tick()
  assert.deepEqual(released, [41])
})

test('a start reads the log once, and each memory takes in what it has not seen', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, signals } = await start(directory)
  t.after(() => spool.close())
  defineSignals(signals, 2)
  const seen: Record<string, number[]> = { early: [], late: [] }
  const memoryOf = (name: string): Memory => ({
    ...{ name, file: join(directory, `memory-${name}`), save: () => new Uint8Array([1]), restore: () => true },
    learn: (batch) => {
      seen[name]?.push(batch.value[0] as number)
      // As rules do.
      batch.value.fill(-1)
    },
  })
  const [early, late] = [memoryOf('early'), memoryOf('late')]
  let reads = 0
  const counted = { ...{ node: spool.node, epoch: spool.epoch, release() {} }, stats: () => spool.stats() }
  const parts = { clock: new ManualClock(0), log: silent }
  const read: Spool['read'] = (...asked) => {
    reads++
    return spool.read(...asked)
  }
  for (let n = 0; n < 4; n++) {
    await spool.append(numbered(n))
    if (n === 1) await new RuleMemory({ ...parts, memories: [late], spool: { ...counted, read } }).save()
  }
  await new RuleMemory({ ...parts, memories: [early, late], spool: { ...counted, read } }).restore()
  assert.deepEqual(seen, { early: [0, 1, 2, 3], late: [2, 3] })
  assert.equal(reads, 1)
})
