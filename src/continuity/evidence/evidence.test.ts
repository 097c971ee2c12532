import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { type AuditEvent, AuditFull, type AuditTrail, noAudit } from '../../core/audit.ts'
import { encodeForwarded } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import { silent } from '../../core/log.ts'
import { type AppendedContent, type Spool, SpoolFull, type SpoolRecord } from '../../core/spool.ts'
import { encodeContent } from '../../core/stated-content.ts'
import { HOUR, parseTime } from '../../core/time.ts'
import { type DurableFile, type DurableFiles, machineFiles } from '../../lib/durable-files.ts'
import { MerkleFrontier, rootFromProof } from '../../lib/merkle.ts'
import { signerOf, verifierOf } from '../../lib/signed.ts'
import { Anchors } from './anchors.ts'
import { EvidenceFolder, MANIFEST, verifyFolder } from './folder.ts'
import { Leaves, leafFile } from './leaves.ts'
import { EVIDENCE_LIMITS } from './limits.ts'
import { IEC_62443_3_3, NIS2_21_2 } from './mapping.ts'
import { Periods } from './periods.ts'
import { summaryPage, verificationLines } from './summary.ts'

const START = parseTime('2026-11-23T08:00:00Z')
const hashOf = (node: string, n: number): Buffer => createHash('sha256').update(`${node}/${n}`).digest()

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-evidence-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const record = (node: string, sequence: number, time: number, more: Partial<SpoolRecord> = {}): SpoolRecord => ({
  ...{ node, epoch: 1, sequence, kind: 'batch', recordedTime: time, payload: new Uint8Array(0) },
  seal: { samples: 0, signals: 0, reasonSets: 0, hash: hashOf(node, sequence) },
  ...more,
})

/** A log in memory that is told of what becomes durable. */
function fakeSpool(records: SpoolRecord[] = []) {
  const followers = new Set<(records: readonly SpoolRecord[]) => void>()
  const said: { contents: AppendedContent[]; isFull: boolean } = { contents: [], isFull: false }
  const spool = {
    ...{ node: 'hub-1', epoch: 1 },
    read: async (sequence: number, most: number) => records.filter((one) => one.sequence >= sequence).slice(0, most),
    stats: () => ({ lastSequence: records.length }),
    appendContent: async (content: AppendedContent) => {
      if (said.isFull) throw new SpoolFull('full')
      said.contents.push(content)
    },
    follow: (follower: (records: readonly SpoolRecord[]) => void) => {
      followers.add(follower)
      return () => followers.delete(follower)
    },
  }
  const append = (one: SpoolRecord) => {
    records.push(one)
    for (const follower of followers) follower([one])
  }
  return { spool: spool as unknown as Spool, append, records, said }
}

function auditOf() {
  const events: AuditEvent[] = []
  const state = { isFull: false }
  const record: AuditTrail['record'] = async (event) => {
    if (state.isFull) throw new AuditFull('full')
    events.push(event)
  }
  return { audit: { ...noAudit, record }, events, state }
}

