import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Fact, StoredFact } from '../../core/facts.ts'
import type { FactQuery } from '../../core/history.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { DERIVING_LIMITS } from './limits.ts'
import { Unstored } from './unstored.ts'

const time = fc.integer({ min: 0, max: 20 })
const fact: fc.Arbitrary<Fact> = fc
  .record({
    definition: fc.constantFrom('jam', 'stop'),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    equipment: fc.constantFrom('line-1', 'line-2'),
    from: time,
    length: fc.option(fc.integer({ min: 0, max: 9 })),
    isWithdrawn: fc.boolean(),
    value: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ length, value, isWithdrawn, from, ...rest }) => ({
    ...{ ...rest, from, to: length === null ? null : from + length, type: 'event', version: '1', inputs: [], cause: 'first' },
    ...{ values: { n: { value, status: 0, coverage: null } }, ...(isWithdrawn && { isWithdrawn }) },
  }))
const query: fc.Arbitrary<FactQuery> = fc
  .record({
    definition: fc.constantFrom('jam', ['jam', 'stop']),
    keys: fc.option(fc.subarray(['a', 'b', 'c', 'd']), { nil: undefined }),
    equipment: fc.option(fc.constantFrom('line-1', ['line-1', 'line-2']), { nil: undefined }),
    overlapping: fc.option(
      time.chain((from) => fc.record({ from: fc.constant(from), to: fc.integer({ min: from, max: 25 }) })),
      { nil: undefined },
    ),
    form: fc.constantFrom({}, { allRevisions: true }, { isWithdrawnToo: true }),
    order: fc.constantFrom({}, { descending: true }, { newestRevisionFirst: true }),
    limit: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ form, order, keys, equipment, overlapping, ...rest }) => ({
    ...{ ...rest, ...form, ...order },
    ...(keys && { keys }),
    ...(equipment !== undefined && { equipment }),
    ...(overlapping && { overlapping }),
  }))

const said = ({ facts, truncated }: { facts: StoredFact[]; truncated: boolean }) => ({
  truncated,
  facts: facts.map(({ definition, key, revision, values, from, to }) => [definition, key, revision, from, to, values.n?.value]),
})

test('a history that lags behind the log answers as one that does not', async () => {
  const told = fc.array(fc.record({ fact, isStored: fc.boolean() }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(told, fc.array(query, { minLength: 1, maxLength: 5 }), async (all, queries) => {
      const [whole, behind, unstored] = [new MemoryHistory(), new MemoryHistory(), new Unstored()]
      let stored = 0
      for (const { fact, isStored } of all) {
        const before = whole.published.length
        whole.publish(fact)
        const published = whole.published.slice(before)
        assert.ok(unstored.add(whole.published.length, published))
        // Now and then the history comes to hold what the log does.
        if (!isStored) continue
        for (const one of whole.published.slice(stored)) behind.publish(one)
        stored = whole.published.length
        unstored.stored(stored)
      }
      for (const one of queries) assert.deepEqual(said(await unstored.over(behind).facts(one)), said(await whole.facts(one)))
    }),
  )
})

test('what comes into the history while it is asked is found once', async () => {
  const [behind, unstored] = [new MemoryHistory(), new Unstored()]
  const [first] = fc.sample(fact, { numRuns: 1, seed: 1 }) as [Fact]
  const jam = { ...first, isWithdrawn: false }
  unstored.add(1, [{ ...jam, revision: 1, knownTime: 0, ingest: 0 }])
  const asked = unstored.over({
    ...{ series: (query) => behind.series(query), records: (query) => behind.records(query) },
    facts: (query) => {
      behind.publish(jam)
      unstored.stored(1)
      return behind.facts(query)
    },
  })
  assert.equal((await asked.facts({ definition: jam.definition, limit: 10 })).facts.length, 1)
  assert.equal((await asked.facts({ definition: jam.definition, allRevisions: true, limit: 10 })).facts.length, 1)
})

test('more than there is room for is known when it is stored', () => {
  const unstored = new Unstored()
  const [one] = fc.sample(fact, { numRuns: 1, seed: 1 }) as [Fact]
  const many = Array.from({ length: DERIVING_LIMITS.unstoredFacts }, (_, i) => ({
    ...one,
    key: String(i),
    revision: 1,
    knownTime: 0,
    ingest: 0,
  }))
  assert.ok(unstored.add(1, many))
  assert.equal(unstored.add(2, many.slice(0, 1)), false)
  unstored.stored(1)
  assert.ok(unstored.add(3, many.slice(0, 1)))
})
