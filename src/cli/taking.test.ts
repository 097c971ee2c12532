import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { startFixture } from '../api/fixture.ts'
import type { Historian } from '../core/historian.ts'
import { Status } from '../core/status.ts'
import { formatTime, SECOND } from '../core/time.ts'
import { makeWorld, paperYaml } from './world.fixture.ts'

const T = 1_800_000_000_000_000

async function world(signals: number, sql?: Historian['sql']) {
  const fixture = await startFixture(signals)
  if (sql) Object.assign(fixture.view.historian, { sql })
  after(() => fixture.close())
  const { write, run, folder } = makeWorld()
  writeFileSync(join(fixture.directory, 'running.json'), JSON.stringify({ url: fixture.url }))
  const file = write('node.yaml', paperYaml({}, `data: ${fixture.directory}`).replace('connections:', 'connections: {}'))
  return { fixture, folder, run: (...args: string[]) => run([...args, '-c', file]) }
}

const period = ['--from', formatTime(T - SECOND), '--to', formatTime(T + 1_000_000 * SECOND)]

test('export: every sample of a period with its status, reasons, unit and times, however many pages they take', async () => {
  const { fixture, folder, run } = await world(10)
  // More than a page, several at each time, so that a page ends in the middle of one.
  const rows = 20_007
  fixture.publish(
    Array.from({ length: rows }, (_, i) => [0, i, i % 5 === 0 ? Status.Uncertain : Status.Good, T + Math.floor(i / 3) * SECOND]),
  )
  fixture.publish([
    [8, 1, Status.Good, T + 1],
    [9, 7, Status.Good, T + 2],
  ])
  const parquet = join(folder, 'samples.parquet')
  const told = await run('export', 't/line-0/m0', ...period, '--out', parquet)
  assert.match(told.out, /20007 sample\(s\) of 1 signal\(s\): Good 16005, Uncertain 4002, Bad 0/)
  assert.equal(told.code, 0)
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const read = await connection.runAndReadAll(
    `SELECT count(*)::INT, count(DISTINCT value)::INT, count(*) FILTER (status = 'Uncertain' AND reasons = 'range' AND unit = 'A')::INT,
      epoch_us(min(time))::BIGINT, epoch_us(max(time))::BIGINT, count(received_time)::INT FROM read_parquet('${parquet}')`,
  )
  const newest = BigInt(T + Math.floor((rows - 1) / 3) * SECOND)
  assert.deepEqual(read.getRows()[0], [rows, rows, 4002, BigInt(T), newest, rows])
  const text = await run('export', 't/line-*/m[89]', ...period)
  assert.match(text.out, /^signal,time,value,text,unit,severity,status,reasons,received_time,recorded_time\r\n/)
  assert.match(text.out, /t\/line-1\/m8,2027-01-15T08:00:00.000001Z,1,,A,Good,Good,,/)
  assert.match(text.out, /t\/line-2\/m9,2027-01-15T08:00:00.000002Z,/)
  assert.match(text.err, /2 sample\(s\) of 2 signal\(s\)/)
  const lines = join(folder, 'samples.jsonl')
  await run('export', 't/line-*/m[189]', ...period, '--out', lines)
  const objects = readFileSync(lines, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    objects.map(({ signal, value, status, reasons }) => [signal, value, status, reasons]),
    [
      ['t/line-1/m8', 1, 'Good', []],
      ['t/line-2/m9', 7, 'Good', []],
    ],
  )
})

test('export: nothing is written over, half a table is none, what cannot be is refused with what to do', async () => {
  const { fixture, folder, run } = await world(1)
  fixture.publish([[0, 1, Status.Good, T]])
  const out = join(folder, 'x.csv')
  writeFileSync(out, 'mine')
  assert.match((await run('export', '**', ...period, '--out', out)).err, /is there already; nothing was written/)
  assert.equal(readFileSync(out, 'utf8'), 'mine')
  assert.match((await run('export', '**', '--out', join(folder, 'x.xlsx'))).err, /neither in .csv, .jsonl nor .parquet/)
  assert.match((await run('export', '**', '--form', 'parquet')).err, /Parquet is no text/)
  assert.match((await run('export', 'nothing/**', ...period)).err, /nothing/)
  const other = join(folder, 'other.csv')
  const wrong = await run('export', '**', ...period, '--unit', 'm', '--out', other)
  assert.deepEqual([wrong.code, existsSync(other)], [1, false])
})

test('query: a table, CSV or JSON; what was cut and what says no status is said', async () => {
  const columns = [
    { name: 'signal', type: 'VARCHAR' },
    { name: 'value', type: 'DOUBLE' },
    { name: 'reasons', type: 'VARCHAR[]' },
  ]
  const { run } = await world(0, async () => ({
    columns,
    rows: [
      ['=a"', 1.5, ['late', 'range']],
      ['b', null, []],
    ],
    truncated: true,
  }))
  const shown = await run('query', 'SELECT signal, value, reasons FROM samples')
  assert.equal(shown.out, 'signal  value  reasons\n=a"       1.5  late, range\nb           -\n')
  assert.match(shown.err, /cut after 2 row\(s\)/)
  assert.match(shown.err, /no status is asked for/)
  const csv = await run('query', '--csv', 'SELECT signal, value, reasons, status FROM samples')
  assert.equal(csv.out, 'signal,value,reasons\r\n"\'=a""",1.5,late range\r\nb,,\r\n')
  assert.doesNotMatch(csv.err, /no status/)
  assert.equal(JSON.parse((await run('query', 'SELECT 1', '-o', 'json')).out).rows[0][1], 1.5)
  assert.match((await run('query')).err, /which statement/)
})
