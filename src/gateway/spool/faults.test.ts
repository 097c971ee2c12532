import assert from 'node:assert/strict'
import { stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { SpoolFull, type SpoolRecord } from '../../core/spool.ts'
import {
  BreakableFiles,
  batchesOf,
  defineSignals,
  failure,
  gapOf,
  numbered,
  numberOf,
  readAll,
  segmentFiles,
  start,
  TestClock,
  temporaryDirectory,
} from './harness.ts'
import { SPOOL_LIMITS } from './limits.ts'
import { verifySpool } from './verify.ts'

test('a failed fsync acknowledges nothing: the same records go to a new file, the old one is never synced again', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, signals, files } = await start(directory)
  defineSignals(signals, 2)
  const followed: SpoolRecord[] = []
  spool.follow((records) => followed.push(...records))
  await spool.append(numbered(1))
  const [broken = ''] = files.synced.filter((path) => path.endsWith('.seg'))
  let failures = 0
  files.onSync = (path) => {
    if (path !== broken) return undefined
    failures++
    return failure('EIO')
  }
  const record = await spool.append(numbered(2))
  assert.equal(failures, 1)
  await spool.append(numbered(3))
  assert.equal(failures, 1)
  assert.equal(spool.stats().problem, undefined)
  const read = await readAll(spool)
  assert.deepEqual(batchesOf(read).map(numberOf), [1, 2, 3])
  assert.deepEqual(read, followed)
  assert.equal(read.filter((one) => one.sequence === record.sequence).length, 1)
  await spool.close()
  const again = await start(directory)
  assert.deepEqual(await readAll(again.spool), read)
  await again.spool.close()
  assert.deepEqual([(await verifySpool(directory)).firstBad, (await segmentFiles(directory)).length], [undefined, 2])
})

test('block: a group is tried so many times, each time in another file, before it is refused', async (t) => {
  const { spool, files } = await start(await temporaryDirectory(t))
  const tried = new Set<string>()
  files.onSync = (path) => {
    if (!path.endsWith('.seg')) return undefined
    tried.add(path)
    return tried.size < SPOOL_LIMITS.writeAttempts ? failure('EIO') : undefined
  }
  assert.equal(numberOf(await spool.append(numbered(1))), 1)
  assert.equal(tried.size, SPOOL_LIMITS.writeAttempts)
  tried.clear()
  files.onSync = (path) => {
    tried.add(path)
    return failure('EIO')
  }
  await assert.rejects(spool.append(numbered(2)), SpoolFull)
  assert.equal([...tried].filter((path) => path.endsWith('.seg')).length, SPOOL_LIMITS.writeAttempts)
  files.onSync = () => undefined
  await spool.close()
})

test('block: a disk that cannot sync makes append reject and say why; it recovers by itself', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, signals, files } = await start(directory)
  defineSignals(signals, 2)
  await spool.append(numbered(1))
  files.onSync = () => failure('EIO')
  const refused = await Promise.allSettled([2, 3, 4].map((n) => spool.append(numbered(n))))
  for (const one of refused) assert.ok(one.status === 'rejected' && one.reason instanceof SpoolFull)
  assert.match(spool.stats().problem ?? '', /EIO/)
  assert.deepEqual(batchesOf(await readAll(spool)).map(numberOf), [1])
  files.onSync = () => undefined
  await spool.append(numbered(5))
  assert.equal(spool.stats().problem, undefined)
  assert.deepEqual(batchesOf(await readAll(spool)).map(numberOf), [1, 5])
  await spool.close()
  const again = await start(directory)
  assert.deepEqual(batchesOf(await readAll(again.spool)).map(numberOf), [1, 5])
  await again.spool.close()
})

for (const letThrough of [0, 1, 100, 500]) {
  test(`block: ENOSPC after ${letThrough} bytes rejects, loses nothing, and passes`, async (t) => {
    const directory = await temporaryDirectory(t)
    const { spool, files } = await start(directory)
    await spool.append(numbered(1))
    files.onWrite = (path) => (path.endsWith('.seg') ? { error: failure('ENOSPC'), letThrough } : undefined)
    await assert.rejects(spool.append(numbered(2)), SpoolFull)
    assert.match(spool.stats().problem ?? '', /ENOSPC/)
    files.onWrite = () => undefined
    await spool.append(numbered(3))
    assert.deepEqual(batchesOf(await readAll(spool)).map(numberOf), [1, 3])
    await spool.close()
    const again = await start(directory)
    assert.deepEqual(batchesOf(await readAll(again.spool)).map(numberOf), [1, 3])
    await again.spool.close()
  })
}

