import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type AuditEvent, AuditFull } from '../../core/audit.ts'
import { LIMITS } from '../../core/limits.ts'
import { silent } from '../../core/log.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { DAY, parseTime } from '../../core/time.ts'
import { type DurableFile, type DurableFiles, machineFiles } from '../../lib/durable-files.ts'
import { signedText, signerOf, verifierOf } from '../../lib/signed.ts'
import { hashOf, signatureLine } from './entry.ts'
import { AUDIT_LIMITS } from './limits.ts'
import { AUDIT_HEAD_FILE, AuditLog, type AuditLogOptions } from './log.ts'
import { createTrail } from './trail.ts'
import { verifyAudit } from './verify.ts'

const signer = signerOf(generateKeyPairSync('ed25519').privateKey)
const verifier = verifierOf(signer.publicKey)
const START = parseTime('2026-11-23T08:00:00Z')
const ALTERATIONS = 300

/** A disk with so many bytes left: writing over what a file has takes none of them. */
class SmallDisk implements DurableFiles {
  left = Number.POSITIVE_INFINITY
  onSync: () => void = () => {}
  async open(path: string, mode: 'read' | 'create' | 'repair'): Promise<DurableFile> {
    if (mode === 'create' && this.left <= 0) throw full()
    const file = await machineFiles.open(path, mode)
    return {
      ...file,
      write: async (buffers, position) => {
        const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
        const more = Math.max(0, position + bytes - (await file.size()))
        if (more > this.left) throw full()
        this.left -= more
        await file.write(buffers, position)
      },
      truncate: async (bytes) => {
        this.left += Math.max(0, (await file.size()) - bytes)
        await file.truncate(bytes)
      },
      sync: async () => this.onSync(),
    }
  }
  list = machineFiles.list
  makeDirectory = machineFiles.makeDirectory
  rename = machineFiles.rename
  remove = machineFiles.remove
  async syncDirectory(): Promise<void> {}
}

const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-audit-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return join(directory, 'audit')
}

async function open(directory: string, options: Partial<AuditLogOptions> & { clock?: ManualClock } = {}) {
  const clock = options.clock ?? new ManualClock(START)
  const files = options.files ?? new SmallDisk()
  const log = await AuditLog.open({ ...{ directory, node: 'edge-1', signer, log: silent, keepMs: 1e12 }, ...options, files, clock })
  return { log, clock, trail: createTrail(log, clock) }
}

const signIn = (who: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  kind: 'sign-in',
  outcome: 'done',
  who,
  from: '192.0.2.7',
  ...more,
})
const verify = (directory: string) => verifyAudit(directory, verifier, { files: machineFiles })

test('entries are chained, signed at the stop, read newest first by kind and time, and gone on with after a restart', async (t) => {
  const directory = await place(t)
  const { log, clock } = await open(directory)
  await log.append(signIn('ada'))
  await clock.advance(60_000)
  await Promise.all([
    log.append(signIn('bob', { outcome: 'refused' })),
    log.append({ kind: 'denial', outcome: 'refused', who: 'bob', what: 'GET /x' }),
  ])
  assert.deepEqual(
    (await log.read({ limit: 10 })).entries.map(({ n, kind, who }) => [n, kind, who]),
    [
      [3, 'denial', 'bob'],
      [2, 'sign-in', 'bob'],
      [1, 'sign-in', 'ada'],
    ],
  )
  assert.deepEqual(await log.read({ limit: 1, kinds: ['sign-in'] }), {
    entries: [{ n: 2, time: clock.now(), ...signIn('bob', { outcome: 'refused' }) }],
    truncated: true,
  })
  assert.equal((await log.read({ limit: 9, to: START + 1 })).entries.length, 1)
  assert.equal((await log.read({ limit: 9, before: 2 })).entries.length, 1)
  await log.close()
  await assert.rejects(log.append(signIn('eve')), AuditFull)
  const [first, second] = (await readFile(join(directory, 'audit-0000000001.jsonl'), 'utf8')).split('\n')
  assert.equal(JSON.parse(second as string).previous, hashOf(first as string))
  assert.deepEqual(await verify(directory), { files: 1, entries: 4, firstEntry: 1, lastEntry: 4, unsignedEntries: 0 })
  const again = await open(directory)
  await again.log.append(signIn('cat'))
  assert.equal((await again.log.read({ limit: 1 })).entries[0]?.n, 5)
  assert.deepEqual(
    (await again.log.after(3)).entries.map(({ n }) => n),
    [4, 5],
  )
  await again.log.close()
  assert.equal((await verify(directory)).tampering, undefined)
})

