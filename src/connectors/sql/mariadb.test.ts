import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CheckStep, SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import type { RecordDelivery, RecordSource } from '../../core/record-source.ts'
import type { ServerConfig } from './config.ts'
import { sql } from './index.ts'
import { contextWith, type DatabaseServer, PASSWORD, readUntil, startMariadb, withoutMariadb } from './servers.fixture.ts'

const connector = sql[1]
const skip = withoutMariadb
let server: DatabaseServer & { readonly certificate: string }

before(async () => {
  if (!skip) server = await startMariadb()
})
after(() => (skip ? undefined : server.stop()))

function config(feed: object, parts: object = {}): ServerConfig {
  const base = { host: '127.0.0.1', port: server.port, database: 'plant', user: 'reader', password: PASSWORD }
  return connector.config.parse({ ...base, ...parts, records: [{ record: 'order', every: '100ms', ...feed }] })
}
const sourceFor = (given: ServerConfig, cursors = {}) => connector.records?.(given, contextWith(cursors)) as RecordSource
const rowsOf = (all: readonly RecordDelivery[]) => all.flatMap(({ rows }) => rows)
const isWhole = (all: readonly RecordDelivery[]) => all.at(-1)?.snapshot?.last === true

test('values of every type are exact', { skip }, async () => {
  server.run(`USE plant; SET time_zone = '+02:00'; CREATE TABLE types (big BIGINT UNSIGNED, small TINYINT, exact DECIMAL(30,9), f DOUBLE, yes BIT(1),
    nothing INT, at TIMESTAMP(6) NULL, local DATETIME(3), day DATE, t TIME, words VARCHAR(20), e ENUM('a','b'));
    INSERT INTO types VALUES (18446744073709551615, -5, 123456789012345678901.123456789, 0.1, b'1', NULL, '2026-07-01 10:00:00.123456',
    '2026-07-01 10:00:00.5', '2026-07-01', '10:00:00', 'é€', 'b')`)
  const source = sourceFor(config({ query: 'SELECT * FROM types', snapshot: true }))
  assert.deepEqual(rowsOf(await readUntil(source, isWhole)), [
    {
      big: '18446744073709551615',
      small: -5,
      exact: '123456789012345678901.123456789',
      f: 0.1,
      yes: true,
      nothing: null,
      at: '2026-07-01T08:00:00.123456Z',
      local: '2026-07-01T10:00:00.500',
      day: '2026-07-01',
      t: '10:00:00',
      words: 'é€',
      e: 'b',
    },
  ])
  await source.close()
})

test('binary columns are unreadable', { skip }, async () => {
  server.run("USE plant; CREATE TABLE odd (id INT, picture BLOB, code BINARY(2)); INSERT INTO odd VALUES (1, x'00ff', x'0001')")
  for (const name of ['picture', 'code']) {
    const source = sourceFor(config({ query: `SELECT id, ${name} FROM odd`, snapshot: true }))
    const [first] = await readUntil(source, (all) => all.length === 1)
    assert.match(first?.unreadable?.[0]?.reason ?? '', new RegExp(`^${name}: BLOB or BINARY is binary`))
    await source.close()
  }
})

test('a snapshot comes in bounded parts, and sees the table as it was when it began', { skip }, async () => {
  server.run("USE plant; CREATE TABLE wide AS SELECT seq AS id, repeat('x', 5000) AS t FROM seq_1_to_6000")
  const source = sourceFor(config({ query: 'SELECT * FROM wide', snapshot: true }))
  const limit = AbortSignal.timeout(20_000)
  await source.connect(limit)
  const all = [await source.read(limit)]
  server.run('DELETE FROM plant.wide WHERE id % 2 = 0')
  while (!isWhole(all)) all.push(await source.read(limit))
  assert.equal(rowsOf(all).length, 6000)
  assert.ok(all.length > 5 && all.every(({ rows }) => rows.length <= 2000))
  const again = [await source.read(limit)]
  while (!isWhole(again)) again.push(await source.read(limit))
  assert.equal(rowsOf(again).length, 3000)
  await source.close()
})

