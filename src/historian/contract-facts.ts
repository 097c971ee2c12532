import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Fact, StoredFact } from '../core/facts.ts'
import type { FactQuery } from '../core/history.ts'
import type { SpoolRecord } from '../core/spool.ts'
import { Status } from '../core/status.ts'
import { HOUR } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { type Bench, bench, type Open, START } from './contract-bench.ts'
import { Recorder } from './contract-records.ts'
import { Twin } from './contract-twin.ts'

const event = (key: string, n: number, more: Partial<Fact> = {}): Fact => ({
  ...{ definition: 'overheat', type: 'event', version: 'v1', key, from: START, to: START + HOUR },
  ...{ values: { n: { value: n, status: Status.Good, coverage: 1 } }, inputs: [], cause: 'first' },
  ...more,
})
const said = ({ knownTime: _, ingest: __, ...rest }: StoredFact) => rest
const numbersOf = async (b: Bench, query: Partial<FactQuery> = {}) =>
  (await b.historian.facts({ definition: 'overheat', limit: 100, ...query })).facts.map(
    ({ key, revision, values }) => `${key} ${revision} ${values.n?.value}`,
  )

/** What is computed. */
export function stating(open: Open): void {
  test('a fact is current until it is corrected or withdrawn, and every revision stays', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const write = async (...facts: Fact[]) => {
      b.clock.time += 100
      await b.historian.write([r.json('facts', facts)])
    }
    const whole: Fact = event('e1', 1, {
      ...{ equipment: 'hall/pump', toleranceUs: 1500, cause: 'late-samples', isWithdrawn: false },
      values: { n: { value: 1, unit: 'Cel', status: Status.Uncertain, coverage: 0.5, reasons: ['coverage'] } },
      inputs: [
        { signal: 'a/x', from: START, to: START + HOUR, samples: 5, newestIngest: 7 },
        { record: 'flight', key: 'AF1', source: 'aodb', revision: 2 },
        { fact: 'other', key: 'o', revision: 1 },
      ],
    })
    await write(whole, event('e2', 2, { from: START - HOUR, to: null }))
    await write(event('e1', 3), event('e2', 2, { from: START - HOUR, to: START, isWithdrawn: true }))
    const check = async () => {
      assert.deepEqual(await numbersOf(b), ['e1 2 3'])
      assert.deepEqual(await numbersOf(b, { allRevisions: true }), ['e2 1 2', 'e2 2 2', 'e1 1 1', 'e1 2 3'])
      assert.deepEqual(await numbersOf(b, { asKnownAt: START + 199 }), ['e2 1 2', 'e1 1 1'])
      assert.deepEqual(await numbersOf(b, { asKnownAt: START + 199, descending: true }), ['e1 1 1', 'e2 1 2'])
      assert.deepEqual(await numbersOf(b, { asKnownAt: START + 199, overlapping: { from: START + HOUR, to: START + 2 * HOUR } }), [
        'e2 1 2',
      ])
      assert.deepEqual(await numbersOf(b, { equipment: 'hall/pump', allRevisions: true }), ['e1 1 1'])
      assert.deepEqual(await numbersOf(b, { definition: 'unheard' }), [])
    }
    await check()
    await b.reopen()
    await check()
    const [first] = (await b.historian.facts({ definition: 'overheat', keys: ['e1'], allRevisions: true, limit: 1 })).facts
    assert.deepEqual(first, { ...whole, revision: 1, knownTime: START + 100, ingest: first?.ingest })
    const view = await b.historian.sql(
      `SELECT definition, type, key, revision, known_time, equipment, from_time, to_time, is_withdrawn, cause, values->'n'->>'unit', inputs->0->>'signal', ingest
       FROM facts ORDER BY ingest, key`,
      { maxRows: 9, timeoutMs: 5000 },
    )
    assert.deepEqual(view.rows[0], [
      ...['overheat', 'event', 'e1', 1, '2026-11-20T00:00:00.000100Z', 'hall/pump', '2026-11-20T00:00:00.000Z', '2026-11-20T01:00:00.000Z'],
      ...[false, 'late-samples', 'Cel', 'a/x', first?.ingest],
    ])
    assert.equal(view.rows.length, 4)
  })

  test('every question about facts is answered as by a history in memory', async (t) => {
    const b = await bench(t, open)
    const hour = fc.integer({ min: -3, max: 3 }).map((n) => START + n * HOUR)
    const fact = fc.record(
      {
        ...{ key: fc.constantFrom('a', 'b', 'b\u001fc', "d'"), equipment: fc.constantFrom('hall/pump', 'hall/fan'), from: hour },
        ...{ to: fc.option(hour), isWithdrawn: fc.boolean(), n: fc.nat(3), toleranceUs: fc.constantFrom(0, 1500) },
      },
      { requiredKeys: ['key', 'from', 'to', 'n'] },
    )
    const commits = fc.array(
      fc.record({ batches: fc.array(fc.array(fact, { maxLength: 5 }), { maxLength: 4 }), repeated: fc.nat(3), reopens: fc.boolean() }),
      { maxLength: 5 },
    )
    const query = fc.record(
      {
        ...{
          keys: fc.array(fc.constantFrom('a', 'b', 'b\u001fc', 'z'), { maxLength: 3 }),
          equipment: fc.constantFrom('hall/pump', 'other'),
        },
        span: fc.record({ from: fc.integer({ min: -4, max: 4 }), to: fc.integer({ min: -4, max: 4 }) }),
        ...{ allRevisions: fc.boolean(), descending: fc.boolean(), limit: fc.integer({ min: 0, max: 30 }) },
      },
      { requiredKeys: ['limit'] },
    )
    const questions = fc.array(fc.record({ query, moment: fc.option(fc.nat(9), { nil: undefined }) }), { minLength: 1, maxLength: 8 })
    let run = 0
    const property = fc.asyncProperty(commits, questions, async (drawn, asked) => {
      const definition = `d${run++}`
      const twin = new Twin(b, definition)
      /** Those that say something new: nobody writes the others. */
      const news = (facts: readonly Fact[]) =>
        facts.filter((one) => {
          const before = twin.memory.published.length
          twin.memory.publish(one)
          return twin.memory.published.length > before
        })
      for (const { batches, repeated, reopens } of drawn) {
        const told = batches.map((facts) => news(facts.map(({ key, n, ...rest }) => event(key, n, { definition, ...rest }))))
        await twin.commit(
          told.map((facts) => twin.recorder.json('facts', facts)),
          repeated,
        )
        if (reopens && run % 4 === 0) await b.reopen()
      }
      for (const { query, moment } of asked) {
        const { span, ...rest } = query
        const overlapping = span && { from: START + span.from * HOUR, to: START + span.to * HOUR }
        const [here, there] = twin.asked<FactQuery>({ ...rest, ...(overlapping && { overlapping }), definition }, moment)
        const [found, expected] = [await b.historian.facts(here), await twin.memory.facts(there)]
        assert.deepEqual(found.facts.map(said), expected.facts.map(said), JSON.stringify(here))
        assert.equal(found.truncated, expected.truncated)
      }
    })
    await fc.assert(property, { numRuns: cases(25, 300) })
  })

  test('a fact that fills a gap is kept, and takes the place of none that was stated after it', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const all = [1, 2, 3, 4].map((n) => r.json('facts', [event('e1', n), ...(n === 2 ? [event('e2', n)] : [])]))
    const [first, second, third, last] = all as [SpoolRecord, SpoolRecord, SpoolRecord, SpoolRecord]
    // All in one commit, and again one by one.
    await b.historian.write([first, last, third, second])
    const check = async () => {
      assert.deepEqual(await numbersOf(b), ['e1 2 4', 'e2 1 2'])
      assert.deepEqual(await numbersOf(b, { allRevisions: true, keys: ['e1'] }), ['e1 1 1', 'e1 2 4', 'e1 3 3', 'e1 4 2'])
    }
    await check()
    for (const record of all) await b.historian.write([record])
    await b.reopen()
    await check()
    await b.historian.write([r.json('facts', [event('e1', 5)])])
    assert.deepEqual(await numbersOf(b), ['e1 5 5', 'e2 1 2'])
  })
}
