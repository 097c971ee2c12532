import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountHour, type DeliveredRow } from '../core/account.ts'
import { HOUR } from '../core/time.ts'
import { bench, type Open, START } from './contract-bench.ts'
import { Recorder } from './contract-records.ts'

const byName = (rows: readonly DeliveredRow[]) =>
  rows
    .map(({ node, connection, unit, hour, delivered, refused }) => [
      `${node}/${connection}`,
      unit,
      (hour - START) / HOUR,
      delivered,
      refused,
    ])
    .sort((a, b) => (String(a) < String(b) ? -1 : 1))

/** What a historian says it has committed. */
export function accounting(open: Open): void {
  test('commits are counted once, by node, connection and hour of the record, and survive a restart', async (t) => {
    const b = await bench(t, open)
    const edge = new Recorder('edge')
    const own = new Recorder('n')
    edge.receivedTime = own.receivedTime = START
    const sample = (signal: number) => ({ signal, time: START })
    const first = [
      edge.signals([0, { id: 'a', connection: 'plc' }], [1, { id: 'b', connection: 'meter' }]),
      edge.batch(sample(0), sample(1), sample(1), sample(7)),
      own.signals([0, { id: 'c', connection: 'plc' }]),
      own.batch(sample(0)),
    ]
    await b.historian.write(first)
    await b.historian.write(first)
    edge.receivedTime = START + HOUR
    const version = { kind: 'k', key: 'a', source: 'erp', validFrom: null, validTo: null, isDeleted: false, values: {} }
    await b.historian.write([
      edge.batch(sample(0), sample(0)),
      edge.json('records', { source: 'erp', feed: 0, versions: [version], quarantined: [] }),
      edge.json('account', { connection: 'plc', unit: 'samples', dropped: { flood: 9 } }),
    ])
    await b.reopen()
    const from = accountHour(START)
    const { rows, checkpoints } = await b.historian.accounts({ from, to: from + 2 * HOUR })
    assert.deepEqual(byName(rows), [
      ['edge/', 'samples', 0, 0, 1],
      ['edge/erp', 'rows', 1, 1, 0],
      ['edge/meter', 'samples', 0, 2, 0],
      ['edge/plc', 'samples', 0, 1, 0],
      ['edge/plc', 'samples', 1, 2, 0],
      ['n/plc', 'samples', 0, 1, 0],
    ])
    assert.deepEqual(checkpoints.map(({ node, sequence }) => [node, sequence]).sort(), [
      ['edge', 5],
      ['n', 2],
    ])
    const { rows: later } = await b.historian.accounts({ from: from + HOUR, to: from + 2 * HOUR })
    assert.equal(later.length, 2)
    const { rows: all } = await b.historian.accounts()
    assert.equal(all.find(({ node, connection }) => node === 'edge' && connection === 'plc')?.delivered, 3)
  })

  test('what comes late into a declared gap is counted then, and only once', async (t) => {
    const b = await bench(t, open)
    const r = new Recorder('edge')
    const signals = r.signals([0, { id: 'a', connection: 'plc' }])
    const late = r.batch({ signal: 0, time: START }, { signal: 0, time: START + 1 })
    const delivered = async () => (await b.historian.accounts()).rows.reduce((sum, row) => sum + row.delivered, 0)
    await b.historian.write([signals, r.gap(2, 3, 'overflow'), r.batch({ signal: 0, time: START + 2 })])
    assert.equal(await delivered(), 1)
    await b.historian.write([late])
    await b.historian.write([late])
    assert.equal(await delivered(), 3)
  })
}
