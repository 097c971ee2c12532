import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Status } from '../core/status.ts'
import { DAY, HOUR } from '../core/time.ts'
import { all, bench, type Open, START } from './contract-bench.ts'
import { Recorder, type Sample, toRows } from './contract-records.ts'

/** What is written comes back. */
export function writing(open: Open): void {
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
