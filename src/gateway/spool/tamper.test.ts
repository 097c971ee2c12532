import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { z } from 'zod'
import { type Signer, signedText, signerOf, verifierOf } from '../../lib/signed.ts'
import { isThorough } from '../../lib/thorough.fixture.ts'
import { BreakableFiles, defineSignals, failure, numbered, segmentFiles, start, temporaryDirectory } from './harness.ts'
import {
  claimedBytes,
  decodeRecord,
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER,
  type SegmentHeader,
  sealRecord,
} from './layout.ts'
import { SPOOL_LIMITS } from './limits.ts'
import { HEAD_FILE, readStatement, sealName } from './seals.ts'
import { verifySigned } from './verify-signed.ts'

const ALTERATIONS = isThorough ? 1000 : 200

const signer = newSigner()
const verifier = verifierOf(signer.publicKey)

function newSigner(): Signer {
  return signerOf(generateKeyPairSync('ed25519').privateKey)
}

/** A stopped log of about ten segments. */
async function makeLog(t: TestContext): Promise<string> {
  const directory = await temporaryDirectory(t)
  const { spool, signals } = await start(directory, { signer, segmentBytes: 4096, maxBytes: 2 ** 20 })
  defineSignals(signals, 2)
  for (let n = 0; n < 120; n++) await spool.append(numbered(n, 1 + (n % 7)))
  await spool.close()
  return directory
}

/** mulberry32: the alterations of a run can be made again from its seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), 1 | state)
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z
    return Math.floor((((z ^ (z >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

interface Rec {
  readonly at: number
  readonly size: number
}

function recordsOf(bytes: Uint8Array): Rec[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const records: Rec[] = []
  for (let at = SEGMENT_HEADER; at < bytes.length; ) {
    const size = claimedBytes(view, at, undefined) as number
    records.push({ at, size })
    at += size
  }
  return records
}

/** The segment's records written again by one who knows the format and has no key: `change` alters one payload, everything after it is chained anew. */
function forge(bytes: Uint8Array, previous: Uint8Array | undefined, change: ((payload: Uint8Array, i: number) => void) | undefined) {
  const header = decodeSegmentHeader(bytes) as SegmentHeader
  let hash = previous ?? header.previousHash
  const parts: Uint8Array[] = [encodeSegmentHeader({ ...header, previousHash: hash })]
  recordsOf(bytes).forEach(({ at, size }, i) => {
    const frame = decodeRecord(bytes, at, size)
    if (!frame) throw new Error('not a record')
    const payload = frame.payload.slice()
    change?.(payload, i)
    const sealed = sealRecord(frame, payload, hash, header.salt)
    parts.push(...sealed.buffers)
    hash = sealed.hash
  })
  return { bytes: Buffer.concat(parts), hash }
}

type Alteration = (directory: string, pick: (below: number) => number) => Promise<void>

const any = async (directory: string, ending: string, pick: (below: number) => number): Promise<string> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith(ending)).sort()
  return join(directory, names[pick(names.length)] as string)
}

