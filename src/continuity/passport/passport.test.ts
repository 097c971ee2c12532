import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredFact } from '../../core/facts.ts'
import type { SampleQuery } from '../../core/historian.ts'
import type { NodeView } from '../../core/node-view.ts'
import { SignalTable } from '../../core/signals.ts'
import type { Use } from '../../core/uses.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import { passportOfFact } from './passport.ts'
import { sampleAt } from './subject.ts'

const nobody = {
  ...{ node: 'n', configVersion: 'v', startedTime: 0, clock: { now: () => 10 } },
  ...{ contracts: () => [], connections: () => [], remotes: () => [], behind: () => undefined, nodeOf: () => undefined },
  ...{ policy: { letIn: () => undefined }, changes: { ofVersion: () => ({ state: 'not-asked' }) } },
}

test('a chain of more hops than are shown says so, and what is dead beyond them counts all the same', async () => {
  const signals = new SignalTable()
  const use = { refuse: { wholeChain: true }, care: {}, contract: 'optional' } as unknown as Use
  const passport = (derived: number) => {
    const ids = Array.from({ length: derived }, (_, i) => `t/${i}`)
    for (const id of ids) signals.define({ id, connection: 'computed', address: '', dataType: 'number' })
    const inputs = ids.map((signal) => ({ signal, from: 0, to: 10, samples: 1, newestIngest: 1 }))
    const fact = {
      definition: 'top',
      version: '1',
      key: 'k',
      from: 0,
      to: 10,
      knownTime: 10,
      ingest: 1,
      revision: 1,
      cause: 'first',
      inputs,
    }
    const view = {
      ...nobody,
      signals,
      historian: { ingests: async () => [] },
      originOf: (id: string) => ({ definition: id, inputs: [] }),
      // The last of them is not declared any more.
      derivations: () => ['top', ...ids.slice(0, -1)].map((name) => ({ name, version: '1', lagSeconds: 0 })),
    } as unknown as NodeView
    const shown = { ...fact, values: { value: { value: 1, status: 0, coverage: 1 } } } as unknown as StoredFact
    const rows = (asked: { signals: readonly string[] }) =>
      asked.signals.map((signal) => ({ signal, status: 0, reasons: [], samples: 1, oldest: 1, newest: 1, newestIngest: 1 }))
    const tally = async (asked: { signals: readonly string[] }) => ({ rows: rows(asked), truncated: false })
    return passportOfFact(shown, undefined, { use }, { view, rulesOf: () => [], tally })
  }
  // Beside the derived signals: the result, the conduit that there is none of, the configuration.
  const whole = await passport(CONTINUITY_LIMITS.hops - 3)
  assert.deepEqual([whole.chain.length, whole.isCut], [CONTINUITY_LIMITS.hops, false])
  const cut = await passport(CONTINUITY_LIMITS.hops + 1)
  assert.deepEqual([cut.chain.length, cut.isCut], [CONTINUITY_LIMITS.hops, true])
  assert.ok(cut.chain.every(({ hop }) => hop.name !== `t/${CONTINUITY_LIMITS.hops}`))
  assert.deepEqual(
    cut.reasons.map(({ verdict, code, about }) => [verdict, code, about]),
    [
      ['no', 'dead-link', `t/${CONTINUITY_LIMITS.hops}`],
      ['with-care', 'too-many', undefined],
    ],
  )
})

test('of more versions of one time than are told the newest are, and the one in force, now and as it was known then', async () => {
  const most = CONTINUITY_LIMITS.versions
  const stored = Array.from({ length: most + 10 }, (_, i) => i + 1)
  const signals = new SignalTable()
  signals.define({ id: 't/x', connection: 'plc', address: '', dataType: 'number' })
  const samples = async ({ limit, descending, asKnownAt = Number.POSITIVE_INFINITY }: SampleQuery) => {
    const known = stored.filter((ingest) => ingest <= asKnownAt)
    const told = (descending ? known.toReversed() : known).slice(0, limit)
    const rows = Float64Array.from(told)
    return {
      count: told.length,
      time: rows.map(() => 5),
      value: rows,
      status: rows.map(() => 0),
      reasons: rows,
      reasonSets: new Map(),
      ingest: rows,
    }
  }
  const ingests = async (ids: readonly number[]) => ids.map((ingest) => ({ ingest, recordedTime: ingest }))
  const view = { ...nobody, signals, last: { has: () => false }, historian: { samples, ingests } } as unknown as NodeView
  const shown = async (asKnownAt?: number) => {
    const found = await sampleAt({ id: 't/x' }, asKnownAt === undefined ? {} : { asKnownAt }, view)
    return [found.shown?.value, found.versions.length, found.versions[0]?.value, found.versions.at(-1)?.value]
  }
  assert.deepEqual(await shown(), [most + 10, most, 11, most + 10])
  assert.deepEqual(await shown(30), [30, most, 11, most + 10])
  assert.deepEqual(await shown(3), [3, most, 11, most + 10], 'older than all that are told')
})
