import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockBytes, type Forwarded } from '../../core/forwarded.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { defineSignals, numbered, readAll, start, TestClock, temporaryDirectory } from '../spool/harness.ts'
import { Intake } from './intake.ts'
import { LINK_LIMITS } from './limits.ts'

test('what comes in one frame is cut into records that fit in the smallest spool, in order', async (t) => {
  const { spool, signals } = await start(await temporaryDirectory(t), { node: 'edge-1' })
  defineSignals(signals, 2)
  for (let n = 0; n < 80; n++) await spool.append(numbered(n, 1_000))
  const records = await readAll(spool)
  await spool.close()
  assert.ok(blockBytes(records) > 3 * LINK_LIMITS.forwardBytes)
  const parts: Forwarded[] = []
  const forward = async (part: Forwarded) => {
    parts.push(part)
    return part.records[0] as SpoolRecord
  }
  const intake = new Intake({ log: { node: 'hub', forward, forwardMissing: forward, streams: () => [] }, clock: new TestClock() })
  const reception = intake.reception({ probe: async () => true, end: () => {} })
  const { node, epoch } = spool
  const hello = { node, instance: '1', version: '0', time: 0, streams: [{ node, epoch, first: 1, last: records.length }] }
  await reception.open(hello, { node, address: 'memory', mayForward: false })
  assert.equal((await reception.take(records)).sequence, records.length)
  assert.deepEqual(
    parts.flatMap((part) => part.records),
    records,
  )
  for (const part of parts) assert.ok(blockBytes(part.records) <= LINK_LIMITS.forwardBytes)
})
