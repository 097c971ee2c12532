import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { CheckStep, SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import type { RecordDelivery, RecordSource } from '../../core/record-source.ts'
import { sql } from './index.ts'
import { SQL_LIMITS } from './limits.ts'
import { contextWith, readUntil } from './servers.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'ecluse-sql-file-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const [, , sqlite, duckdb] = sql

function sourceFor(connector: typeof sqlite, file: string, feed: object, parts: object = {}, cursors = {}): RecordSource {
  const config = connector.config.parse({ file, ...parts, records: [{ record: 'r', every: '100ms', ...feed }] })
  return connector.records?.(config, contextWith(cursors, folder)) as RecordSource
}
const rowsOf = (all: readonly RecordDelivery[]) => all.flatMap(({ rows }) => rows)
const isWhole = (all: readonly RecordDelivery[]) => all.at(-1)?.snapshot?.last === true

async function makeDuckdb(name: string, statements: string): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, name))
  const connection = await instance.connect()
  await connection.run(statements)
  connection.closeSync()
  instance.closeSync()
}

test('SQLite: values are exact, parts bounded, binary refused, the file is not written', async () => {
  const database = new DatabaseSync(join(folder, 'a.db'))
  database.exec(`CREATE TABLE t (id INTEGER, big INTEGER, f REAL, words TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO t SELECT i, 9007199254740993, 0.5, 'é€' FROM n; CREATE TABLE odd AS SELECT 1 AS id, x'00' AS picture`)
  database.close()
  const source = sourceFor(sqlite, 'a.db', { query: 'SELECT * FROM t', snapshot: true })
  const all = await readUntil(source, isWhole)
  assert.equal(rowsOf(all).length, 5000)
  assert.ok(all.every(({ rows }) => rows.length <= 2000))
  assert.deepEqual(rowsOf(all)[0], { id: 1, big: '9007199254740993', f: 0.5, words: 'é€' })
  await source.close()
  const odd = sourceFor(sqlite, 'a.db', { query: 'SELECT * FROM odd', snapshot: true })
  assert.match((await readUntil(odd, (seen) => seen.length === 1))[0]?.unreadable?.[0]?.reason ?? '', /picture: BLOB is binary/)
  await odd.close()
  const writing = sourceFor(sqlite, 'a.db', { query: 'DELETE FROM t', snapshot: true })
  await assert.rejects(readUntil(writing, isWhole), /readonly/)
  await writing.close()
})

test('SQLite: cursors go on where they were', async () => {
  const database = new DatabaseSync(join(folder, 'b.db'))
  database.exec("CREATE TABLE t (id INTEGER, at TEXT); INSERT INTO t VALUES (1, '2026-01-01'), (2, '2026-01-02'), (3, '2026-01-02')")
  database.close()
  for (const [column, start, cursor, count] of [
    ['id', 0, 'number:3', 1],
    ['at', ' ', 'text:2026-01-02', 2],
  ] as const) {
    const feed = { query: `SELECT * FROM t WHERE ${column} >= :cursor`, cursor: { column, start } }
    const source = sourceFor(sqlite, 'b.db', feed)
    const all = await readUntil(source, (seen) => rowsOf(seen).length === 3)
    assert.equal(all.findLast((delivery) => delivery.cursor)?.cursor, cursor)
    await source.close()
    const later = sourceFor(sqlite, 'b.db', feed, {}, { 0: cursor })
    assert.equal((await readUntil(later, (seen) => seen.length === 1))[0]?.rows.length, count)
    await later.close()
  }
})

test('SQLite: a statement that takes long keeps neither the node nor the close waiting', async () => {
  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000000) SELECT count(*) FROM n'
  new DatabaseSync(join(folder, 'slow.db')).close()
  const source = sourceFor(sqlite, 'slow.db', { query: endless, snapshot: true }, { queryTimeout: '100ms' })
  const stop = AbortSignal.timeout(20_000)
  await source.connect(stop)
  await assert.rejects(source.read(stop), /no rows within/)
  await source.close()
  // The statement goes on in its thread: until it ended there is no second one.
  await assert.rejects(source.connect(stop), /still running/)
  await source.close()
})

test('a file that is missing, of another kind, or has no such table', async () => {
  writeFileSync(join(folder, 'text.db'), 'no database at all'.repeat(100))
  await makeDuckdb('c.duckdb', 'CREATE TABLE t AS SELECT 1 AS id')
  for (const [connector, file, query, expected] of [
    [sqlite, 'none.db', 'SELECT 1', /no such file/],
    [sqlite, 'text.db', 'SELECT * FROM t', /not a database/],
    [sqlite, 'b.db', 'SELECT * FROM nowhere', /no such table: nowhere/],
    [duckdb, 'none.duckdb', 'SELECT 1', /does not exist/],
    [duckdb, 'text.db', 'SELECT 1', /not a valid DuckDB/],
    [duckdb, 'c.duckdb', 'SELECT * FROM nowhere', /nowhere does not exist/],
    [duckdb, 'c.duckdb', `SELECT * FROM read_csv('${join(folder, 'text.db')}')`, /disabled by configuration/],
    [duckdb, 'c.duckdb', 'DELETE FROM t', /read-only/],
  ] as const) {
    const source = sourceFor(connector, file, { query, snapshot: true })
    await assert.rejects(readUntil(source, isWhole), (error) => {
      assert.ok(error instanceof NotConnected, String(error))
      assert.match(error.message, expected)
      return true
    })
    await source.close()
  }
})

