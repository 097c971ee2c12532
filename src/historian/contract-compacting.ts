import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Status } from '../core/status.ts'
import { DAY, HOUR, MINUTE } from '../core/time.ts'
import { all, bench, DAY_MS, type Open, START } from './contract-bench.ts'
import { Recorder, toRows } from './contract-records.ts'

/** Cold days and retention. */
export function compacting(open: Open): void {
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
    assert.equal((await b.historian.compact(now)).removedDays, 0, 'no time is believed')
    assert.equal((await b.historian.compact(now, now)).removedDays, 3)
    assert.deepEqual([...(await all(b.historian, 'a/x')).value], [3, 4, 5])
    assert.equal((await b.historian.stats()).oldestTime, START + 3 * DAY + HOUR)
    const days = [3, 4, 5].map((day) => Math.floor((START + day * DAY + HOUR) / DAY) * DAY)
    assert.deepEqual(await b.historian.days(), { samples: days, oldestRecord: undefined })
    assert.equal((await b.historian.compact(now, now)).removedDays, 0)
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
