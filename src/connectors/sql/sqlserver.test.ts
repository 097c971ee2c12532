import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { NotConnected } from '../../core/errors.ts'
import type { RecordDelivery, RecordSource } from '../../core/record-source.ts'
import { sql } from './index.ts'
import { contextWith, PASSWORD, readUntil } from './servers.fixture.ts'
import { Unreadable } from './session.ts'
import { column } from './sqlserver.ts'
import { startTds, type TdsAnswer, type TdsServer } from './tds.fixture.ts'

const connector = sql[4]
const rowsOf = (all: readonly RecordDelivery[]) => all.flatMap(({ rows }) => rows)
const isWhole = (all: readonly RecordDelivery[]) => all.at(-1)?.snapshot?.last === true

async function start(t: TestContext, select: (statement: string) => TdsAnswer): Promise<TdsServer> {
  const server = await startTds(PASSWORD, (statement) => (/^SELECT/.test(statement) ? select(statement) : 'done'))
  t.after(() => server.stop())
  return server
}

function sourceFor({ port }: { port: number }, feed: object, parts: object = {}, cursors = {}): RecordSource {
  const base = { host: '127.0.0.1', port, database: 'plant', user: 'reader', password: PASSWORD }
  const config = connector.config.parse({ ...base, ...parts, records: [{ record: 'order', every: '100ms', ...feed }] })
  return connector.records?.(config, contextWith(cursors)) as RecordSource
}
const everything = { query: 'SELECT * FROM t', snapshot: true }

test('values are exact, or refused', async (t) => {
  const columns = { big: 'int', small: 'int', words: 'text', price: 'decimal', at: 'time', nothing: 'text' } as const
  const at = 8_320n * 864_000_000_000n + 1_234_567n
  const row = [9007199254740993n, -5n, "it's é€", 123456789n, at, null]
  const server = await start(t, () => ({ columns, rows: [row] }))
  const source = sourceFor(server, everything)
  assert.deepEqual(rowsOf(await readUntil(source, isWhole)), [
    { big: '9007199254740993', small: -5, words: "it's é€", price: '1234567.89', at: '2022-10-12T00:00:00.1234567', nothing: null },
  ])
  await source.close()
  assert.deepEqual(server.statements, [
    'SET TRANSACTION ISOLATION LEVEL SNAPSHOT',
    'BEGIN TRANSACTION',
    'SELECT * FROM t',
    'IF @@TRANCOUNT > 0 ROLLBACK',
  ])
  const odd = await start(t, () => ({
    columns: { id: 'int', picture: 'binary', sum: 'decimal' },
    rows: [
      [1n, Buffer.from([0]), 1n],
      [2n, null, 10n ** 20n],
    ],
  }))
  const refused = sourceFor(odd, everything)
  const [first] = await readUntil(refused, (all) => all.length === 1)
  assert.deepEqual(
    first?.unreadable?.map(({ reason }) => reason.slice(0, 38)),
    ['picture: VarBinary is binary: leave th', 'sum: more digits than arrive exactly: '],
  )
  await refused.close()
})

test('how types are read', () => {
  const read = (name: string, raw: unknown, scale?: number) => column({ colName: 'c', type: { name }, scale }).read(raw)
  const date = Object.assign(new Date('2026-07-01T10:00:00.123Z'), { nanosecondsDelta: 0.0004567 })
  assert.equal(read('DateTimeOffset', date), '2026-07-01T10:00:00.1234567Z')
  assert.equal(read('DateTime2', date), '2026-07-01T10:00:00.1234567')
  assert.equal(read('DateTimeN', date), '2026-07-01T10:00:00.123')
  assert.equal(read('Date', date), '2026-07-01')
  assert.equal(read('Time', date), '10:00:00.1234567')
  assert.equal(read('MoneyN', 12.5), '12.5000')
  assert.equal(read('NumericN', -0.1, 3), '-0.100')
  assert.equal(read('BitN', true), true)
  assert.equal(read('FloatN', 0.1), 0.1)
  assert.throws(() => read('DecimalN', 1e15, 2), Unreadable)
})

