import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BatchBuilder } from '../../core/batch.ts'
import { encodeBatch } from '../../core/batch-codec.ts'
import { type Change, type Derivation, FOREVER, type Unit } from '../../core/derivation.ts'
import type { HeldDays } from '../../core/historian.ts'
import { QueryRefused } from '../../core/historian.ts'
import { silent } from '../../core/log.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { SignalTable } from '../../core/signals.ts'
import { DAY, HOUR, MINUTE } from '../../core/time.ts'
import { Changes } from './changes.ts'
import { DirtySet, mergedRanges, TooManyUnits, WHY } from './dirty.ts'
import { createEngine, type SavedEngine } from './engine.ts'
import { DERIVING_LIMITS } from './limits.ts'
import { readState, writeState } from './state-file.ts'
import { Watermarks } from './watermarks.ts'

const inputs = { signals: ['site/a'], records: [], facts: [] }

/** Counts what it is asked for; comes to nothing. */
function counting(name: string, more: Partial<Derivation> = {}): Derivation & { readonly asked: number[] } {
  const asked: number[] = []
  return {
    ...{ name, version: '1', inputs, facts: 'none', asked },
    touched: async (changes: readonly Change[]) => changes.map(({ from, to }) => ({ definition: name, key: `${from}`, from, to })),
    within: async () => [],
    compute: async (units: readonly Unit[]) => {
      asked.push(units.length)
      return units.map((unit) => ({ unit, facts: [], samples: [] }))
    },
    ...more,
  }
}

function engineOf(derivations: readonly Derivation[], now = 10 * DAY, more: { readonly days?: () => Promise<HeldDays> } = {}) {
  const history = new MemoryHistory()
  return createEngine({
    ...{ history, derivations, publish: async () => ({}), horizonUs: DAY, now: () => now, watermark: () => now, log: silent },
    ...more,
  })
}

const change = (at: number): Change => ({ signal: 'site/a', from: at, to: at })
const settle = async (engine: { step(): Promise<boolean> }) => {
  while (await engine.step());
}

test('of what goes on along time no less than a piece is taken at once; what is over is taken whole', () => {
  const set = new DirtySet(false, MINUTE)
  set.add({ key: 'belt', from: 0, to: HOUR }, WHY.samples, 0, 0)
  set.add({ key: 'pump', from: 0, to: 10 }, WHY.samples, 0, 0)
  const { pieceUs } = DERIVING_LIMITS
  const taken = (watermark: number) => set.take(watermark, watermark, 10, false).map(({ key, from, to }) => `${key} ${from} ${to}`)
  assert.deepEqual(taken(pieceUs - 1), ['pump 0 10'])
  assert.deepEqual(taken(pieceUs), [`belt 0 ${pieceUs}`])
  // The clock goes on, and nothing is asked for every moment of it.
  for (let at = pieceUs + 1; at <= 2 * pieceUs; at += pieceUs / 10) assert.deepEqual(taken(at), [])
  assert.deepEqual(taken(2 * pieceUs + 1), [`belt ${pieceUs + 1} ${2 * pieceUs + 1}`])
  assert.deepEqual(taken(HOUR), [`belt ${2 * pieceUs + 2} ${HOUR}`])
  assert.equal(set.count, 0)
})

test('more dirty units than there is room for become ranges, and are opened again', () => {
  const set = new DirtySet(false)
  for (let i = 0; i <= DERIVING_LIMITS.units; i++) set.add({ key: `${i}`, from: i * 10, to: i * 10 }, WHY.samples, 0, 0)
  assert.equal(set.count, 0)
  assert.ok(set.ranges.length <= DERIVING_LIMITS.ranges)
  assert.equal(set.ranges[0]?.from, 0)
  assert.equal(set.ranges.at(-1)?.to, DERIVING_LIMITS.units * 10)
  const slice = set.takeSlice(HOUR, 1_000)
  assert.deepEqual([slice?.from, slice?.to, slice?.why], [0, 1_000, WHY.samples])
  assert.equal(set.takeSlice(1_001, 1_000), undefined, 'the next piece has not passed yet')
  const open = new DirtySet(true)
  assert.throws(() => {
    for (let i = 0; i <= DERIVING_LIMITS.units; i++) open.add({ key: `${i}`, from: i, to: FOREVER }, WHY.record, 0, 0)
  }, TooManyUnits)
})

