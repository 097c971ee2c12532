import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Fact } from '../../core/facts.ts'
import { type Historian, QueryRefused } from '../../core/historian.ts'
import type { RecordVersion } from '../../core/it-records.ts'
import { silent } from '../../core/log.ts'
import { systemClock } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { openHistorian } from './historian.ts'
import { LAST_INGEST, type StoreLimits } from './limits.ts'

const open = (directory: string, limits: Partial<StoreLimits> = {}): Promise<Historian> =>
  openHistorian({ directory, memoryLimitBytes: 128 * 1024 * 1024, clock: systemClock, log: silent, limits })

async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-stated-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

/** Changes the database while no historian has it. */
async function change(directory: string, ...statements: string[]): Promise<void> {
  const instance = await DuckDBInstance.create(join(directory, 'historian.duckdb'))
  const connection = await instance.connect()
  for (const sql of statements) await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}

const version = (key: string, text = '', source = 'erp'): RecordVersion => ({
  ...{ kind: 'k', key, source, validFrom: null, validTo: null, isDeleted: false, values: { text } },
})
const fact = (key: string): Fact => ({
  ...{ definition: 'd', type: 'kpi', version: '1', key, from: 0, to: null, values: {}, inputs: [], cause: 'first' },
})
const batch = (r: Recorder, versions: RecordVersion[], more = {}) =>
  r.json('records', { source: 'erp', feed: 0, versions, quarantined: [], ...more })
const everything = { kind: 'k', limit: 100, allVersions: true }

test('limits on what one question names and on what it answers', async (t) => {
  const limits = { statedRows: 3, statedLength: 1000, statedKeys: 2, cursorsOfNode: 2, seriesSignals: 2, seriesRows: 4 }
  const historian = await open(await folder(t), limits)
  t.after(() => historian.close())
  const r = new Recorder()
  const rows = Array.from({ length: 4 }, (_, i) => ({ kind: 'k', source: 'erp', reason: 'no', row: `${i}` }))
  await historian.write([
    batch(
      r,
      ['a', 'b', 'c', 'd'].map((key) => version(key)),
      { quarantined: rows, cursor: '0' },
    ),
    batch(
      r,
      ['a', 'b', 'c'].map((key) => version(key, 'x'.repeat(600), 'wide')),
    ),
    r.json('facts', ['a', 'b', 'c', 'd'].map(fact)),
    ...[1, 2, 0].map((feed) => batch(r, [], { feed, cursor: `${feed}` })),
    r.signals([0, { id: 'a/x' }]),
    r.batch(...[1, 2, 3, 4, 5].map((time) => ({ signal: 0, time, value: time }))),
  ])
  const records = await historian.records({ kind: 'k', source: 'erp', limit: 1e9 })
  assert.deepEqual([records.versions.length, records.truncated], [3, true])
  const wide = await historian.records({ kind: 'k', source: 'wide', limit: 3 })
  assert.deepEqual([wide.versions.length, wide.truncated], [1, true])
  const facts = await historian.facts({ definition: 'd', limit: 1e9 })
  assert.deepEqual([facts.facts.length, facts.truncated], [3, true])
  const quarantine = await historian.quarantine({ limit: 1e9 })
  assert.deepEqual([quarantine.rows.length, quarantine.truncated], [3, true])
  const names = ['a', 'b', 'c']
  const span = { from: 0, to: 9, lookBackUs: 0 }
  await assert.rejects(historian.records({ kind: 'k', keys: names, limit: 1 }), QueryRefused)
  await assert.rejects(historian.facts({ definition: 'd', keys: names, limit: 1 }), QueryRefused)
  await assert.rejects(historian.quarantine({ ids: names, limit: 1 }), QueryRefused)
  await assert.rejects(historian.series({ signals: names, ...span }), QueryRefused)
  await assert.rejects(historian.series({ signals: ['a/x'], ...span }), /more than 4 samples/)
  assert.equal((await historian.series({ signals: ['a/x'], ...span, from: 2 }))[0]?.count, 4)
  assert.deepEqual(
    (await historian.recordCursors()).map(({ feed, cursor }) => [feed, cursor]),
    [
      [0, '0'],
      [1, '1'],
    ],
  )
})