test('texts from outside are bounded and cannot begin a line of their own', async (t) => {
  const directory = await place(t)
  const { log } = await open(directory)
  await log.append(
    signIn(`a\n{"n":9}\u001b[31m\u2028${'x'.repeat(10_000)}`, {
      detail: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, '\u{1f600}'.repeat(300)])),
    }),
  )
  await log.close()
  const [line, signature, rest] = (await readFile(join(directory, 'audit-0000000001.jsonl'), 'utf8')).split('\n')
  assert.ok(Buffer.byteLength(line as string) <= AUDIT_LIMITS.lineBytes)
  const { who, detail } = JSON.parse(line as string) as { who: string; detail?: Record<string, string> }
  assert.equal(who.length, AUDIT_LIMITS.textLength)
  assert.ok(Object.keys(detail ?? {}).length <= AUDIT_LIMITS.detailFields)
  for (const one of ['\u001b', '\u2028']) assert.ok(!line?.includes(one))
  assert.match(signature as string, /"kind":"signature"/)
  assert.ok(rest?.startsWith('\u0000'))
  assert.equal((await verify(directory)).tampering, undefined)
})

test('a full disk silences nothing until the reserve is used up; then what must be recorded is refused, and this is said', async (t) => {
  const directory = await place(t)
  const files = new SmallDisk()
  const { log, trail } = await open(directory, { files })
  files.left = 0
  const event = signIn('ada', { what: 'x'.repeat(250) })
  let taken = 0
  let untold = 0
  let refused: unknown
  while (refused === undefined && taken < 10_000) {
    if (taken % 500 === 499) await trail.tick()
    if (trail.view().problem === undefined) untold = taken
    await trail.record(event).then(
      () => taken++,
      (error: unknown) => {
        refused = error
      },
    )
  }
  assert.ok(refused instanceof AuditFull)
  // Two files: the one in use, and the one behind it.
  assert.ok(taken > 4000, `${taken} entries went into the reserve`)
  assert.match(trail.view().problem ?? '', /reserve.*used up/)
  assert.ok(untold < taken - 1_000, `told for the last ${taken - untold} entries, without a break`)
  await trail.note({ kind: 'denial', outcome: 'refused', from: '192.0.2.9', what: 'x'.repeat(250) })
  await trail.tick()
  files.left = 10 * AUDIT_LIMITS.fileBytes
  await trail.record(event)
  await trail.tick()
  assert.equal(trail.view().problem, undefined)
  assert.deepEqual((await log.read({ limit: 1, kinds: ['finding'] })).entries[0]?.count, 1)
  await trail.close()
  const report = await verify(directory)
  assert.equal(report.tampering, undefined, JSON.stringify(report.tampering))
  assert.ok(report.files >= 3 && report.entries > taken)
})