test('a period is a run of neighbours of one hour; its root is the same however the log was followed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -1, max: 2 })), { maxLength: 60 }),
      fc.nat(),
      (steps, cut) => {
        let sequence = 0
        let time = START
        const records = steps.map(([step, hours], i) => {
          sequence += step === 3 ? 2 : 1
          if (i % 7 === 6) time += hours * HOUR
          return { sequence, time }
        })
        const whole = new Periods('n', 1)
        let resumed = new Periods('n', 1)
        const at = records.length === 0 ? 0 : cut % records.length
        const both = records.map((one, i) => {
          if (i === at) resumed = new Periods('n', 1, JSON.parse(JSON.stringify(resumed.open() ?? null)) ?? undefined)
          return [whole, resumed].map((periods) => periods.add(one.sequence, one.time, hashOf('n', one.sequence)))
        })
        for (const [a, b] of both) assert.deepEqual(a, b)
        for (const [closed] of both) {
          if (!closed) continue
          const tree = new MerkleFrontier()
          for (let n = closed.from; n <= closed.to; n++) tree.append(hashOf('n', n))
          assert.equal(closed.root, tree.root().toString('hex'))
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('a record that fills a gap moves no period', () => {
  const periods = new Periods('n', 1)
  periods.add(5, START, hashOf('n', 5))
  const before = periods.current()
  assert.equal(periods.add(4, START, hashOf('n', 4)), undefined)
  assert.deepEqual(periods.current(), before)
})

test('a hub lays down the root an edge computes of its own log, from what was forwarded, across a restart', async (t) => {
  const directory = await place(t)
  const { spool, append } = fakeSpool()
  const { audit, events, state } = auditOf()
  const edge = new Periods('edge-1', 1)
  const roots: string[] = []
  const start = () => Anchors.start({ spool, audit, directory, files: machineFiles, log: silent })
  let anchors = await start()
  for (let n = 1; n <= 30; n++) {
    const time = START + Math.floor(n / 10) * HOUR
    const closed = edge.add(n, time, hashOf('edge-1', n))
    if (closed) roots.push(closed.root)
    const payload = encodeForwarded({ node: 'edge-1', epoch: 1, via: 'edge-1', records: [record('edge-1', n, time)] })
    append(record('hub-1', n, time, { kind: 'forwarded', payload }))
    if (n === 15) {
      await anchors.close()
      anchors = await start()
    }
  }
  state.isFull = true
  await anchors.tick()
  const held = events.length
  state.isFull = false
  await anchors.tick()
  assert.ok(events.length > held, 'what the audit log could not take waited')
  const of = (kind: string) => events.filter((event) => event.kind === kind).map(({ detail }) => detail?.root)
  assert.deepEqual(of('anchor'), roots)
  assert.equal(of('root').length, 3)
  const proof = await anchors.prove('edge-1', 1, 12)
  assert.ok(proof)
  const path = proof.path.map((node) => Buffer.from(node, 'hex'))
  assert.deepEqual(Buffer.from(proof.hash, 'hex'), hashOf('edge-1', 12))
  assert.equal(rootFromProof(hashOf('edge-1', 12), proof.index, proof.records, path)?.toString('hex'), roots[1])
  assert.equal(await anchors.prove('edge-1', 1, 99), undefined)
  assert.equal(await anchors.prove('nobody', 1, 1), undefined)
  await anchors.close()
})

test('more logs than may be followed: of the others, the one known longest makes room', async (t) => {
  const { spool, append } = fakeSpool()
  const anchors = await Anchors.start({ spool, audit: noAudit, directory: await place(t), files: machineFiles, log: silent })
  for (let n = 1; n <= EVIDENCE_LIMITS.streams + 5; n++) {
    const payload = encodeForwarded({ node: `edge-${n}`, epoch: 1, via: 'x', records: [record(`edge-${n}`, 1, START)] })
    append(record('hub-1', n, START, { kind: 'forwarded', payload }))
  }
  assert.equal(anchors.streams().length, EVIDENCE_LIMITS.streams)
})

test('a node says the roots of its hours in its log, once it has room, and none where nobody gets the log', async (t) => {
  const { spool, append, said } = fakeSpool()
  const { audit, events } = auditOf()
  const [directory, other] = [await place(t), await place(t)]
  const sent = await Anchors.start({ spool, audit, directory, files: machineFiles, log: silent, isSent: true })
  const alone = await Anchors.start({ spool, audit, directory: other, files: machineFiles, log: silent })
  for (let n = 1; n <= 3; n++) append(record('hub-1', n, START + n * HOUR))
  said.isFull = true
  await sent.tick()
  assert.deepEqual(said.contents, [])
  said.isFull = false
  await sent.tick()
  await alone.tick()
  const roots = (said.contents as AppendedContent[]).map((content) => (content.kind === 'root' ? content.root.root : ''))
  assert.deepEqual(
    roots,
    events.slice(0, 2).map(({ detail }) => detail?.root),
  )
})

/** Two hours of an edge, then what it says of the first, as they come to a hub. */
function told(root: (closed: string) => string): { of: SpoolRecord; said: SpoolRecord }[] {
  const edge = new Periods('edge-1', 1)
  const records = [1, 2, 3].map((n) => record('edge-1', n, START + Math.floor(n / 3) * HOUR))
  const [closed] = records.flatMap(({ sequence, recordedTime, seal }) => edge.add(sequence, recordedTime, seal?.hash as Uint8Array) ?? [])
  assert.ok(closed)
  const { hour, from, to } = closed
  const payload = encodeContent({ kind: 'root', root: { hour, from, to, root: root(closed.root) } })
  const all = [...records, record('edge-1', 4, START + HOUR, { kind: 'root', payload })]
  return all.map((said, i) => ({
    said,
    of: record('hub-1', i + 1, START, {
      kind: 'forwarded',
      payload: encodeForwarded({ node: 'edge-1', epoch: 1, via: 'edge-1', records: [said] }),
    }),
  }))
}

test('a root that a node says is held against the one of its records as they arrived; one that differs is told once and stays with its hour', async (t) => {
  for (const [other, isDifferent] of [
    [undefined, false],
    ['f'.repeat(64), true],
  ] as const) {
    const directory = await place(t)
    const { spool, append } = fakeSpool()
    const { audit, events, state } = auditOf()
    const start = () => Anchors.start({ spool, audit, directory, files: machineFiles, log: silent })
    let anchors = await start()
    for (const { of } of told((root) => other ?? root)) append(of)
    state.isFull = true
    await anchors.tick()
    assert.deepEqual(anchors.takeDifferences(), [], 'told after the audit log has it')
    state.isFull = false
    await anchors.close()
    const findings = events.filter(({ kind }) => kind === 'finding')
    assert.equal(findings.length, isDifferent ? 1 : 0)
    assert.deepEqual(
      anchors.takeDifferences().map(({ node, from, to, stated }) => [node, from, to, stated]),
      isDifferent ? [['edge-1', 1, 2, other]] : [],
    )
    assert.deepEqual(anchors.takeDifferences(), [])
    anchors = await start()
    const [hour] = anchors.streams().find(({ node }) => node === 'edge-1')?.recent ?? []
    assert.equal(hour?.stated === undefined ? undefined : hour.stated !== hour.root, isDifferent)
    assert.equal(events.filter(({ kind }) => kind === 'finding').length, findings.length)
  }
})

test('roots of other records, or of an hour that is not here, are compared with nothing', async (t) => {
  const { spool, append } = fakeSpool()
  const { audit, events } = auditOf()
  const anchors = await Anchors.start({ spool, audit, directory: await place(t), files: machineFiles, log: silent })
  // The first record never came.
  for (const { of } of told(() => 'f'.repeat(64)).slice(1)) append(of)
  await anchors.close()
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'finding'),
    [],
  )
})

test('limits: more hours that differ than are remembered until the audit log takes them', async (t) => {
  const { spool, append } = fakeSpool()
  const { audit, events, state } = auditOf()
  const anchors = await Anchors.start({ spool, audit, directory: await place(t), files: machineFiles, log: silent })
  state.isFull = true
  for (let i = 0; i < EVIDENCE_LIMITS.differences + 5; i++) {
    const name = `edge-${i}`
    for (const { said } of told(() => 'f'.repeat(64))) {
      const one = { ...said, node: name }
      append(
        record('hub-1', 1, START, { kind: 'forwarded', payload: encodeForwarded({ node: name, epoch: 1, via: name, records: [one] }) }),
      )
    }
  }
  state.isFull = false
  await anchors.tick()
  assert.equal(events.filter(({ kind }) => kind === 'finding').length, EVIDENCE_LIMITS.differences)
  assert.equal(anchors.takeDifferences().length, EVIDENCE_LIMITS.differences)
  const all = anchors.streams().filter(({ recent: [hour] }) => hour?.stated !== undefined)
  assert.equal(all.length, EVIDENCE_LIMITS.differences + 5, 'each hour knows')
})

test('hashes kept for proofs stay within their limit, the oldest hours go', async (t) => {
  const directory = await place(t)
  await writeFile(join(directory, 'bg.1.0000000000000001.leaves'), '')
  await (await import('node:fs/promises')).truncate(join(directory, 'bg.1.0000000000000001.leaves'), EVIDENCE_LIMITS.leafBytes)
  const leaves = await Leaves.open(directory)
  leaves.add(leafFile('n', 1, 500), 0, hashOf('n', 500))
  await leaves.flush()
  assert.equal(leaves.bytes, 32)
  assert.equal((await readdir(directory)).length, 1)
})

test('hashes that wait are written when they are many, also while the audit log takes nothing', async (t) => {
  const { spool, append } = fakeSpool()
  const { audit, state } = auditOf()
  state.isFull = true
  const anchors = await Anchors.start({ spool, audit, directory: await place(t), files: machineFiles, log: silent })
  const one = record('hub-1', 1, START)
  append(one)
  // The hour after it waits for the audit log.
  for (let n = 2; n < EVIDENCE_LIMITS.unwrittenLeaves; n++) append({ ...one, sequence: n, recordedTime: START + HOUR })
  await anchors.tick()
  assert.equal(anchors.counters.leafBytes, 0)
  append({ ...one, sequence: EVIDENCE_LIMITS.unwrittenLeaves, recordedTime: START + HOUR })
  await anchors.tick()
  assert.equal(anchors.counters.leafBytes, 32 * EVIDENCE_LIMITS.unwrittenLeaves)
})

test('roots that wait for the audit log are bounded; those beyond are counted as lost', async (t) => {
  const { spool, append } = fakeSpool()
  const { audit, events, state } = auditOf()
  state.isFull = true
  const anchors = await Anchors.start({ spool, audit, directory: await place(t), files: machineFiles, log: silent })
  for (let n = 1; n <= EVIDENCE_LIMITS.pending + 1; n++) append(record('hub-1', n, START + n * HOUR))
  assert.equal(anchors.counters.lostRoots, 0)
  append(record('hub-1', EVIDENCE_LIMITS.pending + 2, START))
  assert.equal(anchors.counters.lostRoots, 1)
  state.isFull = false
  await anchors.tick()
  assert.equal(events.length, EVIDENCE_LIMITS.pending)
})

test('where all hours of all logs stand can be read again; what is larger is not ours, and said', async (t) => {
  const directory = await place(t)
  const { spool, records } = fakeSpool([record('hub-1', 1, START)])
  const hours = { hour: START, from: Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER }
  const root = 'f'.repeat(64)
  const stream = {
    ...{ node: 'n'.repeat(LIMITS.nodeLength), epoch: Number.MAX_SAFE_INTEGER, open: { ...hours, from: 1, subtrees: Array(53).fill(root) } },
    recent: Array(48).fill({ ...hours, root, stated: root }),
  }
  const name = (i: number) => `${i}`.padStart(LIMITS.nodeLength, 'n')
  const streams = Array.from({ length: EVIDENCE_LIMITS.streams }, (_, i) => ({ ...stream, node: name(i) }))
  const text = JSON.stringify({ version: 1, epoch: 1, sequence: records.length, streams })
  const path = join(directory, 'periods.json')
  const start = async () => {
    const told: string[] = []
    const log = { ...silent, warn: (fields: object) => void told.push(JSON.stringify(fields)) }
    const anchors = await Anchors.start({ spool, audit: noAudit, directory, files: machineFiles, log })
    return [anchors.streams().length, told.length]
  }
  await writeFile(path, text)
  assert.deepEqual(await start(), [EVIDENCE_LIMITS.streams, 0])
  await writeFile(path, text.padEnd(EVIDENCE_LIMITS.stateBytes))
  assert.deepEqual(await start(), [EVIDENCE_LIMITS.streams, 0])
  await writeFile(path, text.padEnd(EVIDENCE_LIMITS.stateBytes + 1, '}'))
  assert.deepEqual(await start(), [1, 1])
})

test('of an hour with more records than a proof is made of there is none, and its hashes are not read', async (t) => {
  const most = EVIDENCE_LIMITS.provableRecords
  let opened = 0
  const file: DurableFile = {
    ...{ write: async () => {}, sync: async () => {}, truncate: async () => {}, close: async () => {} },
    ...{ size: async () => 32 * (most + 1), read: async () => 0 },
  }
  const files: DurableFiles = {
    ...machineFiles,
    list: async () => [leafFile('n', 1, 1)],
    open: async () => {
      opened++
      return file
    },
  }
  const leaves = await Leaves.open(await place(t), files)
  const asked = async (records: number) => {
    const before = opened
    assert.equal(await leaves.prove({ node: 'n', epoch: 1, from: 1, to: records }, 1, false), undefined)
    return opened - before
  }
  assert.deepEqual([await asked(most), await asked(most + 1)], [1, 0])
})

const signer = signerOf(generateKeyPairSync('ed25519').privateKey)
const verifier = verifierOf(signer.publicKey)
const SUBJECT = { node: 'node-1', from: '-30d', to: 'now', time: '2026-11-23T08:00:00Z' }

async function makeFolder(t: TestContext): Promise<string> {
  const directory = join(await place(t), 'out')
  const folder = await EvidenceFolder.create(directory)
  await folder.write('a.txt', 'one')
  await folder.json('b/c.json', { two: 2 })
  await folder.copy(join(directory, 'a.txt'), 'b/d/e.txt', 2)
  await folder.write('empty', '')
  assert.equal(await folder.finish(SUBJECT, signer), 4)
  return directory
}

test('a folder is as its signed list says; a file altered, gone, added, linked, or a list of another key is found', async (t) => {
  assert.deepEqual(await verifyFolder(await makeFolder(t), verifier), { subject: SUBJECT, files: 4 })
  const wrong = async (alter: (directory: string) => Promise<unknown>) => {
    const directory = await makeFolder(t)
    await alter(directory)
    const { tampered } = await verifyFolder(directory, verifier)
    return `${tampered?.kind} ${tampered?.file}`
  }
  assert.equal(await wrong((at) => writeFile(join(at, 'b', 'd', 'e.txt'), 'no')), 'altered b/d/e.txt')
  assert.equal(await wrong((at) => rm(join(at, 'empty'))), 'missing empty')
  assert.equal(await wrong((at) => writeFile(join(at, 'b', 'more'), '')), 'forged b/more')
  assert.equal(await wrong((at) => symlink('/etc/hostname', join(at, 'link'))), 'forged link')
  assert.equal(await wrong((at) => rm(join(at, MANIFEST))), `unsigned ${MANIFEST}`)
  assert.equal(await wrong((at) => writeFile(join(at, MANIFEST), '{}\n')), `forged ${MANIFEST}`)
  const other = verifierOf(signerOf(generateKeyPairSync('ed25519').privateKey).publicKey)
  assert.equal((await verifyFolder(await makeFolder(t), other)).tampered?.kind, 'forged')
  await assert.rejects(EvidenceFolder.create(await place(t)), { code: 'EEXIST' })
  assert.match(await readFile(join(await makeFolder(t), MANIFEST), 'utf8'), /^\{"format":"ecluse-evidence".*\n[0-9a-f]{128}\n$/)
})

test('a folder of more files than are verified is not finished; one with more, or with too long a list, is refused by that', async (t) => {
  const directory = join(await place(t), 'out')
  const folder = await EvidenceFolder.create(directory)
  for (const name of ['a', 'b/c', 'd']) await folder.write(name, name)
  const bounds = { folderFiles: 3, documentBytes: EVIDENCE_LIMITS.documentBytes }
  await assert.rejects(folder.finish(SUBJECT, signer, { folderFiles: 2 }), /more than 2 files/)
  assert.equal(await folder.finish(SUBJECT, signer, bounds), 3)
  assert.deepEqual(await verifyFolder(directory, verifier, bounds), { subject: SUBJECT, files: 3 })
  const { size } = await stat(join(directory, MANIFEST))
  assert.equal((await verifyFolder(directory, verifier, { ...bounds, documentBytes: size })).tampered, undefined)
  const long = await verifyFolder(directory, verifier, { ...bounds, documentBytes: size - 1 })
  assert.match(long.tampered?.what ?? '', /too long to be one of ours/)
  await writeFile(join(directory, 'e'), '')
  await assert.rejects(verifyFolder(directory, verifier, bounds), /more than 4 files/)
})

test('every requirement of both texts is answered once, in both languages, and the page escapes what it is given', () => {
  assert.equal(new Set(IEC_62443_3_3.map(({ id }) => id)).size, 51)
  assert.deepEqual(
    NIS2_21_2.map(({ id }) => id),
    [...'abcdefghij'].map((letter) => `21(2)(${letter})`),
  )
  for (const { en, fr } of [...IEC_62443_3_3, ...NIS2_21_2]) assert.ok(en.length > 10 && fr.length > 10)
  const verification = { key: 'k', roots: 0, tampered: { part: 'spool', kind: 'altered', file: '<b>', what: 'x' } } as const
  const counts = { connections: 1, signals: undefined, nodes: 0, contracts: 0, findings: 0 }
  const summary = {
    ...SUBJECT,
    site: '<script>',
    key: 'k',
    verification,
    counts,
    policy: { zones: 2, conduits: 1, tests: 3, failed: 1 },
    changes: [],
    absent: [{ file: 'a', reason: '"b"' }],
  }
  for (const language of ['en', 'fr'] as const) {
    const page = summaryPage(language, summary)
    assert.doesNotMatch(page, /<script|<b>|undefined/)
    assert.match(page, new RegExp(`lang="${language}"`))
    assert.match(verificationLines(language, verification)[0] ?? '', /<b>/)
  }
})
