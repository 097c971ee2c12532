import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { SpoolRecord } from '../../core/spool.ts'
import { signerOf, verifierOf } from '../../lib/signed.ts'
import { exportRecords, type SequenceRange } from './export.ts'
import { defineSignals, numbered, readAll, segmentFiles, start, temporaryDirectory } from './harness.ts'
import { type Anchor, checkImport, ImportRefused, readImport } from './import.ts'
import { PORTABLE_LIMITS, partHeader } from './portable.ts'
import { verifyCarried } from './verify-carried.ts'
import { findLog, type Log } from './walk.ts'

const lineOf = ({ sequence, kind, seal, payload }: SpoolRecord) =>
  `${sequence} ${kind} ${payload.length} ${Buffer.from(seal?.hash ?? []).toString('hex')}`

async function makeLog(t: TestContext, batches = 60) {
  const directory = await temporaryDirectory(t)
  const bench = await start(directory, { segmentBytes: 65_536 })
  t.after(() => bench.spool.close())
  defineSignals(bench.signals, 2)
  for (let n = 0; n < batches; n++) await bench.spool.append(numbered(n, 100))
  const records = await readAll(bench.spool)
  return { ...bench, directory, records, log: (await findLog(directory)) as Log, path: join(directory, 'out.ecx') }
}

async function imported(path: string): Promise<SpoolRecord[]> {
  const all: SpoolRecord[] = []
  await readImport(path, async (records) => {
    all.push(...records)
  })
  return all
}

const anchors =
  (records: readonly SpoolRecord[]): Anchor =>
  async (sequence) =>
    records.find((record) => record.sequence === sequence)
const within = (records: readonly SpoolRecord[], ranges: readonly SequenceRange[]) =>
  records.filter(({ sequence }) => ranges.some(({ from, to }) => from <= sequence && sequence <= to))

test('what is exported while the node runs is what the log holds, and meets the records around it', async (t) => {
  const { records, log, path, directory } = await makeLog(t, 120)
  assert.ok((await segmentFiles(directory)).length > 1)
  const ranges = [
    { from: 1, to: 4 },
    { from: 20, to: 41 },
    { from: records.length, to: records.length + 10 },
  ]
  const { missing, ...made } = await exportRecords(log, ranges, path, 5)
  assert.equal(made.records, 4 + 22 + 1)
  assert.equal(made.bytes, (await readFile(path)).length)
  assert.deepEqual(missing, [{ from: records.length + 1, to: records.length + 10, cause: 'not written yet' }])
  const rest = records.filter((record) => !within(records, ranges).includes(record))
  const checked = await checkImport(path, anchors(rest))
  assert.deepEqual([checked.header.node, checked.records, checked.missing, checked.anchored, checked.ends], ['edge-1', 27, missing, 5, 6])
  assert.deepEqual((await imported(path)).map(lineOf), within(records, ranges).map(lineOf))
  await assert.rejects(exportRecords(log, ranges, path, 5), { code: 'EEXIST' })
})

test('what the log no longer has, or has damaged, is said and nothing of it is made up', async (t) => {
  const { records, path, directory, spool } = await makeLog(t)
  await spool.close()
  const [, second] = await segmentFiles(directory)
  const file = join(directory, second as string)
  const bytes = await readFile(file)
  bytes[5000] = (bytes[5000] as number) ^ 1
  await writeFile(file, bytes)
  const { missing } = await exportRecords((await findLog(directory)) as Log, [{ from: 1, to: records.length }], path, 0)
  assert.equal(missing[0]?.cause, 'corrupt')
  const { records: count } = await checkImport(path, anchors(records))
  const lost = missing.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  assert.equal(count, records.length - lost)
  assert.ok(lost >= 1 && lost < 10)
})

test('every changed byte, every cut and every file of another log is refused', async (t) => {
  const { records, log, path } = await makeLog(t, 10)
  const other = await makeLog(t, 10)
  await exportRecords(log, [{ from: 3, to: 8 }], path, 0)
  const bytes = await readFile(path)
  const changed = `${path}.changed`
  const refused = async (content: Uint8Array, anchor?: Anchor) => {
    await writeFile(changed, content)
    await assert.rejects(checkImport(changed, anchor), ImportRefused)
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const copy = Uint8Array.from(bytes)
      copy[at] = (copy[at] as number) ^ by
      await refused(copy)
      await refused(copy.subarray(0, at))
    }),
    { numRuns: 300 },
  )
  await refused(
    bytes,
    anchors(other.records.map((record) => ({ ...record, seal: record.seal && { ...record.seal, hash: new Uint8Array(32) } }))),
  )
  await refused(new Uint8Array(0))
  await checkImport(path, anchors(records))
})

