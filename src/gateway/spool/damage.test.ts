import assert from 'node:assert/strict'
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { SpoolRecord } from '../../core/spool.ts'
import { isThorough } from '../../lib/thorough.fixture.ts'
import { batchesOf, defineSignals, gapOf, numbered, numberOf, readAll, segmentFiles, start, temporaryDirectory } from './harness.ts'
import { verifySpool } from './verify.ts'

const LONG = process.env.ECLUSE_LONG === '1'

/** A closed log of several small segments, and what is in it. */
async function makeLog(test: TestContext, batches: number, segmentBytes: number): Promise<{ directory: string; records: SpoolRecord[] }> {
  const directory = await temporaryDirectory(test)
  const { spool, signals, reasons } = await start(directory, { segmentBytes, maxBytes: 2 ** 20 })
  defineSignals(signals, 2)
  for (let n = 0; n < batches; n++) {
    if (n % 5 === 4) {
      defineSignals(signals, 2 + n)
      reasons.of(`rule-${n}@1`)
    }
    await spool.append(numbered(n))
  }
  const records = await readAll(spool)
  await spool.close()
  return { directory, records }
}

/** Every record comes back as it was written, or a gap stands for it; nothing twice, nothing out of order. */
function assertNothingWrong(read: readonly SpoolRecord[], written: readonly SpoolRecord[], where: string): number {
  let next = 1
  let missing = 0
  for (const record of read) {
    if (record.sequence > written.length && record.kind !== 'gap') break
    const original = written[record.sequence - 1]
    if (record.kind === 'gap' && (original?.kind !== 'gap' || gapOf(record).from < record.sequence)) {
      const { from, to } = gapOf(record)
      assert.equal(from, next, where)
      missing += Math.min(to, written.length) - from + 1
      next = to + 1
      continue
    }
    assert.equal(record.sequence, next, where)
    assert.deepEqual(record, original, where)
    next++
  }
  assert.ok(next > written.length, `${where}: records up to ${next - 1} of ${written.length}`)
  return missing
}

test('a log torn at any byte keeps every record before the cut, and goes on', async (t) => {
  const { directory, records } = await makeLog(t, 3, 2 ** 18)
  const [name = ''] = await segmentFiles(directory)
  const whole = await readFile(join(directory, name))
  const scratch = await temporaryDirectory(t)
  const ends = endsOf(whole)
  const tear = async (size: number) => {
    const copy = join(scratch, String(size))
    await mkdir(copy)
    await copyFile(join(directory, 'spool.json'), join(copy, 'spool.json'))
    await writeFile(join(copy, name), whole.subarray(0, size))
    const kept = ends.filter((end) => end <= size).length
    const { spool, signals, lastRecordedTime } = await start(copy)
    assert.equal(lastRecordedTime === undefined, kept === 0)
    defineSignals(signals, 1)
    if (kept > 0) assert.equal((await stat(join(copy, name))).size, ends[kept - 1], `cut at ${size}`)
    const added = await spool.append(numbered(99))
    assert.ok(added.sequence > kept)
    const read = await readAll(spool)
    assert.deepEqual(read.slice(0, kept), records.slice(0, kept))
    assert.deepEqual(batchesOf(read).map(numberOf), [...batchesOf(records.slice(0, kept)).map(numberOf), 99])
    for (const [i, record] of read.entries()) {
      assert.equal(record.kind === 'gap' ? gapOf(record).from : record.sequence, (read[i - 1]?.sequence ?? 0) + 1)
    }
    await spool.close()
    assert.equal((await verifySpool(copy)).firstBad, undefined)
    await rm(copy, { recursive: true })
  }
  const sizes = Array.from(whole.keys()).filter((size) => isThorough || size % 5 === 0 || ends.some((end) => Math.abs(end - size) < 3))
  for (let i = 0; i < sizes.length; i += 8) await Promise.all(sizes.slice(i, i + 8).map(tear))
})

