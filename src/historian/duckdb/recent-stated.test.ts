import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Fact } from '../../core/facts.ts'
import { QueryRefused } from '../../core/historian.ts'
import type { FactQuery, RecordQuery } from '../../core/history.ts'
import type { RecordVersion } from '../../core/it-records.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { DAY, HOUR } from '../../core/time.ts'
import { cases } from '../../lib/thorough.fixture.ts'
import { RecentStated } from './recent-stated.ts'

const START = 100 * DAY
const limits = { recentStated: 400, recentStatedLength: 100_000, statedKeys: 10 }

const jam = (key: string, from: number, more: Partial<Fact> = {}): Fact => ({
  ...{ definition: 'jam', type: 'event', version: 'v1', key, from: START + from * HOUR, to: START + (from + 1) * HOUR },
  ...{ values: {}, inputs: [], cause: 'first' },
  ...more,
})

/** A database that may be slow: it answers by what it holds when it is let go, and delivers later still. */
class Database {
  readonly memory = new MemoryHistory()
  readonly recent: RecentStated
  asked = 0
  isSlow = false
  readonly #waiting: (() => void)[] = []

  constructor(some: Partial<typeof limits> = {}) {
    this.recent = new RecentStated({ ...limits, ...some })
  }

  commit(facts: readonly Fact[], records: readonly RecordVersion[] = []): void {
    for (const fact of facts) this.memory.publish(fact)
    for (const record of records) this.memory.record(record)
    this.recent.committed(new Set(records.map(({ kind }) => kind)), new Set(facts.map(({ definition }) => definition)))
  }

  facts = (query: FactQuery) =>
    this.recent.facts(query, async (asked) => {
      await this.#turn()
      const found = await this.memory.facts(asked)
      if (this.isSlow) await this.#turn()
      return found
    })

  records = (query: RecordQuery) =>
    this.recent.records(query, async (asked) => {
      await this.#turn()
      const found = await this.memory.records(asked)
      if (this.isSlow) await this.#turn()
      return found
    })

