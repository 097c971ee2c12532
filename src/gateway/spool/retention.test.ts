import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpoolFull } from '../../core/spool.ts'
import { DAY, HOUR, SECOND } from '../../core/time.ts'
import { batchesOf, gapOf, numbered, numberOf, readAll, segmentFiles, start, TestClock, temporaryDirectory } from './harness.ts'
import { SPOOL_LIMITS } from './limits.ts'

const SMALL = { segmentBytes: 4096, maxBytes: 32768 }

test('released segments go at once, but for a small reserve; unreleased ones stay', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool } = await start(directory, { ...SMALL, consumers: ['historian', 'link'] })
  for (let n = 0; n < 100; n++) await spool.append(numbered(n))
  const { segments, lastSequence } = spool.stats()
  assert.ok(segments > 3)
  spool.release('historian', lastSequence + 1)
  await spool.append(numbered(100))
  assert.equal(spool.stats().segments, segments, 'the link still needs them')
  spool.release('link', lastSequence + 1)
  await spool.append(numbered(101))
  assert.equal(spool.stats().segments, 1 + SPOOL_LIMITS.releasedSegments)
  assert.equal((await segmentFiles(directory)).length, 1 + SPOOL_LIMITS.releasedSegments)
  assert.equal(spool.stats().droppedSamples, 0)
  const [first] = await spool.read(1, 1, 1)
  assert.deepEqual(first && gapOf(first), { from: 1, to: spool.stats().firstSequence - 1, cause: 'no longer kept' })
  await spool.close()
})

test('block: SpoolFull at maxBytes, nothing lost, and room as soon as it is made', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool } = await start(directory, { ...SMALL, overflow: 'block' })
  let kept = 0
  for (;;) {
    const results = await Promise.allSettled([0, 1, 2].map((i) => spool.append(numbered(kept + i))))
    const refused = results.filter((one) => one.status === 'rejected')
    for (const one of refused) assert.ok(one.reason instanceof SpoolFull)
    kept += 3 - refused.length
    assert.ok(spool.stats().bytes <= SMALL.maxBytes)
    if (refused.length > 0) break
  }
  assert.match(spool.stats().problem ?? '', /full/)
  await assert.rejects(spool.append(numbered(kept)), SpoolFull)
  assert.deepEqual(
    batchesOf(await readAll(spool)).map(numberOf),
    Array.from({ length: kept }, (_, n) => n),
  )
  const { firstSequence, lastSequence } = spool.stats()
  spool.release('historian', lastSequence + 1)
  await spool.append(numbered(kept))
  assert.equal(spool.stats().problem, undefined)
  assert.ok(spool.stats().firstSequence > firstSequence)
  assert.equal(spool.stats().droppedSamples, 0)
  await spool.close()
})

test('drop-oldest: read + declared lost = appended, to the sample, whatever was released', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool } = await start(directory, { ...SMALL, overflow: 'drop-oldest', consumers: ['historian'] })
  const sizes = Array.from({ length: 400 }, (_, n) => 1 + ((n * 7) % 13))
  let released = 0
  let delivered = 0
  for (const [n, size] of sizes.entries()) {
    const record = await spool.append(numbered(n, size))
    assert.ok(spool.stats().bytes <= SMALL.maxBytes)
    if (n === 60) {
      // In the middle of a segment: what comes before it was delivered and is not a loss.
      released = record.sequence
      spool.release('historian', released)
      delivered = sizes.slice(0, n).reduce((sum, one) => sum + one, 0)
    }
  }
  const all = sizes.reduce((sum, size) => sum + size, 0)
  const read = await readAll(spool, released)
  const kept = batchesOf(read).map(numberOf)
  const keptSamples = kept.reduce((sum, n) => sum + (sizes[n] as number), 0)
  const { droppedSamples } = spool.stats()
  assert.ok(droppedSamples > 0)
  assert.equal(delivered + droppedSamples + keptSamples, all)
  assert.deepEqual(
    kept,
    Array.from({ length: kept.length }, (_, i) => 400 - kept.length + i),
    'the newest are kept',
  )
  const [hole] = read
  assert.deepEqual(hole && gapOf(hole), { from: released, to: spool.stats().firstSequence - 1, cause: 'no longer kept' })
  const declared = read
    .slice(1)
    .filter((record) => record.kind === 'gap')
    .map(gapOf)
  assert.equal(declared.at(-1)?.to, spool.stats().firstSequence - 1)
  await spool.close()
})

