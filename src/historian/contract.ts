import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { AGGREGATES, type AggregateRow, type Historian, QueryRefused } from '../core/historian.ts'
import { Status } from '../core/status.ts'
import { DAY, HOUR, MINUTE, type Micros, SECOND } from '../core/time.ts'
import { bench, DAY_MS, type Open, START } from './contract-bench.ts'
import { filling } from './contract-gaps.ts'
import { measuring } from './contract-measures.ts'
import { isSameAggregate, naiveAggregate } from './contract-naive.ts'
import { Recorder, type Sample, toRows } from './contract-records.ts'

/** What every historian must do. `open` opens or reopens the one in a directory. */
export function historianContract(name: string, open: Open): void {
  describe(`historian: ${name}`, () => {
    writing(open)
    filling(open)
    reading(open)
    compacting(open)
    asking(open)
    measuring(open)
  })
}

const all = (historian: Historian, signal: string) => historian.samples({ signal, from: 0, to: START + 1000 * DAY, limit: 100_000 })

function writing(open: Open): void {
  test('an empty historian answers with nothing', async (t) => {
    const { historian } = await bench(t, open)
    assert.deepEqual(await historian.checkpoints(), [])
    assert.deepEqual(await historian.lastAll(), [])
    assert.deepEqual(await historian.ingests([1]), [])
    assert.deepEqual(await historian.compact(START), { days: 0, samples: 0, bytes: 0, removedDays: 0 })
    const stats = await historian.stats()
    assert.deepEqual([stats.samples, stats.oldestTime, stats.newestTime, stats.problem], [0, undefined, undefined, undefined])
    assert.equal((await historian.sql('SELECT * FROM samples', { maxRows: 10, timeoutMs: 5000 })).rows.length, 0)
    await historian.write([])
  })

  test('values of every kind come back with status, reasons and origin', async (t) => {
    const { historian, clock } = await bench(t, open)
    const r = new Recorder('edge-7', 42)
    r.receivedTime = START + 5
    clock.time = START + 9
    await historian.write([
      r.config('v1'),
      r.signals([0, { id: 'a/number' }], [7, { id: 'a/switch', dataType: 'boolean' }], [2, { id: 'a/text', dataType: 'text' }]),
      r.reasons(0, [], ['late'], ['late', 'range@3']),
      r.batch(
        { signal: 0, time: START + 1, value: 1.25 },
        { signal: 7, time: START + 1, value: 1 },
        { signal: 2, time: START + 1, text: 'prêt ✓' },
        { signal: 0, time: START + 2, status: Status.BadNoCommunication, reasons: 1 },
        { signal: 0, time: START + 3, value: -0.1, status: Status.UncertainLastUsableValue, reasons: 2 },
        { signal: 2, time: START + 2, status: Status.Bad },
        { signal: 2, time: START + 3, text: '' },
        { signal: 7, time: START + 2, value: 0 },
      ),
    ])
    const number = await all(historian, 'a/number')
    assert.deepEqual(toRows(number), [
      { time: START + 1, value: 1.25, status: 0, reasons: [] },
      { time: START + 2, value: null, status: Status.BadNoCommunication, reasons: ['late'] },
      { time: START + 3, value: -0.1, status: Status.UncertainLastUsableValue, reasons: ['late', 'range@3'] },
    ])
    assert.deepEqual(
      toRows(await all(historian, 'a/text')).map((row) => (row as { text?: string }).text),
      ['prêt ✓', undefined, ''],
    )
    assert.deepEqual([...(await all(historian, 'a/switch')).value], [1, 0])
    assert.deepEqual(await historian.ingests([number.ingest[0] as number]), [
      {
        ingest: number.ingest[0],
        node: 'edge-7',
        epoch: 42,
        sequence: 4,
        receivedTime: START + 5,
        recordedTime: START + 9,
        configVersion: 'v1',
      },
    ])
    assert.equal((await historian.stats()).samples, 8)
  })

  test('many texts and numbers in one batch keep their rows, their order and their newest', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const rows = Array.from({ length: 9000 }, (_, i): Sample => {
      const time = START + i
      if (i % 3 === 0) return { signal: 0, time, value: i }
      return i % 7 === 0 ? { signal: 1, time, status: Status.Bad } : { signal: 1, time, text: `text ${i}` }
    })
    await b.historian.write([r.signals([0, { id: 'a/n' }], [1, { id: 'a/t', dataType: 'text' }]), r.batch(...rows)])
    await b.historian.write([r.batch({ signal: 1, time: START + 9000, status: Status.Bad })])
    const expected = rows.filter((row) => row.signal === 1).map((row) => row.text)
    const check = async () => {
      const numbers = await all(b.historian, 'a/n')
      assert.deepEqual(
        [...numbers.value],
        rows.filter((row) => row.signal === 0).map((row) => row.value),
      )
      const texts = await all(b.historian, 'a/t')
      assert.deepEqual(
        Array.from({ length: texts.count }, (_, i) => texts.text?.get(i)),
        [...expected, undefined],
      )
      const last = (await b.historian.lastAll()).map((row) => [row.signal, row.sourceTime, row.text]).sort()
      assert.deepEqual(last, [
        ['a/n', START + 8997, undefined],
        ['a/t', START + 9000, undefined],
      ])
    }
    await check()
    await b.reopen()
    await check()
    await b.historian.compact(START + 3 * DAY)
    await check()
  })

  test('a record at or below its writer’s checkpoint changes nothing, also after a restart', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const first = [r.signals([0, { id: 'a/x' }]), r.batch({ signal: 0, time: START, value: 1 })]
    const second = [r.batch({ signal: 0, time: START + 1, value: 2 }), r.batch({ signal: 0, time: START + 2, value: 3 })]
    await b.historian.write(first)
    await b.historian.write(first)
    await b.historian.write([...first, ...second])
    await b.reopen()
    assert.deepEqual(await b.historian.checkpoints(), [{ node: 'node-1', epoch: 1, sequence: 4 }])
    await b.historian.write([...first, ...second])
    await b.historian.write([...second, r.batch({ signal: 0, time: START + 3, value: 4 })])
    assert.deepEqual([...(await all(b.historian, 'a/x')).value], [1, 2, 3, 4])
  })

  test('numbers of signals and reasons belong to a node’s epoch', async (t) => {
    const b = await bench(t, open)
    const [one, two, again] = [new Recorder('n1', 1), new Recorder('n2', 1), new Recorder('n1', 2)]
    await b.historian.write([
      one.signals([0, { id: 'a/x' }], [1, { id: 'a/y' }]),
      two.signals([0, { id: 'a/z' }]),
      one.reasons(1, ['late']),
      two.reasons(1, ['stale']),
      one.batch({ signal: 1, time: START, value: 1, reasons: 1 }),
      two.batch({ signal: 0, time: START, value: 2, reasons: 1 }),
    ])
    await b.reopen()
    await b.historian.write([
      again.signals([0, { id: 'a/y' }]),
      again.batch({ signal: 0, time: START + 1, value: 3 }),
      one.batch({ signal: 0, time: START, value: 4, reasons: 1 }),
    ])
    assert.deepEqual(toRows(await all(b.historian, 'a/y')), [
      { time: START, value: 1, status: 0, reasons: ['late'] },
      { time: START + 1, value: 3, status: 0, reasons: [] },
    ])
    assert.deepEqual(toRows(await all(b.historian, 'a/z')), [{ time: START, value: 2, status: 0, reasons: ['stale'] }])
    assert.deepEqual([...(await all(b.historian, 'a/x')).value], [4])
    assert.equal((await b.historian.checkpoints()).length, 3)
  })

  test('every version of a definition is kept, and a sample finds its own', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const x = { id: 'a/x', dataType: 'number' as const }
    const define = (more: object) => r.signals([0, { ...x, ...more }])
    const versions = [{ unit: 'A' }, { unit: 'A', range: [0, 40] as const }, { unit: 'mA', label: { fr: "l'intensité" } }]
    for (const [i, version] of versions.entries()) {
      b.clock.time = START + i * HOUR
      const sample = r.config(`v${i}`)
      await b.historian.write([sample, define(version), r.batch({ signal: 0, time: START + i, value: i })])
      // Segments repeat their dictionaries, in whatever order of keys, and other nodes know the signal too.
      const other = new Recorder(`n${i}`)
      await b.historian.write([
        define({ ...version }),
        r.signals([0, { ...Object.fromEntries(Object.entries({ ...x, ...version }).reverse()), id: x.id }]),
      ])
      await b.historian.write([other.signals([5, { ...x, address: 'a/0', ...version }])])
    }
    const check = async () => {
      const rows = await b.historian.definitions('a/x')
      assert.deepEqual(
        rows.map(({ definition, configVersion, recordedTime }) => ({ ...definition, configVersion, recordedTime })),
        versions.map((version, i) => ({
          ...{ ...x, connection: 'plc-1', address: 'a/0', ...version },
          ...{ configVersion: `v${i}`, recordedTime: START + i * HOUR },
        })),
      )
      const { value, ingest } = await all(b.historian, 'a/x')
      const own = [...ingest].map((id) => rows.findLastIndex((row) => row.sinceIngest <= id))
      assert.deepEqual(
        [[...value], own],
        [
          [0, 1, 2],
          [0, 1, 2],
        ],
      )
      assert.deepEqual(await b.historian.definitions('a/unheard'), [])
      const view = await b.historian.sql('SELECT config_version, since_ingest FROM definitions ORDER BY since_ingest', {
        maxRows: 9,
        timeoutMs: 5000,
      })
      assert.deepEqual(
        view.rows,
        rows.map((row) => [row.configVersion, row.sinceIngest]),
      )
    }
    await check()
    await b.reopen()
    await check()
    await b.historian.write([define(versions[2] as object), r.batch()])
    await b.historian.compact(START + 5 * DAY)
    await check()
  })

  test('holes, gaps and unreadable records are stated and stop nothing', async (t) => {
    const { historian } = await bench(t, open)
    const r = new Recorder()
    await historian.write([r.signals([0, { id: 'a/x' }])])
    r.sequence = 4
    await historian.write([r.batch({ signal: 0, time: START, value: 1 })])
    r.sequence = 8
    await historian.write([
      r.gap(6, 8, 'overflow'),
      r.record('batch', new Uint8Array(50)),
      r.json('signals', [[0, { id: 5 }]]),
      r.gap(1, 1e15, 'says too much'),
      r.batch({ signal: 0, time: START + 1, value: 2 }, { signal: 99, time: START + 1, value: 3 }),
    ])
    const { rows } = await historian.sql('SELECT first_sequence, last_sequence, cause, samples FROM gaps ORDER BY 1', {
      maxRows: 10,
      timeoutMs: 5000,
    })
    assert.deepEqual(
      rows.map(([first, last]) => [first, last]),
      [
        [2, 4],
        [6, 8],
        [10, 10],
        [11, 11],
        [12, 12],
        [13, 13],
      ],
    )
    assert.match(String(rows[2]?.[2]), /unreadable/)
    assert.equal(rows[5]?.[3], 1)
    assert.deepEqual([...(await all(historian, 'a/x')).value], [1, 2])
    assert.equal((await historian.checkpoints())[0]?.sequence, 13)
  })

  test('lastAll is the newest by arrival, not by time, before and after a restart and a compaction', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    await b.historian.write([
      r.signals([0, { id: 'a/x', dataType: 'text' }], [1, { id: 'a/y' }], [2, { id: 'a/silent' }]),
      r.reasons(1, ['late']),
      r.batch({ signal: 0, time: START + 10, text: 'new' }, { signal: 1, time: START, value: 1 }, { signal: 1, time: START - 1, value: 2 }),
    ])
    r.receivedTime = START + 99
    await b.historian.write([r.batch({ signal: 0, time: START + 5, text: 'late', reasons: 1 })])
    const expected = [
      { signal: 'a/x', sourceTime: START + 5, receivedTime: START + 99, value: Number.NaN, status: 0, reasons: ['late'], text: 'late' },
      { signal: 'a/y', sourceTime: START - 1, receivedTime: 0, value: 2, status: 0, reasons: [] },
    ]
    const byId = (rows: { signal: string }[]) => rows.sort((a, b) => a.signal.localeCompare(b.signal))
    assert.deepEqual(byId(await b.historian.lastAll()), expected)
    await b.reopen()
    assert.deepEqual(byId(await b.historian.lastAll()), expected)
    await b.historian.compact(START + 10 * DAY)
    await b.reopen()
    assert.deepEqual(byId(await b.historian.lastAll()), expected)
  })
}

