import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AGGREGATES, type AggregateRow } from '../core/historian.ts'
import { Status } from '../core/status.ts'
import { DAY, HOUR, MINUTE, type Micros } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { all, bench, type Open, START } from './contract-bench.ts'
import { isSameAggregate, naiveAggregate, toldAgain } from './contract-naive.ts'
import { Recorder, type Sample } from './contract-records.ts'

/** Queries over time. */
export function reading(open: Open): void {
  test('bounds, order, limit and a signal nobody knows', async (t) => {
    const { historian } = await bench(t, open)
    const r = new Recorder()
    const samples = Array.from({ length: 5000 }, (_, i) => ({ signal: 0, time: START + ((i * 7919) % 5000), value: i }))
    await historian.write([r.signals([0, { id: 'a/x' }]), r.batch(...samples)])
    const q = { signal: 'a/x', from: START + 10, to: START + 20, limit: 100 }
    const times = async (query: typeof q & { descending?: boolean }) => {
      const columns = await historian.samples(query)
      return [[...columns.time].map((time) => time - START), columns.truncated]
    }
    assert.deepEqual(await times(q), [[10, 11, 12, 13, 14, 15, 16, 17, 18, 19], false])
    assert.deepEqual(await times({ ...q, limit: 10 }), [[10, 11, 12, 13, 14, 15, 16, 17, 18, 19], false])
    assert.deepEqual(await times({ ...q, limit: 3 }), [[10, 11, 12], true])
    assert.deepEqual(await times({ ...q, limit: 3, descending: true }), [[19, 18, 17], true])
    assert.deepEqual(await times({ ...q, limit: 0 }), [[], true])
    assert.deepEqual(await times({ ...q, to: q.from }), [[], false])
    assert.deepEqual(await times({ ...q, signal: "a/'; DROP" }), [[], false])
    const everything = await all(historian, 'a/x')
    assert.equal(everything.count, 5000)
    const one = { signals: ['a/x', 'a/unknown'], from: START, to: START + 5000, intervalUs: 1000, functions: ['count'] as const }
    const cut = await historian.aggregate({ ...one, limit: 2 })
    assert.deepEqual([cut.rows.length, cut.truncated], [2, true])
    const whole = await historian.aggregate({ ...one, limit: 5 })
    assert.deepEqual([whole.rows.map((row) => row.values.count), whole.truncated], [[1000, 1000, 1000, 1000, 1000], false])
    assert.deepEqual(await historian.aggregate({ ...one, signals: ['a/unknown'], limit: 5 }), { rows: [], truncated: false })
  })

  test('as known at an earlier time, corrections and late samples are not there yet', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    await b.historian.write([r.signals([0, { id: 'a/x' }]), r.batch({ signal: 0, time: START, value: 1 })])
    b.clock.time = START + 100
    await b.historian.write([r.batch({ signal: 0, time: START, value: 2 }, { signal: 0, time: START - 5, value: 0 })])
    const known = async (asKnownAt?: Micros) => {
      const query = { signal: 'a/x', from: 0, to: START + DAY, limit: 10 }
      return [...(await b.historian.samples(asKnownAt === undefined ? query : { ...query, asKnownAt })).value]
    }
    const check = async () => {
      assert.deepEqual(await known(START - 1), [])
      assert.deepEqual(await known(START), [1])
      assert.deepEqual(await known(START + 99), [1])
      assert.deepEqual(await known(START + 100), [0, 1, 2])
      assert.deepEqual(await known(), [0, 1, 2])
    }
    await check()
    await b.historian.compact(START + 5 * DAY)
    await check()
    // A wall clock set back must not make later records look known earlier.
    b.clock.time = START - HOUR
    await b.historian.write([r.batch({ signal: 0, time: START + 1, value: 3 })])
    assert.deepEqual(await known(START + 99), [1])
  })

  test('a tally counts by signal, status and reasons, as known at a time', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    await b.historian.write([
      r.signals([0, { id: 'a/x' }], [1, { id: 'a/y' }]),
      r.reasons(1, ['spike@1']),
      r.batch(
        { signal: 0, time: START, value: 1 },
        { signal: 0, time: START + 1, value: 2, status: Status.Uncertain, reasons: 1 },
        { signal: 0, time: START + 2, value: 3 },
        { signal: 1, time: START, status: Status.BadNoData },
      ),
    ])
    b.clock.time = START + 100
    await b.historian.write([r.batch({ signal: 0, time: START + 2, value: 4 }, { signal: 0, time: START + 50, value: 5 })])
    const q = { signals: ['a/y', 'a/x', 'a/unknown'], from: START, to: START + 50, limit: 10 }
    const told = async (asKnownAt?: Micros) => {
      const { rows, truncated } = await b.historian.tally(asKnownAt === undefined ? q : { ...q, asKnownAt })
      const lines = rows.map(
        ({ signal, status, reasons, samples, oldest, newest }) =>
          [signal, status >>> 30, reasons.join(), samples, oldest - START, newest - START] as const,
      )
      return [lines, truncated]
    }
    const check = async () => {
      const others = [['a/y', 2, '', 1, 0, 0] as const, ['a/x', 1, 'spike@1', 1, 1, 1] as const]
      assert.deepEqual(await told(), [[others[0], ['a/x', 0, '', 3, 0, 2], others[1]], false])
      assert.deepEqual(await told(START), [[others[0], ['a/x', 0, '', 2, 0, 2], others[1]], false])
      assert.deepEqual(await told(START - 1), [[], false])
    }
    await check()
    await b.historian.compact(START + 5 * DAY)
    await check()
    // The reading in force at the start, of two of its time the one that came last; alone, where no time is asked for.
    const held = await b.historian.tally({ ...q, signals: ['a/x'], from: START + 3, to: START + 3, lookBackUs: 10 })
    assert.deepEqual(
      held.rows.map(({ samples, newest, status }) => [samples, newest - START, status]),
      [[1, 2, 0]],
    )
    const both = await b.historian.tally({ ...q, signals: ['a/x'], from: START + 2, to: START + 60, lookBackUs: 10, asKnownAt: START })
    assert.deepEqual(
      both.rows.map(({ samples, reasons }) => [samples, reasons.join()]),
      [
        [1, ''],
        [1, 'spike@1'],
      ],
    )
    const cut = await b.historian.tally({ ...q, limit: 1 })
    assert.deepEqual([cut.rows.length, cut.truncated], [1, true])
    await assert.rejects(b.historian.tally({ ...q, signals: Array.from({ length: 20_000 }, (_, i) => `s${i}`) }), /limit/)
  })

  test('aggregates equal a naive recomputation, hot, cold and mixed', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const statuses = [0, 0, 0, Status.GoodClamped, Status.Uncertain, Status.UncertainLastUsableValue, Status.Bad, Status.BadNoData]
    const value = fc.oneof(
      fc.integer({ min: -1000, max: 1000 }).map((n) => n / 100),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
      fc.constantFrom(0, 1e-300, 0.1 + 0.2, 2 ** 53),
    )
    // Many at few times, so that one time is often told again.
    const minute = fc.oneof(
      fc.integer({ min: 0, max: 2 * 1440 }),
      fc.integer({ min: 0, max: 40 }).map((n) => n * 61),
    )
    const sample = fc.record({ minute, value, status: fc.constantFrom(...statuses) })
    await b.historian.write([r.reasons(1, ['duplicate'], ['same-time'], ['out-of-order'])])
    let run = 0
    const property = fc.asyncProperty(
      fc.array(sample, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(7 * MINUTE, HOUR, 6 * HOUR, DAY, 36 * HOUR),
      fc.nat(60),
      async (drawn, step, late) => {
        const id = `p/${run++}`
        const samples = toldAgain(
          drawn.map(
            (s): Sample => ({
              signal: run,
              time: START + s.minute * MINUTE,
              status: s.status,
              ...(s.status < Status.Bad && { value: s.value }),
            }),
          ),
        )
        const ask = async (): Promise<AggregateRow[]> => {
          const query = { signals: [id], from: START + HOUR, to: START + 40 * HOUR, intervalUs: step, functions: AGGREGATES, limit: 10_000 }
          return (await b.historian.aggregate(query)).rows
        }
        const check = async (expected: AggregateRow[], when: string) => {
          const got = await ask()
          assert.ok(isSameAggregate(got, expected), `${when}: ${JSON.stringify(got)} is not ${JSON.stringify(expected)}`)
        }
        const early = samples.slice(0, samples.length - late)
        const naive = (of: Sample[]) => naiveAggregate(id, { samples: of, early: early.length }, START + HOUR, START + 40 * HOUR, step)
        await b.historian.write([r.signals([run, { id }]), r.batch(...early)])
        await check(naive(early), 'hot')
        await b.historian.compact(START + 2 * DAY)
        await check(naive(early), 'half cold')
        await b.historian.write([r.batch(...samples.slice(early.length))])
        await check(naive(samples), 'late, mixed')
        await b.historian.compact(START + 9 * DAY)
        await check(naive(samples), 'cold')
      },
    )
    await fc.assert(property, { numRuns: cases(12, 300) })
  })

  test('of one time told by the logs of two nodes an aggregate counts one, although no reason says so', async (t) => {
    const b = await bench(t, open)
    const [one, two] = [new Recorder('node-1'), new Recorder('node-2')]
    for (const [r, value] of [
      [one, 1],
      [two, 3],
    ] as const)
      await b.historian.write([r.signals([0, { id: 'a/x' }]), r.batch({ signal: 0, time: START, value })])
    const query = { signals: ['a/x'], from: START, to: START + HOUR, intervalUs: HOUR, functions: AGGREGATES, limit: 10 }
    const check = async () => {
      const { count, average, first } = (await b.historian.aggregate(query)).rows[0]?.values ?? {}
      assert.deepEqual([count, average, first], [1, 3, 3])
    }
    await check()
    await b.reopen()
    await check()
  })
}
