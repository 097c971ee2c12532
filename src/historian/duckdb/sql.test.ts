import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Historian, QueryRefused } from '../../core/historian.ts'
import { silent } from '../../core/log.ts'
import { DAY, systemClock } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { openHistorian } from './historian.ts'
import { STORE_LIMITS } from './limits.ts'

let directory: string
let historian: Historian
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ecluse-sql-'))
  const limits = { sqlBytes: 100_000, queriesWaiting: 2, aggregateSignals: 3, aggregateRows: 2, sampleRows: 5, definitionVersions: 2 }
  historian = await openHistorian({ directory, memoryLimitBytes: 128 * 1024 * 1024, clock: systemClock, log: silent, limits })
  const r = new Recorder()
  await historian.write([
    r.signals([0, { id: 'a/x' }]),
    r.batch(...Array.from({ length: 10 }, (_, i) => ({ signal: 0, time: i * DAY, value: i }))),
  ])
  await historian.compact(5 * DAY)
})
after(async () => {
  await historian.close()
  await rm(directory, { recursive: true })
})

const limits = { maxRows: 1000, timeoutMs: 2000 }
const refused = (text: string, message = /./) =>
  assert.rejects(historian.sql(text, limits), (error: Error) => error instanceof QueryRefused && message.test(error.message), text)

test('no way to files, settings, the catalogue or the tables behind the views', async () => {
  const cold = join(directory, 'cold', (await readdir(join(directory, 'cold')))[0] ?? '')
  const hostile = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    `SELECT * FROM '${cold}'`,
    `SELECT * FROM read_parquet('${cold}')`,
    "COPY (SELECT 1) TO '/tmp/ecluse-out.csv'",
    `COPY (SELECT 1) TO '${join(directory, 'cold', 'x.parquet')}'`,
    "ATTACH '/tmp/ecluse.db'",
    'SET threads = 1',
    'PRAGMA database_list',
    'INSTALL httpfs',
    "LOAD '/tmp/x.so'",
    'CALL checkpoint()',
    'BEGIN',
    'COMMIT',
    'VACUUM',
    'CHECKPOINT',
    'EXPLAIN SELECT 1',
    'CREATE TABLE x (a INT)',
    'CREATE MACRO f(x) AS x',
    'PREPARE p AS SELECT 1',
    "EXPORT DATABASE '/tmp/x'",
    'SELECT * FROM store.samples',
    'SELECT * FROM historian.store.samples',
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM duckdb_settings()',
    'SELECT * FROM duckdb_secrets()',
    'SELECT * FROM pragma_database_list',
    'SELECT * FROM force_checkpoint()',
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('store.samples')",
    "SELECT current_setting('temp_directory')",
    "SELECT getvariable('x')",
    "SELECT json_execute_serialized_sql('{}')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT (SELECT max(content) FROM read_text('/etc/passwd'))",
    "SELECT 1 WHERE EXISTS (SELECT * FROM glob('/etc/*'))",
    "WITH x AS (SELECT * FROM '/etc/passwd') SELECT * FROM x",
    "SELECT 1 ORDER BY (SELECT 1 FROM read_text('/etc/passwd'))",
    "SELECT row_number() OVER (ORDER BY current_setting('threads'))",
    "SELECT list_transform([1], lambda x: x + current_setting('threads')::INT)",
    "DESCRIBE SELECT * FROM read_text('/etc/passwd')",
    "SELECT 1; COPY (SELECT 1) TO '/tmp/ecluse-out.csv'",
  ]
  for (const text of hostile) await refused(text)
  assert.deepEqual((await historian.sql('SELECT count(*) FROM samples', limits)).rows, [[10]])
})

test('no function makes a value of any size at once', async () => {
  for (const call of [
    "repeat('x', 4000000000)",
    'range(4000000000)',
    "lpad('', 4000000000, 'x')",
    "printf('%2000000000d', 1)",
    'list_resize([1], 4000000000)',
  ]) {
    await refused(`SELECT length(${call})`, /not available/)
  }
  const doubled = Array.from({ length: 40 }, (_, i) => i).reduce(
    (text) => `SELECT a || a AS a FROM (${text})`,
    "SELECT 'xxxxxxxxxx' || hash(value) AS a FROM samples",
  )
  await refused(`SELECT length(a) FROM (${doubled})`)
})

