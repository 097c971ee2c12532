import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryRefused } from '../core/historian.ts'
import { SECOND } from '../core/time.ts'
import { all, bench, type Open, START } from './contract-bench.ts'
import { Recorder } from './contract-records.ts'

/** SQL for people. */
export function asking(open: Open): void {
  const limits = { maxRows: 100, timeoutMs: 5000 }

  test('SQL reads the documented views, with JSON-safe cells and a row limit', async (t) => {
    const { historian } = await bench(t, open)
    const r = new Recorder()
    await historian.write([
      r.config('v7'),
      r.signals([0, { id: 'a/x', unit: 'Cel' }], [1, { id: 'a/t', dataType: 'text' }]),
      r.reasons(1, ['late', 'range@2']),
      r.batch(
        { signal: 0, time: START + 250_000, value: 1.5 },
        { signal: 0, time: START + SECOND, status: 0x80ff1234, reasons: 1 },
        { signal: 1, time: START, text: 'on' },
      ),
    ])
    const rows = async (text: string) => (await historian.sql(text, limits)).rows
    const samples = await historian.sql('SELECT * EXCLUDE (ingest) FROM samples ORDER BY signal, time', limits)
    assert.deepEqual(
      samples.columns.map((column) => column.name),
      ['signal', 'time', 'value', 'text', 'status', 'status_code', 'reasons'],
    )
    assert.deepEqual(samples.rows, [
      ['a/t', '2026-11-20T00:00:00.000Z', null, 'on', 'Good', 0, []],
      ['a/x', '2026-11-20T00:00:00.250Z', 1.5, null, 'Good', 0, []],
      ['a/x', '2026-11-20T00:00:01.000Z', null, null, 'Bad(0x80ff1234)', 0x80ff1234, ['late', 'range@2']],
    ])
    assert.deepEqual(await rows('SELECT * FROM signals ORDER BY id'), [
      ['a/t', 'plc-1', 'a/1', null, 'text'],
      ['a/x', 'plc-1', 'a/0', 'Cel', 'number'],
    ])
    assert.deepEqual(await rows('SELECT node, epoch, sequence, config_version FROM ingests WHERE samples > 0'), [['node-1', 1, 4, 'v7']])
    assert.deepEqual(await rows('WITH hot AS (SELECT value FROM samples) SELECT count(*), sum(value) FROM hot -- comment'), [[3, 1.5]])
    const cut = await historian.sql('SELECT * FROM range(5)', { maxRows: 3, timeoutMs: 5000 })
    assert.deepEqual([cut.rows.length, cut.truncated], [3, true])
    assert.equal((await historian.sql('SELECT * FROM range(3)', { maxRows: 3, timeoutMs: 5000 })).truncated, false)
    JSON.stringify(
      await rows("SELECT 1::HUGEINT << 100, 'nan'::DOUBLE, 1e308 * 10, DATE '2026-01-01', INTERVAL 1 DAY, [1, NULL], {'a': 2}, 'x'::BLOB"),
    )
  })

  const refused: readonly (readonly [string, string])[] = [
    ['a change', 'DELETE FROM samples'],
    ['an insert', "INSERT INTO samples VALUES ('x')"],
    ['a drop', 'DROP VIEW samples'],
    ['two statements', 'SELECT 1; SELECT 2'],
    ['a change behind a SELECT', 'SELECT 1; DROP VIEW samples'],
    ['a change in a WITH', 'WITH x AS (DELETE FROM samples RETURNING *) SELECT * FROM x'],
    ['nothing', ''],
    ['a comment', '-- nothing'],
    ['nonsense', 'SELEKT 1'],
    ['an unknown column', 'SELECT nonsense FROM samples'],
    ['an unknown table', 'SELECT * FROM people'],
    ['a quoted file', "SELECT * FROM '/etc/passwd'"],
    ['a text too long', `SELECT '${'x'.repeat(1_000_000)}'`],
    ['a null character', 'SELECT 1\0'],
    ['deep nesting', `SELECT ${'abs('.repeat(4000)}1${')'.repeat(4000)}`],
    ['an error at run time', "SELECT error('no')"],
  ]
  test('SQL that is not one valid SELECT over the views is refused, with a reason', async (t) => {
    const { historian } = await bench(t, open)
    for (const [what, text] of refused) {
      await assert.rejects(
        historian.sql(text, limits),
        (error: Error) => error instanceof QueryRefused && error.message.length > 10 && error.message.length < 1000,
        what,
      )
    }
    assert.deepEqual((await historian.sql('SELECT 42', limits)).rows, [[42]])
  })

  test('a query over its time is really stopped, and others go on', async (t) => {
    const { historian } = await bench(t, open)
    const short = { maxRows: 10, timeoutMs: 100 }
    const endless = [
      'WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM x) SELECT count(*) FROM x',
      'SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000) c WHERE a.range * b.range % 7 = c.range',
      'SELECT a.range FROM range(1000000000) a ORDER BY hash(a.range)',
    ]
    for (const text of endless) {
      await assert.rejects(historian.sql(text, short), (error: Error) => error instanceof QueryRefused && /stopped/.test(error.message))
    }
    const slow = assert.rejects(historian.sql(endless[0] as string, { maxRows: 1, timeoutMs: 1000 }), QueryRefused)
    const r = new Recorder()
    await historian.write([r.signals([0, { id: 'a/x' }]), r.batch({ signal: 0, time: START, value: 1 })])
    assert.deepEqual([...(await all(historian, 'a/x')).value], [1])
    await slow
    assert.deepEqual((await historian.sql('SELECT count(*) FROM samples', limits)).rows, [[1]])
  })
}