test('drop-oldest: the gap records say every dropped sequence once', async (t) => {
  const { spool } = await start(await temporaryDirectory(t), { ...SMALL, overflow: 'drop-oldest' })
  const gaps: ReturnType<typeof gapOf>[] = []
  spool.follow((records) => gaps.push(...records.filter((record) => record.kind === 'gap').map(gapOf)))
  for (let n = 0; n < 400; n++) await spool.append(numbered(n))
  assert.ok(gaps.length > 2)
  gaps.forEach((gap, i) => {
    assert.equal(gap.from, (gaps[i - 1]?.to ?? 0) + 1)
    assert.equal(gap.cause, 'overflow')
  })
  assert.equal(gaps.at(-1)?.to, spool.stats().firstSequence - 1)
  assert.equal(
    gaps.reduce((sum, gap) => sum + (gap.samples ?? 0), 0),
    spool.stats().droppedSamples,
  )
  await spool.close()
})

test('age: data older than maxAge goes, delivered or not, counted and declared', async (t) => {
  const clock = new TestClock()
  const { spool } = await start(await temporaryDirectory(t), { clock, maxAgeMs: 8 * 86_400_000 })
  for (let n = 0; n < 20; n++) {
    await spool.append(numbered(n))
    clock.time += DAY
  }
  const read = await readAll(spool)
  const kept = batchesOf(read).map(numberOf)
  assert.ok(kept.length >= 8 && kept.length <= 11, `${kept.length} days kept`)
  assert.equal(spool.stats().droppedSamples, (20 - kept.length) * 3)
  assert.ok(read.some((record) => record.kind === 'gap' && gapOf(record).cause === 'age'))
  await spool.close()
})

test('age: the last segment stays until another one carries the log on', async (t) => {
  const directory = await temporaryDirectory(t)
  const clock = new TestClock()
  const first = await start(directory, { ...SMALL, maxAgeMs: DAY / 1000, clock })
  await first.spool.append(numbered(0))
  await first.spool.close()
  clock.time += 2 * DAY
  const { spool } = await start(directory, { ...SMALL, maxAgeMs: DAY / 1000, clock })
  assert.equal(spool.epoch, first.spool.epoch)
  spool.release('nobody', 1)
  clock.time += SPOOL_LIMITS.clockSettlesMs * 1000
  await spool.append(numbered(1))
  await spool.append(numbered(2))
  const read = await readAll(spool)
  assert.deepEqual(batchesOf(read).map(numberOf), [1, 2])
  assert.equal(spool.stats().droppedSamples, 3)
  assert.deepEqual(
    read.filter(({ kind }) => kind === 'gap').map((record) => gapOf(record).cause),
    ['no longer kept', 'age'],
  )
  await spool.close()
})

test('age: a wall clock that is set makes nothing old, while the node runs or before it starts', async (t) => {
  const directory = await temporaryDirectory(t)
  const clock = new TestClock()
  const first = await start(directory, { ...SMALL, maxAgeMs: (3 * DAY) / 1000, clock })
  for (const [n, ahead] of [0, 3_650 * DAY, -20_000 * DAY, 0].entries()) {
    clock.ahead = ahead
    clock.time += 2 * HOUR
    for (let i = 0; i < 10; i++) await first.spool.append(numbered(10 * n + i))
  }
  await first.spool.close()
  clock.ahead = 3_650 * DAY
  const { spool } = await start(directory, { ...SMALL, maxAgeMs: (3 * DAY) / 1000, clock, consumers: ['link'] })
  for (let i = 40; i < 50; i++) await spool.append(numbered(i))
  clock.ahead = 0
  clock.time += SPOOL_LIMITS.clockSettlesMs * 1000
  for (let i = 50; i < 60; i++) await spool.append(numbered(i))
  assert.deepEqual(
    batchesOf(await readAll(spool)).map(numberOf),
    Array.from({ length: 60 }, (_, n) => n),
  )
  assert.equal(spool.stats().droppedSamples, 0)
  const [held] = spool.stats().held
  assert.ok(held && held.oldestAgeMs >= SPOOL_LIMITS.clockSettlesMs && held.oldestAgeMs <= SPOOL_LIMITS.clockSettlesMs + (9 * HOUR) / 1000)
  clock.time += 4 * DAY
  for (let i = 60; i < 70; i++) await spool.append(numbered(i))
  assert.ok(spool.stats().droppedSamples > 100, 'and what is old by then goes')
  await spool.close()
})

