import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BatchBuilder } from '../src/core/batch.ts'
import { encodeBatch } from '../src/core/batch-codec.ts'
import { silent } from '../src/core/log.ts'
import type { SpoolRecord } from '../src/core/spool.ts'
import { systemClock } from '../src/core/time.ts'
import { openHistorian } from '../src/historian/index.ts'
import { Journal, type Said } from './journal.ts'
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