function reading(open: Open): void {
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

  test('aggregates equal a naive recomputation, hot, cold and mixed', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const statuses = [0, 0, 0, Status.GoodClamped, Status.Uncertain, Status.UncertainLastUsableValue, Status.Bad, Status.BadNoData]
    const value = fc.oneof(
      fc.integer({ min: -1000, max: 1000 }).map((n) => n / 100),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
      fc.constantFrom(0, 1e-300, 0.1 + 0.2, 2 ** 53),
    )
    const sample = fc.record({ minute: fc.integer({ min: 0, max: 2 * 1440 }), value, status: fc.constantFrom(...statuses) })
    let run = 0
    const property = fc.asyncProperty(
      fc.uniqueArray(sample, { minLength: 1, maxLength: 60, selector: (s) => s.minute }),
      fc.constantFrom(7 * MINUTE, HOUR, 6 * HOUR, DAY, 36 * HOUR),
      fc.nat(60),
      async (drawn, step, late) => {
        const id = `p/${run++}`
        const samples = drawn.map(
          (s): Sample => ({
            signal: run,
            time: START + s.minute * MINUTE,
            status: s.status,
            ...(s.status < Status.Bad && { value: s.value }),
          }),
        )
        const ask = async (): Promise<AggregateRow[]> => {
          const query = { signals: [id], from: START + HOUR, to: START + 40 * HOUR, intervalUs: step, functions: AGGREGATES, limit: 10_000 }
          return (await b.historian.aggregate(query)).rows
        }
        const check = async (expected: AggregateRow[], when: string) => {
          const got = await ask()
          assert.ok(isSameAggregate(got, expected), `${when}: ${JSON.stringify(got)} is not ${JSON.stringify(expected)}`)
        }
        const naive = (of: Sample[]) => naiveAggregate(id, of, START + HOUR, START + 40 * HOUR, step)
        const early = samples.slice(0, samples.length - late)
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
    await fc.assert(property, { numRuns: process.env.ECLUSE_LONG === '1' ? 300 : 12 })
  })
}

function compacting(open: Open): void {
  test('a compaction changes no answer, and late samples join their day', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder()
    const values = [0, 0.1, 1.25, -22.04711, 1e-9, 123456.789, 1e300, 2 ** 53, 1 / 3, -1e12, 5e-324]
    await b.historian.write([
      r.signals([0, { id: 'a/x' }], [1, { id: 'a/t', dataType: 'text' }], [2, { id: 'a/b', dataType: 'boolean' }]),
      r.reasons(1, ['late']),
      ...Array.from({ length: 30 }, (_, i) =>
        r.batch(
          { signal: 0, time: START + i * 2 * HOUR + 1, value: values[i % values.length] as number },
          { signal: 1, time: START + i * 2 * HOUR, text: `t${i}` },
          { signal: 2, time: START + i * 2 * HOUR, value: i % 2 },
          { signal: 0, time: START + i * 2 * HOUR, status: Status.Bad, reasons: 1 },
        ),
      ),
    ])
    const answers = async () => {
      const columns = await Promise.all(['a/x', 'a/t', 'a/b'].map((id) => all(b.historian, id)))
      const { oldestTime, newestTime, samples } = await b.historian.stats()
      const view = await b.historian.sql('SELECT * FROM samples ORDER BY signal, time, ingest', { maxRows: 1000, timeoutMs: 5000 })
      return { columns: columns.map(toRows), ingests: columns.map((c) => [...c.ingest]), oldestTime, newestTime, samples, view }
    }
    const before = await answers()
    assert.equal(before.samples, 120)
    const result = await b.historian.compact(START + 3 * DAY)
    assert.deepEqual([result.days, result.samples, result.removedDays], [2, 96, 0])
    assert.ok(result.bytes > 0 && (await b.historian.stats()).coldBytes === result.bytes)
    assert.deepEqual(await answers(), before)
    await b.reopen()
    assert.deepEqual(await answers(), before)
    await b.historian.write([r.batch({ signal: 0, time: START + 30 * MINUTE, value: 77 })])
    const late = await answers()
    assert.equal((late.columns[0] as unknown[]).length, 61)
    const again = await b.historian.compact(START + 3 * DAY)
    assert.deepEqual([again.days, again.samples], [1, 49], 'the day is written anew, with the sample that came late')
    assert.deepEqual(await answers(), late)
    assert.equal((await b.historian.compact(START + 3 * DAY)).days, 0)
  })

  test('a day stays hot until it has been over for long enough', async (t) => {
    const { historian } = await bench(t, open)
    const r = new Recorder()
    await historian.write([
      r.signals([0, { id: 'a/x' }]),
      r.batch({ signal: 0, time: START + DAY - 1, value: 1 }, { signal: 0, time: START + DAY, value: 2 }),
    ])
    assert.equal((await historian.compact(START + 2 * DAY - 1)).days, 0)
    assert.equal((await historian.compact(START + 2 * DAY)).samples, 1)
    assert.deepEqual([...(await all(historian, 'a/x')).value], [1, 2])
  })

  test('writing and compacting at once loses nothing and doubles nothing', async (t) => {
    const { historian } = await bench(t, open)
    const r = new Recorder()
    await historian.write([r.signals([0, { id: 'a/x' }])])
    const writes = Array.from({ length: 40 }, (_, i) =>
      r.batch(...Array.from({ length: 50 }, (_, k) => ({ signal: 0, time: START + (i * 50 + k) * MINUTE, value: i }))),
    )
    const compactions: Promise<unknown>[] = []
    for (const [i, record] of writes.entries()) {
      if (i % 5 === 0) compactions.push(historian.compact(START + 100 * DAY))
      await historian.write([record])
    }
    await Promise.all(compactions)
    await historian.compact(START + 100 * DAY)
    const times = [...(await all(historian, 'a/x')).time]
    assert.deepEqual(
      times,
      Array.from({ length: 2000 }, (_, i) => START + i * MINUTE),
    )
  })

  test('retention removes whole days, hot and cold, and keeps how far each writer came', async (t) => {
    const b = await bench(t, open, 3 * DAY_MS)
    const r = new Recorder()
    await b.historian.write([r.signals([0, { id: 'a/x' }])])
    for (let day = 0; day < 6; day++) {
      r.receivedTime = START + day * DAY
      await b.historian.write([r.batch({ signal: 0, time: START + day * DAY + HOUR, value: day })])
    }
    const other = new Recorder('idle')
    await b.historian.write([other.signals([0, { id: 'a/idle' }]), other.batch({ signal: 0, time: START + 1, value: 9 })])
    assert.equal((await b.historian.compact(START + 2 * DAY)).days, 1)
    const now = START + 6 * DAY
    assert.equal((await b.historian.compact(now)).removedDays, 3)
    assert.deepEqual([...(await all(b.historian, 'a/x')).value], [3, 4, 5])
    assert.equal((await b.historian.stats()).oldestTime, START + 3 * DAY + HOUR)
    assert.equal((await b.historian.compact(now)).removedDays, 0)
    await b.reopen()
    assert.deepEqual((await b.historian.checkpoints()).map(({ node, sequence }) => [node, sequence]).sort(), [
      ['idle', 2],
      ['node-1', 7],
    ])
    assert.deepEqual(
      (await b.historian.lastAll()).map((row) => [row.signal, row.value]),
      [['a/x', 5]],
    )
  })
}