for (const overflow of ['block', 'drop-oldest'] as const)
  test(`${overflow}: a batch that needs the room of the only segment: it goes when another one carries the log on`, async (t) => {
    const directory = await temporaryDirectory(t)
    const { spool } = await start(directory, { segmentBytes: 8192, maxBytes: 32768, overflow, consumers: ['historian'] })
    await spool.append(numbered(0, 300))
    // The largest batch of such samples that fits into an empty log, or nearly.
    let count = Math.floor((spool.stats().maxBytes - SPOOL_LIMITS.reserveBytes) / 8)
    let record = await spool.append(numbered(1, count)).catch(() => undefined)
    while (!record && count > 1) {
      if (overflow === 'block') spool.release('historian', spool.stats().lastSequence + 1)
      count = Math.floor(count * 0.95)
      record = await spool.append(numbered(1, count)).catch(() => undefined)
    }
    assert.ok(record && spool.stats().bytes <= 32768)
    const before = batchesOf(await readAll(spool, spool.stats().firstSequence)).map(numberOf)
    assert.deepEqual(before, [1])
    assert.equal(spool.stats().droppedSamples, overflow === 'block' ? 0 : 300)
    await spool.close()
    const again = await start(directory, { segmentBytes: 8192, maxBytes: 32768, overflow, consumers: ['historian'] })
    assert.deepEqual([again.spool.epoch, again.spool.stats().lastSequence >= record.sequence], [spool.epoch, true])
    await again.spool.close()
  })

test('a crash between declaring a drop and removing the files ends the drop at the next start', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, files } = await start(directory, { ...SMALL, overflow: 'drop-oldest' })
  let declared: ReturnType<typeof gapOf> | undefined
  spool.follow((records) => {
    for (const record of records) if (record.kind === 'gap') declared ??= gapOf(record)
  })
  files.remove = async () => {}
  for (let n = 0; !declared; n++) await spool.append(numbered(n))
  await spool.close()
  const again = await start(directory, SMALL)
  assert.equal(again.spool.stats().firstSequence, declared.to + 1)
  await again.spool.close()
})

test('what each consumer still needs is told in records, bytes and time, the one furthest behind first', async (t) => {
  const clock = new TestClock()
  const directory = await temporaryDirectory(t)
  const { spool } = await start(directory, { ...SMALL, clock, consumers: ['historian', 'link'] })
  const begun = clock.time
  for (let n = 0; n < 100; n++) {
    await spool.append(numbered(n))
    clock.time += SECOND
  }
  const { lastSequence, bytes, appendedBytes } = spool.stats()
  spool.release('historian', lastSequence + 1)
  const half = Math.floor(lastSequence / 2)
  spool.release('link', half + 1)
  const [link, historian] = spool.stats().held
  assert.deepEqual(historian, { consumer: 'historian', records: 0, bytes: 0, oldestTime: undefined, oldestAgeMs: 0 })
  assert.deepEqual([link?.consumer, link?.records], ['link', lastSequence - half])
  assert.ok(Math.abs((link?.bytes ?? 0) - bytes / 2) < bytes / 10, `${link?.bytes} of ${bytes}`)
  assert.ok(Math.abs((link?.oldestTime ?? 0) - begun - 50 * SECOND) < 10 * SECOND)
  assert.ok(appendedBytes > bytes * 0.9 && appendedBytes <= bytes)
  await spool.close()
})