const alterations: Record<string, Alteration> = {
  'a bit flipped in a segment': async (directory, pick) => flip(await any(directory, '.seg', pick), pick),
  'a bit flipped in a signature': async (directory, pick) => flip(await any(directory, '.sig', pick), pick),
  'a segment cut': async (directory, pick) => {
    const path = await any(directory, '.seg', pick)
    await truncate(path, pick((await readFile(path)).length))
  },
  'a segment longer': async (directory, pick) => {
    const path = await any(directory, '.seg', pick)
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(1 + pick(200), pick(256))]))
  },
  'a signature cut': async (directory, pick) => {
    const path = await any(directory, '.sig', pick)
    await truncate(path, pick((await readFile(path)).length))
  },
  'two records swapped': async (directory, pick) => {
    const path = await any(directory, '.seg', pick)
    const bytes = await readFile(path)
    const records = recordsOf(bytes)
    const i = pick(records.length - 1)
    const [a, b] = [records[i] as Rec, records[i + 1] as Rec]
    const swapped = [
      bytes.subarray(0, a.at),
      bytes.subarray(b.at, b.at + b.size),
      bytes.subarray(a.at, b.at),
      bytes.subarray(b.at + b.size),
    ]
    await writeFile(path, Buffer.concat(swapped))
  },
  'a record removed': async (directory, pick) => {
    const path = await any(directory, '.seg', pick)
    const bytes = await readFile(path)
    const records = recordsOf(bytes)
    const { at, size } = records[pick(records.length)] as Rec
    await writeFile(path, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]))
  },
  'a record repeated': async (directory, pick) => {
    const path = await any(directory, '.seg', pick)
    const bytes = await readFile(path)
    const records = recordsOf(bytes)
    const { at, size } = records[pick(records.length)] as Rec
    await writeFile(path, Buffer.concat([bytes.subarray(0, at + size), bytes.subarray(at)]))
  },
  'a segment removed': async (directory, pick) => rm(await any(directory, '.seg', pick)),
  'a segment removed with its signature': async (directory, pick) => {
    const path = await any(directory, '.seg', pick)
    await rm(path)
    await rm(path.replace('.seg', '.sig'))
  },
  'a signature removed': async (directory, pick) => rm(await any(directory, '.sig', pick)),
  'two segments swapped': (directory, pick) => swap(directory, '.seg', pick),
  'two signatures swapped': (directory, pick) => swap(directory, '.sig', pick),
  'two segments swapped with their signatures': async (directory, pick) => {
    const seed = pick(2 ** 30)
    await swap(directory, '.seg', randomFrom(seed))
    const names = (await segmentFiles(directory)).map((name) => name.replace('.seg', '.sig'))
    await swap(directory, '.sig', randomFrom(seed), names)
  },
  'a segment chained anew': async (directory, pick) => {
    const path = await any(directory, '.seg', pick)
    await writeFile(path, forge(await readFile(path), undefined, changeOne(pick)).bytes)
  },
  'everything from a record on chained anew': async (directory, pick) => {
    const names = await segmentFiles(directory)
    const first = pick(names.length)
    let previous: Uint8Array | undefined
    for (const [i, name] of names.entries()) {
      if (i < first) continue
      const path = join(directory, name)
      const forged = forge(await readFile(path), previous, i === first ? changeOne(pick) : undefined)
      previous = forged.hash
      await writeFile(path, forged.bytes)
    }
  },
  'the end cut off at a record, with the signatures behind it': async (directory, pick) => {
    const names = await segmentFiles(directory)
    const first = pick(names.length)
    for (const [i, name] of names.entries()) {
      if (i < first) continue
      const path = join(directory, name)
      if (i > first) await rm(path)
      else {
        const records = recordsOf(await readFile(path))
        await truncate(path, (records[pick(records.length)] as Rec).at)
      }
      await rm(path.replace('.seg', '.sig'))
    }
  },
  'a statement signed with another key': async (directory, pick) => {
    const path = await any(directory, '.sig', pick)
    const [line] = (await readFile(path, 'utf8')).split('\n')
    await writeFile(path, signedText(JSON.parse(line as string), newSigner()))
  },
  'records added after the stop, chained': async (directory, pick) => {
    const names = await segmentFiles(directory)
    const last = join(directory, names.at(-1) as string)
    const bytes = await readFile(last)
    const header = decodeSegmentHeader(bytes) as SegmentHeader
    const { at, size } = recordsOf(bytes).at(-1) as Rec
    const frame = decodeRecord(bytes, at, size)
    if (!frame) throw new Error('not a record')
    const sequence = frame.sequence + 1
    const more = sealRecord({ ...frame, sequence }, frame.payload, frame.hash, pick(2) === 0 ? header.salt : 77)
    if (pick(2) === 0) return writeFile(last, Buffer.concat([bytes, ...more.buffers]))
    const head = {
      ...header,
      ordinal: header.ordinal + 1,
      firstSequence: sequence,
      previousHash: frame.hash,
      samples: frame.samples,
      salt: 77,
    }
    const record = sealRecord({ ...frame, sequence }, frame.payload, frame.hash, 77)
    await writeFile(
      join(directory, `${String(head.ordinal).padStart(10, '0')}.seg`),
      Buffer.concat([encodeSegmentHeader(head), ...record.buffers]),
    )
  },
}

