import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Series, SeriesQuery } from '../core/history.ts'
import { newestIngest } from '../core/row-at.ts'
import { Status } from '../core/status.ts'
import { DAY, HOUR, MINUTE } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { bench, type Open, START } from './contract-bench.ts'
import { Recorder, type Sample } from './contract-records.ts'
import { Twin } from './contract-twin.ts'

const plain = ({ signal, count, time, value, status, text }: Series) => ({
  ...{ signal, count, time: [...time].map((at) => at - START), value: [...value], status: [...status] },
  text: [...(text ?? [])],
})

/** Samples for what is computed from them. */
export function lining(open: Open): void {
  test('of several readings of one record at one time the worse counts, then the greater; hot or cold, looked for or read along', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const count = 400
    const times = Array.from({ length: count }, (_, i) => START + i * MINUTE)
    const several = (at: number, i: number): Sample[] => {
      const all = [
        { signal: 0, time: at, value: i },
        { signal: 0, time: at, value: i + 0.5, status: i % 3 === 0 ? Status.Uncertain : 0 },
        { signal: 0, time: at, value: i + 1 },
      ]
      return i % 2 === 0 ? all : all.reverse()
    }
    await b.historian.write([r.signals([0, { id: 'a/x' }]), r.batch(...times.flatMap(several))])
    const expected = times.map((_, i) => (i % 3 === 0 ? i + 0.5 : i + 1))
    const check = async () => {
      const [whole] = await b.historian.series({ signals: ['a/x'], from: START, to: START + count * MINUTE, lookBackUs: 0 })
      assert.deepEqual([...(whole as Series).value], expected)
      for (const i of [7, 9, 300]) {
        const [before] = await b.historian.series({
          signals: ['a/x'],
          from: START + i * MINUTE + 1,
          to: START + i * MINUTE + 2,
          lookBackUs: 5,
        })
        assert.deepEqual(
          [[...(before as Series).value], [...(before as Series).status]],
          [[expected[i]], [i % 3 === 0 ? Status.Uncertain : 0]],
        )
      }
    }
    await check()
    await b.historian.compact(START + 5 * DAY)
    await check()
  })

  test('one sample per time, the newest before and the oldest after, of many signals at once', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    await b.historian.write([
      r.signals([0, { id: 'a/x' }], [1, { id: 'a/t', dataType: 'text' }], [2, { id: 'a/silent' }]),
      r.reasons(0, [], ['duplicate'], ['late', 'duplicate@2']),
      r.batch(
        { signal: 0, time: START - DAY, value: 1 },
        { signal: 0, time: START - 3 * DAY, value: 0 },
        { signal: 0, time: START, value: 2 },
        { signal: 0, time: START + HOUR, value: 4 },
        { signal: 0, time: START + MINUTE, status: Status.Bad },
        { signal: 1, time: START + 2, text: 'on' },
      ),
      r.batch({ signal: 0, time: START, value: 3 }, { signal: 0, time: START + 7, value: 9, reasons: 1 }),
      r.batch({ signal: 0, time: START, value: 8, reasons: 2 }),
    ])
    const query = {
      signals: ['a/t', 'a/x', 'a/silent', 'a/unheard', 'a/x'],
      from: START,
      to: START + HOUR,
      lookBackUs: DAY,
      lookAheadUs: 1,
    }
    const check = async () => {
      const series = await b.historian.series(query)
      const x = { signal: 'a/x', count: 4, time: [-DAY, 0, MINUTE, HOUR], value: [1, 3, Number.NaN, 4], text: [] }
      const status = [0, 0, Status.Bad, 0]
      const nothing = { count: 0, time: [], value: [], status: [], text: [] }
      assert.deepEqual(series.map(plain), [
        { signal: 'a/t', count: 1, time: [2], value: [Number.NaN], status: [0], text: [[0, 'on']] },
        { ...x, status },
        { signal: 'a/silent', ...nothing },
        { signal: 'a/unheard', ...nothing },
        { ...x, status },
      ])
      const ingests = series.map((one) => newestIngest(one, 0, one.count))
      const of = await b.historian.ingests(ingests.slice(0, 2))
      assert.deepEqual(
        [of.map(({ sequence }) => sequence), ingests.slice(2)],
        [
          [3, 4],
          [0, 0, ingests[1]],
        ],
      )
      assert.deepEqual((await b.historian.series({ ...query, signals: ['a/x'], lookBackUs: DAY - 1 })).map(plain)[0]?.time, [
        0,
        MINUTE,
        HOUR,
      ])
      assert.deepEqual((await b.historian.series({ ...query, signals: ['a/x'], to: START, lookAheadUs: 0 })).map(plain)[0]?.value, [1])
      assert.deepEqual(await b.historian.series({ ...query, signals: [] }), [])
    }
    await check()
    await b.historian.compact(START + 5 * DAY)
    await check()
    await b.reopen()
    await check()
  })

  test('every series is as from a history in memory, hot, cold and mixed', async (t) => {
    const b = await bench(t, open)
    const statuses = fc.constantFrom(0, Status.GoodClamped, Status.UncertainLastUsableValue, Status.Bad)
    const sample = fc.record({
      ...{
        signal: fc.nat(1),
        hour: fc.integer({ min: -12, max: 12 }).map((n) => n * 5),
        value: fc.integer({ min: -99, max: 99 }).map((n) => n / 10),
      },
      ...{ status: statuses, isDuplicate: fc.integer({ min: 0, max: 5 }).map((n) => n === 0) },
    })
    // Which of two samples of one time in one batch came last is not kept in cold files.
    const batch = fc.uniqueArray(sample, { maxLength: 20, selector: ({ signal, hour }) => `${signal} ${hour}` })
    const commits = fc.array(
      fc.record({ batches: fc.array(batch, { maxLength: 3 }), repeated: fc.nat(3), after: fc.constantFrom('', '', 'compact', 'reopen') }),
      { maxLength: 5 },
    )
    const query = fc.record({
      ...{ signals: fc.array(fc.constantFrom('x', 't', 'unheard'), { maxLength: 4 }), from: fc.integer({ min: -65, max: 65 }) },
      ...{
        hours: fc.nat(40),
        lookBackUs: fc.constantFrom(0, HOUR, 30 * HOUR, 400 * DAY),
        lookAheadUs: fc.constantFrom(0, HOUR, 300 * DAY),
      },
      moment: fc.option(fc.nat(9), { nil: undefined }),
    })
    let run = 0
    const property = fc.asyncProperty(commits, fc.array(query, { minLength: 1, maxLength: 8 }), async (drawn, asked) => {
      const of = `s${run++}`
      const twin = new Twin(b, of)
      const { recorder: r, memory } = twin
      const defined = [r.signals([0, { id: `${of}/x` }], [1, { id: `${of}/t`, dataType: 'text' }]), r.reasons(0, [], ['duplicate'])]
      await twin.commit(defined)
      const check = async (questions: typeof asked) => {
        for (const { moment, signals, from, hours, ...rest } of questions) {
          const names = signals.map((name) => `${of}/${name}`)
          const whole: SeriesQuery = { signals: names, from: START + from * HOUR, to: START + (from + hours) * HOUR, ...rest }
          const [here, there] = twin.asked(whole, moment)
          const [found, expected] = [await b.historian.series(here), await memory.series(there)]
          assert.deepEqual(found.map(plain), expected.map(plain), JSON.stringify(here))
          for (const one of found) assert.ok(one.ingest.length === one.count && one.ingest.every((ingest) => ingest > 0))
        }
      }
      for (const { batches, repeated, after } of drawn) {
        const records = batches.map((samples) =>
          r.batch(
            ...samples.map(({ signal, hour, value, status, isDuplicate }): Sample => {
              const time = START + hour * HOUR
              const isNull = status === Status.Bad
              const content = isNull ? {} : signal === 1 ? { text: `t${value}` } : { value }
              if (!isDuplicate) memory.sample(`${of}/${signal ? 't' : 'x'}`, time, content.text ?? content.value ?? Number.NaN, status)
              return { signal, time, status, reasons: isDuplicate ? 1 : 0, ...content }
            }),
          ),
        )
        await twin.commit(records, repeated)
        if (after === 'compact') await b.historian.compact(START + 2 * DAY)
        if (after === 'reopen' && run % 4 === 0) await b.reopen()
        // What is asked again and again, as more comes.
        await check(asked.slice(0, 1))
      }
      await check(asked)
    })
    await fc.assert(property, { numRuns: cases(25, 100) })
  })
}
