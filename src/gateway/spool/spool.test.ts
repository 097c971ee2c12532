import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SpoolRecord } from '../../core/spool.ts'
import {
  BreakableFiles,
  batchesOf,
  defineSignals,
  numbered,
  numberOf,
  readAll,
  segmentFiles,
  start,
  temporaryDirectory,
} from './harness.ts'
import { verifySpool } from './verify.ts'

test('what was appended is read back, dictionaries first, each with its place', async (t) => {
  const { spool, signals, reasons } = await start(await temporaryDirectory(t))
  defineSignals(signals, 2)
  reasons.of('range@1')
  const followed: SpoolRecord[] = []
  spool.follow((records) => followed.push(...records))
  const appended = await Promise.all([1, 2, 3].map((n) => spool.append(numbered(n))))
  const read = await readAll(spool)
  assert.deepEqual(
    read.map((record) => record.kind),
    ['config', 'signals', 'reasons', 'batch', 'batch', 'batch'],
  )
  assert.deepEqual(
    read.map((record) => record.sequence),
    [1, 2, 3, 4, 5, 6],
  )
  assert.deepEqual(read, followed)
  assert.deepEqual(batchesOf(read), appended)
  assert.deepEqual(appended.map(numberOf), [1, 2, 3])
  assert.equal(new Set(read.map((record) => record.payload.buffer)).size, read.length, 'each payload has its own buffer')
  await spool.close()
})

test('a reopened log goes on: epoch, sequence, chain, indices', async (t) => {
  const directory = await temporaryDirectory(t)
  const first = await start(directory)
  defineSignals(first.signals, 3)
  const set = first.reasons.of('late', 'range@1')
  await first.spool.append(numbered(1))
  first.signals.define({ id: 'hall/pump-1/flow', connection: 'plc', address: 'holding 77', dataType: 'number', unit: 'l/s' })
  first.clock.time += 1e6
  const last = await first.spool.append(numbered(2))
  await first.spool.close()

  const second = await start(directory)
  assert.equal(second.spool.epoch, first.spool.epoch)
  assert.equal(second.lastRecordedTime, last.recordedTime)
  assert.deepEqual(second.signals.all(), first.signals.all())
  assert.equal(second.reasons.of('late', 'range@1'), set)
  assert.equal(second.signals.define({ id: 'hall/new', connection: 'plc', address: 'x', dataType: 'number' }), 3)
  const next = await second.spool.append(numbered(3))
  assert.equal(next.sequence, last.sequence + 4, 'config, signals and reasons of the new segment come between')
  await second.spool.close()
  const report = await verifySpool(directory)
  assert.equal(report.firstBad, undefined)
  assert.deepEqual({ ...report }, { segments: 2, records: next.sequence, samples: 9, firstSequence: 1, lastSequence: next.sequence })
})

test('a directory that lost its segments starts a new, later epoch', async (t) => {
  const directory = await temporaryDirectory(t)
  const first = await start(directory)
  await first.spool.close()
  const second = await start(directory)
  assert.ok(second.spool.epoch > first.spool.epoch)
  await second.spool.close()
})

test('nothing resolves before its fsync, and what waits goes out with one', async (t) => {
  const files = new BreakableFiles()
  const { spool } = await start(await temporaryDirectory(t), { files })
  await spool.append(numbered(0))
  let open = () => {}
  files.gate = new Promise((resolve) => (open = resolve))
  let done = 0
  const first = spool.append(numbered(1)).then(() => done++)
  const reached = new Promise((resolve) => {
    const { onWrite } = files
    files.onWrite = (path, bytes) => {
      resolve(undefined)
      return onWrite(path, bytes)
    }
  })
  await reached
  const rest = [2, 3, 4, 5].map((n) => spool.append(numbered(n)).then(() => done++))
  const syncs = files.synced.length
  await spool.read(1, 100, 2 ** 20)
  assert.equal(done, 0)
  assert.equal(spool.stats().lastSequence, 2, 'config and batch 0; what is not durable is not shown')
  open()
  await Promise.all([first, ...rest])
  assert.equal(files.synced.length, syncs + 2)
  await spool.close()
})

test('segments rotate, and each explains itself', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, signals } = await start(directory, { segmentBytes: 8192, maxBytes: 2 ** 20 })
  defineSignals(signals, 2)
  for (let n = 0; n < 100; n++) await spool.append(numbered(n, 20))
  const names = await segmentFiles(directory)
  assert.ok(names.length > 3)
  const records = await readAll(spool)
  assert.deepEqual(
    batchesOf(records).map(numberOf),
    Array.from({ length: 100 }, (_, n) => n),
  )
  assert.equal(records.filter((record) => record.kind === 'signals').length, names.length)
  for (const name of names) assert.ok((await readFile(join(directory, name))).length < 8192 + 2048)
  await spool.close()
  const report = await verifySpool(directory)
  assert.deepEqual([report.firstBad, report.samples, report.segments], [undefined, 2000, names.length])
})
