import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../bench/node.ts'
import { loadComputing, writeComputing } from '../../test/computing.ts'
import { silent } from '../core/log.ts'
import { systemClock } from '../core/time.ts'
import { startNode } from './node.ts'
import { ledgerOfSignals, SIGNAL_LEDGER_LIMITS } from './signal-ledger.ts'

test('sums of a group of signals, from the log’s records and from the historian’s rows', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-signal-ledger-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const node = await startNode(await loadComputing(writeComputing(directory)), {
    ...{ clock: systemClock, log: silent, random: Math.random, version: 'test' },
  })
  t.after(() => node.stop())
  const { view } = node
  await until('some of it is derived', 30_000, async () => (await view.historian.stats()).samples > 1_000)
  const { sums, from, to } = await view.ledgerOfSignals((id) => id.startsWith('t/line-1/'))
  assert.ok(from === 1 && to > 10)
  assert.deepEqual(sums.map(({ connection, signals, off, state }) => [connection, signals > 0, off, state]).sort(), [
    ['computed', true, 0, 'closed'],
    ['swing', true, 0, 'closed'],
  ])
  for (const { logged, delivered, pending } of sums) assert.ok(logged === delivered + pending && delivered > 0)
  assert.deepEqual((await view.ledgerOfSignals(() => false)).sums, [])
})

const history = (rows: unknown[][], stored: number) => ({
  accounts: async () => ({ checkpoints: [{ node: 'n', epoch: 1, sequence: stored }], rows: [] }),
  writers: async () => [],
  sql: async (_text: string, { maxRows }: { maxRows: number }) =>
    ({ columns: [], rows: rows.slice(0, maxRows), truncated: rows.length > maxRows }) as never,
})

test('what is missing is named; drops that nobody told apart keep a sum from closing; limits are said', async () => {
  const { BatchBuilder } = await import('../core/batch.ts')
  const { encodeBatch } = await import('../core/batch-codec.ts')
  const { SignalTable } = await import('../core/signals.ts')
  const signals = new SignalTable()
  for (const id of ['t/a', 't/b']) signals.define({ id, connection: 'plc', address: id, dataType: 'number' })
  const records = Array.from({ length: 10 }, (_, i) => {
    const builder = new BatchBuilder()
    for (const signal of [0, 1]) builder.push(signal, i, 1, 0)
    return { node: 'n', epoch: 1, sequence: i + 1, kind: 'batch' as const, recordedTime: i, payload: encodeBatch(builder.build(i)) }
  })
  const spool = {
    ...{ node: 'n', epoch: 1, stats: () => ({ firstSequence: 1, lastSequence: 10, bytes: 1_000 }) as never },
    read: async (sequence: number) => records.slice(sequence - 1),
  }
  const ask = (rows: unknown[][], dropped = 0, limits: { bytes: number; signals: number } = SIGNAL_LEDGER_LIMITS) =>
    ledgerOfSignals(
      { spool, historian: history(rows, 8), signals, limits, droppedBefore: async () => [{ node: 'n', connection: 'plc', dropped }] },
      () => true,
    )
  const { sums } = await ask([
    ['t/a', 8],
    ['t/b', 7],
  ])
  assert.deepEqual(sums, [
    {
      ...{ node: 'n', connection: 'plc', signals: 2, logged: 20, delivered: 15, pending: 4, off: 1, signalsOff: 1 },
      ...{ examples: ['t/b'], droppedOfConnection: 0, state: 'off' },
    },
  ])
  const crossed = await ask([
    ['t/a', 9],
    ['t/b', 7],
  ])
  assert.deepEqual(
    [crossed.sums[0]?.off, crossed.sums[0]?.signalsOff, crossed.sums[0]?.state],
    [0, 2, 'off'],
    'one too many hides no one too few',
  )
  const whole: unknown[][] = [
    ['t/a', 8],
    ['t/b', 8],
  ]
  assert.equal((await ask(whole)).sums[0]?.state, 'closed')
  assert.equal((await ask(whole, 3)).sums[0]?.state, 'not-told-apart')
  const part = await ask(
    [
      ['t/a', 4],
      ['t/b', 4],
    ],
    0,
    { bytes: 600, signals: 10 },
  )
  assert.deepEqual([part.from, part.to, part.sums[0]?.logged], [5, 10, 12])
  await assert.rejects(ask(whole, 0, { bytes: 1_000, signals: 1 }), RangeError)
})