  async #turn(): Promise<void> {
    this.asked++
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async letGo(): Promise<void> {
    this.#waiting.shift()?.()
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

const hours = (from: number, to: number) => ({ overlapping: { from: START + from * HOUR, to: START + to * HOUR } })

test('what is in force of a definition is read once, until something new is said of it', async () => {
  const db = new Database()
  db.commit([jam('a', 0, { equipment: 'belt' }), jam('b', 2, { to: null }), jam('c', -50)])
  const keysOf = async (query: Partial<FactQuery>) => {
    const { facts, truncated } = await db.facts({ definition: 'jam', limit: 10, ...query })
    return [...facts.map(({ key }) => key), ...(truncated ? ['more'] : [])]
  }
  assert.deepEqual(await keysOf(hours(0, 9)), ['a', 'b'])
  assert.deepEqual(await keysOf(hours(1, 2)), [])
  assert.deepEqual(await keysOf({ ...hours(0, 9), limit: 1 }), ['a', 'more'])
  assert.deepEqual(await keysOf({ ...hours(0, 9), equipment: ['belt', 'other'] }), ['a'])
  assert.equal(db.asked, 1)
  db.commit([{ ...jam('x', 0), definition: 'other' }])
  assert.deepEqual(await keysOf(hours(0, 9)), ['a', 'b'])
  assert.equal(db.asked, 1)
  db.commit([jam('a', 0, { isWithdrawn: true })])
  assert.deepEqual(await keysOf(hours(0, 9)), ['b'])
  assert.equal(db.asked, 2)
  // Earlier than what is held, and other questions.
  assert.deepEqual(await keysOf(hours(-60, 9)), ['c', 'b'])
  for (const query of [{ asKnownAt: 1 }, { allRevisions: true }, { isWithdrawnToo: true }, { descending: true }, { keys: ['b'] }])
    await keysOf({ ...hours(0, 9), ...query })
  assert.equal(db.asked, 8)
})

test('records by time and by key are read once, until something new is said of their kind', async () => {
  const db = new Database()
  const flight = (key: string, n: number): RecordVersion => ({
    ...{ kind: 'flight', key, source: 'aodb', validFrom: START, validTo: START + n * HOUR, isDeleted: false, values: { n } },
  })
  db.commit([], [flight('AF1', 1), flight('AF2', 2)])
  const ask = async () => [
    (await db.records({ kind: 'flight', ...hours(1, 9), limit: 10 })).versions.map(({ key }) => key),
    (await db.records({ kind: 'flight', keys: ['AF1', 'AF3'], limit: 10 })).versions.map(({ values }) => values.n),
  ]
  assert.deepEqual([await ask(), await ask(), db.asked], [[['AF2'], [1]], [['AF2'], [1]], 2])
  db.commit([jam('a', 0)])
  assert.deepEqual([await ask(), db.asked], [[['AF2'], [1]], 2])
  db.commit([], [flight('AF1', 3)])
  assert.deepEqual([await ask(), db.asked], [[['AF1', 'AF2'], [3]], 4])
  db.recent.clear()
  assert.deepEqual([await ask(), db.asked], [[['AF1', 'AF2'], [3]], 6])
  // Paging, one source, every version: as it is.
  for (const more of [{ afterKey: 'AF1' }, { source: 'aodb' }, { allVersions: true }])
    await db.records({ kind: 'flight', keys: ['AF1'], limit: 10, ...more })
  assert.equal(db.asked, 9)
})

test('more than there is room for is asked of the database as it is, and so is what changes faster than it is asked for', async () => {
  const db = new Database({ recentStated: 40 })
  db.commit(Array.from({ length: 11 }, (_, i) => jam(String(i), i)))
  const question = { definition: 'jam', limit: 100, ...hours(0, 50) }
  for (let i = 0; i < 100; i++) assert.equal((await db.facts(question)).facts.length, 11)
  assert.ok(db.asked > 100 && db.asked < 110, `${db.asked}`)
  const other = new Database()
  for (let i = 0; i < 100; i++) {
    other.commit([jam(String(i), i)])
    assert.equal((await other.facts(question)).facts.length, Math.min(50, i + 1))
  }
  assert.equal(other.asked, 100)
  // By length: nothing that is longer than a quarter of it.
  const long = new Database({ recentStatedLength: 1_000 })
  long.commit([jam('a', 0, { equipment: 'b'.repeat(300) })])
  for (let i = 0; i < 3; i++) await long.facts(question)
  assert.equal(long.asked, 3)
  // Keys asked for beyond the room: the oldest are asked for again.
  const keyed = new Database({ recentStated: 20 })
  for (const round of [1, 2]) for (let i = 0; i < 30; i++) await keyed.records({ kind: 'flight', keys: [`${i}`], limit: 5 + round })
  assert.equal(keyed.asked, 60)
})

test('a longer time that is refused is no reason to refuse a shorter one', async () => {
  const recent = new RecentStated(limits)
  const { facts } = await recent.facts({ definition: 'jam', limit: 5, ...hours(0, 1) }, async ({ overlapping }) => {
    if ((overlapping?.to ?? 0) > START + HOUR) throw new QueryRefused('too long')
    return { facts: [], truncated: false }
  })
  assert.deepEqual(facts, [])
})

test('any commits, and questions that take their time meanwhile: every answer is one that the database gave then or gives now', async () => {
  const hour = fc.integer({ min: -5, max: 5 })
  const fact = fc
    .tuple(fc.constantFrom('a', 'b', 'c', 'd'), hour, fc.boolean(), fc.boolean(), fc.constantFrom('jam', 'other'))
    .map(([key, from, isWithdrawn, isOpen, definition]) =>
      jam(key, from, { definition, ...(isWithdrawn && { isWithdrawn }), ...(isOpen && { to: null }), equipment: from < 0 ? 'x' : 'y' }),
    )
  const record = fc.tuple(fc.constantFrom('1', '2'), hour, fc.boolean(), fc.constantFrom('p', 'q')).map(
    ([key, from, isDeleted, source]): RecordVersion => ({
      ...{ kind: 'flight', key, source, validFrom: START + from * HOUR, validTo: from > 3 ? null : START + (from + 2) * HOUR },
      ...{ isDeleted, values: {} },
    }),
  )
  const span = fc.tuple(hour, fc.nat(4)).map(([from, length]) => hours(from, from + length))
  const asking = fc.oneof(
    fc
      .tuple(fc.constantFrom('jam', 'other'), span, fc.constantFrom({}, { equipment: 'x' }), fc.integer({ min: 1, max: 3 }))
      .map(([definition, overlapping, place, limit]) => ({ facts: { definition, ...overlapping, ...place, limit } })),
    fc
      .tuple(fc.oneof(span, fc.constantFrom({ keys: ['1'] }, { keys: ['2', '1'] })), fc.integer({ min: 1, max: 5 }))
      .map(([by, limit]) => ({ records: { kind: 'flight', ...by, limit } })),
  )
  const commit = fc.record({ commit: fc.tuple(fc.array(fact, { maxLength: 2 }), fc.array(record, { maxLength: 1 })) })
  const step = fc.oneof(
    { weight: 4, arbitrary: commit },
    { weight: 8, arbitrary: fc.record({ ask: asking }) },
    { weight: 4, arbitrary: fc.constant({ letGo: true }) },
    { weight: 1, arbitrary: fc.record({ isSlow: fc.boolean() }) },
  )
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 10, maxLength: 80 }),
    fc.constantFrom(12, 400),
    async (steps, recentStated) => {
      const db = new Database({ recentStated })
      const wrong: string[] = []
      const open: { readonly allowed: Set<string>; isDone: boolean; readonly now: () => Promise<unknown>; answer?: Promise<void> }[] = []
      const note = async () => {
        for (const { isDone, allowed, now } of open) if (!isDone) allowed.add(JSON.stringify(await now()))
      }
      for (const one of steps) {
        if ('commit' in one) db.commit(...one.commit)
        else if ('isSlow' in one) db.isSlow = one.isSlow
        else if ('letGo' in one) await db.letGo()
        else {
          const { ask } = one
          const now = async () => ('facts' in ask ? db.memory.facts(ask.facts) : db.memory.records(ask.records as RecordQuery))
          const entry: (typeof open)[number] = { allowed: new Set([JSON.stringify(await now())]), isDone: false, now }
          entry.answer = ('facts' in ask ? db.facts(ask.facts) : db.records(ask.records as RecordQuery)).then((found) => {
            entry.isDone = true
            if (!entry.allowed.has(JSON.stringify(found)))
              wrong.push([JSON.stringify(ask), JSON.stringify(found), ...entry.allowed].join('\n'))
          })
          open.push(entry)
        }
        await note()
        if (!db.isSlow) await db.letGo()
      }
      while (open.some(({ isDone }) => !isDone)) await db.letGo()
      assert.deepEqual(wrong, [])
    },
  )
  await fc.assert(property, { numRuns: cases(200, 3_000) })
})
