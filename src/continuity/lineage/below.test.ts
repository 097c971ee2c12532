import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact, FactInput } from '../../core/facts.ts'
import type { Historian } from '../../core/historian.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { SignalTable } from '../../core/signals.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import { walkBelow } from './below.ts'

const fact = (definition: string, key: string, inputs: FactInput[]): Fact => ({
  ...{ definition, type: 'kpi', version: '1', key, from: 0, to: 10, values: {}, inputs, cause: 'first' },
})
const signal = (id: string, samples = 1): FactInput => ({ signal: id, from: 0, to: 10, samples, newestIngest: 1 })

async function walk(
  history: MemoryHistory,
  root: Fact,
  originOf: Parameters<typeof walkBelow>[1]['originOf'] = () => undefined,
  signals = new SignalTable(),
) {
  history.publish(root)
  const stored = history.published.at(-1) as (typeof history.published)[number]
  return walkBelow({ fact: stored }, { historian: history as unknown as Historian, originOf, signals })
}

test('a figure over figures: facts, records and signals, each said once; what is gone is named', async () => {
  const history = new MemoryHistory()
  history.record({ kind: 'shift', key: 'S', source: 'mes', validFrom: 0, validTo: 10, isDeleted: false, values: {} })
  history.publish(fact('a', 'one', [signal('t/x', 3), { record: 'shift', key: 'S', source: 'mes', revision: 1 }]))
  history.publish(fact('a', 'two', [signal('t/x', 2), signal('t/y'), { record: 'shift', key: 'gone', source: 'mes', revision: 1 }]))
  const inputs = ['one', 'two', 'three'].map((key) => ({ fact: 'a', key, revision: 1 }))
  const below = await walk(history, fact('top', 'k', inputs))
  const a = below.facts.get('a')
  assert.deepEqual([a?.facts.map(({ key }) => key), a?.lost, [...(a?.feeds ?? [])]], [['one', 'two'], ['three'], ['top']])
  assert.deepEqual(
    [...below.signals.values()].map(({ signal: id, samples }) => [id, samples]),
    [
      ['t/x', 5],
      ['t/y', 1],
    ],
  )
  const shift = below.records.get('shift mes')
  assert.deepEqual([shift?.versions.length, shift?.lost], [1, ['gone']])
  assert.equal(below.isCut, false)
})

test('what was known when it was computed counts, not what is known now', async () => {
  const history = new MemoryHistory()
  history.publish(fact('a', 'one', [signal('t/old')]))
  history.publish(fact('top', 'k', [{ fact: 'a', key: 'one', revision: 1 }]))
  const stored = history.published.at(-1) as (typeof history.published)[number]
  history.publish({ ...fact('a', 'one', [signal('t/new')]), to: 11 })
  const below = await walkBelow(
    { fact: stored },
    { historian: history as unknown as Historian, originOf: () => undefined, signals: new SignalTable() },
  )
  assert.deepEqual([...below.signals.keys()], ['t/old'])
})

test('derived signals are followed to what they are made of, by their own declarations; one whose declaration is gone says so', async () => {
  const signals = new SignalTable()
  const define = (id: string, connection: string) => signals.define({ id, connection, address: '', dataType: 'number' })
  for (const id of ['t/d2', 't/d1', 't/orphan']) define(id, 'computed')
  define('t/x', 'plc')
  const spans: Record<string, [string, string]> = { 't/d2': ['two', 't/d1'], 't/d1': ['one', 't/x'] }
  const originOf = (id: string, at: number) => {
    const [definition, input] = spans[id] ?? []
    const span = { signal: input as string, from: at - 5, to: at + 1, lookBackUs: 0, lookAheadUs: 0 }
    return definition === undefined ? undefined : { definition, inputs: [span] }
  }
  const below = await walk(new MemoryHistory(), fact('top', 'k', [signal('t/d2'), signal('t/orphan')]), originOf, signals)
  const shown = [...below.signals.values()].map((one) => [
    one.signal,
    one.from,
    one.to,
    one.derivation,
    one.isOrphan,
    [...one.feeds].join(),
  ])
  assert.deepEqual(shown, [
    ['t/d2', 0, 10, 'two', false, 'top'],
    ['t/orphan', 0, 10, undefined, true, 'top'],
    ['t/d1', -5, 10, 'one', false, 'two'],
    ['t/x', -10, 10, undefined, false, 'one'],
  ])
})

test('limits: depth, facts, signals, records', async () => {
  const deep = new MemoryHistory()
  for (let i = CONTINUITY_LIMITS.depth + 2; i > 0; i--) deep.publish(fact(`f${i}`, 'k', [{ fact: `f${i + 1}`, key: 'k', revision: 1 }]))
  assert.equal((await walk(deep, fact('top', 'k', [{ fact: 'f1', key: 'k', revision: 1 }]))).isCut, true)
  const wide = fact(
    'top',
    'k',
    Array.from({ length: CONTINUITY_LIMITS.signals + 1 }, (_, i) => signal(`t/${i}`)),
  )
  const below = await walk(new MemoryHistory(), wide)
  assert.deepEqual([below.signals.size, below.isCut], [CONTINUITY_LIMITS.signals, true])
  const many = fact(
    'top',
    'k',
    Array.from({ length: CONTINUITY_LIMITS.facts + 1 }, (_, i) => ({ fact: 'a', key: `${i}`, revision: 1 })),
  )
  const lost = await walk(new MemoryHistory(), many)
  assert.deepEqual([lost.facts.get('a')?.lost.length, lost.isCut], [CONTINUITY_LIMITS.facts, true])
  const records = (count: number) =>
    walk(
      new MemoryHistory(),
      fact(
        'top',
        'k',
        Array.from({ length: count }, (_, i) => ({ record: 'shift', key: `${i}`, source: 'mes', revision: 1 })),
      ),
    )
  for (const [count, isCut] of [
    [CONTINUITY_LIMITS.records, false],
    [CONTINUITY_LIMITS.records + 1, true],
  ] as const) {
    const found = await records(count)
    assert.deepEqual([found.records.get('shift mes')?.lost.length, found.isCut], [CONTINUITY_LIMITS.records, isCut])
  }
})
