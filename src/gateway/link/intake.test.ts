import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockBytes, decodeForwarded, type Forwarded } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
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

test('a relay may name earlier epochs of a node beside the newest; a node that waits for its first record has begun one epoch, not many', async () => {
  const streams = [
    { node: 'edge-1', epoch: 1, sequence: 10 },
    { node: 'edge-1', epoch: 2, sequence: 5 },
  ]
  const forward = async () => assert.fail('nothing is sent')
  const intake = new Intake({ log: { node: 'hub', forward, forwardMissing: forward, streams: () => streams }, clock: new TestClock() })
  const open = (node: string, epochs: number[], mayForward: boolean) => {
    const hello = {
      node,
      instance: '1',
      version: '0',
      time: 0,
      streams: epochs.map((epoch) => ({ node: 'edge-1', epoch, first: 1, last: 9 })),
    }
    return intake.reception({ probe: async () => true, end: () => {} }).open(hello, { node, address: 'memory', mayForward })
  }
  assert.deepEqual((await open('relay', [1, 2], true)).streams, streams)
  assert.deepEqual((await open('relay', [1], true)).streams, [streams[0]], 'a relay restored from an older copy')
  await assert.rejects(open('edge-1', [1], false), { code: 'epoch-superseded' })
  for (let attempt = 0; attempt < 10; attempt++) await open('edge-1', [3], false)
  for (let more = 1; more < LINK_LIMITS.newEpochsPerHour; more++) await open('edge-1', [3 + more], false)
  await assert.rejects(open('edge-1', [3 + LINK_LIMITS.newEpochsPerHour], false), { code: 'identity-used-twice' })
})

test('a node that is no relay has one log, the one it named', async () => {
  const forward = async () => assert.fail('nothing is sent')
  const intake = new Intake({ log: { node: 'hub', forward, forwardMissing: forward, streams: () => [] }, clock: new TestClock() })
  const reception = intake.reception({ probe: async () => true, end: () => {} })
  const hello = (epochs: number[]) => ({
    ...{ node: 'edge-1', instance: '1', version: '0', time: 0 },
    streams: epochs.map((epoch) => ({ node: 'edge-1', epoch, first: 1, last: 9 })),
  })
  const peer = { node: 'edge-1', address: 'memory', mayForward: false }
  const many = Array.from({ length: LIMITS.endedEpochs + 2 }, (_, i) => i + 1)
  await assert.rejects(reception.open(hello(many), peer), { code: 'not-permitted' })
  await reception.open(hello([2]), peer)
  const payload = new TextEncoder().encode('{"version":"1"}')
  const other = { node: 'edge-1', epoch: 3, sequence: 1, kind: 'config', recordedTime: 0, payload } as const
  await assert.rejects(reception.take([other]), { code: 'not-permitted', message: /not named/ })
})

test('of a log that ended its node may say what is gone, and nothing else', async (t) => {
  const hub = await start(await temporaryDirectory(t), { node: 'hub' })
  t.after(() => hub.spool.close())
  const intake = new Intake({ log: hub.spool, clock: new TestClock() })
  const reception = intake.reception({ probe: async () => true, end: () => {} })
  const streams = [1, 2].map((epoch) => ({ node: 'edge-1', epoch, first: 1, last: 9 }))
  await reception.open(
    { node: 'edge-1', instance: '1', version: '0', time: 0, streams },
    { node: 'edge-1', address: 'memory', mayForward: false },
  )
  const said = (kind: 'gap' | 'config', content: object): SpoolRecord => ({
    ...{ node: 'edge-1', epoch: 1, sequence: 9, kind, recordedTime: 0 },
    payload: new TextEncoder().encode(JSON.stringify(content)),
  })
  await assert.rejects(reception.take([said('config', { version: '1' })]), { code: 'epoch-superseded' })
  assert.equal((await reception.take([said('gap', { from: 1, to: 9, cause: 'epoch-ended' })])).sequence, 9)
  const [{ node, epoch, sequence } = { node: '', epoch: 0, sequence: 0 }] = hub.spool.streams()
  assert.deepEqual([node, epoch, sequence], ['edge-1', 1, 9])
})

test('a relay that was put back to an older copy declares as gone what is here: only what is not here either is taken for gone', async (t) => {
  const edge = await start(await temporaryDirectory(t), { node: 'edge-1' })
  defineSignals(edge.signals, 2)
  for (let n = 0; n < 20; n++) await edge.spool.append(numbered(n))
  const records = await readAll(edge.spool)
  const hub = await start(await temporaryDirectory(t), { node: 'hub' })
  t.after(async () => {
    await edge.spool.close()
    await hub.spool.close()
  })
  const { node, epoch } = edge.spool
  const intake = new Intake({ log: hub.spool, clock: new TestClock() })
  const open = async () => {
    const reception = intake.reception({ probe: async () => true, end: () => {} })
    const hello = { node: 'relay', instance: '1', version: '0', time: 0, streams: [{ node, epoch, first: 1, last: 20 }] }
    await reception.open(hello, { node: 'relay', address: 'memory', mayForward: true })
    return reception
  }
  assert.equal((await (await open()).take(records.slice(0, 12))).sequence, 12)
  const payload = new TextEncoder().encode(JSON.stringify({ from: 7, to: 15, cause: 'no longer kept', samples: 27 }))
  const gap: SpoolRecord = { node, epoch, sequence: 15, kind: 'gap', recordedTime: 0, payload }
  const again = await open()
  assert.equal((await again.take([gap, ...records.slice(15)])).sequence, records.length)
  const stored = (await readAll(hub.spool)).flatMap((record) =>
    record.kind === 'forwarded' ? decodeForwarded(record.payload).records : [],
  )
  const gaps = stored.filter(({ kind }) => kind === 'gap').map((record) => JSON.parse(new TextDecoder().decode(record.payload)))
  assert.deepEqual(gaps, [{ from: 13, to: 15, cause: 'no longer kept' }])
  assert.deepEqual(
    stored.map(({ sequence }) => sequence),
    [...Array.from({ length: 12 }, (_, i) => i + 1), 15, ...records.slice(15).map(({ sequence }) => sequence)],
  )
  // All of it is here: nothing is taken.
  assert.equal((await (await open()).take([gap])).sequence, records.length)
})