test('texts of any kind come back, and what cannot be stored exactly is still one thing', async (t) => {
  const directory = await folder(t)
  let historian = await open(directory)
  t.after(() => historian.close())
  const r = new Recorder()
  const keys = ["'", '\u0000 in it', '', '\u001f', 'é ✓ 🛫', '\ud800', '"; DROP']
  for (const text of ['one', 'two \u0000 ✓'])
    await historian.write([
      batch(
        r,
        keys.map((key) => version(key, text)),
      ),
    ])
  await historian.close()
  historian = await open(directory)
  await historian.write([
    batch(
      r,
      keys.map((key) => version(key, 'three')),
    ),
  ])
  const { versions } = await historian.records(everything)
  for (const key of keys) {
    const of = versions.filter((one) => one.key === key.toWellFormed())
    assert.deepEqual(
      of.map(({ revision, values }) => [revision, values.text]),
      [
        [1, 'one'],
        [2, 'two \u0000 ✓'],
        [3, 'three'],
      ],
      JSON.stringify(key),
    )
  }
  assert.equal((await historian.records({ kind: 'k', keys, limit: 100 })).versions.length, keys.length)
  const hostile = { ...version('far'), validFrom: -1e300, validTo: 1e300 }
  await historian.write([batch(r, [hostile])])
  const [far] = (await historian.records({ kind: 'k', keys: ['far'], limit: 1, overlapping: { from: 0, to: 1 } })).versions
  assert.deepEqual([far?.validFrom, far?.validTo], [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])
})

test('a commit that fails leaves nothing of its records, and numbers go on as if it had not been', async (t) => {
  const directory = await folder(t)
  let historian = await open(directory)
  t.after(() => historian.close())
  const r = new Recorder()
  await historian.write([batch(r, [version('a', '1')], { cursor: '1' })])
  await historian.close()
  await change(directory, `UPDATE store.ingests SET ingest = ${LAST_INGEST - 1}`)
  historian = await open(directory)
  const [second, third] = [batch(r, [version('a', '2')], { cursor: '2' }), batch(r, [version('a', '3')], { cursor: '3' })]
  for (const attempt of [1, 2]) {
    await assert.rejects(historian.write([second, third]), /every ingest id is used/, `${attempt}`)
    const { versions } = await historian.records(everything)
    assert.deepEqual(
      versions.map(({ values }) => values.text),
      ['1'],
    )
    assert.equal((await historian.records({ kind: 'k', limit: 9 })).versions[0]?.values.text, '1')
  }
  await historian.write([second])
  const { versions } = await historian.records(everything)
  assert.deepEqual(
    versions.map(({ revision, values }) => [revision, values.text]),
    [
      [1, '1'],
      [2, '2'],
    ],
  )
  assert.equal((await historian.recordCursors())[0]?.cursor, '2')
})

test('a database from before there were records and facts is opened and gets them', async (t) => {
  const directory = await folder(t)
  const r = new Recorder()
  let historian = await open(directory)
  await historian.write([r.signals([0, { id: 'a/x' }]), r.batch({ signal: 0, time: 1, value: 5 })])
  await historian.close()
  const views = ['records', 'facts', 'quarantine'].map((name) => `DROP VIEW main.${name}`)
  await change(directory, ...views, ...['records', 'facts', 'quarantine', 'record_cursors'].map((name) => `DROP TABLE store.${name}`))
  historian = await open(directory)
  t.after(() => historian.close())
  await historian.write([batch(r, [version('a')]), r.json('facts', [fact('f')])])
  assert.equal((await historian.records(everything)).versions.length, 1)
  assert.equal((await historian.facts({ definition: 'd', limit: 1 })).facts.length, 1)
  assert.equal((await historian.samples({ signal: 'a/x', from: 0, to: 9, limit: 9 })).count, 1)
})

test('rows of the account are summed up when there are many, and say the same', async (t) => {
  const directory = await folder(t)
  const historian = await open(directory, { accountRows: 5 })
  const r = new Recorder()
  await historian.write([r.signals([0, { id: 'a', connection: 'plc' }])])
  for (let n = 0; n < 23; n++) await historian.write([r.batch({ signal: 0, time: n }, { signal: 0, time: n })])
  const { rows } = await historian.accounts()
  await historian.close()
  assert.deepEqual(
    rows.map(({ connection, delivered }) => [connection, delivered]),
    [['plc', 46]],
  )
  const instance = await DuckDBInstance.create(join(directory, 'historian.duckdb'))
  const connection = await instance.connect()
  const [[stored] = []] = (await connection.runAndReadAll('SELECT count(*) FROM store.accounts')).getRowsJS()
  connection.closeSync()
  instance.closeSync()
  assert.ok(Number(stored) <= 5, `${stored} rows`)
})

test('a database of before the ledger is taken up: nothing is counted of what it holds, everything of what comes', async (t) => {
  const directory = await folder(t)
  const r = new Recorder()
  let historian = await open(directory)
  await historian.write([r.signals([0, { id: 'a', connection: 'plc' }]), r.batch({ signal: 0, time: 1 })])
  await historian.close()
  await change(directory, 'DROP TABLE store.accounts', 'ALTER TABLE store.quarantine DROP COLUMN discarded')
  historian = await open(directory)
  assert.deepEqual((await historian.accounts()).rows, [])
  await historian.write([r.batch({ signal: 0, time: 2 }, { signal: 0, time: 3 })])
  assert.equal((await historian.accounts()).rows[0]?.delivered, 2)
  await historian.close()
})
