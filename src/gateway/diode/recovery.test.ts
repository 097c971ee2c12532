import assert from 'node:assert/strict'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { LinkRefused } from '../../core/link.ts'
import { silent } from '../../core/log.ts'
import { SpoolFull, type SpoolRecord } from '../../core/spool.ts'
import { exportRecords } from '../spool/export.ts'
import { batchesOf, defineSignals, numbered, numberOf } from '../spool/harness.ts'
import { findLog, type Log } from '../spool/walk.ts'
import { dictionariesBefore, isDictionary } from './dictionaries.ts'
import { DIODE_LIMITS } from './limits.ts'
import type { DiodeSettings } from './options.ts'
import type { DiodeSender } from './sender.ts'
import { dropImport, outcomeOf, refusedImports, takeImports } from './take-imports.ts'
import { helloOf, recordsFrom, type Weather, world } from './world.fixture.ts'

const never = new AbortController().signal
const CALM: Weather = { loss: 0, double: 0, late: 0 }
type World = Awaited<ReturnType<typeof world>>

const lineOf = ({ sequence, kind, seal }: SpoolRecord) => `${sequence} ${kind} ${Buffer.from(seal?.hash ?? []).toString('hex')}`
const real = (records: readonly SpoolRecord[]) => records.filter(({ kind, seal }) => kind !== 'gap' || seal)

/** Appends batches and sends what is new, 20 ms each. Returns where to go on. */
async function feed(w: World, link: DiodeSender, batches: number, next = 1, first = 0): Promise<number> {
  let from = next
  for (let n = 0; n < batches; n++) {
    await w.edge.spool.append(numbered(first + n, 200))
    const records = await recordsFrom(w.edge.spool, from)
    from = (records.at(-1)?.sequence ?? from - 1) + 1
    const sending = link.send(records)
    await w.clock.advance(20)
    await sending
  }
  return from
}

async function rest(w: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) await w.clock.advance(100)
}

async function begin(t: TestContext, seed: number, weather: Weather, settings: Partial<DiodeSettings> = {}) {
  const w = await world(t, seed, weather, settings)
  const link = w.makeLink()
  await link.connect(helloOf(w.edge.spool), never)
  t.after(async () => {
    const closing = link.close()
    await rest(w, 200)
    await closing
  })
  return { w, link }
}