test('block: ENOSPC gives up the reserve of released segments before it refuses', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, files } = await start(directory, { segmentBytes: 1024 })
  for (let n = 0; n < 40; n++) await spool.append(numbered(n))
  spool.release('historian', spool.stats().lastSequence + 1)
  await spool.append(numbered(40))
  const [reserve = '', ...newer] = await segmentFiles(directory)
  assert.ok(newer.length === 1 || newer.length === 2, 'the reserve, perhaps the one sealed since, and the open one')
  let isFull = true
  files.onWrite = () => (isFull ? { error: failure('ENOSPC'), letThrough: 0 } : undefined)
  const { remove } = files
  files.remove = async (path) => {
    if (path.endsWith(reserve)) isFull = false
    await remove(path)
  }
  await spool.append(numbered(41))
  assert.equal(isFull, false)
  assert.equal(spool.stats().droppedSamples, 0)
  assert.deepEqual(
    batchesOf(await readAll(spool, spool.stats().firstSequence))
      .map(numberOf)
      .slice(-2),
    [40, 41],
  )
  await spool.close()
})

for (const overflow of ['block', 'drop-oldest'] as const)
  test(`${overflow}: a disk that stays full leaves the last segment, all of it released: the next start goes on where the log is`, async (t) => {
    const directory = await temporaryDirectory(t)
    const clock = new TestClock()
    const first = await start(directory, { segmentBytes: 1024, overflow, clock, consumers: ['historian'] })
    for (let n = 0; n < 40; n++) await first.spool.append(numbered(n))
    const { lastSequence } = first.spool.stats()
    first.files.onWrite = () => ({ error: failure('ENOSPC'), letThrough: 0 })
    first.spool.release('historian', lastSequence + 1)
    let closed: Promise<void> | undefined
    clock.onSleep = () => {
      closed ??= first.spool.close()
    }
    for (let n = 0; n < 4; n++) await assert.rejects(first.spool.append(numbered(40 + n)))
    await (closed ?? first.spool.close())
    assert.equal((await segmentFiles(directory)).length, 1)
    const { spool } = await start(directory, { segmentBytes: 1024 })
    assert.deepEqual([spool.epoch, spool.stats().lastSequence], [first.spool.epoch, lastSequence])
    await spool.close()
  })

test('drop-oldest: ENOSPC drops the oldest segments, exactly counted, and writes', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, files } = await start(directory, { overflow: 'drop-oldest', segmentBytes: 1024 })
  for (let n = 0; n < 40; n++) await spool.append(numbered(n))
  let toFree = 2
  files.onWrite = () => (toFree > 0 ? { error: failure('ENOSPC'), letThrough: 0 } : undefined)
  const { remove } = files
  const oldest = new Set((await segmentFiles(directory)).slice(0, 2))
  files.remove = async (path) => {
    if (oldest.delete(path.slice(-14))) toFree--
    await remove(path)
  }
  await spool.append(numbered(40))
  const read = await readAll(spool)
  const kept = batchesOf(read).map(numberOf)
  assert.equal(kept.at(-1), 40)
  assert.equal(spool.stats().droppedSamples, (41 - kept.length) * 3)
  const declared = read.filter((record) => record.kind === 'gap' && gapOf(record).cause === 'overflow').map(gapOf)
  assert.equal(
    declared.reduce((sum, gap) => sum + (gap.samples ?? 0), 0),
    (41 - kept.length) * 3,
  )
  await spool.close()
})

test('drop-oldest: a disk that stays full leaves the last segment, so that what is gone shows after the next start', async (t) => {
  const directory = await temporaryDirectory(t)
  const clock = new TestClock()
  const first = await start(directory, { overflow: 'drop-oldest', segmentBytes: 1024, clock })
  for (let n = 0; n < 40; n++) await first.spool.append(numbered(n))
  const all = first.spool.stats().lastSequence
  first.files.onWrite = () => ({ error: failure('ENOSPC'), letThrough: 0 })
  let closed: Promise<void> | undefined
  let sleeps = 0
  clock.onSleep = () => {
    if (++sleeps > 3) closed ??= first.spool.close()
  }
  await assert.rejects(first.spool.append(numbered(40)), SpoolFull)
  await closed
  assert.equal((await segmentFiles(directory)).length, 1)
  const { spool } = await start(directory, { segmentBytes: 1024 })
  assert.equal(spool.epoch, first.spool.epoch)
  const [gap] = await readAll(spool)
  assert.equal(gap?.kind, 'gap')
  assert.equal(gapOf(gap as SpoolRecord).from, 1)
  assert.ok(gapOf(gap as SpoolRecord).to < all)
  await spool.close()
})

