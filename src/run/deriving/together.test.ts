import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Fact } from '../../core/facts.ts'
import { QueryRefused } from '../../core/historian.ts'
import type { FactQuery, History, SeriesQuery } from '../../core/history.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { SECOND } from '../../core/time.ts'
import { together } from './together.ts'

const moment = fc.integer({ min: 0, max: 60 }).map((second) => second * SECOND)
const signal = fc.constantFrom('s/a', 's/b', 's/c')
const samples = fc.array(
  fc.record({ signal, time: moment, value: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('on', 'off')) }),
  { maxLength: 60 },
)
const seriesQuery: fc.Arbitrary<SeriesQuery> = fc
  .record({
    signals: fc.array(signal, { minLength: 1, maxLength: 3 }),
    from: moment,
    length: moment,
    lookBackUs: fc.constantFrom(0, 2 * SECOND, 30 * SECOND),
    lookAheadUs: fc.constantFrom(undefined, 0, 2 * SECOND, 30 * SECOND),
  })
  .map(({ length, lookAheadUs, ...query }) => ({ ...query, to: query.from + length, ...(lookAheadUs !== undefined && { lookAheadUs }) }))

const facts: fc.Arbitrary<Fact[]> = fc.array(
  fc
    .record({
      definition: fc.constantFrom('p', 'q', 'r'),
      key: fc.constantFrom('1', '2', '3'),
      equipment: fc.constantFrom('x', 'y'),
      from: moment,
      length: fc.option(moment),
      isWithdrawn: fc.boolean(),
    })
    .map(
      ({ length, ...fact }): Fact => ({
        ...fact,
        ...{ type: 'event', version: 'v', to: length === null ? null : fact.from + length, values: {}, inputs: [], cause: 'first' },
      }),
    ),
  { maxLength: 40 },
)
const factQuery: fc.Arbitrary<FactQuery> = fc
  .record({
    definition: fc.constantFrom('p', 'q', 'r'),
    keys: fc.constantFrom(undefined, ['1'], ['2', '3']),
    equipment: fc.constantFrom(undefined, 'x', 'y'),
    span: fc.constantFrom(undefined, 5, 30),
    from: moment,
    all: fc.constantFrom({}, { allRevisions: true }, { isWithdrawnToo: true }),
    limit: fc.constantFrom(1, 3, 100),
  })
  .map(({ definition, keys, equipment, span, from, all, limit }) => ({
    ...{ definition, limit, ...all, ...(keys && { keys }), ...(equipment !== undefined && { equipment }) },
    ...(span !== undefined && { overlapping: { from, to: from + span * SECOND } }),
  }))

test('whatever many ask at once, each is answered as if it had asked alone', async () => {
  let [asked, answered] = [0, 0]
  await fc.assert(
    fc.asyncProperty(
      ...([samples, facts, fc.array(seriesQuery, { maxLength: 12 }), fc.array(factQuery, { maxLength: 12 })] as const),
      async (told, published, series, found) => {
        const history = new MemoryHistory()
        for (const one of told) history.sample(one.signal, one.time, one.value)
        for (const one of published) history.publish(one)
        const counted: History = {
          series: (query) => {
            answered++
            return history.series(query)
          },
          facts: (query) => {
            answered++
            return history.facts(query)
          },
          records: (query) => history.records(query),
        }
        const gathered = together(counted)
        asked += series.length + found.length
        const all = await Promise.all([...series.map((one) => gathered.series(one)), ...found.map((one) => gathered.facts(one))])
        const alone = await Promise.all([...series.map((one) => history.series(one)), ...found.map((one) => history.facts(one))])
        assert.deepEqual(all, alone)
      },
    ),
    { numRuns: 500 },
  )
  assert.ok(answered < asked * 0.9, `${answered} questions for ${asked}`)
})

test('where all together are too much each is asked alone; a history that does not answer is so for all', async () => {
  const history = new MemoryHistory()
  for (let second = 0; second < 20; second++) history.sample('s/a', second * SECOND, second)
  const limited = (error: Error): History => ({
    ...{ facts: (query) => history.facts(query), records: (query) => history.records(query) },
    series: async (query) => {
      if (query.to - query.from > 4 * SECOND) throw error
      return history.series(query)
    },
  })
  const questions = [0, 1].map((from) => ({ signals: ['s/a'], from: from * SECOND, to: (from + 4) * SECOND, lookBackUs: 0 }))
  const ask = (error: Error) => {
    const gathered = together(limited(error))
    return Promise.allSettled(questions.map((one) => gathered.series(one)))
  }
  const answers = await ask(new QueryRefused('too much'))
  assert.deepEqual(
    answers.map((one) => one.status === 'fulfilled' && one.value[0]?.count),
    [4, 4],
  )
  const failures = await ask(new Error('closed'))
  assert.deepEqual(
    failures.map((one) => one.status === 'rejected' && one.reason.message),
    ['closed', 'closed'],
  )
})