test('DuckDB: values are exact, parts bounded, cursors go on', async () => {
  await makeDuckdb(
    'd.duckdb',
    `CREATE TABLE t AS SELECT i AS id, 9007199254740993::BIGINT AS big, 12345678901234567.89::DECIMAL(30,2) AS exact, 0.5::DOUBLE AS f,
      true AS yes, NULL::VARCHAR AS nothing, TIMESTAMPTZ '2026-07-01 10:00:00.123456+02' AS at, TIMESTAMP '2026-07-01 10:00:00' AS local,
      DATE '2026-07-01' AS day, [1, 2] AS list, {'a': 1::BIGINT} AS doc, 'é€' AS words FROM range(5000) r(i); CREATE TABLE odd AS SELECT '\\x00'::BLOB AS b`,
  )
  const source = sourceFor(duckdb, 'd.duckdb', { query: 'SELECT * FROM t', snapshot: true })
  const all = await readUntil(source, isWhole)
  assert.equal(rowsOf(all).length, 5000)
  assert.deepEqual(rowsOf(all)[0], {
    id: 0,
    big: '9007199254740993',
    exact: '12345678901234567.89',
    f: 0.5,
    yes: true,
    nothing: null,
    at: '2026-07-01T08:00:00.123456Z',
    local: '2026-07-01T10:00:00',
    day: '2026-07-01',
    list: [1, 2],
    doc: { a: '1' },
    words: 'é€',
  })
  await source.close()
  const odd = sourceFor(duckdb, 'd.duckdb', { query: 'SELECT * FROM odd', snapshot: true })
  assert.match((await readUntil(odd, (seen) => seen.length === 1))[0]?.unreadable?.[0]?.reason ?? '', /b: BLOB is binary/)
  await odd.close()
  const feed = { query: 'SELECT id FROM t WHERE id >= :cursor', cursor: { column: 'id', start: 0 } }
  const later = sourceFor(duckdb, 'd.duckdb', feed, {}, { 0: 'number:4990' })
  assert.equal((await readUntil(later, (seen) => seen.length === 1))[0]?.rows.length, 10)
  await later.close()
})

test('SQLite: a file that another program keeps locked', async () => {
  const database = new DatabaseSync(join(folder, 'locked.db'))
  database.exec('CREATE TABLE t (id INTEGER); BEGIN EXCLUSIVE')
  const source = sourceFor(sqlite, 'locked.db', { query: 'SELECT * FROM t', snapshot: true })
  const begin = performance.now()
  await assert.rejects(readUntil(source, isWhole), /another program keeps the file locked/)
  assert.ok(performance.now() - begin >= SQL_LIMITS.busyMs - 100)
  await source.close()
  database.close()
})

test('DuckDB: memory and time are bounded', async () => {
  await makeDuckdb('f.duckdb', 'CREATE TABLE t AS SELECT 1 AS id')
  const large = sourceFor(duckdb, 'f.duckdb', { query: 'SELECT list(i) FROM range(100000000) r(i)', snapshot: true })
  await assert.rejects(readUntil(large, isWhole), new RegExp(`needs more than ${SQL_LIMITS.duckdbMemoryMiB} MiB`))
  await large.close()
  const slow = { query: 'SELECT count(*) FROM range(10000000) a(i), range(10000000) b(j) WHERE i * j % 7 = 3', snapshot: true }
  const source = sourceFor(duckdb, 'f.duckdb', slow, { queryTimeout: '200ms' })
  await assert.rejects(readUntil(source, isWhole), /no rows within/)
  await source.close()
})

test("DuckDB: a historian's file is never opened; check says so", async () => {
  await makeDuckdb('e.duckdb', 'CREATE TABLE t AS SELECT 1 AS id')
  writeFileSync(join(folder, 'historian.lock'), '{}')
  try {
    const config = duckdb.config.parse({ file: 'e.duckdb', records: [{ record: 'r', query: 'SELECT * FROM t', snapshot: true }] })
    const context = contextWith({}, folder) as unknown as SourceContext
    const steps: CheckStep[] = []
    for await (const step of duckdb.check(config, context, AbortSignal.timeout(10_000))) steps.push(step)
    assert.match(steps.at(-1)?.detail ?? '', /the file of a historian/)
  } finally {
    rmSync(join(folder, 'historian.lock'))
  }
})