function changeOne(pick: (below: number) => number): (payload: Uint8Array, i: number) => void {
  const [record, byte, bit] = [pick(3), pick(1000), pick(8)]
  return (payload, i) => {
    if (i !== record) return
    const at = byte % payload.length
    payload[at] = (payload[at] as number) ^ (1 << bit)
  }
}

async function flip(path: string, pick: (below: number) => number): Promise<void> {
  const bytes = await readFile(path)
  const at = pick(bytes.length)
  bytes[at] = (bytes[at] as number) ^ (1 << pick(8))
  await writeFile(path, bytes)
}

async function swap(directory: string, ending: string, pick: (below: number) => number, from?: string[]): Promise<void> {
  const names = from ?? (await readdir(directory)).filter((name) => name.endsWith(ending) && name !== HEAD_FILE).sort()
  const a = pick(names.length)
  const b = (a + 1 + pick(names.length - 1)) % names.length
  const [first, second] = [join(directory, names[a] as string), join(directory, names[b] as string)]
  await rename(first, `${first}.x`)
  await rename(second, first)
  await rename(`${first}.x`, second)
}

test(`${ALTERATIONS} random alterations of a signed log are all found, and what was not altered never`, async (t) => {
  const original = await makeLog(t)
  const sound = await verifySigned(original, verifier)
  assert.equal(sound.tampering, undefined)
  assert.ok(sound.segments >= 6 && sound.records > 120 && sound.isStopped && sound.unsignedRecords === 0, JSON.stringify(sound))
  const scratch = await mkdtemp(join(tmpdir(), 'ecluse-tamper-'))
  t.after(() => rm(scratch, { recursive: true, force: true }))
  const names = Object.keys(alterations)
  const missed: string[] = []
  for (let seed = 1; seed <= ALTERATIONS; seed++) {
    const name = names[seed % names.length] as string
    const copy = join(scratch, 'copy')
    await cp(original, copy, { recursive: true })
    await (alterations[name] as Alteration)(copy, randomFrom(seed))
    const { tampering } = await verifySigned(copy, verifier)
    if (!tampering) missed.push(`${name} (seed ${seed})`)
    await rm(copy, { recursive: true })
  }
  assert.deepEqual(missed, [])
  assert.equal((await verifySigned(original, verifier)).tampering, undefined)
})

test('a log that is being written, killed, torn, or whose oldest segments went is not called altered', async (t) => {
  const directory = await temporaryDirectory(t)
  const options = { signer, segmentBytes: 4096, maxBytes: 64 * 1024, overflow: 'drop-oldest' as const }
  const bench = await start(directory, options)
  defineSignals(bench.signals, 2)
  for (let n = 0; n < 40; n++) {
    await bench.spool.append(numbered(n))
    const { tampering } = await verifySigned(directory, verifier)
    assert.equal(tampering, undefined, JSON.stringify(tampering))
  }
  // Overflow drops the oldest.
  for (let n = 40; n < 600; n++) await bench.spool.append(numbered(n))
  await bench.seals?.sign()
  const kept = await verifySigned(directory, verifier)
  assert.equal(kept.tampering, undefined)
  assert.ok(kept.firstSequence > 1)
  // Killed: a copy without the last signature, its end torn.
  await bench.spool.append(numbered(601))
  const killed = join(await temporaryDirectory(t), 'spool')
  await cp(directory, killed, { recursive: true })
  await rm(join(killed, 'lock'), { force: true })
  const newest = join(killed, (await segmentFiles(killed)).at(-1) as string)
  await writeFile(newest, Buffer.concat([await readFile(newest), Buffer.alloc(57, 9)]))
  assert.equal((await verifySigned(killed, verifier)).tampering, undefined)
  const again = await start(killed, options)
  assert.deepEqual(again.findings, [])
  await again.spool.append(numbered(602))
  await again.spool.close()
  const after = await verifySigned(killed, verifier)
  assert.equal(after.tampering, undefined, JSON.stringify(after.tampering))
  assert.ok(after.lateSegments >= 1)
  await bench.spool.close()
})

