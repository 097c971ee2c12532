import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { parse } from 'yaml'
import type { CheckStep, SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { LIMITS } from '../../core/limits.ts'
import { silent } from '../../core/log.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import type { RecordContext, RecordDelivery, RecordSource } from '../../core/record-source.ts'
import type { FilesFeed } from './config.ts'
import { lookInto } from './folder.ts'
import { files } from './index.ts'
import { FILES_LIMITS } from './limits.ts'
import { readParquet } from './parquet.ts'
import { openParts } from './reading.ts'
import { decodeTaken, encodeTaken, NOTHING_TAKEN, standing, withTaken } from './taken.ts'
import { ORDERS_SHEET, workbookParts, zipOf } from './xlsx.fixture.ts'

/** A folder, a source that reads it, and a clock that stands still. */
interface World {
  readonly folder: string
  readonly source: RecordSource
  readonly clock: ManualClock
  /** Durable cursors, as the runner keeps them. */
  readonly cursors: Map<number, string>
  /** Writes a file that was last changed that many seconds after 2026 began. */
  write(name: string, content: string | Buffer, second?: number): void
  /** Moves time on, and reads and acknowledges until nothing new comes. */
  pass(ms: number): Promise<RecordDelivery[]>
}

const MKFIFO = '/usr/bin/mkfifo'
const stop = new AbortController().signal
const START_S = Date.parse('2026-01-01T00:00:00Z') / 1000

async function world(t: TestContext, feed: object, before?: World): Promise<World> {
  const folder = before?.folder ?? mkdtempSync(join(tmpdir(), 'ecluse-files-'))
  const clock = before?.clock ?? new ManualClock(0)
  const cursors = before?.cursors ?? new Map<number, string>()
  const config = files.config.parse({ records: [{ record: 'order', path: 'in/*', format: 'csv', every: '1s', settle: '2s', ...feed }] })
  const context: RecordContext = { connection: 'c', clock, log: silent, random: () => 0, cursor: (i) => cursors.get(i), directory: folder }
  const source = files.records?.(config, context) as RecordSource
  if (!before) {
    mkdirSync(join(folder, 'in'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
  }
  t.after(() => source.close())
  await source.connect(stop)
  return {
    folder,
    source,
    clock,
    cursors,
    write(name, content, second = 0) {
      writeFileSync(join(folder, 'in', name), content)
      utimesSync(join(folder, 'in', name), START_S + second, START_S + second)
    },
    async pass(ms) {
      const all: RecordDelivery[] = []
      const until = clock.monotonicMs() + ms
      for (;;) {
        const next = source.nextReadMs?.() ?? 0
        if (next > until) break
        await clock.advance(Math.max(0, next - clock.monotonicMs()))
        const delivery = await source.read(stop)
        if (delivery.cursor) cursors.set(delivery.feed, delivery.cursor)
        delivery.ack?.()
        all.push(delivery)
      }
      await clock.advance(until - clock.monotonicMs())
      return all
    },
  }
}
const rowsOf = (all: readonly RecordDelivery[]) => all.flatMap(({ rows }) => rows)
const reasonsOf = (all: readonly RecordDelivery[]) => all.flatMap(({ unreadable }) => unreadable ?? []).map(({ reason }) => reason)

test('a file is taken once it has settled, once, also after a restart', async (t) => {
  const here = await world(t, {})
  here.write('a.csv', 'id,name\n1,a\n')
  assert.deepEqual(rowsOf(await here.pass(1500)), [])
  here.write('a.csv', 'id,name\n1,a\n2,b\n', 1)
  assert.deepEqual(rowsOf(await here.pass(1400)), [])
  assert.deepEqual(rowsOf(await here.pass(3000)), [
    { id: '1', name: 'a' },
    { id: '2', name: 'b' },
  ])
  assert.deepEqual(rowsOf(await here.pass(10_000)), [])
  await here.source.close()
  const again = await world(t, {}, here)
  assert.deepEqual(rowsOf(await again.pass(10_000)), [])
  again.write('a.csv', 'id,name\n3,c\n', 2)
  assert.deepEqual(rowsOf(await again.pass(10_000)), [{ id: '3', name: 'c' }])
})

test('the same content under a new name is skipped and counted; files come by their age', async (t) => {
  const here = await world(t, {})
  here.write('b.csv', 'id\n1\n', 5)
  here.write('c.csv', 'id\n2\n', 3)
  here.write('d.csv', 'id\n1\n', 9)
  assert.deepEqual(rowsOf(await here.pass(10_000)), [{ id: '2' }, { id: '1' }])
  assert.deepEqual(here.source.counters.dropped, { 'same-content': 1 })
})

test('a file that is everything: the end of the snapshot says what is gone, unless lines were unreadable', async (t) => {
  const here = await world(t, { mode: 'snapshot' })
  here.write('a.csv', 'id\n1\n2\n')
  const whole = await here.pass(10_000)
  assert.deepEqual(
    whole.flatMap(({ snapshot }) => snapshot ?? []),
    [{ last: false }, { last: true }],
  )
  here.write('b.csv', 'id\n1\n2,3\n', 1)
  const torn = await here.pass(10_000)
  assert.deepEqual(rowsOf(torn), [{ id: '1' }])
  assert.ok(torn.every(({ snapshot }) => snapshot?.last !== true))
  assert.deepEqual(reasonsOf(torn), ['b.csv: line 3: 2 cells for 1 columns'])
  here.write('c.csv', '', 2)
  assert.deepEqual(reasonsOf(await here.pass(10_000)), ['c.csv: an empty file does not count as everything there is'])
})

test('a broken file stops no other, and is not read again', async (t) => {
  const here = await world(t, { format: 'json' })
  here.write('a.json', '[{"id":1}')
  here.write('b.json', '[{"id":2}]', 1)
  truncateSync(join(here.folder, 'in', 'b.json'), 10)
  here.write('big.json', Buffer.alloc(FILES_LIMITS.jsonBytes + 1, ' '), 2)
  const all = await here.pass(10_000)
  assert.deepEqual(rowsOf(all), [{ id: 2 }])
  assert.match(reasonsOf(all).join('\n'), /a\.json: no JSON.*\nbig\.json: 16777217 bytes; at most 16777216 of json are read/)
  assert.deepEqual(reasonsOf(await here.pass(10_000)), [])
})

test('links out of the folder, folders and pipes are refused and counted', async (t) => {
  const here = await world(t, {})
  writeFileSync(join(here.folder, 'secret.csv'), 'id\n1\n')
  symlinkSync(join(here.folder, 'secret.csv'), join(here.folder, 'in', 'out.csv'))
  here.write('a.csv', 'id\n2\n')
  symlinkSync('a.csv', join(here.folder, 'in', 'inside.csv'))
  symlinkSync('nothing', join(here.folder, 'in', 'dangling.csv'))
  mkdirSync(join(here.folder, 'in', 'sub'))
  execFileSync(MKFIFO, [join(here.folder, 'in', 'pipe.csv')])
  assert.deepEqual(rowsOf(await here.pass(10_000)), [{ id: '2' }])
  assert.deepEqual(here.source.counters.dropped, { 'outside-folder': 1, 'not-a-file': 2, 'same-content': 1 })
})

test('files are moved away once their rows are stored, and replace nothing there', async (t) => {
  const here = await world(t, { done: 'move:../done', path: 'in/*.csv' })
  mkdirSync(join(here.folder, 'done'))
  writeFileSync(join(here.folder, 'done', 'a.csv'), 'older')
  here.write('a.csv', 'id\n1\n')
  assert.deepEqual(rowsOf(await here.pass(10_000)), [{ id: '1' }])
  assert.deepEqual(readdirSync(join(here.folder, 'in')), [])
  assert.equal(readdirSync(join(here.folder, 'done')).length, 2)
  rmSync(join(here.folder, 'done'), { recursive: true })
  here.write('b.csv', 'id\n2\n')
  assert.deepEqual(rowsOf(await here.pass(10_000)), [{ id: '2' }])
  assert.deepEqual(here.source.counters.dropped, { 'not-moved': 1 })
})

test('rows that are not acknowledged move nothing; a restart in the middle of a file goes on behind what is stored', async (t) => {
  const here = await world(t, { done: 'move:../done', path: 'in/*.csv' })
  mkdirSync(join(here.folder, 'done'))
  const count = FILES_LIMITS.partRows * 2 + 10
  here.write('a.csv', `id\n${Array.from({ length: count }, (_, i) => i).join('\n')}\n`)
  await here.pass(1_500)
  await here.clock.advance(1_000)
  const first: RecordDelivery[] = []
  while (rowsOf(first).length < FILES_LIMITS.partRows) first.push(await here.source.read(stop))
  here.cursors.set(0, first.at(-1)?.cursor as string)
  while ((await here.source.read(stop)).ack === undefined);
  await here.source.close()
  const again = await world(t, { done: 'move:../done', path: 'in/*.csv' }, here)
  assert.deepEqual(readdirSync(join(here.folder, 'done')), [])
  const rest = await again.pass(10_000)
  assert.deepEqual(rowsOf(rest)[0], { id: String(rowsOf(first).length) })
  assert.equal(rowsOf(first).length + rowsOf(rest).length, count)
  assert.deepEqual(readdirSync(join(here.folder, 'done')), ['a.csv'])
})

test('a missing folder says so, and is found when it comes', async (t) => {
  const here = await world(t, { path: 'later/*.csv' })
  await assert.rejects(here.source.read(stop), (error) => error instanceof NotConnected && /later.* cannot be read/.test(error.message))
  mkdirSync(join(here.folder, 'later'))
  writeFileSync(join(here.folder, 'later', 'a.csv'), 'id\n1\n')
  assert.deepEqual(rowsOf(await here.pass(10_000)), [{ id: '1' }])
})

test('what is remembered is bounded, and what was forgotten is not read again', async (t) => {
  let taken = NOTHING_TAKEN
  const name = (i: number) => `${String(i).padStart(4, '0')}-${'"'.repeat(90)}`
  for (let i = 0; i < 1_000; i++) taken = withTaken(taken, { name: name(i), size: i, changedMs: 1_000 + i, hash: 'h'.repeat(22) })
  const cursor = encodeTaken({ ...taken, partly: { hash: 'h'.repeat(22), rows: 1e9 } })
  assert.ok(cursor.length <= LIMITS.cursorLength && taken.files.length <= FILES_LIMITS.rememberedFiles && taken.files.length > 100)
  assert.equal(standing(taken, { name: name(999), size: 999, changedMs: 1_999 }), 'taken')
  assert.equal(standing(taken, { name: name(5), size: 5, changedMs: 1_005 }), 'forgotten')
  assert.equal(standing(taken, { name: 'x', size: 5, changedMs: 2_000 }), 'new')
  assert.deepEqual(decodeTaken(encodeTaken(taken)), taken)
  for (const other of ['', '{}', '{"f":[[1]]}', 'number:5']) assert.equal(decodeTaken(other), NOTHING_TAKEN)
  const here = await world(t, {})
  for (let i = 0; i < FILES_LIMITS.rememberedFiles + 5; i++) here.write(`${i}.csv`, `id\n${i}\n`, i)
  assert.equal(rowsOf(await here.pass(10_000)).length, FILES_LIMITS.rememberedFiles + 5)
  assert.equal(here.source.counters.dropped['older-than-remembered'], 5)
  // Unpacked together, they have one time of change: a restart in the middle still takes the others.
  const burst = await world(t, {})
  const count = FILES_LIMITS.rememberedFiles * 2
  for (let i = 0; i < count; i++) burst.write(`${String(i).padStart(4, '0')}.csv`, `id\n${i}\n`)
  await burst.source.read(stop)
  await burst.clock.advance(2_000)
  const first: RecordDelivery[] = []
  while (rowsOf(first).length < FILES_LIMITS.rememberedFiles + 100) first.push(await burst.source.read(stop))
  burst.cursors.set(0, first.findLast(({ cursor }) => cursor)?.cursor as string)
  await burst.source.close()
  const rest = await (await world(t, {}, burst)).pass(10_000)
  assert.equal(rowsOf(first).length + rowsOf(rest).length, count)
})

test('Parquet and xlsx', async (t) => {
  const here = await world(t, { format: 'parquet', path: 'in/*.parquet' })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const to = join(here.folder, 'in', 'o[1].parquet')
  await connection.run(`COPY (SELECT i::BIGINT AS id, 9007199254740993 + i AS big, TIMESTAMPTZ '2026-01-01 00:00:00Z' AS at, 1.50::DECIMAL(9,2) AS m
    FROM range(5000) r(i)) TO '${to}' (FORMAT parquet)`)
  // One column of one group of rows is unpacked at once.
  const wide = join(here.folder, 'wide.parquet')
  await connection.run(
    `COPY (SELECT string_agg(md5((i * 100 + j)::VARCHAR), '') AS t FROM range(200) r(i), range(200) s(j) GROUP BY i) TO '${wide}'`,
  )
  connection.closeSync()
  instance.closeSync()
  const inLittle = async (memory: { parquetMemoryMiB: number }) => {
    for await (const _ of readParquet(wide, memory));
  }
  await inLittle({ parquetMemoryMiB: 16 })
  await assert.rejects(inLittle({ parquetMemoryMiB: 1 }), /no Parquet that can be read: Out of Memory Error/)
  here.write('broken.parquet', 'PAR1 or not', 1)
  const all = await here.pass(10_000)
  assert.equal(rowsOf(all).length, 5000)
  assert.deepEqual(rowsOf(all)[1], { id: 1, big: '9007199254740994', at: '2026-01-01T00:00:00.000Z', m: '1.50' })
  assert.match(reasonsOf(all).join(), /broken\.parquet: no Parquet that can be read/)
  const sheets = await world(t, { format: 'xlsx', sheet: 'orders' })
  sheets.write('o.xlsx', zipOf(workbookParts({ notes: '', orders: ORDERS_SHEET })))
  assert.deepEqual(
    rowsOf(await sheets.pass(10_000)).map(({ id }) => id),
    ['A-1', 'A-2'],
  )
})

test('sizes and numbers of files are bounded', async (t) => {
  const feed = (format: string) => files.config.parse({ records: [{ record: 'order', path: 'in/*', format }] }).records[0] as FilesFeed
  const handle = {} as FileHandle
  for (const [format, most] of [
    ['csv', FILES_LIMITS.fileBytes],
    ['parquet', FILES_LIMITS.fileBytes],
    ['xlsx', FILES_LIMITS.xlsxBytes],
  ] as const)
    await assert.rejects(openParts(handle, { name: 'a', path: '/a', size: most + 1, changedMs: 0 }, feed(format), stop), /at most/)
  const one = { record: 'order', path: 'in/*', format: 'csv' }
  assert.equal(files.config.safeParse({ records: Array(FILES_LIMITS.feeds + 1).fill(one) }).success, false)
  const here = await world(t, {})
  for (let i = 0; i <= FILES_LIMITS.scannedFiles; i++) writeFileSync(join(here.folder, 'in', `${i}.csv`), '')
  const found = await lookInto(join(here.folder, 'in'), '*')
  assert.equal(found.files.length, FILES_LIMITS.scannedFiles)
  assert.deepEqual([...found.refused.values()], ['too-many-files'])
})

test('check shows the folder and the first rows', async (t) => {
  const here = await world(t, {})
  here.write('a.csv', 'id,name\n1,a\n')
  const context = { clock: here.clock, directory: here.folder } as unknown as SourceContext
  const check = async (format: string): Promise<CheckStep[]> => {
    const steps: CheckStep[] = []
    const config = files.config.parse({ records: [{ record: 'order', path: 'in/*', format }] })
    for await (const step of files.check(config, context, stop)) steps.push(step)
    return steps
  }
  assert.deepEqual(
    (await check('csv')).map(({ detail }) => detail),
    ['in: 1 files match *', 'a.csv: 1 rows of id, name'],
  )
  assert.match((await check('json')).at(-1)?.detail ?? '', /a\.csv: no JSON/)
})

test('lint says what cannot be', () => {
  const lint = (feed: object) =>
    files.lint?.(files.config.parse({ records: [{ record: 'order', path: '/in/*.csv', format: 'csv', ...feed }] })).map(({ code }) => code)
  assert.deepEqual(lint({}), [])
  assert.deepEqual(lint({ path: '/in/*/a.csv' }), ['E_FILES_FOLDER'])
  assert.deepEqual(lint({ path: '/in/{a.csv' }), ['E_FILES_GLOB'])
  assert.deepEqual(lint({ format: 'json', csv: {}, sheet: 's' }), ['E_FILES_OPTION', 'E_FILES_OPTION'])
  assert.deepEqual(lint({ csv: { decimalComma: true } }), ['E_FILES_COMMA'])
  assert.deepEqual(lint({ done: 'move:.' }), ['E_FILES_MOVE'])
})

test('the sample of the README is one', () => {
  const sample = /```yaml\n(.*?)```/s.exec(readFileSync(join(import.meta.dirname, 'README.md'), 'utf8'))?.[1] as string
  const { kind: _, ...rest } = (parse(sample) as { mes: { kind: string } }).mes
  assert.deepEqual(files.lint?.(files.config.parse(rest)), [])
})