test('drop-oldest: with nothing left to drop, append waits with back-off until writes succeed', async (t) => {
  const clock = new TestClock()
  const { spool, files } = await start(await temporaryDirectory(t), { overflow: 'drop-oldest', clock })
  files.onSync = () => failure('EIO')
  let sleeps = 0
  clock.onSleep = () => {
    assert.match(spool.stats().problem ?? '', /EIO/)
    if (++sleeps === 5) files.onSync = () => undefined
  }
  const record = await spool.append(numbered(1))
  assert.equal(numberOf(record), 1)
  assert.equal(sleeps, 5)
  await spool.close()
})

test('closing a spool that cannot write rejects what it could not keep', async (t) => {
  const clock = new TestClock()
  const { spool, files } = await start(await temporaryDirectory(t), { overflow: 'drop-oldest', clock })
  files.onSync = () => failure('EIO')
  let closed: Promise<void> | undefined
  clock.onSleep = () => {
    closed ??= spool.close()
  }
  await assert.rejects(spool.append(numbered(1)), SpoolFull)
  await closed
  await assert.rejects(spool.append(numbered(2)), /closed/)
})

test('a disk full at start does not keep the node from starting', async (t) => {
  const directory = await temporaryDirectory(t)
  const first = await start(directory)
  await first.spool.append(numbered(1))
  await first.spool.close()
  const path = `${directory}/${(await segmentFiles(directory))[0]}`
  await truncate(path, (await stat(path)).size - 1)
  const files = new BreakableFiles()
  files.onWrite = () => ({ error: failure('ENOSPC'), letThrough: 0 })
  for (const overflow of ['block', 'drop-oldest'] as const) {
    const { spool } = await start(directory, { files, overflow })
    assert.match(spool.stats().problem ?? '', /ENOSPC/)
    await spool.close()
  }
})

test('a block the disk cannot read is a gap, the rest is read', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, files } = await start(directory)
  for (let n = 0; n < 60; n++) await spool.append(numbered(n, 50))
  await spool.close()
  const { open } = files
  files.open = async (path, mode) => {
    const file = await open.call(files, path, mode)
    const read: typeof file.read = async (into, position) => {
      if (position < 12288 && position + into.length > 8192) throw failure('EIO')
      return file.read(into, position)
    }
    return path.endsWith('.seg') ? { ...file, read } : file
  }
  const again = await start(directory, { files })
  const read = await readAll(again.spool)
  const gaps = read.filter((record) => record.kind === 'gap').map(gapOf)
  assert.equal(gaps.length, 1)
  const [gap] = gaps
  const lost = gap ? gap.to - gap.from + 1 : 0
  assert.equal(gap?.samples, lost * 50)
  assert.equal(batchesOf(read).map(numberOf).length, 60 - lost)
  await again.spool.close()
})

test('what a killed process had not synced is durable before anybody is given it', async (t) => {
  const directory = await temporaryDirectory(t)
  const first = await start(directory)
  defineSignals(first.signals, 2)
  await first.spool.append(numbered(1))
  await first.spool.close()
  const [segment] = await segmentFiles(directory)
  const files = new BreakableFiles()
  files.onSync = () => failure('EIO')
  await assert.rejects(start(directory, { files }), /EIO/)
  files.onSync = () => undefined
  const second = await start(directory, { files })
  assert.ok(files.synced.includes(join(directory, segment as string)))
  await second.spool.close()
})

test('a write whose sync failed is cut off again: the next start does not take it for part of the log', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, signals, files } = await start(directory)
  defineSignals(signals, 2)
  await spool.append(numbered(1))
  const [segment] = await segmentFiles(directory)
  const path = join(directory, segment as string)
  const { size } = await stat(path)
  files.onSync = () => failure('EIO')
  await assert.rejects(spool.append(numbered(2)))
  assert.equal((await stat(path)).size, size)
  files.onSync = () => undefined
  await spool.close()
})