test('cursors of moments, numbers and texts go on where they were', { skip }, async () => {
  server.run(`USE plant; SET time_zone = '+00:00'; CREATE TABLE orders (id BIGINT UNSIGNED, changed TIMESTAMP, name VARCHAR(20));
    INSERT INTO orders SELECT 18446744073709551000 + seq, FROM_UNIXTIME(1767225600 + FLOOR(seq / 3)), CONCAT("it's ", LPAD(seq, 4, 0), '\\\\')
    FROM seq_1_to_500`)
  for (const [column, start, cursor, count] of [
    ['changed', '1970-01-01 00:00:01', 'utc:2026-01-01T00:02:46Z', 3],
    ['id', 0, 'number:18446744073709551500', 1],
    ['name', ' ', "text:it's 0500\\", 1],
  ] as const) {
    const feed = { query: `SELECT * FROM orders WHERE ${column} >= :cursor`, cursor: { column, start } }
    const source = sourceFor(config(feed))
    const all = await readUntil(source, (seen) => rowsOf(seen).length >= 500)
    assert.equal(all.findLast((delivery) => delivery.cursor)?.cursor, cursor)
    await source.close()
    const later = sourceFor(config(feed), { 0: cursor })
    const [first] = await readUntil(later, (seen) => seen.length === 1)
    assert.equal(first?.rows.length, count, column)
    await later.close()
  }
})

test('the server killed in the middle of a snapshot: not connected, nothing deleted', { skip }, async () => {
  const other = await startMariadb()
  try {
    other.run("USE plant; CREATE TABLE wide AS SELECT seq AS id, repeat('x', 1000) AS t FROM seq_1_to_50000")
    const source = sourceFor(config({ query: 'SELECT * FROM wide', snapshot: true }, { port: other.port }))
    const limit = AbortSignal.timeout(20_000)
    await source.connect(limit)
    const all = [await source.read(limit)]
    await other.kill()
    await assert.rejects(async () => {
      for (;;) all.push(await source.read(limit))
    }, NotConnected)
    assert.ok(all.every(({ snapshot }) => snapshot?.last === false))
    await source.close()
  } finally {
    await other.stop()
  }
})

test('what goes wrong is said without the password', { skip }, async () => {
  const feed = { query: 'SELECT 1 AS id', snapshot: true }
  const cases: [object, object, RegExp][] = [
    [feed, { password: 'wrong-Secret-1' }, /Access denied for user 'reader'/],
    [feed, { database: 'nothing' }, /Access denied|Unknown database/],
    [feed, { port: 1 }, /ECONNREFUSED/],
    [feed, { tls: { mode: 'verify-full', serverName: 'localhost' } }, /self-signed certificate/],
    [feed, { tls: { ca: server.certificate, serverName: 'other.example' } }, /does not match|altnames/],
    [feed, { tls: { ca: server.certificate } }, /compared by name, and this is an address/],
    [{ query: 'SELECT * FROM nowhere', snapshot: true }, {}, /Table 'plant.nowhere' doesn't exist/],
    [{ query: 'SELECT id, id FROM (SELECT 1 AS id) x', snapshot: true }, {}, /two columns id/],
  ]
  for (const [query, parts, expected] of cases) {
    const source = sourceFor(config(query, parts))
    await assert.rejects(readUntil(source, isWhole), (error) => {
      assert.ok(error instanceof NotConnected, String(error))
      assert.match(error.message, expected)
      assert.ok(error.hint)
      assert.doesNotMatch(JSON.stringify([error.message, error.hint, String(error.cause)]), /wrong-Secret-1|not-4-the-log/)
      return true
    })
    await source.close()
  }
})

test('check goes step by step, over TLS; nothing is written', { skip }, async () => {
  const given = config({ query: 'SELECT 1 AS id', snapshot: true }, { tls: { ca: server.certificate, serverName: 'localhost' } })
  const steps: CheckStep[] = []
  for await (const step of connector.check(given, contextWith() as unknown as SourceContext, AbortSignal.timeout(20_000))) steps.push(step)
  assert.deepEqual(
    steps.map(({ step, ok }) => `${step} ${ok}`),
    ['tcp true', 'tls true', 'sign-in true', 'first rows true'],
  )
  server.run(`USE plant; CREATE TABLE safe AS SELECT 1 AS id; GRANT DELETE ON plant.* TO reader@'%'`)
  const source = sourceFor(config({ query: 'DELETE FROM safe', snapshot: true }))
  await assert.rejects(readUntil(source, isWhole), /READ ONLY transaction/)
  await source.close()
})

test('a query that takes too long is given up', { skip }, async () => {
  const slow = sourceFor(config({ query: 'SELECT SLEEP(30)', snapshot: true }, { queryTimeout: '100ms' }))
  await assert.rejects(readUntil(slow, isWhole), /no rows within/)
  await slow.close()
})
