import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Historian } from '../core/historian.ts'
import type { SpoolRecord } from '../core/spool.ts'
import { DAY } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { bench, type Open, START } from './contract-bench.ts'
import { Recorder } from './contract-records.ts'

const LIMITS = { maxRows: 100, timeoutMs: 5000 }
const gapsOf = async (historian: Historian) =>
  (await historian.sql('SELECT first_sequence, last_sequence, cause FROM gaps ORDER BY first_sequence, cause', LIMITS)).rows
const valuesOf = async (historian: Historian, signal = 'a/x') => {
  const { value } = await historian.samples({ signal, from: 0, to: START + 1000 * DAY, limit: 1000 })
  return [...value]
}
const sample = (i: number) => ({ signal: 0, time: START + i, value: i })

/** What a historian does with records that come after their gap was declared: hand-carried, or sent again. */
export function filling(open: Open): void {
  test('a gap that was declared can be filled once, and only where it was declared', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const dictionary = r.signals([0, { id: 'a/x' }])
    const all = [dictionary, ...Array.from({ length: 9 }, (_, i) => r.batch(sample(i)))]
    const [, , three, four, five] = all as [SpoolRecord, SpoolRecord, SpoolRecord, SpoolRecord, SpoolRecord]
    const gap = { ...r.gap(3, 7, 'diode-loss'), sequence: 7 }
    await b.historian.write([...all.slice(0, 2), gap, ...all.slice(7)])
    assert.deepEqual(await gapsOf(b.historian), [[3, 7, 'diode-loss']])
    const last = await b.historian.lastAll()
    await b.historian.write([five])
    await b.historian.write([five])
    assert.deepEqual(await gapsOf(b.historian), [
      [3, 4, 'diode-loss'],
      [6, 7, 'diode-loss'],
    ])
    assert.deepEqual(await valuesOf(b.historian), [0, 3, 6, 7, 8])
    await b.reopen()
    assert.deepEqual(await b.historian.lastAll(), last, 'a last value is the newest that came in order')
    // Beside it, and above the checkpoint in the same commit.
    await b.historian.write([...all, three, four, r.batch(sample(20)), three])
    assert.deepEqual(await gapsOf(b.historian), [[11, 11, 'missing']])
    await b.historian.write(all)
    assert.deepEqual(await valuesOf(b.historian), [0, 1, 2, 3, 4, 5, 6, 7, 8, 20])
    await b.reopen()
    assert.deepEqual(await b.historian.checkpoints(), [{ node: 'node-1', epoch: 1, sequence: 12 }])
    await b.historian.compact(START + 5 * DAY)
    assert.deepEqual(await valuesOf(b.historian), [0, 1, 2, 3, 4, 5, 6, 7, 8, 20])
  })

  test('a dictionary that fills a gap adds what is unknown and takes nothing back', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const config = r.config('v1')
    const old = r.signals([0, { id: 'a/x', unit: 'A' }], [1, { id: 'a/y' }])
    const reasons = r.reasons(0, [], ['late'], ['stale'])
    const early = r.batch(sample(1), { signal: 1, time: START, value: 5, reasons: 2 })
    const now = [r.config('v2'), r.signals([0, { id: 'a/x', unit: 'mA' }]), r.reasons(0, [], ['late']), r.batch(sample(2))]
    await b.historian.write(now)
    await b.historian.write([config, old, reasons, early])
    assert.deepEqual(await gapsOf(b.historian), [])
    const [definition, ...older] = await b.historian.definitions('a/x')
    assert.deepEqual([definition?.definition.unit, older], ['mA', []])
    assert.deepEqual(await valuesOf(b.historian), [1, 2])
    assert.deepEqual(await valuesOf(b.historian, 'a/y'), [5])
    const { reasonSets, reasons: sets } = await b.historian.samples({ signal: 'a/y', from: 0, to: START + DAY, limit: 9 })
    assert.deepEqual(reasonSets.get(sets[0] as number), ['stale'])
    await b.historian.write([r.batch(sample(3))])
    const rows = await b.historian.ingests([
      ...(await b.historian.samples({ signal: 'a/x', from: START + 3, to: START + 4, limit: 1 })).ingest,
    ])
    assert.equal(rows[0]?.configVersion, 'v2')
  })

  test('records in any order, any number of times, leave what was sent once in order', async (t) => {
    const b = await bench(t, open)
    let epoch = 1
    const property = fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 1, maxLength: 6 }), { maxLength: 8 }),
      async (writes) => {
        const r = new Recorder('node-1', ++epoch)
        const id = `p/${epoch}`
        const all = [r.signals([0, { id }]), ...Array.from({ length: 9 }, (_, i) => r.batch(sample(i)))]
        await b.historian.write([all[0] as SpoolRecord, all[9] as SpoolRecord])
        for (const write of writes) await b.historian.write(write.map((sequence) => all[sequence - 1] as SpoolRecord))
        const sent = new Set([10, ...writes.flat()])
        const expected = all.slice(1).filter(({ sequence }) => sent.has(sequence))
        assert.deepEqual(
          await valuesOf(b.historian, id),
          expected.map(({ sequence }) => sequence - 2),
        )
        const sql = `SELECT coalesce(sum(last_sequence - first_sequence + 1), 0)::INTEGER FROM gaps WHERE epoch = ${epoch}`
        assert.deepEqual((await b.historian.sql(sql, LIMITS)).rows, [[8 - (sent.size - 1)]])
      },
    )
    await fc.assert(property, { numRuns: cases(15) })
  })
}
