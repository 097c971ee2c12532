import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type Historian, QueryRefused } from '../../core/historian.ts'
import { silent } from '../../core/log.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { Dictionaries } from './dictionaries.ts'
import { openHistorian } from './historian.ts'
import { STORE_LIMITS, type StoreLimits } from './limits.ts'
import type { Facts } from './measure-facts.ts'
import { readMeasures } from './read-measures.ts'
import { rowsOf } from './rows.ts'

const NOW = 300 * DAY

/** A historian with two signals and twenty hours of samples. */
async function filled(
  t: TestContext,
  limits: Partial<StoreLimits>,
): Promise<{ directory: string; recorder: Recorder; historian: Historian }> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-measures-'))
  t.after(() => rm(directory, { recursive: true }))
  const clock = { now: () => NOW }
  const historian = await openHistorian({ directory, memoryLimitBytes: 128 * 1024 * 1024, clock, log: silent, limits })
  t.after(() => historian.close())
  const recorder = new Recorder()
  recorder.receivedTime = DAY + 20 * HOUR
  const rows = Array.from({ length: 200 }, (_, i) => ({ signal: i % 2, time: DAY + i * 6 * MINUTE, value: i }))
  await historian.write([recorder.signals([0, { id: 'a/x' }], [1, { id: 'a/y' }]), recorder.batch(...rows)])
  return { directory, recorder, historian }
}

const whole = { from: DAY, to: DAY + 20 * HOUR, limit: 1000 }

async function inside<T>(directory: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(join(directory, 'historian.duckdb'))
  const connection = await instance.connect()
  try {
    return await work(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

test('measured in small steps, the answer is the same', async (t) => {
  const [small, large] = await Promise.all([{ measureStepSamples: 15 }, {}].map((limits) => filled(t, limits)))
  const rows = (await small?.historian.measures(whole))?.rows
  assert.equal(rows?.length, 40)
  assert.deepEqual(rows, (await large?.historian.measures(whole))?.rows)
  assert.deepEqual(rows, (await small?.historian.measures(whole))?.rows)
})

test('limits on rows, on signals and on what is kept', async (t) => {
  const { directory, historian } = await filled(t, { measureRows: 30, measuresKept: 21, aggregateSignals: 3 })
  const { rows, truncated } = await historian.measures(whole)
  assert.deepEqual([rows.length, truncated], [30, true])
  assert.equal((await historian.measures({ ...whole, from: DAY + 15 * HOUR })).rows.length, 10)
  await assert.rejects(historian.measures({ ...whole, signals: ['a', 'b', 'c', 'd'] }), QueryRefused)
  assert.deepEqual((await historian.measures(whole)).rows, rows)
  await historian.close()
  const kept = await inside(directory, (connection) => rowsOf(connection, 'SELECT count(*) FROM store.measures'))
  assert.ok((kept[0]?.[0] as number) <= 21 && (kept[0]?.[0] as number) > 0, String(kept))
})

test('a late sample has only its own signal and hour measured anew', async (t) => {
  const { directory, recorder, historian } = await filled(t, {})
  await historian.measures(whole)
  await historian.write([
    recorder.batch({ signal: 1, time: DAY + 7 * HOUR + SECOND, value: 1 }, { signal: 0, time: DAY + 19 * HOUR, value: 1 }),
  ])
  await historian.measures(whole)
  await historian.close()
  const measured = await inside(directory, (connection) =>
    rowsOf(connection, 'SELECT watermark, count(*), count(DISTINCT (signal, hour)) FROM store.measures GROUP BY 1 ORDER BY 1'),
  )
  // From the first to the last changed hour in one step, for the signals that changed in any of them.
  assert.deepEqual(measured, [
    [2, 14, 14],
    [3, 26, 26],
  ])
})

test('hours that late data only spans are looked up once, and then known to be true up to it', async (t) => {
  const { directory, recorder, historian } = await filled(t, {})
  const signals = ['a/x', 'a/y']
  const before = await historian.measures({ ...whole, signals })
  const late = [2, 18].map((hour) => ({ signal: 2, time: DAY + hour * HOUR, value: 1 }))
  await historian.write([recorder.signals([2, { id: 'a/z' }]), recorder.batch(...late)])
  assert.deepEqual(await historian.measures({ ...whole, signals }), before)
  await historian.close()
  await inside(directory, async (connection) => {
    const marks = 'SELECT watermark, count(*), count(DISTINCT (signal, hour)) FROM store.measures GROUP BY 1 ORDER BY 1'
    const kept = await rowsOf(connection, marks)
    assert.deepEqual(
      kept.map(([, ...counts]) => counts),
      [
        [6, 6],
        [34, 34],
      ],
    )
    const statements: string[] = []
    const context = {
      ...{ coldDirectory: directory, dictionaries: await Dictionaries.load(connection), lastIngest: 4 },
      connection: new Proxy(connection, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name)
          if (typeof value !== 'function') return value
          return (sql: string) => {
            if (name === 'run') statements.push(sql)
            return value.call(target, sql)
          }
        },
      }),
    }
    const learnt: Facts[] = []
    const run = { now: NOW, limits: STORE_LIMITS, learnt, isOver: () => false }
    assert.deepEqual(await readMeasures(context, { ...whole, signals }, run), before)
    assert.deepEqual(learnt, [])
    assert.deepEqual(
      statements.filter((sql) => sql.includes('max(ingest) AS newest')),
      [],
    )
  })
})

test('when time is over, complete hours are the answer, and what was measured is kept', async (t) => {
  const { directory, historian } = await filled(t, {})
  const expected = (await historian.measures(whole)).rows
  await historian.close()
  await inside(directory, async (connection) => {
    await connection.run('DELETE FROM store.measures')
    const dictionaries = await Dictionaries.load(connection)
    const context = { connection, coldDirectory: directory, dictionaries, lastIngest: 2 }
    const learnt: Facts[] = []
    const limits = { ...STORE_LIMITS, measureStepSamples: 35 }
    const { rows, truncated } = await readMeasures(context, whole, { now: NOW, limits, learnt, isOver: () => true })
    assert.deepEqual([rows.length, learnt.length, truncated], [6, 6, true])
    assert.deepEqual(rows, expected.slice(0, 6))
  })
})
