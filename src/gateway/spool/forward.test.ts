import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { decodeForwarded, type Forwarded } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'
import { streamRecords } from './dictionary.ts'
import { batchesOf, defineSignals, failure, numbered, numberOf, readAll, segmentFiles, start, temporaryDirectory } from './harness.ts'
import { expectedHash, genesis } from './layout.ts'
import { Streams } from './streams.ts'
import { verifySpool } from './verify.ts'

/** The records of another node's log: its dictionaries and `batches` batches. */
async function edgeRecords(test: TestContext, batches: number): Promise<SpoolRecord[]> {
  const { spool, signals } = await start(await temporaryDirectory(test), { segmentBytes: 4096, maxBytes: 2 ** 20 })
  defineSignals(signals, 2)
  for (let n = 0; n < batches; n++) await spool.append(numbered(n))
  const records = await readAll(spool)
  await spool.close()
  return records
}

const forwardedOf = (records: readonly SpoolRecord[], from: number, to: number): Forwarded => {
  const { node, epoch } = records[0] as SpoolRecord
  return { node, epoch, via: 'edge-1', certificate: 'ab12', records: records.slice(from - 1, to) }
}

const hub = (directory: string, options = {}) => start(directory, { node: 'hub', segmentBytes: 4096, maxBytes: 2 ** 20, ...options })

/** What the log holds of other nodes, in order. */
async function forwardedIn(spool: Spool): Promise<SpoolRecord[]> {
  const records = await readAll(spool)
  return records.filter((record) => record.kind === 'forwarded').flatMap((record) => decodeForwarded(record.payload).records)
}

test('records of another node come back as they were, with their place and their chain, also after a restart', async (t) => {
  const sent = await edgeRecords(t, 60)
  const directory = await temporaryDirectory(t)
  const first = await hub(directory)
  for (let at = 1; at <= sent.length; at += 7) await first.spool.forward(forwardedOf(sent, at, at + 6))
  assert.ok((await segmentFiles(directory)).length > 2)
  await first.spool.close()
  const { spool } = await hub(directory)
  const got = await forwardedIn(spool)
  assert.deepEqual(got, sent)
  assert.deepEqual(batchesOf(got).map(numberOf), [...Array(60).keys()])
  let hash: Uint8Array = genesis('edge-1', (sent[0] as SpoolRecord).epoch).hash
  for (const record of got) {
    hash = expectedHash(record, hash)
    assert.deepEqual(Buffer.from(record.seal?.hash ?? []), Buffer.from(hash))
  }
  const { node, epoch } = sent[0] as SpoolRecord
  const [{ segments, ...position } = assert.fail('no position')] = spool.streams()
  assert.deepEqual(position, { node, epoch, sequence: sent.length, hash: new Uint8Array(hash) })
  assert.ok(segments && segments.length > 1)
  assert.equal(spool.stats().droppedSamples, 0)
  await spool.close()
  assert.equal((await verifySpool(directory)).firstBad, undefined)
})

test('records that do not follow are refused, and so are those behind a write that failed', async (t) => {
  const sent = await edgeRecords(t, 20)
  const { spool, files } = await hub(await temporaryDirectory(t))
  await assert.rejects(spool.forward(forwardedOf(sent, 2, 3)), { name: 'RangeError', message: /from 2 do not follow 0/ })
  await spool.forward(forwardedOf(sent, 1, 4))
  await assert.rejects(spool.forward(forwardedOf(sent, 4, 5)), RangeError)
  files.onSync = () => failure('EIO')
  const failing = spool.forward(forwardedOf(sent, 5, 6))
  const refused = assert.rejects(failing, { name: 'SpoolFull' })
  await refused
  files.onSync = () => undefined
  await assert.rejects(spool.forward(forwardedOf(sent, 7, 8)), RangeError)
  await Promise.all([spool.forward(forwardedOf(sent, 5, 6)), spool.forward(forwardedOf(sent, 7, 20))])
  assert.deepEqual(batchesOf(await forwardedIn(spool)), batchesOf(sent.slice(0, 20)))
  await spool.close()
})

test('positions survive the loss of older segments and damage to the newest', async (t) => {
  const sent = await edgeRecords(t, 40)
  const directory = await temporaryDirectory(t)
  const first = await hub(directory, { consumers: ['historian'] })
  for (let at = 1; at <= sent.length; at++) await first.spool.forward(forwardedOf(sent, at, at))
  const [before] = first.spool.streams()
  await first.spool.close()
  const names = await segmentFiles(directory)
  for (const name of names.slice(0, -1)) await rm(join(directory, name))
  const { spool } = await hub(directory)
  assert.deepEqual(spool.streams(), [before])
  await spool.close()
})

test('of another log the newest segments are remembered, as many as are read back; a record that names more is none', () => {
  const streams = new Streams()
  const most = LIMITS.streamSegments
  const name = (i: number) => i.toString(16).padStart(32, '0')
  for (let i = 0; i <= most; i++) streams.set({ node: 'edge-1', epoch: 1, sequence: i, segments: [name(i)] })
  const [position = assert.fail()] = streams.all()
  assert.deepEqual([position.segments?.length, position.segments?.[0], position.segments?.at(-1)], [most, name(1), name(most)])
  const read = (segments: readonly string[]) => {
    const [{ bytes } = assert.fail()] = streamRecords([{ ...position, segments }])
    return parseRecord('streams', bytes)
  }
  assert.equal(read(position.segments ?? []).kind, 'streams')
  assert.throws(() => read([...(position.segments ?? []), name(0)]))
})