function asking(open: Open): void {
  const limits = { maxRows: 100, timeoutMs: 5000 }

  test('SQL reads the documented views, with JSON-safe cells and a row limit', async (t) => {
    const { historian } = await bench(t, open)
    const r = new Recorder()
    await historian.write([
      r.config('v7'),
      r.signals([0, { id: 'a/x', unit: 'Cel' }], [1, { id: 'a/t', dataType: 'text' }]),
      r.reasons(1, ['late', 'range@2']),
      r.batch(
        { signal: 0, time: START + 250_000, value: 1.5 },
        { signal: 0, time: START + SECOND, status: 0x80ff1234, reasons: 1 },
        { signal: 1, time: START, text: 'on' },
      ),
    ])
    const rows = async (text: string) => (await historian.sql(text, limits)).rows
    const samples = await historian.sql('SELECT * EXCLUDE (ingest) FROM samples ORDER BY signal, time', limits)
    assert.deepEqual(
      samples.columns.map((column) => column.name),
      ['signal', 'time', 'value', 'text', 'status', 'status_code', 'reasons'],
    )
    assert.deepEqual(samples.rows, [
      ['a/t', '2026-11-20T00:00:00.000Z', null, 'on', 'Good', 0, []],
      ['a/x', '2026-11-20T00:00:00.250Z', 1.5, null, 'Good', 0, []],
      ['a/x', '2026-11-20T00:00:01.000Z', null, null, 'Bad(0x80ff1234)', 0x80ff1234, ['late', 'range@2']],
    ])
    assert.deepEqual(await rows('SELECT * FROM signals ORDER BY id'), [
      ['a/t', 'plc-1', 'a/1', null, 'text'],
      ['a/x', 'plc-1', 'a/0', 'Cel', 'number'],
    ])
    assert.deepEqual(await rows('SELECT node, epoch, sequence, config_version FROM ingests WHERE samples > 0'), [['node-1', 1, 4, 'v7']])
    assert.deepEqual(await rows('WITH hot AS (SELECT value FROM samples) SELECT count(*), sum(value) FROM hot -- comment'), [[3, 1.5]])
    const cut = await historian.sql('SELECT * FROM range(5)', { maxRows: 3, timeoutMs: 5000 })
    assert.deepEqual([cut.rows.length, cut.truncated], [3, true])
    assert.equal((await historian.sql('SELECT * FROM range(3)', { maxRows: 3, timeoutMs: 5000 })).truncated, false)
    JSON.stringify(
      await rows("SELECT 1::HUGEINT << 100, 'nan'::DOUBLE, 1e308 * 10, DATE '2026-01-01', INTERVAL 1 DAY, [1, NULL], {'a': 2}, 'x'::BLOB"),
    )
  })

  const refused: readonly (readonly [string, string])[] = [
    ['a change', 'DELETE FROM samples'],
    ['an insert', "INSERT INTO samples VALUES ('x')"],
    ['a drop', 'DROP VIEW samples'],
    ['two statements', 'SELECT 1; SELECT 2'],
    ['a change behind a SELECT', 'SELECT 1; DROP VIEW samples'],
    ['a change in a WITH', 'WITH x AS (DELETE FROM samples RETURNING *) SELECT * FROM x'],
    ['nothing', ''],
    ['a comment', '-- nothing'],
    ['nonsense', 'SELEKT 1'],
    ['an unknown column', 'SELECT nonsense FROM samples'],
    ['an unknown table', 'SELECT * FROM people'],
    ['a quoted file', "SELECT * FROM '/etc/passwd'"],
    ['a text too long', `SELECT '${'x'.repeat(1_000_000)}'`],
    ['a null character', 'SELECT 1\0'],
    ['deep nesting', `SELECT ${'abs('.repeat(4000)}1${')'.repeat(4000)}`],
    ['an error at run time', "SELECT error('no')"],
  ]
  test('SQL that is not one valid SELECT over the views is refused, with a reason', async (t) => {
    const { historian } = await bench(t, open)
    for (const [what, text] of refused) {
      await assert.rejects(
        historian.sql(text, limits),
        (error: Error) => error instanceof QueryRefused && error.message.length > 10 && error.message.length < 1000,
        what,
      )
    }
    assert.deepEqual((await historian.sql('SELECT 42', limits)).rows, [[42]])
  })

  test('a query over its time is really stopped, and others go on', async (t) => {
    const { historian } = await bench(t, open)
    const short = { maxRows: 10, timeoutMs: 100 }
    const endless = [
      'WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM x) SELECT count(*) FROM x',
      'SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000) c WHERE a.range * b.range % 7 = c.range',
      'SELECT a.range FROM range(1000000000) a ORDER BY hash(a.range)',
    ]
    for (const text of endless) {
      await assert.rejects(historian.sql(text, short), (error: Error) => error instanceof QueryRefused && /stopped/.test(error.message))
    }
    const slow = assert.rejects(historian.sql(endless[0] as string, { maxRows: 1, timeoutMs: 1000 }), QueryRefused)
    const r = new Recorder()
    await historian.write([r.signals([0, { id: 'a/x' }]), r.batch({ signal: 0, time: START, value: 1 })])
    assert.deepEqual([...(await all(historian, 'a/x')).value], [1])
    await slow
    assert.deepEqual((await historian.sql('SELECT count(*) FROM samples', limits)).rows, [[1]])
  })
}
