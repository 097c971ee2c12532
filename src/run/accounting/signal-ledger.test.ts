import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { until } from '../../../bench/node.ts'
import { loadComputing, writeComputing } from '../../../test/computing.ts'
import { silent } from '../../core/log.ts'
import { HOUR, systemClock } from '../../core/time.ts'
import { startNode } from '../node.ts'
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
  // The same of a period, which the historian and the log each find by themselves: this hour and its neighbours are all of it.
  const isOfLine = (id: string) => id.startsWith('t/line-1/')
  const now = systemClock.now()
  const hours = (before: number, after: number) => ({ from: now + before * HOUR, to: now + after * HOUR })
  const around = await view.ledgerOfSignals(isOfLine, hours(-1, 1))
  assert.deepEqual(
    [around.period?.to, around.sums.map(({ state }) => state)],
    [(around.period?.from ?? 0) + 3 * HOUR, ['closed', 'closed']],
  )
  for (const [i, { logged }] of around.sums.entries()) assert.ok(logged >= (sums[i]?.logged ?? 0))
  assert.deepEqual((await view.ledgerOfSignals(isOfLine, hours(-9, -4))).sums, [])
})

const history = (rows: unknown[][], stored: number) => ({
  accounts: async () => ({ checkpoints: [{ node: 'n', epoch: 1, sequence: stored }], rows: [] }),
  writers: async () => [],
  sql: async (_text: string, { maxRows }: { maxRows: number }) =>
    ({ columns: [], rows: rows.slice(0, maxRows), truncated: rows.length > maxRows }) as never,
})

test('what is missing is named; drops that nobody told apart keep a sum from closing; limits are said', async () => {
  const { BatchBuilder } = await import('../../core/batch.ts')
  const { encodeBatch } = await import('../../core/batch-codec.ts')
  const { SignalTable } = await import('../../core/signals.ts')
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

test('law: of a period only what was recorded in it counts, in the log and in the question to the historian alike, also of nodes that sent late', async () => {
  const { BatchBuilder } = await import('../../core/batch.ts')
  const { encodeBatch } = await import('../../core/batch-codec.ts')
  const { encodeForwarded } = await import('../../core/forwarded.ts')
  const { SignalTable } = await import('../../core/signals.ts')
  const signals = new SignalTable()
  signals.define({ id: 't/a', connection: 'plc', address: 'a', dataType: 'number' })
  const batch = (node: string, sequence: number, recordedTime: number) => {
    const builder = new BatchBuilder()
    builder.push(0, recordedTime, 1, 0)
    return { node, epoch: 1, sequence, kind: 'batch' as const, recordedTime, payload: encodeBatch(builder.build(recordedTime)) }
  }
  const hour = fc.nat(9)
  await fc.assert(
    fc.asyncProperty(
      fc.array(hour, { minLength: 1, maxLength: 40 }),
      fc.array(hour, { maxLength: 20 }),
      hour,
      fc.nat(4),
      async (own, late, from, length) => {
        // The own clock only goes on; what another node sends was recorded there before, or up to an hour ahead of ours.
        const outer = own.toSorted((a, b) => a - b).map((at, i) => batch('n', i + 1, at * HOUR))
        const inner = late.map((at, i) => batch('edge', i + 1, at * HOUR))
        const sent = { node: 'edge', epoch: 1, via: 'edge', records: inner }
        const last = {
          node: 'n',
          epoch: 1,
          sequence: outer.length + 1,
          kind: 'forwarded' as const,
          recordedTime: 9 * HOUR,
          payload: encodeForwarded(sent),
        }
        const log = inner.length > 0 ? [...outer, last] : outer
        const spool = {
          ...{ node: 'n', epoch: 1, stats: () => ({ firstSequence: 1, lastSequence: log.length, bytes: 1_000 }) as never },
          read: async (sequence: number, most: number) => log.slice(sequence - 1, sequence - 1 + most),
        }
        const period = { from: from * HOUR, to: (from + length) * HOUR }
        const isIn = (time: number) => time >= period.from && time < period.to
        const rows = new Map(Object.entries({ n: outer, edge: inner }))
        const historian = {
          accounts: async () => ({ checkpoints: [...rows].map(([node, all]) => ({ node, epoch: 1, sequence: all.length })), rows: [] }),
          writers: async () => [{ node: 'edge', epoch: 1, signals: [[0, 't/a']] }] as never,
          sql: async (text: string) => {
            const node = /i\.node = '(\w+)'/.exec(text)?.[1] ?? ''
            const [low, high] = (/BETWEEN (\d+) AND (\d+)/.exec(text)?.slice(1) ?? []).map(Number) as [number, number]
            const bounds = [...text.matchAll(/make_timestamp\((\d+)\)/g)].map(([, at]) => Number(at))
            assert.deepEqual(bounds, [period.from, period.to])
            const found = (rows.get(node) ?? []).filter((one) => one.sequence >= low && one.sequence <= high && isIn(one.recordedTime))
            return { columns: [], rows: found.length > 0 ? [['t/a', found.length]] : [], truncated: false } as never
          },
        }
        const found = await ledgerOfSignals({ spool, historian, signals, droppedBefore: async () => [] }, () => true, period)
        const of = (node: string) => found.sums.find((one) => one.node === node)?.logged ?? 0
        assert.deepEqual(
          [of('n'), of('edge')],
          [outer, inner].map((all) => all.filter(({ recordedTime }) => isIn(recordedTime)).length),
        )
        assert.ok(found.sums.every(({ state }) => state === 'closed'))
      },
    ),
    { numRuns: 100 },
  )
})
