import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { readJson, readText } from './cells.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { duckdb } from './duckdb.ts'
import { sql } from './index.ts'
import { SQL_LIMITS } from './limits.ts'
import { mariadb } from './mariadb.ts'
import { nextPageRows } from './paging.ts'
import { postgresql } from './postgresql.ts'
import { findProblems, withCursor } from './query.ts'
import { toRows } from './rows.ts'
import { type CursorKind, Unreadable } from './session.ts'
import { sqlite } from './sqlite.ts'
import { sqlserver } from './sqlserver.ts'

const DIALECTS = { postgresql, mariadb, sqlite, duckdb, sqlserver }
const codes = (query: string, dialect: keyof typeof DIALECTS = 'postgresql', incremental = false) =>
  findProblems(query, DIALECTS[dialect].quoting, incremental).map(({ code }) => code)

test('one SELECT is taken, whatever stands in its texts, names and comments', () => {
  for (const query of [
    'SELECT 1',
    '  (select 1) union (select 2);  -- DELETE FROM x; \n',
    "WITH a AS (SELECT ';' AS x) SELECT *, 'it''s; DROP' FROM a /* ; /* nested */ INSERT */",
    'SELECT "delete", $$; DROP$$, $t$ $$ ; $t$ FROM t',
    "SELECT E'\\'; DROP', deleted_at, x::text FROM t WHERE replace(a, 'b', 'c') = ''",
  ])
    assert.deepEqual(codes(query), [], query)
  assert.deepEqual(codes("SELECT 'a\\'; DROP', `x;y` FROM t # ; DELETE", 'mariadb'), [])
  assert.deepEqual(codes('SELECT [a;b]]] FROM t', 'sqlserver'), [])
})

test('what writes, or is more than one statement, is refused', () => {
  assert.deepEqual(codes('DELETE FROM t'), ['E_SQL_NOT_SELECT', 'E_SQL_WRITES'])
  assert.deepEqual(codes('SELECT 1; SELECT 2'), ['E_SQL_STATEMENTS'])
  assert.deepEqual(codes('WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a'), ['E_SQL_WRITES'])
  assert.deepEqual(codes("SELECT * INTO OUTFILE '/tmp/x' FROM t", 'mariadb'), ['E_SQL_WRITES'])
  assert.deepEqual(codes('SELECT * FROM t FOR UPDATE'), ['E_SQL_WRITES'])
  assert.deepEqual(codes("SELECT 'a\\'; DROP TABLE t --'", 'sqlserver'), ['E_SQL_STATEMENTS', 'E_SQL_WRITES'])
  assert.deepEqual(codes('SELECT /*! 1 */', 'mariadb'), ['E_SQL_QUERY'])
  assert.deepEqual(codes("SELECT 'open"), ['E_SQL_QUERY'])
  assert.deepEqual(codes('SELECT /* open'), ['E_SQL_QUERY'])
  assert.deepEqual(codes(''), ['E_SQL_NOT_SELECT'])
})

test('the cursor: where it is missing, where it would lose rows, where the order is not its own', () => {
  assert.deepEqual(codes('SELECT * FROM t WHERE a >= :cursor', 'postgresql', true), [])
  assert.deepEqual(codes('SELECT * FROM t WHERE a::cursor', 'postgresql', true), ['E_SQL_CURSOR'])
  assert.deepEqual(codes("SELECT * FROM t WHERE a = ':cursor'", 'postgresql', true), ['E_SQL_CURSOR'])
  assert.deepEqual(codes('SELECT * FROM t WHERE a >= :cursor'), ['E_SQL_CURSOR'])
  assert.deepEqual(codes('SELECT * FROM t WHERE a > :cursor', 'postgresql', true), ['E_SQL_CURSOR_LOSES'])
  assert.deepEqual(codes('SELECT * FROM t WHERE a >= :cursor ORDER BY b', 'postgresql', true), ['E_SQL_ORDER'])
  assert.deepEqual(codes('SELECT * FROM (SELECT * FROM t ORDER BY b LIMIT 5) x WHERE a >= :cursor', 'postgresql', true), [])
})

test('whatever the text: found problems or none, and what is in quotes stays', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '`',
    '[',
    ']',
    '$$',
    '$a$',
    '--',
    '/*',
    '*/',
    '#',
    '\\',
    '\n',
    ';',
    ':cursor',
    '::',
    'x',
    ' ',
    '(',
    ')',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.constantFrom(...(Object.keys(DIALECTS) as (keyof typeof DIALECTS)[])),
      (pieces, name) => {
        const query = pieces.join('')
        const { quoting } = DIALECTS[name]
        const problems = findProblems(query, quoting, false)
        if (problems.some(({ code }) => code === 'E_SQL_QUERY')) return
        assert.equal(withCursor(query, quoting, ':cursor').replaceAll(';', ''), query.replaceAll(';', ''))
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a cursor as a literal ends where it should', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...Object.values(DIALECTS)), (text, dialect) => {
      const query = `SELECT * FROM t WHERE a >= :cursor\nORDER BY b`
      const sent = withCursor(query, dialect.quoting, dialect.literal('text', text))
      assert.deepEqual(
        findProblems(sent, dialect.quoting, false).map(({ code }) => code),
        [],
      )
    }),
  )
})

