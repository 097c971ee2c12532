import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from '../core/batch.ts'
import { decodeBatch, encodeBatch } from '../core/batch-codec.ts'
import { LastValues } from '../core/last-values.ts'
import { ManualClock } from '../core/manual-clock.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import { type Spool, SpoolFull, type SpoolRecord } from '../core/spool.ts'
import { Status } from '../core/status.ts'
import { resume } from './resume.ts'

const START = 1_800_000_000_000_000

test('a node whose spool is full starts all the same, and declares its stop once there is room', async () => {
  const clock = new ManualClock(START)
  const [signals, reasons, last] = [new SignalTable(), new ReasonSets(), new LastValues()]
  signals.define({ id: 'a', connection: 'plc', address: '1', dataType: 'number' })
  const builder = new BatchBuilder()
  builder.push(0, START - 10, 1, 0)
  const records: SpoolRecord[] = [
    { node: 'n', epoch: 1, sequence: 1, kind: 'batch', recordedTime: START - 5, payload: encodeBatch(builder.build(START - 5)) },
  ]
  let isFull = true
  const spool = {
    ...{ node: 'n', epoch: 1, stats: () => ({ lastSequence: records.length }) },
    read: async (sequence: number) => records.slice(sequence - 1),
    append: async (batch: Parameters<Spool['append']>[0]) => {
      if (isFull) throw new SpoolFull('no room')
      const record = { ...(records[0] as SpoolRecord), sequence: records.length + 1, payload: encodeBatch(batch) }
      records.push(record)
      return record
    },
  } as unknown as Spool
  const historian = { checkpoints: async () => [], lastAll: async () => [] }
  const remotes = { nodeOf: () => undefined, absorb: () => {} }
  const parts = { historian, spool, lastRecordedTime: START - 5, signals, reasons, last, clock, random: () => 0.5, remotes }
  assert.equal(await resume(parts), 0)
  assert.equal(last.status[0], Status.BadNoCommunication)
  await clock.advance(60_000)
  assert.equal(records.length, 1)
  isFull = false
  await clock.advance(10_000)
  assert.equal(records.length, 2)
  const declared = decodeBatch((records[1] as SpoolRecord).payload)
  assert.deepEqual([declared.count, declared.status[0], declared.sourceTime[0]], [1, Status.BadNoCommunication, START - 4])
})
