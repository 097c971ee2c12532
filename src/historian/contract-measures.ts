import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Status } from '../core/status.ts'
import { DAY, HOUR, MINUTE, type Micros, SECOND } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { bench, type Open, START } from './contract-bench.ts'
import { type Measured, naiveMeasures } from './contract-naive-measures.ts'
import { Recorder } from './contract-records.ts'

const SETS = [[], ['late@2'], ['duplicate'], ['range@3'], ['duplicate', 'late'], ['overdue'], ['flat-line@1', 'range@3']]

/** Measures per signal and hour. */
export function measuring(open: Open): void {
  test('an hour of one signal, measured', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    b.clock.time = START + 10 * HOUR
    await b.historian.write([
      r.signals([0, { id: 'a/x', expectedPeriodUs: 10 * MINUTE }], [1, { id: 'a/quiet' }], [2, { id: 'a/never' }]),
      r.reasons(0, ...SETS),
    ])
    assert.deepEqual(await b.historian.measures({ from: 0, to: START + DAY, limit: 99 }), { rows: [], truncated: false })
    r.receivedTime = START + 1 * HOUR
    await b.historian.write([
      r.batch(
        { signal: 0, time: START, value: 1 },
        { signal: 1, time: START + 30 * MINUTE, value: 1 },
        { signal: 0, time: START + 15 * MINUTE, value: 1.5 },
        { signal: 0, time: START + 15 * MINUTE, value: 9, reasons: 2 },
        { signal: 0, time: START + 50 * MINUTE, status: Status.Bad, reasons: 3 },
        { signal: 0, time: START + 20 * MINUTE, value: 1.25, status: Status.Uncertain },
      ),
    ])
    const { rows, truncated } = await b.historian.measures({
      from: START + 1,
      to: START + 2 * HOUR,
      signals: ['a/x', 'a/quiet', 'a/never', 'a/?'],
      limit: 99,
    })
    assert.equal(truncated, false)
    assert.deepEqual(rows.slice(0, 3), [
      {
        ...{ signal: 'a/x', hour: START, samples: 5, good: 2, uncertain: 1, bad: 1 },
        ...{ goodUs: 20 * MINUTE, uncertainUs: 20 * MINUTE, badUs: 10 * MINUTE, unknownUs: 10 * MINUTE },
        ...{ byReason: { duplicate: 1, 'range@3': 1 }, delayP50Us: 40 * MINUTE, delayP95Us: 60 * MINUTE, resolution: 0.25 },
      },
      {
        ...{ signal: 'a/quiet', hour: START, samples: 1, good: 1, uncertain: 0, bad: 0 },
        ...{
          goodUs: 30 * MINUTE,
          uncertainUs: 0,
          badUs: 0,
          unknownUs: 30 * MINUTE,
          byReason: {},
          delayP50Us: 30 * MINUTE,
          delayP95Us: 30 * MINUTE,
        },
      },
      {
        ...{ signal: 'a/never', hour: START, samples: 0, good: 0, uncertain: 0, bad: 0 },
        ...{ goodUs: 0, uncertainUs: 0, badUs: 0, unknownUs: HOUR, byReason: {}, delayP50Us: null, delayP95Us: null },
      },
    ])
    assert.deepEqual(
      rows.slice(3).map((row) => [row.signal, row.goodUs, row.badUs, row.unknownUs]),
      [
        ['a/x', 0, 10 * MINUTE, 50 * MINUTE],
        ['a/quiet', HOUR, 0, 0],
        ['a/never', 0, 0, HOUR],
      ],
    )
  })

  test('an hour that runs is measured as far as it has run, and no hour that has not begun', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    b.clock.time = START + HOUR + 10 * MINUTE
    await b.historian.write([r.signals([0, { id: 'a/x' }]), r.batch({ signal: 0, time: START, value: 1 })])
    const ask = async () => {
      const { rows } = await b.historian.measures({ from: 0, to: START + 9 * DAY, limit: 99 })
      return rows.map((row) => [row.hour - START, row.samples, row.goodUs, row.uncertainUs])
    }
    assert.deepEqual(await ask(), [
      [0, 1, HOUR, 0],
      [HOUR, 0, 10 * MINUTE, 0],
    ])
    b.clock.time = START + HOUR + 30 * MINUTE
    await b.historian.write([r.batch({ signal: 0, time: START + HOUR + 20 * MINUTE, value: 1, status: Status.Uncertain })])
    assert.deepEqual((await ask())[1], [HOUR, 1, 20 * MINUTE, 10 * MINUTE])
    b.clock.time = START + 26 * HOUR
    // A value is taken to hold in an hour when it is at most a day old at its start.
    assert.deepEqual((await ask()).slice(-2), [
      [24 * HOUR, 0, 0, HOUR],
      [25 * HOUR, 0, 0, HOUR],
    ])
    b.clock.time = START + 27 * HOUR
    assert.deepEqual((await ask()).at(-1), [26 * HOUR, 0, 0, 0])
  })

  test('the limit of rows is kept, and asking on from there gives the rest', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    b.clock.time = START + 50 * HOUR
    await b.historian.write([
      r.signals([0, { id: 'a/x' }], [1, { id: 'a/y' }]),
      r.batch({ signal: 0, time: START, value: 1 }, { signal: 1, time: START, value: 1 }),
    ])
    const whole = await b.historian.measures({ from: START, to: START + 50 * HOUR, limit: 1000 })
    assert.deepEqual([whole.rows.length, whole.truncated], [100, false])
    const first = await b.historian.measures({ from: START, to: START + 50 * HOUR, limit: 61 })
    assert.deepEqual([first.rows.length, first.truncated], [61, true])
    const rest = await b.historian.measures({ from: first.rows.at(-1)?.hour as number, to: START + 50 * HOUR, limit: 61 })
    assert.deepEqual([...first.rows.slice(0, 60), ...rest.rows], whole.rows)
    assert.equal(rest.truncated, false)
    assert.deepEqual(await b.historian.measures({ from: START, to: START + HOUR, limit: 0 }), { rows: [], truncated: true })
    assert.deepEqual((await b.historian.measures({ from: START, to: START + HOUR, limit: 1 })).rows, whole.rows.slice(0, 1))
  })

  test('measures after any order of arrival equal those from scratch', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const statuses = [0, 0, 0, Status.Uncertain, Status.UncertainLastUsableValue, Status.Bad]
    const sample = fc.record({
      // Few different times, so that some coincide and some hours are empty.
      time: fc.oneof(
        fc.nat(40).map((n) => n * 55 * MINUTE),
        fc.nat(30 * 3600).map((n) => n * SECOND),
        fc.nat(3 * 60).map((n) => n * MINUTE),
      ),
      value: fc.nat(50).map((n) => n / 4),
      status: fc.constantFrom(...statuses),
      reasons: fc.nat(SETS.length - 1),
    })
    const hours = Array.from({ length: 36 }, (_, i) => START + i * HOUR)
    b.clock.time = START + 40 * HOUR
    await b.historian.write([r.signals([0, { id: 'anchor' }]), r.reasons(0, ...SETS), r.batch({ signal: 0, time: START, value: 0 })])
    let run = 0
    const property = fc.asyncProperty(
      fc.array(fc.array(sample, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(undefined, 20 * SECOND, 7 * MINUTE, 2 * HOUR),
      fc.nat(4),
      async (batches, periodUs, compactAt) => {
        const index = ++run
        const id = `m/${index}`
        await b.historian.write([r.signals([index, { id, ...(periodUs !== undefined && { expectedPeriodUs: periodUs }) }])])
        const stored: Measured[] = []
        const check = async (when: string) => {
          const { rows } = await b.historian.measures({ from: START, to: START + 36 * HOUR, signals: [id], limit: 1000 })
          assert.deepEqual(
            rows,
            hours.map((hour) => naiveMeasures(id, stored, hour, b.clock.time)),
            when,
          )
        }
        for (const [i, drawn] of batches.entries()) {
          r.receivedTime = START + (30 + i) * HOUR
          await b.historian.write([
            r.batch(
              ...drawn.map((s) => ({
                ...{ signal: index, time: START + s.time, status: s.status, reasons: s.reasons },
                ...(s.status < Status.Bad && { value: s.value }),
              })),
            ),
          ])
          for (const { time, value, status, reasons } of drawn) {
            const one = {
              time: (START + time) as Micros,
              status,
              reasons: SETS[reasons] as string[],
              receivedTime: r.receivedTime,
              periodUs,
            }
            stored.push({ ...one, ...(status < Status.Bad && { value }) })
          }
          await check(`after batch ${i}`)
          if (i === compactAt) await b.historian.compact(START + 9 * DAY)
        }
        await check('kept')
        const all = await b.historian.measures({ from: START, to: START + 36 * HOUR, limit: 10_000 })
        const own = all.rows.filter((row) => row.signal === id)
        assert.deepEqual(
          own,
          hours.map((hour) => naiveMeasures(id, stored, hour, b.clock.time)),
          'among others',
        )
      },
    )
    await fc.assert(property, { numRuns: cases(12, 300) })
  })

  test('the period that counts is that of the definition a sample was written under', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    b.clock.time = START + 9 * HOUR
    const define = (minutes: number) => r.signals([0, { id: 'a/x', expectedPeriodUs: minutes * MINUTE }])
    await b.historian.write([define(5), r.batch({ signal: 0, time: START, value: 1 })])
    await b.historian.write([define(10), r.batch({ signal: 0, time: START + HOUR, value: 1 })])
    const ask = async () =>
      (await b.historian.measures({ from: START, to: START + 2 * HOUR, limit: 9 })).rows.map((row) => row.goodUs / MINUTE)
    assert.deepEqual(await ask(), [10, 20])
    await b.reopen()
    assert.deepEqual(await ask(), [10, 20])
  })

  test('retention forgets measures with their samples', async (t) => {
    const b = await bench(t, open, (3 * DAY) / 1000)
    const r = new Recorder()
    b.clock.time = START + 5 * DAY
    await b.historian.write([r.signals([0, { id: 'a/x' }])])
    for (const day of [0, 4]) {
      r.receivedTime = START + day * DAY
      await b.historian.write([r.batch({ signal: 0, time: START + day * DAY, value: 1 })])
    }
    const samples = async () => {
      const { rows } = await b.historian.measures({ from: START, to: START + 5 * DAY, limit: 1000 })
      return rows.filter((row) => row.samples > 0).map((row) => row.hour)
    }
    assert.deepEqual(await samples(), [START, START + 4 * DAY])
    await b.historian.compact(START + 6 * DAY, START + 6 * DAY)
    assert.deepEqual(await samples(), [START + 4 * DAY])
  })
}
