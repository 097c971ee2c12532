import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Historian, TallyRow } from '../../core/historian.ts'
import { silent } from '../../core/log.ts'
import { Status } from '../../core/status.ts'
import { DAY, HOUR, MINUTE, SECOND, systemClock } from '../../core/time.ts'
import { Recorder, type Sample } from '../contract-records.ts'
import { openHistorian } from './historian.ts'

/** A day of two signals: `a/x` often enough to be counted, `a/slow` not. The last sample of its first hour came before one that is older. */
const X = 1_000
const SLOW = 24
const signals = ['a/x', 'a/slow']
const rows: readonly Sample[] = [
  ...Array.from({ length: X }, (_, i) => ({ signal: 0, time: DAY + i * 30 * SECOND, value: i, status: i % 400 ? 0 : Status.Uncertain })),
  ...Array.from({ length: SLOW }, (_, i) => ({ signal: 1, time: DAY + i * HOUR, value: i })),
]
const late = { signal: 0, time: DAY + HOUR - MINUTE + 1, value: 0 }

async function cold(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-counts-'))
  t.after(() => rm(directory, { recursive: true }))
  const folder = join(directory, 'cold')
  const open = () =>
    openHistorian({
      ...{ directory, memoryLimitBytes: 128 * 1024 * 1024, clock: systemClock, log: silent, retentionMs: DAY / 1000 },
      limits: { samplesPerCount: 20 },
    })
  const held = { recorder: new Recorder(), historian: await open() }
  t.after(() => held.historian.close())
  await held.historian.write([held.recorder.signals([0, { id: 'a/x' }], [1, { id: 'a/slow' }]), held.recorder.batch(...rows)])
  await held.historian.write([held.recorder.batch(late)])
  /** Changes something while no historian has the folder. */
  const closed = async (change: () => Promise<unknown>) => {
    await held.historian.close()
    await change()
    held.historian = await open()
  }
  const counts = async () => (await readdir(folder)).filter((name) => name.endsWith('.counts')).map((name) => join(folder, name))
  return { held, folder, closed, counts, database: join(directory, 'historian.duckdb') }
}

const PERIODS = [
  { from: DAY, to: 2 * DAY },
  { from: DAY - 3 * HOUR, to: DAY + 5 * HOUR, lookBackUs: HOUR },
  { from: DAY + HOUR, to: DAY + HOUR, lookBackUs: 2 * MINUTE },
  { from: DAY + 30 * MINUTE + 1, to: DAY + 3 * HOUR - 1, lookBackUs: 20 * MINUTE },
  { from: DAY + 10 * MINUTE, to: DAY + 20 * MINUTE },
  { from: DAY, to: DAY + 6 * HOUR, lookBackUs: 2 * HOUR, asKnownAt: 0 },
]
const answers = (historian: Historian): Promise<{ rows: TallyRow[]; truncated: boolean }[]> =>
  Promise.all(PERIODS.map((period) => historian.tally({ signals, limit: 99, ...period })))

test('counts stand for the samples of whole hours, and the samples for what is not counted', async (t) => {
  const { held, folder, closed, counts } = await cold(t)
  const hot = await answers(held.historian)
  assert.deepEqual([hot[0]?.rows.reduce((sum, row) => sum + row.samples, 0), hot[5]?.rows.length], [X + SLOW + 1, 0])
  await held.historian.compact(30 * DAY)
  assert.deepEqual(await answers(held.historian), hot)
  assert.equal((await counts()).length, 1)
  // Of the samples nothing can be read any more, and whole hours of what is counted need nothing of it.
  const [data = ''] = (await readdir(folder)).filter((name) => name.endsWith('.parquet'))
  await closed(async () => {})
  await truncate(join(folder, data))
  const ask = (more: object) => held.historian.tally({ signals: ['a/x'], from: DAY + HOUR, to: DAY + 2 * HOUR, limit: 9, ...more })
  assert.deepEqual(
    (await ask({})).rows.map(({ samples }) => samples),
    [120],
  )
  const { rows: before } = await ask({ to: DAY + HOUR, lookBackUs: MINUTE })
  assert.deepEqual(
    before.map(({ newest, newestIngest }) => [newest - DAY, newestIngest]),
    [[HOUR - 30 * SECOND, 2]],
  )
  await assert.rejects(ask({ signals }))
  await assert.rejects(ask({ from: DAY + HOUR + 1 }))
})

test('counts that are damaged, cut or gone are not believed', async (t) => {
  const { held, closed, counts } = await cold(t)
  const hot = await answers(held.historian)
  await held.historian.compact(30 * DAY)
  const [path = ''] = await counts()
  const whole = await readFile(path)
  for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 12)) {
    const damaged = Buffer.from(whole)
    damaged[at] = (damaged[at] as number) ^ 1
    await writeFile(path, damaged)
    assert.deepEqual(await answers(held.historian), hot, `byte ${at}`)
  }
  await writeFile(path, whole.subarray(0, 9))
  assert.deepEqual(await answers(held.historian), hot)
  await closed(() => rm(path))
  assert.deepEqual(await answers(held.historian), hot)
  assert.equal((await held.historian.stats()).problem, undefined)
})

test('files of before there were counts have none, and get them when their day is compacted anew', async (t) => {
  const { held, closed, counts, database } = await cold(t)
  const hot = await answers(held.historian)
  await held.historian.compact(30 * DAY)
  await closed(async () => {
    for (const path of await counts()) await rm(path)
    const instance = await DuckDBInstance.create(database)
    const connection = await instance.connect()
    await connection.run('ALTER TABLE store.files DROP COLUMN counts')
    connection.closeSync()
    instance.closeSync()
  })
  assert.deepEqual(await answers(held.historian), hot)
  await held.historian.write([held.recorder.batch({ signal: 0, time: DAY + 90 * MINUTE + 5, value: 0 })])
  const mixed = await answers(held.historian)
  assert.notDeepEqual(mixed, hot)
  await held.historian.compact(30 * DAY)
  assert.equal((await counts()).length, 1)
  assert.deepEqual(await answers(held.historian), mixed)
})

test('counts go with their file: swept after a crash, replaced with it, removed by retention', async (t) => {
  const { held, folder, closed, counts } = await cold(t)
  await held.historian.compact(30 * DAY)
  const [first = ''] = await counts()
  const leftovers = ['1970-01-02.deadbeef.0.parquet.counts', '1970-01-02.deadbeef.0.parquet.counts.part']
  await closed(() => Promise.all(leftovers.map((name) => writeFile(join(folder, name), 'never catalogued'))))
  assert.deepEqual(await counts(), [first])
  await held.historian.write([held.recorder.batch({ signal: 0, time: DAY + 1, value: 0 })])
  await held.historian.compact(30 * DAY)
  const [second = ''] = await counts()
  assert.deepEqual([(await readdir(folder)).length, second === first], [2, false])
  assert.equal((await held.historian.compact(30 * DAY, 30 * DAY)).removedDays, 1)
  assert.deepEqual(await readdir(folder), [])
})