test('ranges beyond their limit are joined where they are nearest', () => {
  const range = (i: number) => ({ from: i * 100 + (i % 2) * 90, to: i * 100 + (i % 2) * 90 + 1, why: 1, since: 0 })
  const merged = mergedRanges(Array.from({ length: 200 }, (_, i) => range(i)))
  assert.ok(merged.length <= DERIVING_LIMITS.ranges)
  assert.deepEqual([merged[0]?.from, merged.at(-1)?.to], [range(0).from, range(199).to])
})

test('units are computed in groups of neighbours, none larger than the limit', async () => {
  const one = counting('one')
  const engine = engineOf([one])
  const start = 10 * DAY - 20 * HOUR
  await engine.absorb(Array.from({ length: DERIVING_LIMITS.groupUnits + 7 }, (_, i) => change(start + i)))
  await engine.absorb([change(start + 10 * HOUR)])
  await settle(engine)
  assert.deepEqual(one.asked, [1, DERIVING_LIMITS.groupUnits, 7], 'the newest first')
})

test('what is too much for the history is asked for in halves; what is so alone is given up and told', async () => {
  const one = counting('one', { facts: 'keyed' })
  const picky: Derivation = {
    ...one,
    compute: (units, history, at) => {
      const isTooMuch = units.length > 2 || units.some(({ key }) => key === `${10 * DAY - 5}`)
      return isTooMuch ? Promise.reject(new QueryRefused('too much')) : one.compute(units, history, at)
    },
  }
  const engine = engineOf([picky])
  await engine.absorb(Array.from({ length: 9 }, (_, i) => change(10 * DAY - 9 + i)))
  await settle(engine)
  assert.equal(
    one.asked.reduce((sum, n) => sum + n, 0),
    8,
  )
  const [view] = engine.view()
  assert.deepEqual([view?.refused, view?.isStopped, view?.dirty], [1, false, 0])
  assert.deepEqual(engine.pending(), [{ definition: 'one', from: 10 * DAY - 5, to: 10 * DAY - 5 }])
})

test('a derivation that throws is stopped, loudly and alone', async () => {
  const bad = counting('bad', { compute: () => Promise.reject(new TypeError('a bug')) })
  const good = counting('good')
  const engine = engineOf([bad, good])
  await engine.absorb([change(10 * DAY - 1)])
  await settle(engine)
  assert.deepEqual(
    engine.view().map(({ isStopped, problem }) => [isStopped, problem]),
    [
      [true, 'a bug'],
      [false, undefined],
    ],
  )
  assert.deepEqual(good.asked, [1])
  assert.deepEqual([engine.behind('bad', 0, 1), engine.behind('good', 0, 1)], [{ bySamplesAlone: true }, undefined])
  assert.equal((await engine.save()).bad?.isStopped, true, 'the next start computes it anew')
})

test('changes beyond the horizon are counted, bounded, offered and computed when asked for', async () => {
  const asked: number[] = []
  const one = counting('one', {
    within: async ({ from, to }) => {
      asked.push(to - from)
      return []
    },
  })
  const engine = engineOf([one])
  await settle(engine)
  for (let i = 0; i < 3 * DERIVING_LIMITS.ranges; i++) await engine.absorb([change(i * HOUR)])
  assert.ok(engine.pending().length <= DERIVING_LIMITS.ranges)
  assert.equal(engine.view()[0]?.late, 3 * DERIVING_LIMITS.ranges)
  assert.deepEqual(engine.behind('one', 5 * HOUR, 6 * HOUR), { bySamplesAlone: true })
  assert.equal(engine.behind('one', 9 * DAY, 10 * DAY), undefined, 'nothing late is there')
  asked.length = 0
  await engine.recompute('one', 0, 9 * DAY, AbortSignal.timeout(5_000))
  assert.ok(asked.length > 1 && asked.every((us) => us <= DERIVING_LIMITS.sliceMostUs))
  assert.deepEqual(engine.pending(), [])
  assert.equal(engine.behind('one', 5 * HOUR, 6 * HOUR), undefined)
})

