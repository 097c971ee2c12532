import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { BatchBuilder } from '../src/core/batch.ts'
import { encodeBatch } from '../src/core/batch-codec.ts'
import { silent } from '../src/core/log.ts'
import type { SpoolRecord } from '../src/core/spool.ts'
import { systemClock } from '../src/core/time.ts'
import { openHistorian } from '../src/historian/index.ts'
import { Journal, type Said } from './journal.ts'
import { notClosed } from './ledger.ts'
import { compare, faultsOf } from './oracle.ts'

/** Rows of one signal as a node would store them, a record each: `[value, time]`. */
async function store(directory: string, rows: readonly [number, number][]): Promise<void> {
  const historian = await openHistorian({
    ...{ directory, memoryLimitBytes: 2 ** 27, threads: 1, compactAfterMs: 1e12, queryTimeoutMs: 10_000, clock: systemClock, log: silent },
  })
  const json = (kind: SpoolRecord['kind'], sequence: number, value: unknown): SpoolRecord => ({
    ...{ node: 'n', epoch: 1, sequence, kind, recordedTime: 1, payload: Buffer.from(JSON.stringify(value)) },
  })
  const definition = { id: 't/a', connection: 'c', address: 'a', dataType: 'number' }
  const records = [json('config', 1, { version: 'v', loadedTime: 1 }), json('signals', 2, [[0, definition]])]
  rows.forEach(([value, time], i) => {
    const batch = new BatchBuilder(1)
    batch.push(0, time, value, 0)
    records.push({ node: 'n', epoch: 1, sequence: 3 + i, kind: 'batch', recordedTime: 1, payload: encodeBatch(batch.build(time)) })
  })
  await historian.write(records)
  await historian.close()
}

const CASES: { name: string; rows: [number, number][]; expected: string }[] = [
  { name: 'all well', expected: '', rows: [1, 2, 3, 4, 5].map((n) => [n, n * 1000]) },
  { name: 'the one never acknowledged may be missing', expected: '', rows: [1, 2, 3, 4].map((n) => [n, n * 1000]) },
  { name: 'lost', expected: 'lost 1', rows: [1, 3, 4].map((n) => [n, n * 1000]) },
  { name: 'twice', expected: 'dup 2', rows: [1, 2, 2, 2, 3, 4].map((n) => [n, n * 1000]) },
  { name: 'reordered', expected: 'reordered 1', rows: [1, 3, 2, 4].map((n) => [n, n * 1000]) },
  {
    name: 'corrupted',
    expected: 'lost 1, corrupted 1',
    rows: [
      [1, 1000],
      [2.5, 2000],
      [3, 3000],
      [4, 4000],
    ],
  },
  { name: 'never said', expected: 'wronglyGood 1', rows: [1, 2, 3, 4, 9].map((n) => [n, n * 1000]) },
]

for (const { name, rows, expected } of CASES) {
  test(`the oracle: ${name}`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'ecluse-oracle-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const journal = new Journal(join(directory, 'journal'))
    journal.said([1, 2, 3, 4, 5].map((n): Said => ({ signal: 'a', sequence: n, value: n, time: n * 1000 })))
    journal.acknowledged(1, 3)
    journal.acknowledged(4, 4)
    journal.close()
    await store(join(directory, 'historian'), rows)
    const verdict = await compare(join(directory, 'journal'), join(directory, 'historian'), 't/')
    assert.equal(faultsOf(verdict), expected)
    assert.deepEqual([verdict.said, verdict.acknowledged], [5, 4])
  })
}

test('the oracle: miscounted', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-oracle-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const journal = new Journal(join(directory, 'journal'))
  journal.said([{ signal: 'a', sequence: 1, value: 1, time: 1000 }])
  journal.close()
  await store(join(directory, 'historian'), [[1, 1000]])
  const instance = await DuckDBInstance.create(join(directory, 'historian', 'historian.duckdb'))
  const connection = await instance.connect()
  await connection.run('UPDATE store.accounts SET delivered = 2')
  connection.closeSync()
  instance.closeSync()
  const verdict = await compare(join(directory, 'journal'), join(directory, 'historian'), 't/')
  assert.equal(faultsOf(verdict), 'miscounted 1')
  assert.match(
    faultsOf({ ...verdict, miscounted: 0, unclosed: ['n: c to link off by 1'] }),
    /^the ledger does not close \(n: c to link off by 1\)$/,
  )
})

test('a sum that does not close is found, whatever the ledger says of it', () => {
  const to = { destination: 'historian', delivered: 5, dropped: { flood: 2 }, pending: 1, off: 0, isOwnWord: true }
  const line = {
    node: 'n',
    connection: 'c',
    unit: 'samples',
    read: 12,
    known: 3,
    quarantined: { 'bad-row': 1 },
    destinations: [to],
  } as const
  assert.deepEqual(notClosed('n', { lines: [line] }), [])
  assert.deepEqual(notClosed('n', { lines: [{ ...line, read: 13 }] }), ['n: c (samples) to historian off by 1'])
  assert.deepEqual(notClosed('n', { lines: [{ ...line, destinations: [{ ...to, off: -1 }] }] }), ['n: c (samples) to historian off by -1'])
  for (const less of [{ delivered: 4 }, { dropped: { flood: 1 } }, { pending: 0 }])
    assert.deepEqual(notClosed('n', { lines: [{ ...line, destinations: [{ ...to, ...less }] }] }), ['n: c (samples) to historian off by 1'])
  assert.deepEqual(notClosed('n', { lines: [{ ...line, destinations: [] }] }), ['n: c has no destination'])
})

test('half a line that a kill left is not read as the beginning of the next', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-journal-'))
  try {
    const path = join(directory, 'journal')
    writeFileSync(path, 'said,count/1,11,11,1000\nsaid,count/2,12')
    const journal = new Journal(path)
    journal.said([{ signal: 'count/3', sequence: 13, value: 13, time: 3000 }])
    journal.close()
    const lines = readFileSync(path, 'utf8').split('\n')
    assert.deepEqual(lines.slice(0, 2), ['said,count/1,11,11,1000', 'said,count/2,12'])
    assert.match(lines[2] ?? '', /^said,count\/3,13,13,3000$/)
  } finally {
    rmSync(directory, { recursive: true })
  }
})
