import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredFact } from '../../core/facts.ts'
import type { Historian } from '../../core/historian.ts'
import type { Behind, NodeView } from '../../core/node-view.ts'
import { systemClock } from '../../core/time.ts'
import type { Below } from '../lineage/below.ts'
import { behindOf } from './behind.ts'

const fact: StoredFact = {
  ...{ definition: 'kpi', type: 'kpi', version: '1', key: 'line@0', from: 0, to: 100, values: {}, inputs: [], cause: 'first' },
  ...{ revision: 1, knownTime: 200, ingest: 1 },
}
const signal = {
  signal: 't/x',
  from: 0,
  to: 100,
  samples: 2,
  newestIngest: 1,
  holdUs: 4,
  derivation: undefined,
  isOrphan: false,
  feeds: new Set<string>(),
}
const below: Below = { facts: new Map(), records: new Map(), isCut: false, signals: new Map([['t/x', signal]]) }
/** Two samples were known when the fact was computed, and so many are now. */
const tally =
  (now: number): Historian['tally'] =>
  async ({ asKnownAt }) => ({
    rows: [{ signal: 't/x', status: 0, reasons: [], samples: asKnownAt === undefined ? now : 2, oldest: 1, newest: 9, newestIngest: 1 }],
    truncated: false,
  })
const told = (behind: Behind | undefined, now: number) => {
  const view = { clock: systemClock, behind: (name: string) => (name === 'kpi' ? behind : undefined) } as unknown as NodeView
  return behindOf({ fact }, below, { recorded: fact.knownTime, asKnownAt: undefined }, view, tally(now))
}

test('a result misses late samples when there are more below it than it was computed from', async () => {
  assert.deepEqual(await told({ bySamplesAlone: true }, 3), ['kpi'])
  assert.deepEqual(await told({ bySamplesAlone: true }, 2), [], 'those were of another place')
  assert.deepEqual(await told({ bySamplesAlone: false }, 2), ['kpi'], 'a late record may be any')
  assert.deepEqual(await told(undefined, 3), [])
})