test('what was lost is exported, carried and taken in: then the hub has exactly what the edge has', async (t) => {
  const { w, link } = await begin(t, 3, { loss: 0.15, double: 0.02, late: 0.02 }, { blockLoss: 0.2, datagramBytes: 600 })
  await feed(w, link, 200)
  w.weather.loss = 0
  await rest(w, 5000)
  const gaps = [...w.gaps.gaps()]
  assert.ok(gaps.length > 3)
  const imports = join(w.directory, 'imports')
  const path = join(w.directory, 'missing.ecx')
  const { missing } = await exportRecords((await findLog(w.directory)) as Log, gaps, path, 0)
  assert.deepEqual(missing, [])
  const parts = {
    ...{ gaps: w.gaps, log: silent, clock: w.clock },
    importer: { importMissing: async (records: readonly SpoolRecord[]) => void w.hub.imported.push(...records) },
    anchorOf: () => async (sequence: number) => w.hub.records.find((record) => record.sequence === sequence),
    positionOf: () => Number.MAX_SAFE_INTEGER,
  }
  assert.deepEqual(await takeImports(imports, parts), [])
  await dropImport(path, imports)
  assert.deepEqual(
    await takeImports(imports, { ...parts, positionOf: () => gaps[0]?.to ?? 0 }),
    [],
    'it waits until what follows the gaps is here',
  )
  assert.ok(w.gaps.gaps().length > 3)
  const [outcome] = await takeImports(imports, parts)
  assert.equal(outcome?.filled, outcome?.records)
  assert.deepEqual(w.gaps.gaps(), [])
  const all = [...real(w.hub.records), ...w.hub.imported].sort((a, b) => a.sequence - b.sequence)
  assert.deepEqual(all.map(lineOf), (await recordsFrom(w.edge.spool, 1)).map(lineOf))
  await dropImport(path, imports)
  const [again] = await takeImports(imports, parts)
  assert.deepEqual([again?.filled, again?.refused], [0, undefined])
  // As before anything was carried.
  const open = { gaps: () => gaps, missing: () => [], fill: async () => {} } as unknown as typeof w.gaps
  const stranger = { ...parts, gaps: open, anchorOf: () => async () => undefined }
  const laid = await dropImport(path, imports)
  assert.equal(await outcomeOf(laid), undefined)
  const { refused } = (await takeImports(imports, stranger))[0] ?? {}
  assert.equal(refused?.code, 'foreign')
  assert.match(refused?.message ?? '', /nothing shows that it is of this log/)
  assert.deepEqual((await outcomeOf(laid))?.refused, refused)
  assert.deepEqual(
    (await refusedImports(imports)).map(({ file, code }) => [file, code]),
    [[basename(laid), 'foreign']],
  )
  await rm(join(imports, 'refused', basename(laid)))
  assert.deepEqual(await refusedImports(imports), [], 'somebody took it away')
  assert.deepEqual(await readdir(join(imports, 'refused')), [])
  await dropImport(path, imports)
  const shutOut = { importMissing: () => Promise.reject(new LinkRefused('no-conduit', 'no conduit')) }
  const [turnedAway] = await takeImports(imports, {
    ...{ ...parts, allowUnanchored: true, importer: shutOut },
    gaps: { ...open, missing: (_: unknown, sequences: number[]) => sequences } as unknown as typeof w.gaps,
  })
  assert.equal(turnedAway?.refused?.code, 'not-permitted')
  for (let n = 0; n <= DIODE_LIMITS.refusedFiles; n++) {
    await writeFile(join(imports, 'refused', `a-${n}.ecx`), '')
    const bytes = n === 0 ? DIODE_LIMITS.outcomeBytes : 1
    await writeFile(
      join(imports, 'refused', `a-${n}.ecx.json`),
      JSON.stringify({ ...turnedAway, refused: { code: 'damaged', message: 'x'.repeat(bytes) } }),
    )
  }
  await writeFile(join(imports, 'refused', 'a--.ecx'), '')
  await writeFile(join(imports, 'refused', 'a--.ecx.json'), '{ cut')
  const listed = await refusedImports(imports)
  assert.equal(listed.length, DIODE_LIMITS.refusedFiles)
  assert.ok(!listed.some(({ file }) => file === 'a-0.ecx'), 'what is kept of it is too large')
  assert.ok(!listed.some(({ file }) => file === 'a--.ecx'), 'what is kept of it is not whole')
  await dropImport(path, imports)
  assert.equal((await takeImports(imports, { ...stranger, allowUnanchored: true }))[0]?.refused, undefined)
})

test('a receiver that starts late is given what explains the samples before the samples', async (t) => {
  const { w, link } = await begin(t, 4, { ...CALM, loss: 1 })
  const next = await feed(w, link, 60)
  w.weather.loss = 0
  await feed(w, link, 60, next, 60)
  assert.equal(batchesOf(w.hub.records).length, 0, 'nothing that cannot be explained is handed on')
  await rest(w, 32_000)
  const kinds = w.hub.records.filter(({ kind, seal }) => kind !== 'gap' || seal)
  const firstBatch = kinds.findIndex(({ kind }) => kind === 'batch')
  assert.deepEqual(new Set(kinds.slice(0, firstBatch).map(({ kind }) => kind)), new Set(['config', 'signals']))
  assert.deepEqual(
    batchesOf(w.hub.records).map(numberOf),
    Array.from({ length: 60 }, (_, i) => 60 + i),
  )
})

