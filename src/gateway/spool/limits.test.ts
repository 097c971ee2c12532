import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeBatch, encodeBatch } from '../../core/batch-codec.ts'
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
import { SPOOL_LIMITS } from './limits.ts'
import { AppendQueue } from './queue.ts'

test('a batch that can never fit is refused; the others go on', async (t) => {
  const { spool } = await start(await temporaryDirectory(t), { maxBytes: 32768, segmentBytes: 4096 })
  const results = await Promise.allSettled([spool.append(numbered(1)), spool.append(numbered(2, 5000)), spool.append(numbered(3))])
  assert.deepEqual(
    results.map((one) => (one.status === 'rejected' ? (one.reason as Error).name : numberOf(one.value))),
    [1, 'RangeError', 3],
  )
  await spool.close()
})

test('a segment over a quarter of maxBytes is refused', async (t) => {
  await assert.rejects(start(await temporaryDirectory(t), { maxBytes: 4096, segmentBytes: 2048 }), RangeError)
})

test('a group stays within groupRecords and groupBytes', async (t) => {
  const files = new BreakableFiles()
  const { spool } = await start(await temporaryDirectory(t), { files, maxBytes: 2 ** 30, segmentBytes: 2 ** 26 })
  await spool.append(numbered(0))
  const syncs = files.synced.length
  await Promise.all(Array.from({ length: 2 * SPOOL_LIMITS.groupRecords + 1 }, (_, n) => spool.append(numbered(n))))
  assert.equal(files.synced.length - syncs, 3)
  files.writes.length = 0
  await Promise.all(Array.from({ length: 12 }, (_, n) => spool.append(numbered(n, 100_000))))
  assert.ok(files.writes.length > 1)
  for (const bytes of files.writes) assert.ok(bytes <= SPOOL_LIMITS.groupBytes)
  await spool.close()
})

test('what is encoded and not yet durable is bounded; what waits beyond keeps its order', async () => {
  const queue = new AppendQueue()
  const big = numbered(0, 1_000_000)
  const size = encodeBatch(big).length
  const count = Math.ceil(SPOOL_LIMITS.unsyncedBytes / size) + 3
  const numbers: number[] = []
  for (let i = 0; i < count; i++) void queue.put({ ...big, receivedTime: i })
  assert.ok(queue.unsyncedBytes >= SPOOL_LIMITS.unsyncedBytes && queue.unsyncedBytes < SPOOL_LIMITS.unsyncedBytes + size)
  while (queue.size > 0) {
    for (const { payload } of queue.take(1, 1, 2 ** 30)) {
      numbers.push(decodeBatch(payload.bytes).receivedTime)
      queue.done(payload.bytes.length)
    }
  }
  assert.deepEqual(
    numbers,
    Array.from({ length: count }, (_, i) => i),
  )
  assert.equal(queue.unsyncedBytes, 0)
})

test('quarantine takes no more than its limit, and the damage is still reported', async (t) => {
  const directory = await temporaryDirectory(t)
  await mkdir(join(directory, 'quarantine'))
  await writeFile(join(directory, 'quarantine', 'earlier.bin'), '')
  await truncate(join(directory, 'quarantine', 'earlier.bin'), SPOOL_LIMITS.quarantineBytes)
  const { spool } = await start(directory)
  for (let n = 0; n < 3; n++) await spool.append(numbered(n))
  const path = join(directory, (await segmentFiles(directory))[0] ?? '')
  const bytes = await readFile(path)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 300) ^ 1, bytes.length - 300)
  await writeFile(path, bytes)
  assert.ok((await readAll(spool)).some((record) => record.kind === 'gap'))
  assert.equal(spool.stats().corruptRecords, 1)
  assert.deepEqual(await readdir(join(directory, 'quarantine')), ['earlier.bin'])
  await spool.close()
})

test('a dictionary larger than dictionaryBytes is split and restored', async (t) => {
  const directory = await temporaryDirectory(t)
  const first = await start(directory)
  defineSignals(first.signals, 60_000)
  await first.spool.append(numbered(1))
  const sizes = (await readAll(first.spool)).filter(({ kind }) => kind === 'signals').map(({ payload }) => payload.length)
  assert.ok(sizes.length > 1)
  for (const bytes of sizes) assert.ok(bytes <= SPOOL_LIMITS.dictionaryBytes, `${bytes} bytes`)
  await first.spool.close()
  const second = await start(directory)
  assert.deepEqual(second.signals.all(), first.signals.all())
  await second.spool.close()
})

test('more consumers than the limit are refused', async (t) => {
  const { spool } = await start(await temporaryDirectory(t))
  for (let i = 0; i < SPOOL_LIMITS.consumers; i++) spool.release(`consumer-${i}`, 1)
  assert.throws(() => spool.release('one more', 1), RangeError)
  await spool.close()
})

test('reads stop at maxRecords and maxBytes, and go on where they stopped', async (t) => {
  const { spool } = await start(await temporaryDirectory(t))
  for (let n = 0; n < 50; n++) await spool.append(numbered(n))
  assert.equal((await spool.read(1, 7, 2 ** 20)).length, 7)
  assert.equal((await spool.read(8, 100, 1)).length, 1)
  assert.equal((await spool.read(8, 100, 300)).length, 3)
  assert.deepEqual(
    batchesOf(await spool.read(8, 5, 2 ** 20)).map((record) => record.sequence),
    [8, 9, 10, 11, 12],
  )
  assert.deepEqual(await spool.read(spool.stats().lastSequence + 1, 10, 100), [])
  await spool.close()
})

test('a short read looks at one window of the segment, not at all of it', async (t) => {
  const { spool, files } = await start(await temporaryDirectory(t), { maxBytes: 2 ** 28, segmentBytes: 2 ** 26 })
  for (let n = 0; n < 50; n++) await spool.append(numbered(n, 10_000))
  let bytes = 0
  const { open } = files
  files.open = async (path, mode) => {
    const file = await open.call(files, path, mode)
    const read: typeof file.read = (into, position) => {
      bytes += into.length
      return file.read(into, position)
    }
    return { ...file, read }
  }
  const { lastSequence } = spool.stats()
  assert.equal((await spool.read(lastSequence - 1, 1, 1)).length, 1)
  assert.ok(bytes <= 2 * SPOOL_LIMITS.pointBytes + SPOOL_LIMITS.windowBytes, `${bytes} bytes read`)
  await spool.close()
})