/** Where each record of an undamaged segment ends. */
function endsOf(bytes: Buffer): number[] {
  const ends: number[] = []
  for (let at = 384; at < bytes.length; ends.push(at)) at += 88 + ((bytes.readUInt32LE(at + 12) + 7) & ~7)
  return ends
}

test('a flipped bit anywhere is found, never returned as a value, and costs its own record only', async (t) => {
  const { directory, records } = await makeLog(t, 40, 2048)
  const names = await segmentFiles(directory)
  assert.ok(names.length >= 4)
  const scratch = await temporaryDirectory(t)
  let runs = 0
  const flip = async (index: number, position: number, bit: number) => {
    const copy = join(scratch, String(runs++))
    await cp(directory, copy, { recursive: true })
    const path = join(copy, names[index % names.length] as string)
    const bytes = await readFile(path)
    const offset = Math.floor(position * bytes.length)
    bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << bit), offset)
    await writeFile(path, bytes)
    const where = `${path} offset ${offset} bit ${bit}`
    assert.ok((await verifySpool(copy)).firstBad, `${where}: found by verify`)
    const { spool } = await start(copy)
    const missing = assertNothingWrong(await readAll(spool), records, where)
    assert.ok(missing <= (offset < 384 ? 0 : 1), `${where}: ${missing} records missing`)
    await spool.close()
  }
  await fc.assert(fc.asyncProperty(fc.nat(100), fc.double({ min: 0, max: 0.999999, noNaN: true }), fc.nat(7), flip), {
    numRuns: LONG ? 5000 : 200,
  })
})

test('a corrupt record in the middle is quarantined, reported once with its samples, and later segments are read', async (t) => {
  const { directory, records } = await makeLog(t, 40, 2048)
  const [name = ''] = await segmentFiles(directory)
  const path = join(directory, name)
  const bytes = await readFile(path)
  const ends = endsOf(bytes)
  const victim = records.findIndex((record, i) => record.kind === 'batch' && i > 2)
  bytes.writeUInt8(bytes.readUInt8((ends[victim - 1] ?? 0) + 100) ^ 1, (ends[victim - 1] ?? 0) + 100)
  await writeFile(path, bytes)
  const { spool } = await start(directory)
  for (let round = 0; round < 2; round++) {
    const read = await readAll(spool)
    const gap = read.find((record) => record.kind === 'gap')
    assert.deepEqual(gap && gapOf(gap), { from: victim + 1, to: victim + 1, cause: 'corrupt', samples: 3 })
    assert.equal(gap?.sequence, victim + 1)
    assert.equal(assertNothingWrong(read, records, 'middle'), 1)
    assert.deepEqual(await spool.read(victim + 1, 1, 1), gap ? [gap] : [])
  }
  assert.equal(spool.stats().corruptRecords, 1)
  assert.equal((await stat(path)).size, bytes.length, 'the file is left as it is')
  const kept = await readdir(join(directory, 'quarantine'))
  const [copy = ''] = kept
  assert.equal(kept.length, 1)
  assert.deepEqual(await readFile(join(directory, 'quarantine', copy)), bytes.subarray(ends[victim - 1], ends[victim]))
  await spool.close()
})

test('a damaged dictionary never lets an index mean something else', async (t) => {
  const directory = await temporaryDirectory(t)
  const first = await start(directory)
  defineSignals(first.signals, 2)
  await first.spool.append(numbered(0))
  first.signals.define({ id: 'hall/late', connection: 'plc', address: 'x', dataType: 'number' })
  const late = first.reasons.of('late')
  await first.spool.append(numbered(1))
  await first.spool.append(numbered(2))
  await first.spool.close()
  const path = join(directory, (await segmentFiles(directory))[0] ?? '')
  const bytes = await readFile(path)
  bytes.writeUInt8(0, bytes.indexOf('hall/late'))
  bytes.writeUInt8(0, bytes.indexOf('"late"'))
  await writeFile(path, bytes)

  const second = await start(directory)
  assert.equal(second.signals.size, 3)
  assert.equal(second.signals.indexOf('hall/late'), undefined)
  assert.equal(second.signals.define({ id: 'hall/late', connection: 'plc', address: 'x', dataType: 'number' }), 3)
  assert.notEqual(second.reasons.of('late'), late)
  await second.spool.append(numbered(3))
  await second.spool.close()
  const third = await start(directory)
  assert.equal(third.signals.indexOf('hall/late'), 3)
  await third.spool.close()
})

