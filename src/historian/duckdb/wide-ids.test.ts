import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Historian } from '../../core/historian.ts'
import { silent } from '../../core/log.ts'
import { Status } from '../../core/status.ts'
import { DAY, HOUR, systemClock } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { openHistorian } from './historian.ts'
import { LAST_INGEST } from './limits.ts'

const open = (directory: string) => openHistorian({ directory, memoryLimitBytes: 128 * 1024 * 1024, clock: systemClock, log: silent })

/** A historian whose next ingest id is `next`, as after years of writing. */
async function aged(t: TestContext, next: number): Promise<{ directory: string; recorder: Recorder; historian: Historian }> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-wide-'))
  t.after(() => rm(directory, { recursive: true }))
  const recorder = new Recorder()
  const historian = await open(directory)
  await historian.write([recorder.signals([0, { id: 'a/x' }])])
  await historian.close()
  const instance = await DuckDBInstance.create(join(directory, 'historian.duckdb'))
  const connection = await instance.connect()
  await connection.run(`UPDATE store.ingests SET ingest = ${next - 1}`)
  connection.closeSync()
  instance.closeSync()
  return { directory, recorder, historian: await open(directory) }
}

test('ids beyond 32 bits are exact, hot and cold, and still order what has one time', async (t) => {
  const next = 2 ** 50 + 1
  const made = await aged(t, next)
  let { historian } = made
  t.after(() => historian.close())
  const r = made.recorder
  const rows = [3, 1, 2].map((value) => r.batch({ signal: 0, time: DAY, value }, { signal: 0, time: DAY + HOUR, value: -value }))
  await historian.write([
    ...rows,
    r.batch({ signal: 0, time: DAY, status: Status.Bad }),
    r.batch({ signal: 0, time: DAY, status: Status.BadNoData }),
  ])
  const check = async () => {
    const { ingest, value } = await historian.samples({ signal: 'a/x', from: 0, to: 2 * DAY, limit: 99 })
    const ids = [0, 1, 2, 3, 4].map((i) => next + i)
    assert.deepEqual([...ingest], [...ids, ...ids.slice(0, 3)])
    assert.deepEqual([...value], [3, 1, 2, Number.NaN, Number.NaN, -3, -1, -2])
    assert.deepEqual(
      (await historian.ingests([next + 1])).map((row) => row.sequence),
      [3],
    )
    assert.equal((await historian.lastAll())[0]?.status, Status.BadNoData)
    for (const intervalUs of [DAY, 100_000 * DAY]) {
      const query = {
        signals: ['a/x'],
        from: 0,
        to: intervalUs * 3,
        intervalUs,
        functions: ['first', 'last', 'worstStatus'] as const,
        limit: 9,
      }
      const { rows: aggregates } = await historian.aggregate(query)
      assert.deepEqual(aggregates[0]?.values, { first: 3, last: -2, worstStatus: Status.Bad })
    }
  }
  await check()
  await historian.close()
  historian = await open(made.directory)
  await check()
  await historian.compact(30 * DAY)
  await check()
})

test('when every id is used, writing stops and says so', async (t) => {
  const { recorder, historian } = await aged(t, LAST_INGEST)
  t.after(() => historian.close())
  await historian.write([recorder.batch({ signal: 0, time: DAY, value: 1 })])
  await assert.rejects(historian.write([recorder.batch({ signal: 0, time: DAY, value: 2 })]), /every ingest id is used/)
  assert.deepEqual([...(await historian.samples({ signal: 'a/x', from: 0, to: 2 * DAY, limit: 9 })).ingest], [LAST_INGEST])
})
