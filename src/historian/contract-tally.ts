import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Historian, TallyQuery, TallyRow } from '../core/historian.ts'
import { Status } from '../core/status.ts'
import { DAY, HOUR, MINUTE, type Micros } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { bench, type Open, START } from './contract-bench.ts'
import { Recorder, type Sample } from './contract-records.ts'

const SETS = [[], ['spike@1'], ['late', 'range@3']]

/** A sample as it was committed: `known` is the time of its commit, `order` the place of its record among all. */
interface Committed extends Sample {
  readonly known: Micros
  readonly order: number
}

type Counted = Omit<TallyRow, 'newestIngest'> & { readonly newestOrder: number }

/** A tally written down as the contract words it, sample by sample. */
function naiveTally(stored: readonly Committed[], ids: readonly string[], query: TallyQuery): Counted[] {
  const { from, to, lookBackUs = 0, asKnownAt = Number.POSITIVE_INFINITY } = query
  return [...new Set(query.signals)].flatMap((signal) => {
    const own = stored.filter((one) => ids[one.signal] === signal && one.known <= asKnownAt)
    const before = own
      .filter(({ time }) => time >= from - lookBackUs && time < from)
      .sort((a, b) => a.time - b.time || a.order - b.order)
      .slice(-1)
    const all = [...before, ...own.filter(({ time }) => time >= from && time < to)]
    return [...Map.groupBy(all, ({ status = 0, reasons = 0 }) => status * SETS.length + reasons)]
      .sort(([a], [b]) => a - b)
      .map(([, some]) => ({
        ...{ signal, status: some[0]?.status ?? 0, reasons: SETS[some[0]?.reasons ?? 0] ?? [], samples: some.length },
        ...{ oldest: Math.min(...some.map(({ time }) => time)), newest: Math.max(...some.map(({ time }) => time)) },
        newestOrder: Math.max(...some.map(({ order }) => order)),
      }))
  })
}

/** Reasons as text, whatever number the historian gave the set, so that both order rows alike. */
const sorted = (rows: readonly Counted[]) =>
  rows
    .map(({ reasons, ...row }) => ({ ...row, reasons: [...reasons].sort().join() }))
    .sort((a, b) => a.signal.localeCompare(b.signal) || a.status - b.status || a.reasons.localeCompare(b.reasons))

/** What the samples of a period come to. */
export function tallying(open: Open): void {
  test('a tally equals a naive count, hot, cold and mixed, late samples, look-back, as known at any time', async (t) => {
    const b = await bench(t, open)
    const sample = fc.record({
      ...{ signal: fc.nat(2), time: fc.oneof(fc.integer({ min: -8, max: 60 * 4 }), fc.constantFrom(0, 60, 120, 1440, 1441, 1500)) },
      ...{
        status: fc.constantFrom(0, 0, 0, Status.GoodClamped, Status.Uncertain, Status.BadNoData),
        reasons: fc.constantFrom(0, 0, 0, 1, 2),
      },
      us: fc.constantFrom(0, 0, 1, 1000),
    })
    // Which of two samples of one time in one batch came last is not kept in cold files.
    const batch = fc.uniqueArray(sample, { maxLength: 25, selector: ({ signal, time, us }) => `${signal} ${time} ${us}` })
    const commits = fc.array(fc.record({ batch, after: fc.constantFrom('', 'compact', 'compact', 'reopen') }), {
      minLength: 1,
      maxLength: 6,
    })
    const minute = fc.oneof(fc.integer({ min: -30, max: 1600 }), fc.constantFrom(0, 60, 120, 180, 1440, 1500))
    const query = fc.record({
      ...{ signals: fc.uniqueArray(fc.nat(3), { maxLength: 4 }), from: minute, minutes: fc.oneof(minute, fc.constant(0)) },
      ...{ lookBackUs: fc.constantFrom(undefined, 7 * MINUTE, HOUR, 30 * HOUR), moment: fc.option(fc.nat(8), { nil: undefined }) },
    })
    let run = 0
    const property = fc.asyncProperty(commits, fc.array(query, { minLength: 1, maxLength: 10 }), async (drawn, asked) => {
      const r = new Recorder(`n${run}`)
      const ids = [0, 1, 2, 3].map((i) => `y${run}/${i}`)
      run++
      await b.historian.write([r.signals([0, { id: ids[0] as string }], [1, { id: ids[1] as string }], [2, { id: ids[2] as string }])])
      await b.historian.write([r.reasons(0, ...SETS)])
      const stored: Committed[] = []
      const ingests: number[] = []
      const known: Micros[] = [b.clock.time]
      const check = async (questions: typeof asked) => {
        for (const { signals, from, minutes, lookBackUs, moment } of questions) {
          const start = START + from * MINUTE
          const asKnownAt = moment === undefined ? undefined : known[moment % known.length]
          const whole: TallyQuery = {
            ...{ signals: signals.map((i) => ids[i] as string), from: start, to: start + minutes * MINUTE, limit: 1000 },
            ...{ ...(lookBackUs !== undefined && { lookBackUs }), ...(asKnownAt !== undefined && { asKnownAt }) },
          }
          const { rows, truncated } = await b.historian.tally(whole)
          const found = rows.map(({ newestIngest, ...row }) => ({ ...row, newestOrder: ingests.indexOf(newestIngest) }))
          assert.deepEqual(sorted(found), sorted(naiveTally(stored, ids, whole)), JSON.stringify(whole))
          assert.equal(truncated, false)
        }
      }
      for (const { batch: samples, after } of drawn) {
        b.clock.time += 10
        const order = ingests.length
        const rows = samples.map(({ time, us, ...one }): Sample => ({ ...one, time: START + time * MINUTE + us }))
        await b.historian.write([r.batch(...rows)])
        ingests.push(await newestIngest(b.historian))
        stored.push(...rows.map((one) => ({ ...one, known: b.clock.time, order })))
        known.push(b.clock.time)
        if (after === 'compact') await b.historian.compact(START + 3 * DAY)
        if (after === 'reopen' && run % 4 === 0) await b.reopen()
        await check(asked.slice(0, 1))
      }
      await check(asked)
    })
    await fc.assert(property, { numRuns: cases(10, 200) })
  })
}

async function newestIngest(historian: Historian): Promise<number> {
  const { rows } = await historian.sql('SELECT max(ingest) FROM ingests', { maxRows: 1, timeoutMs: 5000 })
  return Number(rows[0]?.[0])
}