test('a snapshot comes in bounded parts, no faster than it is read', async (t) => {
  let made = 0
  function* rows() {
    for (; made < 50_000; made++) yield [BigInt(made), 'x'.repeat(1_000)]
  }
  const server = await start(t, () => ({ columns: { id: 'int', words: 'text' }, rows: rows() }))
  const source = sourceFor(server, everything)
  const all = await readUntil(source, (seen) => seen.length === 1)
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(made < 40_000, `${made} rows were sent`)
  const stop = AbortSignal.timeout(20_000)
  while (!isWhole(all)) all.push(await source.read(stop))
  assert.equal(rowsOf(all).length, 50_000)
  assert.ok(all.every(({ rows: part }) => part.length <= 2_000))
  await source.close()
})

test('the line breaks in the middle of a snapshot: not connected, nothing deleted', async (t) => {
  function* rows() {
    for (let i = 0; i < 100_000; i++) yield [BigInt(i), 'x'.repeat(1_000)]
  }
  const server = await start(t, () => ({ columns: { id: 'int', words: 'text' }, rows: rows() }))
  const source = sourceFor(server, everything)
  const stop = AbortSignal.timeout(20_000)
  const all = await readUntil(source, (seen) => seen.length === 1)
  server.kill()
  await assert.rejects(async () => {
    for (;;) all.push(await source.read(stop))
  }, NotConnected)
  assert.ok(all.every(({ snapshot }) => snapshot?.last === false))
  await source.close()
})

test('a cursor goes on where it was', async (t) => {
  const server = await start(t, () => ({ columns: { id: 'int', at: 'time' }, rows: [[1n, 0n]] }))
  const feed = { query: 'SELECT * FROM t WHERE at >= :cursor', cursor: { column: 'at', start: '1970-01-01' } }
  const source = sourceFor(server, feed, {}, { 0: "text:it's" })
  const [first] = await readUntil(source, (all) => all.length === 1)
  assert.equal(first?.cursor, 'text:2000-01-01T00:00:00.000')
  assert.ok(server.statements.includes("SELECT * FROM t WHERE at >= N'it''s'\nORDER BY [at]"))
  await source.close()
})

test('what goes wrong is said without the password', async (t) => {
  const server = await start(t, (statement) =>
    /nowhere/.test(statement)
      ? { error: { number: 208, message: "Invalid object name 'nowhere'." } }
      : /locked/.test(statement)
        ? { error: { number: 3952, message: 'Snapshot isolation transaction failed.' } }
        : 'silence',
  )
  const cases: [object, object, RegExp, RegExp][] = [
    [{}, { password: 'wrong-Secret-1' }, /Login failed/, /user or password/],
    [{}, { port: 1 }, /ECONNREFUSED/, /nothing listens/],
    [{}, { tls: { mode: 'verify-full' } }, /encryption/, /mode: none/],
    [{ query: 'SELECT * FROM nowhere' }, {}, /Invalid object name 'nowhere'/, /correct the table/],
    [{ query: 'SELECT * FROM locked' }, {}, /3952/, /ALLOW_SNAPSHOT_ISOLATION/],
    [{}, { queryTimeout: '200ms' }, /Timeout|no rows within/, /index/],
  ]
  for (const [feed, parts, message, hint] of cases) {
    const source = sourceFor(server, { ...everything, ...feed }, parts)
    await assert.rejects(readUntil(source, isWhole), (error) => {
      assert.ok(error instanceof NotConnected, String(error))
      assert.match(error.message, message)
      assert.match(error.hint ?? '', hint)
      assert.doesNotMatch(JSON.stringify([error.message, error.hint]), /wrong-Secret-1|not-4-the-log/)
      return true
    })
    await source.close()
  }
})