test('a record that was changed breaks the chain, even where the checksum was made anew', async (t) => {
  const { log, path } = await makeLog(t, 10)
  await exportRecords(log, [{ from: 3, to: 8 }], path, 0)
  const bytes = Uint8Array.from(await readFile(path))
  const at = bytes.length - 40 - 200
  bytes[at] = (bytes[at] as number) ^ 1
  bytes.set(createHash('sha256').update(bytes.subarray(0, -40)).digest(), bytes.length - 32)
  await writeFile(path, bytes)
  await assert.rejects(checkImport(path), { code: 'chain-broken' })
})

test('a part longer than the limit is refused before it is read', async (t) => {
  const { log, path } = await makeLog(t, 2)
  await exportRecords(log, [{ from: 1, to: 2 }], path, 0)
  const bytes = await readFile(path)
  await writeFile(path, Buffer.concat([bytes.subarray(0, -40), partHeader('records', PORTABLE_LIMITS.partBytes + 1)]))
  await assert.rejects(checkImport(path), /unknown kind or length/)
  await writeFile(path, Buffer.concat([bytes.subarray(0, -40), partHeader('run', PORTABLE_LIMITS.jsonBytes + 1)]))
  await assert.rejects(checkImport(path), /unknown kind or length/)
  await writeFile(path, Buffer.concat([bytes.subarray(0, -40), partHeader('records', PORTABLE_LIMITS.partBytes)]))
  await assert.rejects(checkImport(path), /a part is cut/)
})

test('a file of more ranges than one may name is neither written nor read', async (t) => {
  const { log, path } = await makeLog(t, 2)
  const ranges = Array.from({ length: PORTABLE_LIMITS.ranges + 1 }, (_, i) => ({ from: 2 * i + 1, to: 2 * i + 1 }))
  await assert.rejects(exportRecords(log, ranges, path, 0), new RegExp(`at most ${PORTABLE_LIMITS.ranges} in one file`))
  await exportRecords(log, [{ from: 1, to: 2 }], path, 0)
  const bytes = await readFile(path)
  const length = bytes.readUInt32LE(4)
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'))
  const naming = (count: number) => {
    const json = Buffer.from(JSON.stringify({ ...header, ranges: ranges.slice(0, count) }))
    return writeFile(path, Buffer.concat([partHeader('header', json.length), json, Buffer.alloc(-json.length & 7)]))
  }
  await naming(PORTABLE_LIMITS.ranges)
  await assert.rejects(checkImport(path), /it has no end/)
  await naming(PORTABLE_LIMITS.ranges + 1)
  await assert.rejects(checkImport(path), /a part is not as it should be/)
})

test('a signed file is held against the key of its node: every changed byte, a cut signature, another key and another file are found', async (t) => {
  const { log, path } = await makeLog(t, 10)
  const keys = () => {
    const signer = signerOf(generateKeyPairSync('ed25519').privateKey)
    return { signer, verifier: verifierOf(signer.publicKey) }
  }
  const [own, foreign] = [keys(), keys()]
  const made = await exportRecords(log, [{ from: 3, to: 8 }], path, 7, { signer: own.signer })
  const bytes = await readFile(path)
  assert.equal(made.bytes, bytes.length)
  const { records } = await checkImport(path)
  assert.equal(records, 6, 'who looks for no signature reads it as before')
  const sound = await verifyCarried(path, own.verifier)
  assert.deepEqual(sound, { node: 'edge-1', epoch: log.epoch, records: 6, first: 3, last: 8, withheld: 0, missing: [], signedTime: 7 })

  const changed = `${path}.changed`
  const found = async (content: Uint8Array, verifier = own.verifier) => {
    await writeFile(changed, content)
    const result = await verifyCarried(changed, verifier)
    return 'kind' in result ? result.kind : 'sound'
  }
  assert.equal(await found(bytes, foreign.verifier), 'forged')
  const unsigned = `${path}.unsigned`
  const { bytes: without } = await exportRecords(log, [{ from: 3, to: 8 }], unsigned, 7)
  assert.equal(await found(await readFile(unsigned)), 'unsigned')
  assert.equal(await found(bytes.subarray(0, without)), 'unsigned')
  const other = `${path}.other`
  await exportRecords(log, [{ from: 3, to: 9 }], other, 7, { signer: own.signer })
  assert.equal(
    await found(Buffer.concat([await readFile(unsigned), (await readFile(other)).subarray(-(bytes.length - without))])),
    'forged',
  )
  // Zeros fill the signature up to a multiple of 8; nobody reads them.
  const padding = bytes.length - bytes.lastIndexOf(10) - 1
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - padding - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const copy = Uint8Array.from(bytes)
      copy[at] = (copy[at] as number) ^ by
      assert.notEqual(await found(copy), 'sound', `byte ${at}`)
    }),
    { numRuns: 150 },
  )
  const huge = Buffer.concat([bytes.subarray(0, without), partHeader('signature', PORTABLE_LIMITS.signatureBytes + 1), Buffer.alloc(5000)])
  assert.equal(await found(huge), 'unsigned')
})