test('a failed write is confirmed to nobody, and the log goes on in another file', async (t) => {
  const directory = await place(t)
  const files = new SmallDisk()
  const { log } = await open(directory, { files })
  await log.append(signIn('ada'))
  files.onSync = () => {
    throw new Error('EIO: i/o error')
  }
  await assert.rejects(log.append(signIn('bob')), /EIO/)
  files.onSync = () => {}
  await log.append(signIn('cat'))
  await log.close()
  const { tampering, entries, files: count } = await verify(directory)
  assert.equal(tampering, undefined)
  assert.deepEqual([entries, count], [3, 2])
  const text = (await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')))).join('')
  assert.doesNotMatch(text, /bob/)
})

test('more than may wait at once is refused', async (t) => {
  const { log } = await open(await place(t))
  const all = Array.from({ length: AUDIT_LIMITS.waiting + 1 }, (_, i) => log.append(signIn(`u${i}`)))
  const settled = await Promise.allSettled(all)
  assert.equal(settled.filter(({ status }) => status === 'rejected').length, 1)
  await log.close()
})

test('refusals that come too often are counted, by address, and said in one entry', async (t) => {
  const { log, trail, clock } = await open(await place(t))
  const denial = (from: string): AuditEvent => ({ kind: 'denial', outcome: 'refused', from, what: 'GET /api/v1/audit' })
  for (let i = 0; i < 25; i++) await trail.note(denial('192.0.2.1'))
  for (let i = 0; i < 100; i++) await trail.note(denial(`198.51.100.${i}`))
  const written = (await log.read({ limit: 1000 })).entries
  assert.equal(written.length, AUDIT_LIMITS.notesPerMinute)
  await clock.advance(60_000)
  await trail.note(denial('192.0.2.1'))
  const { entries } = await log.read({ limit: 1000 })
  const total = entries.reduce((sum, { count = 1 }) => sum + count, 0)
  assert.equal(total, 126)
  assert.equal(entries.find(({ from, count }) => from === '192.0.2.1' && count)?.count, 25 - AUDIT_LIMITS.notesPerAddress)
  await trail.close()
})

test('addresses of refusals that are counted apart are bounded: all others are one', async (t) => {
  const { log, trail, clock } = await open(await place(t))
  const denial = (from: string): AuditEvent => ({ kind: 'denial', outcome: 'refused', from, what: 'x' })
  const more = 50
  for (let i = 0; i < AUDIT_LIMITS.notesPerMinute + AUDIT_LIMITS.addresses + more; i++) await trail.note(denial(`a${i}`))
  await clock.advance(60_000)
  await trail.tick()
  const { entries } = await log.read({ limit: 10_000, kinds: ['denial'] })
  assert.equal(entries.length, AUDIT_LIMITS.notesPerMinute + AUDIT_LIMITS.addresses + 1)
  assert.equal(entries.find(({ from, count }) => from === undefined && count !== undefined)?.count, more)
  await trail.close()
})

test('entries older than they are kept for go, a file at a time, and this is an entry', async (t) => {
  const directory = await place(t)
  const clock = new ManualClock(START)
  const { log } = await open(directory, { clock, keepMs: 30 * 86_400_000 })
  const event = signIn('ada', { what: 'x'.repeat(250) })
  for (let i = 0; i < 6; i++) await Promise.all(Array.from({ length: 600 }, () => log.append(event)))
  assert.equal((await readdir(directory)).filter((name) => name.endsWith('.jsonl')).length, 2)
  await clock.advance((31 * DAY) / 1000)
  await log.tick()
  assert.equal((await readdir(directory)).filter((name) => name.endsWith('.jsonl')).length, 1)
  const [removal] = (await log.read({ limit: 1, kinds: ['removal'] })).entries
  assert.ok(Number(removal?.detail?.upTo) > 1000)
  await log.close()
  assert.equal((await verify(directory)).tampering, undefined)
})

test(`${ALTERATIONS} random alterations of an audit log are all found`, async (t) => {
  const directory = await place(t)
  const { log } = await open(directory)
  for (let i = 0; i < 40; i++) await log.append(signIn(`user-${i}`))
  await log.close()
  assert.equal((await verify(directory)).tampering, undefined)
  const copy = `${directory}-copy`
  const missed: string[] = []
  for (let i = 0; i < ALTERATIONS; i++) {
    await cp(directory, copy, { recursive: true })
    const path = join(copy, i % 5 === 4 ? AUDIT_HEAD_FILE : 'audit-0000000001.jsonl')
    const whole = await readFile(path)
    // Behind the entries are zeros, which are nothing.
    const bytes = whole.subarray(0, whole.lastIndexOf(10) + 1)
    const lines = bytes.toString('utf8').split('\n').slice(0, -1)
    const at = (i * 7919) % lines.length
    const how = i % 5
    if (how === 0 || how === 4) {
      const place = (i * 104_729) % bytes.length
      bytes[place] = (bytes[place] as number) ^ (1 << (i % 8))
      await writeFile(path, bytes)
    } else if (how === 1) await truncate(path, (i * 104_729) % bytes.length)
    else {
      // Removed, or altered and chained anew to the end.
      if (how === 2) lines.splice(at, 1)
      let previous = ''
      const anew = lines.map((line, n) => {
        const entry = JSON.parse(line)
        if (how === 3 && n === at) entry.time += 1
        if (n > 0) entry.previous = previous
        entry.n = n + 1
        const text = JSON.stringify(entry)
        previous = hashOf(text)
        return text
      })
      await writeFile(path, `${anew.join('\n')}\n`)
    }
    const { tampering } = await verify(copy)
    if (!tampering) missed.push(`${how} at ${i}`)
    await rm(copy, { recursive: true })
  }
  assert.deepEqual(missed, [])
})

test('a start says what contradicts the signed head', async (t) => {
  const directory = await place(t)
  const { log } = await open(directory)
  for (let i = 0; i < 5; i++) await log.append(signIn(`user-${i}`))
  await log.close()
  const path = join(directory, 'audit-0000000001.jsonl')
  const lines = (await readFile(path, 'utf8')).split('\n')
  await writeFile(path, `${lines.slice(0, 3).join('\n')}\n`)
  const { log: again } = await open(directory)
  assert.match((await again.read({ limit: 1, kinds: ['finding'] })).entries[0]?.what ?? '', /ends at entry 3, and entry 6 was signed/)
  await again.close()
})

test('one answer has so many entries and says that there are more; a question for more brings no more', async (t) => {
  const { log } = await open(await place(t))
  const most = AUDIT_LIMITS.answerEntries
  const fill = async (count: number) => {
    for (let left = count; left > 0; left -= AUDIT_LIMITS.waiting)
      await Promise.all(Array.from({ length: Math.min(left, AUDIT_LIMITS.waiting) }, () => log.append(signIn('ada'))))
  }
  await fill(most)
  const kinds = ['sign-in'] as const
  const all = await log.read({ limit: most + 1, kinds })
  assert.deepEqual([all.entries.length, all.truncated], [most, false])
  await fill(1)
  const { entries, truncated } = await log.read({ limit: Number.MAX_SAFE_INTEGER, kinds })
  assert.deepEqual([entries.length, truncated], [most, true])
  await log.close()
})

test('the signature that closes a file fits into the room kept for it, whatever the numbers', () => {
  const head = { entry: Number.MAX_SAFE_INTEGER - 1, hash: 'f'.repeat(64) }
  const line = signatureLine(head, 'n'.repeat(LIMITS.nodeLength), signer, Number.MAX_SAFE_INTEGER)
  assert.ok(Buffer.byteLength(line) + 1 <= AUDIT_LIMITS.signatureBytes, `${line.length}`)
})

test('a file is filled up to that room, and closed within its size', async (t) => {
  const directory = await place(t)
  const { log } = await open(directory)
  while (log.head.entry < 3_000) await Promise.all(Array.from({ length: 500 }, (_, i) => log.append(signIn('x'.repeat(1 + (i % 250))))))
  await log.close()
  const [first = ''] = (await readdir(directory)).filter((name) => name.endsWith('.jsonl')).sort()
  const { size } = await stat(join(directory, first))
  assert.ok(
    size <= AUDIT_LIMITS.fileBytes && size > AUDIT_LIMITS.fileBytes - AUDIT_LIMITS.signatureBytes - AUDIT_LIMITS.lineBytes,
    `${size}`,
  )
  assert.equal((await verify(directory)).tampering, undefined)
})

test('a head is read up to its limit, by a start and by who verifies; a longer one is none of ours', async (t) => {
  const directory = await place(t)
  const { log } = await open(directory)
  await log.append(signIn('ada'))
  await log.close()
  const path = join(directory, AUDIT_HEAD_FILE)
  const content = JSON.parse((await readFile(path, 'utf8')).split('\n')[0] as string)
  const around = signedText({ ...content, hash: '' }, signer).length
  const found = async (bytes: number) => {
    await writeFile(path, signedText({ ...content, hash: 'x'.repeat(bytes - around) }, signer))
    return (await verify(directory)).tampering?.what
  }
  assert.match((await found(AUDIT_LIMITS.headBytes)) ?? '', /not the one that head.sig names/)
  assert.match((await found(AUDIT_LIMITS.headBytes + 1)) ?? '', /not a signed statement/)
  const again = await open(directory)
  assert.match((await again.log.read({ limit: 1, kinds: ['finding'] })).entries[0]?.what ?? '', /head/)
  await again.log.close()
})
