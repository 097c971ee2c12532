import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startFixture } from '../api/fixture.ts'
import type { LedgerLine, SignalSum } from '../core/ledger.ts'
import { makeWorld, paperYaml } from './world.fixture.ts'

const samples: LedgerLine = {
  ...{ node: 'edge-1', connection: 'plc', unit: 'samples', read: 1_210, known: 0, quarantined: {} },
  destinations: [
    { destination: 'historian', delivered: 1_200, dropped: { flood: 7 }, pending: 3, off: 0, isOwnWord: true },
    { destination: 'link', delivered: 0, dropped: { flood: 7, overflow: 1_000 }, pending: 203, off: 0, isOwnWord: false },
  ],
}
const rows: LedgerLine = {
  ...{ node: 'edge-1', connection: 'erp', unit: 'rows', read: 5, known: 2, quarantined: { 'state is required and empty': 1 } },
  destinations: [{ destination: 'historian', delivered: 2, dropped: {}, pending: 0, off: 0, isOwnWord: true }],
}

async function world(lines: readonly LedgerLine[], sums: readonly SignalSum[] = []) {
  const decided: unknown[] = []
  const fixture = await startFixture(0, {
    node: {
      ledger: async (period) => ({ period, lines }),
      ledgerOfSignals: async () => ({ from: 5, to: 900, fromTime: Date.parse('2026-11-23T08:00:00Z') * 1000, sums }),
      discardQuarantined: async (ids, decision) => {
        decided.push([ids, decision])
        return { discarded: [...ids], refused: [] }
      },
    },
  })
  after(() => fixture.close())
  const { write, run } = makeWorld()
  writeFileSync(join(fixture.directory, 'running.json'), JSON.stringify({ url: fixture.url }))
  const file = write('node.yaml', paperYaml({}, `data: ${fixture.directory}`).replace('connections:', 'connections: {}'))
  return { decided, run: (...args: string[]) => run([...args, '-c', file]) }
}

test('ledger: each sum in words, with its reasons, and whether it closes', async () => {
  const { run } = await world([samples, rows])
  const { code, out } = await run('ledger')
  assert.equal(code, 0)
  assert.match(out, /plc +historian +read 1,210 samples = delivered 1,200 \+ dropped 7 \(flood 7\) \+ pending 3 +closed/)
  assert.match(out, /plc +next node +read 1,210 samples = delivered 0 \+ dropped 1,007 \(flood 7, overflow 1,000\) \+ pending 203 +closed/)
  assert.match(out, /read 5 rows = delivered 2 \+ nothing new 2 \+ quarantined 1 \(state is required and empty 1\) \+ pending 0 +closed/)
  assert.match(out, /every sum closes, since the ledger began/)
  const french = await run('ledger', '--lang', 'fr', '--connection', 'e*', '--from', '-2h')
  assert.match(french.out, /lu 5 lignes = livré 2 \+ rien de nouveau 2 \+ en quarantaine 1/)
  assert.doesNotMatch(french.out, /plc/)
})

test('ledger: a sum that does not close ends with 1, and the JSON says by how much', async () => {
  const [destination] = samples.destinations
  const { run } = await world([
    { ...samples, read: 1_214, destinations: [{ ...(destination as (typeof samples.destinations)[0]), off: 4 }] },
  ])
  const { code, out } = await run('ledger')
  assert.equal(code, 1)
  assert.match(out, /off by 4/)
  assert.match(out, /1 sum\(s\) do not close/)
  const json = await run('ledger', '-o', 'json')
  assert.equal(json.code, 1)
  assert.equal(JSON.parse(json.out).rows[0].off, 4)
})

test('records discard: who and why go with it; without a reason nothing happens', async () => {
  const { run, decided } = await world([])
  assert.equal((await run('records', 'discard', '7.0')).code, 1)
  const { code, out } = await run('records', 'discard', '7.0', '7.1', '--reason', 'test orders', '--by', 'Ada')
  assert.equal(code, 0)
  assert.match(out, /2 row\(s\) discarded/)
  assert.deepEqual(decided, [[['7.0', '7.1'], { by: 'Ada', reason: 'test orders' }]])
})

test('ledger of signals: their own sums, over the log that is there; what nobody told apart is not said to close', async () => {
  const sum: SignalSum = {
    ...{ node: 'n', connection: 'plc', signals: 3, logged: 1_020, delivered: 1_000, pending: 20, off: 0, signalsOff: 0, examples: [] },
    ...{ droppedOfConnection: 0, state: 'closed' },
  }
  const closed = await (await world([], [sum])).run('ledger', '--signals', 't/**')
  assert.equal(closed.code, 0)
  assert.match(closed.out, /plc +3 +in the log 1,020 = delivered 1,000 \+ pending 20 +closed\nevery sum closes\nrecords 5 to 900/)
  const unknown = await (await world([], [{ ...sum, droppedOfConnection: 7, state: 'not-told-apart' }])).run('ledger', '--signals', 't/**')
  assert.equal(unknown.code, 0)
  assert.match(unknown.out, /not known: 7 dropped by the connection/)
  assert.doesNotMatch(unknown.out, /every sum closes/)
  const off = await (await world([], [{ ...sum, off: 2, signalsOff: 1, examples: ['t/a'], state: 'off' }])).run(
    'ledger',
    '--signals',
    't/**',
  )
  assert.equal(off.code, 1)
  assert.match(off.out, /off by 2\nplc: 1 signal\(s\) off: t\/a\n/)
})