test('what came too late marks the results that it touches, and no others of its time', async () => {
  const touching = (more: Partial<Derivation>) =>
    counting('one', {
      inputs: { ...inputs, records: ['flights'] },
      touched: async (changes) =>
        changes.map((one) => ({ definition: 'one', key: 'key' in one ? one.key : 'belt', from: one.from, to: one.to })),
      ...more,
    })
  const late = (key: string): Change => ({ record: 'flights', key, from: 5 * HOUR, to: 6 * HOUR })
  const saved = async (derivation: Derivation) => {
    const engine = engineOf([derivation])
    await engine.absorb([late('1')])
    return JSON.parse(JSON.stringify(await engine.save())) as SavedEngine
  }
  const keyed = touching({ facts: 'keyed' })
  const history = new MemoryHistory()
  const now = 10 * DAY
  const parts = { history, publish: async () => ({}), horizonUs: DAY, now: () => now, watermark: () => now, log: silent }
  const engine = createEngine({ ...parts, derivations: [keyed] }, await saved(keyed))
  const behind = (key: string | undefined) => engine.behind('one', 5 * HOUR, 6 * HOUR, key)
  assert.deepEqual([behind('1'), behind('2'), behind(undefined)], [{ bySamplesAlone: false }, undefined, { bySamplesAlone: false }])
  assert.deepEqual(engine.pending(), [{ definition: 'one', from: 5 * HOUR, to: 6 * HOUR }])
  const started = engineOf([touching({ facts: 'started' })])
  await started.absorb([change(5 * HOUR)])
  assert.deepEqual(
    ['belt@1', 'pump@1'].map((key) => started.behind('one', 5 * HOUR, 6 * HOUR, key)),
    [{ bySamplesAlone: true }, undefined],
  )
  for (let i = 0; i <= DERIVING_LIMITS.lateUnits; i++) await engine.absorb([late(`more-${i}`)])
  assert.deepEqual(behind('2'), { bySamplesAlone: false }, 'beyond the limit their times are marked')
  assert.equal((await engine.save()).one?.late.ranges.length, 2, 'their time, and the one that came after')
})

test('a derivation that is stopped misses records that change, and says so', async () => {
  const bad = counting('bad', {
    facts: 'keyed',
    compute: () => Promise.reject(new TypeError('a bug')),
    inputs: { ...inputs, records: ['flights'] },
  })
  const engine = engineOf([bad])
  await engine.absorb([change(10 * DAY - 1)])
  await settle(engine)
  assert.deepEqual(engine.behind('bad', 0, 1, 'x'), { bySamplesAlone: true })
  await engine.absorb([{ record: 'flights', key: 'x', from: 0, to: 1 }])
  assert.deepEqual(engine.behind('bad', 0, 1, 'x'), { bySamplesAlone: false })
})

test('a time is computed anew day by day where history holds something, and nowhere else', async () => {
  const asked: [from: number, to: number][] = []
  const looking: Partial<Derivation> = {
    within: async ({ from, to }) => {
      asked.push([from / DAY, to / DAY])
      return []
    },
  }
  const days = async () => ({ samples: [2, 3, 8_000, 8_002].map((day) => day * DAY), oldestRecord: 19_990 * DAY })
  const engine = engineOf([counting('signals', looking), counting('records', { ...looking, facts: 'keyed' })], 20_000 * DAY, { days })
  await settle(engine)
  const during = async (name: string, from: number, to: number) => {
    asked.length = 0
    await engine.recompute(name, from, to, AbortSignal.timeout(5_000))
    return [...new Set(asked.map(([from]) => Math.floor(from)))]
  }
  assert.deepEqual(await during('signals', 0, 20_000 * DAY), [2, 3, 8_000, 8_002])
  assert.deepEqual(await during('signals', 3.5 * DAY, 8_001 * DAY), [3, 8_000])
  const records = await during('records', 0, 20_000 * DAY)
  assert.deepEqual([records.slice(0, 5), records.length], [[2, 3, 8_000, 8_002, 19_990], 14], 'and from the first record on every day')
  assert.deepEqual(await during('signals', 4 * DAY, 7_000 * DAY), [], 'nothing to compute from')
})

