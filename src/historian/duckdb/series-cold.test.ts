import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Historian } from '../../core/historian.ts'
import { silent } from '../../core/log.ts'
import { DAY, HOUR, MINUTE, parseTime, systemClock } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { writeSql } from './cold.ts'
import { openHistorian } from './historian.ts'
import { MILLISECONDS } from './schema.ts'

/** A year of 1,000 signals that speak every six hours, cold. Signal `i` has the value `i` at `i` seconds past the hour; `SILENT` never spoke. */
const SIGNALS = 1000
const SILENT = 777
const DAYS = 365
const BEGIN = parseTime('2025-01-01T00:00:00Z')

let directory: string
let historian: Historian
const open = () => openHistorian({ directory, memoryLimitBytes: 256 * 1024 * 1024, clock: systemClock, log: silent })
const fileOf = (day: number) => `${new Date((BEGIN + day * DAY) / 1000).toISOString().slice(0, 10)}.0${MILLISECONDS}`

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ecluse-series-'))
  historian = await open()
  const r = new Recorder()
  await historian.write([r.signals(...Array.from({ length: SIGNALS }, (_, i): [number, { id: string }] => [i, { id: `a/${i + 1}` }]))])
  await historian.close()
  const instance = await DuckDBInstance.create(join(directory, 'historian.duckdb'))
  const connection = await instance.connect()
  await connection.run('BEGIN')
  for (let day = 0; day < DAYS; day++) {
    const begin = BEGIN + day * DAY
    const rows = `SELECT s.i::UINTEGER AS signal, make_timestamp(${begin} + h.i * ${6 * HOUR} + s.i * 1000000) AS time, s.i::DOUBLE AS value, 0::UINTEGER AS status, 0::UINTEGER AS reasons, 1::BIGINT AS ingest, NULL::VARCHAR AS text
      FROM range(1, ${SIGNALS + 1}) s(i), range(4) h(i) WHERE s.i <> ${SILENT}`
    const path = join(directory, 'cold', fileOf(day))
    await connection.run(writeSql(rows, path, true))
    await connection.run(
      `INSERT INTO store.files SELECT '${fileOf(day)}', ${begin / DAY}, count(*), 0, min(time), max(time), min(signal), max(signal), true, NULL FROM (${rows})`,
    )
  }
  await connection.run('COMMIT')
  connection.closeSync()
  instance.closeSync()
  historian = await open()
})
after(async () => {
  await historian.close()
  await rm(directory, { recursive: true })
})

/** Bytes that this process has read from files so far. */
const bytesRead = async () => Number(/rchar: (\d+)/.exec(await readFile('/proc/self/io', 'utf8'))?.[1])

async function timed(what: string, ask: () => Promise<unknown>): Promise<number> {
  const [bytes, begin] = [await bytesRead(), performance.now()]
  await ask()
  const ms = performance.now() - begin
  console.log(`${what}: ${ms.toFixed(0)} ms, ${((await bytesRead()) - bytes).toLocaleString('en')} bytes read`)
  return ms
}

const middle = 200
const noon = BEGIN + middle * DAY + 12 * HOUR
const of = (id: number, from: number, to: number, lookBackUs: number, lookAheadUs = 0) =>
  historian.series({ signals: [`a/${id}`], from, to, lookBackUs, lookAheadUs })

test('an hour of one signal out of a year of a thousand takes less than a second', async () => {
  const ms = await timed('one hour of one signal, look-back of a year', async () => {
    const [one] = await of(500, noon, noon + HOUR, 365 * DAY)
    assert.deepEqual([...(one?.time ?? [])], [noon - 6 * HOUR + 500e6, noon + 500e6])
    assert.deepEqual([...(one?.value ?? [])], [500, 500])
  })
  assert.ok(ms <= 1000, `${ms} ms`)
  await timed('the same again', () => of(500, noon, noon + HOUR, 365 * DAY))
  await timed('one hour of all signals, look-back of a year', async () => {
    const signals = Array.from({ length: SIGNALS }, (_, i) => `a/${i + 1}`)
    const all = await historian.series({ signals, from: noon, to: noon + HOUR, lookBackUs: 365 * DAY })
    assert.deepEqual([all.length, all.filter(({ count }) => count === 2).length], [SIGNALS, SIGNALS - 1])
  })
  await timed('a signal that never spoke, look-back of a year', async () => {
    assert.equal((await of(SILENT, noon, noon + HOUR, 365 * DAY))[0]?.count, 0)
  })
})

test('only the files of days that are needed are opened', async (t) => {
  await historian.close()
  const needed = [middle, middle - 1].map(fileOf)
  // Such a file that is opened is no Parquet file, and the question fails. A start looks into the first one for the view's columns.
  for (const name of await readdir(join(directory, 'cold')))
    if (name !== fileOf(0) && !needed.includes(name)) await truncate(join(directory, 'cold', name))
  historian = await open()
  const day = BEGIN + middle * DAY
  const counts = async (...asked: Parameters<typeof of>) => (await of(...asked))[0]?.count
  assert.equal(await counts(1, noon, noon + HOUR, 365 * DAY), 2)
  // The newest before lies in the day before, the oldest after in the same day.
  assert.equal(await counts(900, day, day + MINUTE, 365 * DAY, 300 * DAY), 2)
  assert.equal(await counts(900, day, day + HOUR, 365 * DAY), 2)
  await assert.rejects(of(900, day - DAY, day, 365 * DAY))
  t.diagnostic(`opened: ${needed.join(', ')}`)
})