test('a lost dictionary comes a second time after a second, and what needs it waits that long', async (t) => {
  const { w, link } = await begin(t, 5, { ...CALM })
  let next = await feed(w, link, 10)
  await rest(w, 3000)
  w.weather.loss = 1
  defineSignals(w.edge.signals, 4)
  next = await feed(w, link, 2, next, 10)
  await rest(w, 100)
  w.weather.loss = 0
  const before = w.hub.records.length
  await feed(w, link, 5, next, 12)
  assert.equal(w.hub.records.length, before)
  await rest(w, 3000)
  assert.equal(real(w.hub.records.slice(before))[0]?.kind, 'signals')
  assert.deepEqual(batchesOf(w.hub.records).map(numberOf), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16])
  assert.equal(w.gaps.gaps().length, 1)
})

test('ends that start again go on where they were; datagrams of an older start are not taken', async (t) => {
  const w = await world(t, 6, { ...CALM })
  const recorded: Uint8Array[] = []
  const pass = w.receiving.now.onDatagram.bind(w.receiving.now)
  w.receiving.now.onDatagram = (bytes, address) => {
    recorded.push(bytes.slice())
    pass(bytes, address)
  }
  const first = w.makeLink()
  await first.connect(helloOf(w.edge.spool), never)
  const next = await feed(w, first, 20)
  const closing = first.close()
  await rest(w, 300)
  await closing
  await w.receiving.now.close()
  w.receiving.now = w.makeReceiver()
  const known = (await dictionariesBefore(w.edge.spool, next)).records()
  assert.ok(known.length >= 2 && known.every(isDictionary))
  const second = w.makeLink(known)
  await second.connect(helloOf(w.edge.spool, 'two'), never)
  await feed(w, second, 20, next, 20)
  await rest(w, 1500)
  for (const bytes of recorded) w.receiving.now.onDatagram(bytes, 'replay')
  assert.equal(w.receiving.now.counters.oldBoot, recorded.length)
  const again = second.close()
  await rest(w, 300)
  await again
  assert.deepEqual(w.hub.records.map(lineOf), (await recordsFrom(w.edge.spool, 1)).map(lineOf))
  assert.deepEqual(w.gaps.gaps(), [])
})

test('a hub that cannot store for a while takes everything later, once', async (t) => {
  const { w, link } = await begin(t, 7, { ...CALM })
  const { forward } = w.hub.log
  w.hub.log.forward = async () => {
    throw new SpoolFull('full')
  }
  const next = await feed(w, link, 20)
  await rest(w, 2000)
  assert.equal(w.hub.records.length, 0)
  w.hub.log.forward = forward
  await feed(w, link, 20, next, 20)
  await rest(w, 3000)
  assert.deepEqual(w.hub.records.map(lineOf), (await recordsFrom(w.edge.spool, 1)).map(lineOf))
})

test('dictionaries larger than a message come in several, all of them before what needs them', async (t) => {
  const { w, link } = await begin(t, 8, { ...CALM, loss: 1 }, { bytesPerSecond: 50_000_000 })
  for (let i = 2; i < 20_000; i++)
    w.edge.signals.define({ id: `hall/${'x'.repeat(480)}/${i}`, connection: 'plc', address: `holding ${i}`, dataType: 'number' })
  const next = await feed(w, link, 3)
  w.weather.loss = 0
  await feed(w, link, 3, next, 3)
  // Large messages are compressed on another thread, which knows no simulated time.
  for (let i = 0; i < 20_000 && batchesOf(w.hub.records).length < 3; i++) await w.clock.advance(20)
  const dictionaries = real(w.hub.records).filter(isDictionary)
  assert.ok(dictionaries.reduce((sum, { payload }) => sum + payload.length, 0) > DIODE_LIMITS.dictionariesBytes)
  assert.deepEqual(batchesOf(w.hub.records).map(numberOf), [3, 4, 5])
  assert.equal(w.receiving.now.counters.unreadable, 0)
})