test('a batch is seen as a few stretches for each signal', async () => {
  const signals = new SignalTable()
  const parts = {
    signals,
    history: new MemoryHistory(),
    records: new Set<string>(),
    facts: new Set<string>(),
    placeOf: () => undefined,
    onStored: () => {},
    isTold: () => false,
  }
  const changes = new Changes(parts, [{ node: 'n', epoch: 1, signals: [[5, 'site/a']], reasons: [] }])
  const builder = new BatchBuilder(100)
  for (const minute of [0, 0.5, 10, 10.1, 0.2]) builder.push(5, minute * MINUTE, 1, 0)
  const record = (payload: Uint8Array) => ({ node: 'n', epoch: 1, sequence: 1, kind: 'batch' as const, recordedTime: 1, payload })
  assert.deepEqual(await changes.of([record(encodeBatch(builder.build(0)))]), [
    { signal: 'site/a', from: 0, to: 0.5 * MINUTE },
    { signal: 'site/a', from: 10 * MINUTE, to: 10.1 * MINUTE },
  ])
  const wide = new BatchBuilder(100)
  for (let i = 0; i < 3 * DERIVING_LIMITS.stretches; i++) wide.push(5, i * HOUR, 1, 0)
  const found = await changes.of([record(encodeBatch(wide.build(0)))])
  assert.equal(found.length, DERIVING_LIMITS.stretches)
  assert.equal(found.at(-1)?.to, (3 * DERIVING_LIMITS.stretches - 1) * HOUR)
})

test('a silent node holds nobody up for longer than the limit', () => {
  const signals = new SignalTable()
  signals.define({ id: 'site/a', connection: 'plc', address: '', dataType: 'number' })
  signals.define({ id: 'site/b', connection: 'plc', address: '', dataType: 'number' })
  let now = HOUR
  const nodeOf = (index: number) => (index === 1 ? 'edge' : undefined)
  const one = counting('own')
  const other = counting('other', { inputs: { ...inputs, signals: ['site/b'] } })
  const marks = new Watermarks({ node: 'hub', signals, nodeOf, latenessUs: () => 2_000_000, now: () => now }, [one, other])
  marks.stored('edge', HOUR - 10_000_000)
  marks.tick(true)
  assert.equal(marks.of(one), HOUR - 2_000_000)
  assert.equal(marks.of(other), HOUR - 12_000_000)
  now += HOUR
  marks.tick(false)
  assert.equal(marks.of(one), HOUR - 2_000_000, 'what waits in the log is not passed')
  marks.tick(true)
  assert.equal(marks.of(other), now - DERIVING_LIMITS.stallUs - 2_000_000)
})

test('the saved state is taken back whole or not at all', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-state-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'deep', 'state')
  assert.equal(await readState(file, silent), undefined)
  const engine = engineOf([counting('one')])
  await engine.absorb([change(10 * DAY - 1), change(1)])
  const saved = { node: 'n', epoch: 1, sequence: 7, engine: await engine.save() }
  assert.equal(await writeState(file, saved), true)
  assert.deepEqual(await readState(file, silent), JSON.parse(JSON.stringify(saved)))
  const large = { ...saved, node: 'n'.repeat(DERIVING_LIMITS.stateBytes) }
  assert.equal(await writeState(file, large), false)
})