test('cursors come back as they were; what is none is undefined', () => {
  fc.assert(
    fc.property(fc.constantFrom<CursorKind>('text', 'utc'), fc.string(), (kind, text) => {
      assert.deepEqual(decodeCursor(encodeCursor({ kind, text })), { kind, text })
    }),
  )
  for (const other of ['', 'number:', 'number:1; DROP', 'number:1 OR 1=1', '{"f":[]}', 'other:1'])
    assert.equal(decodeCursor(other), undefined)
  assert.deepEqual(decodeCursor('number:-1.5e3'), { kind: 'number', text: '-1.5e3' })
})

test('pages grow while they are small and shrink when they are large; columns are bounded', () => {
  assert.equal(nextPageRows(SQL_LIMITS.firstPageRows, 100), 2 * SQL_LIMITS.firstPageRows)
  assert.equal(nextPageRows(SQL_LIMITS.pageRows, 100), SQL_LIMITS.pageRows)
  assert.equal(nextPageRows(64, SQL_LIMITS.pageChars + 1), 32)
  assert.equal(nextPageRows(1, SQL_LIMITS.pageChars + 1), 1)
  const columns = Array.from({ length: SQL_LIMITS.columns + 1 }, (_, i) => ({ name: `c${i}`, kind: 'text' as const, read: String }))
  assert.throws(() => toRows({ columns, rows: [] }), /513 columns; at most 512/)
})

test('what a cell may be, and what a file may hold, is bounded', () => {
  assert.throws(() => readText('x'.repeat(SQL_LIMITS.cellChars + 1)), Unreadable)
  assert.throws(() => readJson('['.repeat(SQL_LIMITS.jsonDepth + 1) + ']'.repeat(SQL_LIMITS.jsonDepth + 1)), /more than 64 lists and maps/)
  const feed = { record: 'r', query: 'SELECT 1', snapshot: true }
  const accepts = (records: object[]) => sql[2].config.safeParse({ file: 'a', records }).success
  assert.equal(accepts(Array(SQL_LIMITS.feeds).fill(feed)), true)
  assert.equal(accepts(Array(SQL_LIMITS.feeds + 1).fill(feed)), false)
  assert.equal(accepts([{ ...feed, query: 'x'.repeat(SQL_LIMITS.queryLength + 1) }]), false)
})

test('lint: mode, encryption, names', () => {
  const lint = (kind: string, parts: object, feed: object = { query: 'SELECT 1', snapshot: true }) => {
    const connector = sql.find((one) => one.kind === kind) as (typeof sql)[0]
    const base = { host: 'db.example', database: 'd', user: 'u', password: 'p', records: [{ record: 'r', ...feed }] }
    return connector.lint?.(connector.config.parse({ ...base, ...parts })).map(({ code }) => code)
  }
  assert.deepEqual(lint('postgresql', {}), [])
  assert.deepEqual(lint('postgresql', { tls: { mode: 'none' } }), ['W_SQL_PLAINTEXT'])
  assert.deepEqual(lint('postgresql', { host: '127.0.0.1', tls: { mode: 'none', ca: '/ca.pem' } }), ['E_SQL_TLS_UNUSED'])
  assert.deepEqual(lint('postgresql', { host: '10.0.0.1' }), [])
  assert.deepEqual(lint('mariadb', { host: '10.0.0.1' }), ['E_SQL_TLS_NAME'])
  assert.deepEqual(lint('mariadb', { host: '10.0.0.1', tls: { serverName: 'db.example' } }), [])
  assert.deepEqual(lint('sqlserver', {}, { query: 'SELECT 1' }), ['E_SQL_MODE'])
  assert.deepEqual(lint('sqlserver', {}, { query: 'SELECT :cursor', snapshot: true, cursor: { column: 'a', start: 0 } }), ['E_SQL_MODE'])
})

test('the sample of the README is one', () => {
  const sample = /```yaml\n(.*?)```/s.exec(readFileSync(join(import.meta.dirname, 'README.md'), 'utf8'))?.[1] as string
  for (const { kind, ...rest } of Object.values(parse(sample) as Record<string, { kind: string }>)) {
    const connector = sql.find((one) => one.kind === kind) as (typeof sql)[0]
    assert.deepEqual(connector.lint?.(connector.config.parse(rest)), [])
  }
})