test('a start says when the log contradicts what was signed', async (t) => {
  const options = { signer, segmentBytes: 4096, maxBytes: 2 ** 20 }
  const codes: Record<string, string[]> = {}
  const attempt = async (name: string, alter: (directory: string) => Promise<void>) => {
    const directory = await makeLog(t)
    await alter(directory)
    const { findings, spool } = await start(directory, options)
    codes[name] = findings.map(({ code }) => code)
    await spool.close()
  }
  await attempt('untouched', async () => {})
  await attempt('no head', (directory) => rm(join(directory, HEAD_FILE)))
  await attempt('cut', async (directory) => {
    const last = (await segmentFiles(directory)).at(-1) as string
    await rm(join(directory, last))
  })
  await attempt('forged', (directory) => (alterations['everything from a record on chained anew'] as Alteration)(directory, randomFrom(3)))
  await attempt('another key', async (directory) => {
    const path = join(directory, HEAD_FILE)
    const [line] = (await readFile(path, 'utf8')).split('\n')
    await writeFile(path, signedText(JSON.parse(line as string), newSigner()))
  })
  await attempt('all segments gone', async (directory) => {
    for (const name of await segmentFiles(directory)) await rm(join(directory, name))
    for (const name of await readdir(directory)) if (name.endsWith('.sig') && name !== HEAD_FILE) await rm(join(directory, name))
  })
  assert.deepEqual(codes, {
    'all segments gone': ['log-shorter'],
    untouched: [],
    'no head': ['head-missing'],
    cut: ['log-shorter'],
    forged: ['log-changed'],
    'another key': ['head-forged'],
  })
})

test('a node that was stopped before it had read anything starts again without a word', async (t) => {
  const directory = await temporaryDirectory(t)
  for (let n = 0; n < 3; n++) {
    const { findings, spool } = await start(directory, { signer })
    assert.deepEqual(findings, [])
    await spool.close()
  }
  assert.equal((await verifySigned(directory, verifier)).tampering, undefined)
})

test('a disk that takes no signature keeps nobody from writing, and gets it later', async (t) => {
  const directory = await temporaryDirectory(t)
  const files = new BreakableFiles()
  const { spool, signals, seals } = await start(directory, { signer, files, segmentBytes: 4096, maxBytes: 2 ** 20 })
  defineSignals(signals, 2)
  files.onOpen = (path, mode) => (mode === 'create' && path.includes('.sig') ? failure('ENOSPC') : undefined)
  for (let n = 0; n < 40; n++) await spool.append(numbered(n))
  await seals?.sign()
  assert.match(seals?.problem ?? '', /ENOSPC/)
  files.onOpen = () => undefined
  await seals?.sign()
  assert.equal(seals?.problem, undefined)
  const { tampering, segments } = await verifySigned(directory, verifier)
  assert.equal(tampering, undefined)
  assert.ok(segments >= 2)
  await spool.close()
})

test('verification of hostile files ends, within the memory of one record', async (t) => {
  const directory = await makeLog(t)
  await writeFile(join(directory, sealName(3)), Buffer.alloc(20 * 1024 * 1024, 65))
  assert.deepEqual((await verifySigned(directory, verifier)).tampering?.kind, 'forged')
  await writeFile(join(directory, HEAD_FILE), Buffer.alloc(5000, 10))
  assert.deepEqual((await verifySigned(directory, verifier)).tampering?.kind, 'forged')
  await rm(join(directory, HEAD_FILE))
  assert.deepEqual((await verifySigned(directory, verifier)).tampering?.kind, 'unsigned')
})

test('a signed statement is read up to its limit; one byte more, however well signed, is none', async (t) => {
  const directory = await temporaryDirectory(t)
  const path = join(directory, 'a.sig')
  const read = async (bytes: number) => {
    const around = signedText({ text: '' }, signer).length
    await writeFile(path, signedText({ text: 'x'.repeat(bytes - around) }, signer))
    return readStatement(path, z.object({ text: z.string() }), verifier, new BreakableFiles())
  }
  assert.equal(typeof (await read(SPOOL_LIMITS.statementBytes)), 'object')
  assert.equal(await read(SPOOL_LIMITS.statementBytes + 1), 'form')
})