test('text that looks like a record is not one', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool, signals } = await start(directory)
  defineSignals(signals, 1)
  for (let n = 0; n < 3; n++) await spool.append(numbered(n))
  const path = join(directory, (await segmentFiles(directory))[0] ?? '')
  const bytes = await readFile(path)
  const ends = endsOf(bytes)
  // A whole valid record of another segment, at the place of damage: only its salt tells.
  const fake = Buffer.from(bytes.subarray(ends[3], ends[4]))
  fake.writeUInt32LE((fake.readUInt32LE(4) + 1) >>> 0, 4)
  fake.copy(bytes, ends[2])
  await writeFile(path, bytes)
  const read = await spool.read(1, 100, 2 ** 20)
  assert.deepEqual(batchesOf(read).map(numberOf), [0, 2])
  assert.deepEqual(read.filter((record) => record.kind === 'gap').map(gapOf), [{ from: 4, to: 4, cause: 'corrupt', samples: 3 }])
  await spool.close()
})

test('a missing segment is a gap', async (t) => {
  const { directory, records } = await makeLog(t, 40, 2048)
  const { spool } = await start(directory)
  await unlink(join(directory, (await segmentFiles(directory))[1] ?? ''))
  const missing = assertNothingWrong(await readAll(spool), records, 'missing')
  assert.ok(missing > 1)
  await spool.close()
})

test('an unknown format version and another node are refused without touching anything', async (t) => {
  const { directory } = await makeLog(t, 40, 2048)
  await assert.rejects(start(directory, { node: 'edge-2' }), { name: 'SpoolRefused', message: /node edge-1, not of edge-2/ })
  const names = await segmentFiles(directory)
  const path = join(directory, names.at(-1) ?? '')
  const bytes = (await readFile(path)).subarray(0, 500)
  bytes.writeUInt32LE(2, 4)
  bytes.writeUInt32LE(512, 8)
  await writeFile(path, bytes)
  const before = await Promise.all(names.map((name) => readFile(join(directory, name))))
  await assert.rejects(start(directory), { name: 'SpoolRefused', message: /another format version/ })
  assert.deepEqual(await Promise.all(names.map((name) => readFile(join(directory, name)))), before)
  await assert.rejects(verifySpool(directory), { name: 'SpoolRefused' })
})

test('a segment under the name of another is found, set aside, and costs no other segment', async (t) => {
  for (const [a, b] of [
    [0, 3],
    [1, 2],
    [0, -1],
  ] as const) {
    const { directory, records } = await makeLog(t, 40, 2048)
    const names = await segmentFiles(directory)
    const [one = '', other = ''] = [names.at(a), names.at(b)]
    await rename(join(directory, one), join(directory, 'x'))
    await rename(join(directory, other), join(directory, one))
    await rename(join(directory, 'x'), join(directory, other))
    assert.ok((await verifySpool(directory)).firstBad)
    const { spool } = await start(directory)
    const read = await readAll(spool)
    const kept = read.filter((record) => record.kind === 'batch')
    assert.deepEqual(
      kept,
      records.filter(({ sequence }) => kept.some((record) => record.sequence === sequence)),
    )
    const [first, ...gaps] = read.filter((record) => record.kind === 'gap').map(gapOf)
    assert.ok(first && gaps.length <= 2)
    const aside = (await readdir(join(directory, 'quarantine'))).filter((name) => name.endsWith('-whole.seg'))
    assert.deepEqual(aside.sort(), [wholeOf(one), wholeOf(other)].sort())
    await spool.close()
  }
})

const wholeOf = (name: string) => `${Number(name.slice(0, 10))}-whole.seg`
