import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RecordQuery } from '../core/history.ts'
import type { QuarantinedRow, RecordBatch, RecordVersion, StoredVersion } from '../core/it-records.ts'
import type { SpoolRecord } from '../core/spool.ts'
import { HOUR } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { type Bench, bench, DAY_MS, type Open, START } from './contract-bench.ts'
import { Recorder } from './contract-records.ts'
import { Twin } from './contract-twin.ts'

const flight = (key: string, gate: string, more: Partial<RecordVersion> = {}): RecordVersion => ({
  ...{ kind: 'flight', key, source: 'aodb', validFrom: START, validTo: START + HOUR, isDeleted: false, values: { gate } },
  ...more,
})
const batchOf = (r: Recorder, versions: readonly RecordVersion[], more: Partial<RecordBatch> = {}): SpoolRecord =>
  r.json('records', { source: 'aodb', feed: 0, versions, quarantined: [], ...more })
const said = ({ knownTime: _, ingest: __, ...rest }: StoredVersion) => rest
const gatesOf = async (b: Bench, query: Partial<RecordQuery> = {}) =>
  (await b.historian.records({ kind: 'flight', limit: 100, ...query })).versions.map(
    ({ key, revision, values }) => `${key} ${revision} ${values.gate}`,
  )

/** What IT systems say. */
export function recording(open: Open): void {
  test('a version is current until the next one is known, and every version stays', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const write = async (...versions: RecordVersion[]) => {
      b.clock.time += 100
      await b.historian.write([batchOf(r, versions)])
    }
    await write(flight('AF1', 'A1'), flight('AF2', 'B1'), flight('AF1', 'A2'))
    await write(flight('AF1', 'A3', { isDeleted: true }), flight('AF1', 'X', { source: 'mes', validFrom: null, validTo: null }))
    const check = async () => {
      assert.deepEqual(await gatesOf(b), ['AF1 3 A3', 'AF1 1 X', 'AF2 1 B1'])
      assert.deepEqual(await gatesOf(b, { allVersions: true, keys: ['AF1'], source: 'aodb' }), ['AF1 1 A1', 'AF1 2 A2', 'AF1 3 A3'])
      assert.deepEqual(await gatesOf(b, { asKnownAt: START + 199 }), ['AF1 2 A2', 'AF2 1 B1'])
      assert.deepEqual(await gatesOf(b, { asKnownAt: START + 99 }), [])
      assert.deepEqual(await gatesOf(b, { overlapping: { from: START + HOUR, to: START + 2 * HOUR } }), ['AF1 1 X'])
      assert.deepEqual(await gatesOf(b, { afterKey: 'AF1' }), ['AF2 1 B1'])
      assert.deepEqual(await gatesOf(b, { keys: [] }), [])
    }
    await check()
    await b.reopen()
    await check()
    const { versions, truncated } = await b.historian.records({ kind: 'flight', limit: 1 })
    assert.equal(truncated, true)
    const [{ ingest, knownTime, ...rest }] = versions as [StoredVersion]
    assert.deepEqual(rest, { ...flight('AF1', 'A3', { isDeleted: true }), revision: 3 })
    assert.equal(knownTime, START + 200)
    assert.equal((await b.historian.ingests([ingest]))[0]?.sequence, 2)
    const view = await b.historian.sql(
      `SELECT kind, key, source, revision, known_time, valid_from, valid_to, is_deleted, values->>'gate', ingest FROM records WHERE superseded_time IS NULL ORDER BY key, source`,
      { maxRows: 9, timeoutMs: 5000 },
    )
    assert.deepEqual(view.rows[0], [
      ...['flight', 'AF1', 'aodb', 3, '2026-11-20T00:00:00.000200Z', '2026-11-20T00:00:00.000Z', '2026-11-20T01:00:00.000Z'],
      ...[true, 'A3', ingest],
    ])
    assert.equal(view.rows.length, 3)
  })

  test('every question about records is answered as by a history in memory', async (t) => {
    const b = await bench(t, open)
    const hours = fc.option(fc.integer({ min: -3, max: 3 }).map((n) => START + n * HOUR))
    const version = fc.record({
      ...{ key: fc.constantFrom('a', 'b', 'b\u001fc', "d'"), source: fc.constantFrom('erp', 'mes'), validFrom: hours, validTo: hours },
      ...{ isDeleted: fc.boolean(), values: fc.record({ n: fc.double({ noNaN: true, noDefaultInfinity: true }), t: fc.string() }) },
    })
    const commits = fc.array(
      fc.record({ batches: fc.array(fc.array(version, { maxLength: 5 }), { maxLength: 4 }), repeated: fc.nat(3), reopens: fc.boolean() }),
      { maxLength: 5 },
    )
    const query = fc.record(
      {
        ...{ keys: fc.array(fc.constantFrom('a', 'b', 'b\u001fc', 'z'), { maxLength: 3 }), source: fc.constantFrom('erp', 'mes', 'other') },
        overlapping: fc.record({ from: fc.integer({ min: -4, max: 4 }), to: fc.integer({ min: -4, max: 4 }) }),
        ...{ allVersions: fc.boolean(), afterKey: fc.constantFrom('', 'a', 'b'), limit: fc.integer({ min: 0, max: 30 }) },
      },
      { requiredKeys: ['limit'] },
    )
    const questions = fc.array(fc.record({ query, moment: fc.option(fc.nat(9), { nil: undefined }) }), { minLength: 1, maxLength: 8 })
    let run = 0
    const property = fc.asyncProperty(commits, questions, async (drawn, asked) => {
      const kind = `k${run++}`
      const twin = new Twin(b, kind)
      for (const { batches, repeated, reopens } of drawn) {
        const told = batches.map((versions) => versions.map((one): RecordVersion => ({ kind, ...one })))
        // JSON knows no negative zero.
        const through = JSON.parse(JSON.stringify(told)) as RecordVersion[][]
        for (const one of through.flat()) twin.memory.record(one)
        await twin.commit(
          told.map((versions) => batchOf(twin.recorder, versions)),
          repeated,
        )
        if (reopens && run % 4 === 0) await b.reopen()
      }
      for (const { query, moment } of asked) {
        const { overlapping: o } = query
        const span = o && { overlapping: { from: START + o.from * HOUR, to: START + o.to * HOUR } }
        const [here, there] = twin.asked<RecordQuery>({ ...query, overlapping: undefined, ...span, kind } as RecordQuery, moment)
        const [found, expected] = [await b.historian.records(here), await twin.memory.records(there)]
        assert.deepEqual(found.versions.map(said), expected.versions.map(said), JSON.stringify(here))
        assert.equal(found.truncated, expected.truncated)
      }
    })
    await fc.assert(property, { numRuns: cases(25, 300) })
  })

  test('a version that fills a gap is kept, and takes the place of none that was said after it', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const all = ['A1', 'A2', 'A3', 'A4', 'A5'].map((gate, i) =>
      batchOf(r, [flight('AF1', gate), ...(i < 4 ? [flight('AF2', gate)] : []), ...(i === 1 ? [flight('AF3', gate)] : [])], {
        cursor: gate,
      }),
    )
    const [first, second, third, fourth, last] = all as [SpoolRecord, SpoolRecord, SpoolRecord, SpoolRecord, SpoolRecord]
    const cursor = async () => (await b.historian.recordCursors()).map((one) => one.cursor)
    const write = async (record: SpoolRecord) => {
      b.clock.time += 100
      await b.historian.write([record])
    }
    await write(first)
    await write(last)
    assert.deepEqual(await gatesOf(b), ['AF1 2 A5', 'AF2 1 A1'])
    await write(third)
    const afterThird = ['AF1 2 A5', 'AF2 2 A3']
    assert.deepEqual(await gatesOf(b), afterThird)
    await b.reopen()
    await write(second)
    await write(second)
    assert.deepEqual(await gatesOf(b), [...afterThird, 'AF3 1 A2'])
    await write(fourth)
    assert.deepEqual(await gatesOf(b), ['AF1 2 A5', 'AF2 4 A4', 'AF3 1 A2'])
    assert.deepEqual(await gatesOf(b, { asKnownAt: START + 499 }), [...afterThird, 'AF3 1 A2'])
    assert.deepEqual(await gatesOf(b, { keys: ['AF1'], allVersions: true }), ['AF1 1 A1', 'AF1 2 A5', 'AF1 3 A3', 'AF1 4 A2', 'AF1 5 A4'])
    assert.deepEqual(await cursor(), ['A5'])
    await write(batchOf(r, [flight('AF2', 'A6')], { cursor: 'A6' }))
    assert.deepEqual(await gatesOf(b, { keys: ['AF2'] }), ['AF2 5 A6'])
    assert.deepEqual(await cursor(), ['A6'])
  })

  test('in whatever order the records of a log come, the last in it is current', async (t) => {
    const b = await bench(t, open)
    let epoch = 1
    const number = fc.integer({ min: 2, max: 9 })
    const property = fc.asyncProperty(fc.array(fc.array(number, { minLength: 1, maxLength: 6 }), { maxLength: 6 }), async (writes) => {
      const r = new Recorder('node-1', ++epoch)
      const kind = `e${epoch}`
      const all = Array.from({ length: 10 }, (_, i) =>
        batchOf(r, [flight(`k${i % 3}`, `${i + 1}`, { kind })], { source: kind, cursor: `${i + 1}` }),
      )
      await b.historian.write([all[0], all[9]] as SpoolRecord[])
      for (const write of writes) await b.historian.write(write.map((sequence) => all[sequence - 1] as SpoolRecord))
      const sent = [...new Set([1, 10, ...writes.flat()])]
      const { versions } = await b.historian.records({ kind, limit: 99 })
      const newest = [0, 1, 2].map((k) => Math.max(...sent.filter((sequence) => (sequence - 1) % 3 === k))).filter((n) => n > 0)
      assert.deepEqual(
        versions.map(({ values }) => Number(values.gate)),
        newest,
      )
      const every = (await b.historian.records({ kind, limit: 99, allVersions: true })).versions
      assert.equal(every.length, sent.length)
      for (const k of ['k0', 'k1', 'k2']) {
        const revisions = every.filter(({ key }) => key === k).map(({ revision }) => revision)
        assert.deepEqual(
          revisions,
          revisions.map((_, i) => i + 1),
        )
      }
      assert.equal((await b.historian.recordCursors()).find(({ source }) => source === kind)?.cursor, '10')
    })
    await fc.assert(property, { numRuns: cases(20) })
  })

  test('rows in quarantine stay until they are released, and cursors are the newest of each feed', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const bad = (n: number, kind = 'flight'): QuarantinedRow => ({ kind, source: 'aodb', reason: 'gate: text expected', row: `{"n":${n}}` })
    await b.historian.write([
      batchOf(r, [], { quarantined: [bad(1), bad(2)], cursor: 'c1' }),
      batchOf(r, [], { quarantined: [bad(3, 'shift')], feed: 1, cursor: 'd1' }),
    ])
    b.clock.time += 100
    await b.historian.write([batchOf(r, [], { cursor: 'c2' }), batchOf(r, [])])
    const rows = async (query: object = {}) => {
      const { rows: found, truncated } = await b.historian.quarantine({ limit: 100, ...query })
      return [found.map(({ row }) => JSON.parse(row).n), truncated]
    }
    assert.deepEqual(await rows(), [[3, 2, 1], false])
    assert.deepEqual(await rows({ limit: 2 }), [[3, 2], true])
    assert.deepEqual(await rows({ kind: 'shift' }), [[3], false])
    assert.deepEqual(await rows({ source: 'other' }), [[], false])
    const counts = await b.historian.recordCounts()
    assert.deepEqual(counts, [
      { kind: 'flight', source: 'aodb', records: 0, changedTime: undefined, quarantined: 2 },
      { kind: 'shift', source: 'aodb', records: 0, changedTime: undefined, quarantined: 1 },
    ])
    const [, second] = (await b.historian.quarantine({ limit: 9 })).rows
    assert.ok(second)
    assert.deepEqual(second, {
      ...bad(2),
      id: second.id,
      knownTime: START,
      releasedTime: undefined,
      discardedTime: undefined,
      settled: undefined,
    })
    await b.historian.write([batchOf(r, [flight('AF1', 'A1')], { released: [second.id, '1.99', 'nonsense'] })])
    await b.reopen()
    assert.deepEqual(await rows({ state: 'waiting' }), [[3, 1], false])
    const [flights] = await b.historian.recordCounts()
    assert.deepEqual(flights, { kind: 'flight', source: 'aodb', records: 1, changedTime: START + 100, quarantined: 1 })
    assert.deepEqual(await rows({ state: 'released' }), [[2], false])
    assert.deepEqual(await rows({ ids: [second.id, 'nonsense'] }), [[2], false])
    const [third] = (await b.historian.quarantine({ limit: 9 })).rows
    const settled = { by: 'Ada', reason: 'a test' }
    await b.historian.write([batchOf(r, [], { discarded: [third?.id ?? '', second.id], settled })])
    await b.reopen()
    assert.deepEqual(await rows({ state: 'waiting' }), [[1], false])
    assert.deepEqual(await rows({ state: 'discarded' }), [[3], false])
    assert.deepEqual((await b.historian.quarantine({ state: 'discarded', limit: 1 })).rows[0]?.settled, settled)
    assert.equal((await b.historian.quarantine({ ids: [second.id], limit: 1 })).rows[0]?.releasedTime, START + 100)
    const cursors = [
      { node: 'node-1', source: 'aodb', feed: 0, cursor: 'c2' },
      { node: 'node-1', source: 'aodb', feed: 1, cursor: 'd1' },
    ]
    assert.deepEqual(await b.historian.recordCursors(), cursors)
    const view = await b.historian.sql('SELECT id, kind, released_time IS NULL FROM quarantine ORDER BY id', {
      maxRows: 9,
      timeoutMs: 5000,
    })
    assert.deepEqual(view.rows[1], [second.id, 'flight', false])
  })

  test('retention keeps records, and where they came from', async (t) => {
    const b = await bench(t, open, 3 * DAY_MS)
    const r = new Recorder()
    await b.historian.write([
      r.signals([0, { id: 'a/x' }]),
      batchOf(r, [flight('AF1', 'A1')]),
      r.batch({ signal: 0, time: START, value: 1 }),
    ])
    await b.historian.write([r.batch({ signal: 0, time: START + HOUR, value: 1 })])
    const now = START + 9 * 24 * HOUR
    assert.equal((await b.historian.compact(now, now)).removedDays, 1)
    const { versions } = await b.historian.records({ kind: 'flight', limit: 9, asKnownAt: START })
    assert.equal(versions.length, 1)
    assert.equal((await b.historian.ingests([versions[0]?.ingest as number]))[0]?.sequence, 2)
  })
}