test('a cell that would take long to make is refused before it is made', async () => {
  await refused('SELECT list(range) AS all FROM range(5000000)', /all holds lists of 5000000 elements/)
  const at = await historian.sql(`SELECT len(it) FROM (SELECT list(range) AS it FROM range(${STORE_LIMITS.sqlElements}))`, limits)
  assert.deepEqual(at.rows, [[STORE_LIMITS.sqlElements]])
  assert.equal((await historian.sql(`SELECT list(range) AS it FROM range(${STORE_LIMITS.sqlElements})`, limits)).truncated, true)
  await refused(
    `SELECT list(range) AS it FROM range(${STORE_LIMITS.sqlElements + 1})`,
    /it holds lists of 200001 elements: make rows of them with unnest/,
  )
  await refused('SELECT [list(range)] AS all FROM range(300000)', /all holds lists of 300001 elements/)
  for (const text of ['SELECT {a: list(range)} AS it FROM range(9)', 'SELECT map([1], [list(range)]) AS it FROM range(9)'])
    await refused(text, /CAST\(it AS VARCHAR\)/)
  const { rows } = await historian.sql('SELECT list(range) AS few, [{a: 1}] AS structs FROM range(3)', limits)
  assert.deepEqual(rows, [[[0, 1, 2], [{ a: 1 }]]])
})

test('a result stops at its rows and at its bytes', async () => {
  const wide = await historian.sql("SELECT string_agg(a.range, '') FROM range(1000) a, range(100) b GROUP BY b.range", limits)
  assert.ok(wide.truncated && wide.rows.length > 10 && wide.rows.length < 50, String(wide.rows.length))
})

test('of many versions of a definition, the newest are answered', async () => {
  const r = new Recorder('redefines')
  for (const unit of ['A', 'mA', 'kA']) await historian.write([r.signals([0, { id: 'a/redefined', unit }])])
  assert.deepEqual(
    (await historian.definitions('a/redefined')).map((row) => row.definition.unit),
    ['mA', 'kA'],
  )
})

test('limits on signals, rows, waiting queries and length', async () => {
  const query = { signals: ['a/x'], from: 0, to: 20 * DAY, intervalUs: DAY, functions: ['count'] as const, limit: 1000 }
  const rows = await historian.aggregate(query)
  assert.deepEqual([rows.rows.length, rows.truncated], [2, true])
  await assert.rejects(historian.aggregate({ ...query, signals: ['a', 'b', 'c', 'd'] }), QueryRefused)
  await assert.rejects(historian.aggregate({ ...query, intervalUs: 0 }), QueryRefused)
  const samples = await historian.samples({ signal: 'a/x', from: 0, to: 20 * DAY, limit: 1e9 })
  assert.deepEqual([samples.count, samples.truncated], [5, true])
  const slow = 'SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range * b.range % 7 = 8'
  const five = await Promise.allSettled(Array.from({ length: 5 }, () => historian.sql(slow, { maxRows: 1, timeoutMs: 50 })))
  const messages = five.map((settled) => (settled.status === 'rejected' ? String(settled.reason.message) : 'done'))
  assert.deepEqual([messages.filter((m) => m.includes('waiting')).length, messages.filter((m) => m.includes('stopped')).length], [2, 3])
  await refused(`SELECT ${'1'.repeat(STORE_LIMITS.sqlLength)}`, /characters/)
})

test('interface queries do not wait behind a long SQL statement', async () => {
  const slow = assert.rejects(
    historian.sql('SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range * b.range % 7 = 8', {
      maxRows: 1,
      timeoutMs: 1500,
    }),
    QueryRefused,
  )
  let isSlowDone = false
  void slow.then(() => {
    isSlowDone = true
  })
  assert.equal((await historian.samples({ signal: 'a/x', from: 0, to: DAY, limit: 5 })).count, 1)
  assert.equal(isSlowDone, false)
  await slow
})
