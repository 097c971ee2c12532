import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from '../../core/batch.ts'
import { QueryRefused } from '../../core/historian.ts'
import type { Series, SeriesQuery } from '../../core/history.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { cases } from '../../lib/thorough.fixture.ts'
import type { Rows } from './batch-rows.ts'
import { RecentSeries } from './recent-series.ts'

const SECOND = 1_000_000
const NOW = 1_000 * SECOND
const DUPLICATE = 1
const limits = { recentRows: 1_000, seriesRows: 1_000, seriesSignals: 10 }

interface Sample {
  readonly signal: number
  readonly time: number
  readonly value: number
  readonly isDuplicate: boolean
  readonly isText: boolean
}

/** A database that is slow: questions are answered by what it holds when they are let go, and are delivered later still. */
class Database {
  readonly memory = new MemoryHistory()
  readonly recent: RecentSeries
  asked = 0
  /** As the history in memory counts. */
  #said = 0
  readonly #waiting: (() => void)[] = []
  isSlow = false

  constructor(some: Partial<typeof limits> = {}) {
    const names = { keyOf: (id: string) => (id === 'unheard' ? undefined : Number(id)), duplicates: () => [DUPLICATE] }
    this.recent = new RecentSeries(names, { ...limits, ...some })
  }

  commit(samples: readonly Sample[]): void {
    this.recent.committed([this.store(samples)], NOW)
  }

  store(samples: readonly Sample[]): Rows {
    const builder = new BatchBuilder(Math.max(1, samples.length))
    for (const { signal, time, value, isText, isDuplicate } of samples) {
      const row = builder.push(signal, time, isText ? Number.NaN : value, 0, isDuplicate ? DUPLICATE : 0)
      if (isText) builder.setText(row, `t${value}`)
      if (!isDuplicate) this.memory.sample(String(signal), time, isText ? `t${value}` : value, 0)
    }
    const batch = builder.build(NOW)
    this.#said += samples.length
    return { batch, signal: batch.signal, reasons: batch.reasons, ingest: this.#said }
  }

  ask = async (query: SeriesQuery): Promise<Series[]> => {
    this.asked++
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const found = await this.memory.series(query)
    if (found.reduce((sum, { count }) => sum + count, 0) > 400) throw new QueryRefused('too much')
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return found
  }

  async letGo(): Promise<void> {
    this.#waiting.shift()?.()
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

const plain = ({ signal, count, time, value, text }: Series) => ({
  signal,
  count,
  time: [...time],
  value: [...value],
  text: [...(text ?? [])],
})
const last = (from: number, signals: readonly string[] = ['1']): SeriesQuery => ({
  signals,
  from,
  to: NOW + SECOND,
  lookBackUs: 5 * SECOND,
})
const at = (seconds: number, signal = 1): Sample => ({
  ...{ signal, time: NOW + seconds * SECOND, value: seconds },
  ...{ isDuplicate: false, isText: false },
})

test('what was asked once is answered from memory as more comes, late and corrected samples included', async () => {
  const db = new Database()
  db.commit([at(-9), at(-7), at(-3)])
  assert.deepEqual([...((await db.recent.series(last(NOW - 5 * SECOND), db.ask))[0] as Series).value], [-7, -3])
  db.commit([at(-1), { ...at(-3), value: 33 }, { ...at(-4), value: 44 }, at(-8), { ...at(-2), isDuplicate: true }])
  const [found] = await db.recent.series(last(NOW - 5 * SECOND), db.ask)
  assert.deepEqual([...(found as Series).value], [-7, 44, 33, -1])
  assert.equal(db.asked, 1)
  // Older than what is kept.
  assert.deepEqual([...((await db.recent.series(last(NOW - 7.5 * SECOND), db.ask))[0] as Series).value], [-8, -7, 44, 33, -1])
  assert.equal(db.asked, 2)
})

test('any commits, and questions that take their time meanwhile: every answer is one that the database gave then or gives now', async () => {
  const second = fc.integer({ min: -30, max: 3 })
  const sample = fc.record({
    ...{ signal: fc.integer({ min: 1, max: 3 }), time: second.map((s) => NOW + s * SECOND), value: fc.nat(9) },
    ...{ isDuplicate: fc.integer({ min: 0, max: 5 }).map((n) => n === 0), isText: fc.boolean() },
  })
  const question = fc.record({
    signals: fc.uniqueArray(fc.constantFrom('1', '2', '3', 'unheard'), { minLength: 1 }),
    from: second.map((s) => NOW + s * SECOND),
    length: fc.nat(20),
    lookBackUs: fc.constantFrom(0, 2 * SECOND, 100 * SECOND),
    lookAheadUs: fc.constantFrom(0, 3 * SECOND),
  })
  const commit = fc.record({ commit: fc.uniqueArray(sample, { maxLength: 6, selector: ({ signal, time }) => `${signal} ${time}` }) })
  const step = fc.oneof(
    { weight: 5, arbitrary: commit },
    { weight: 5, arbitrary: fc.record({ ask: question }) },
    { weight: 2, arbitrary: fc.constant({ letGo: true }) },
    { weight: 1, arbitrary: fc.record({ isSlow: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ clear: true }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), fc.constantFrom(0, 40, 1_000, 1_000), async (steps, recentRows) => {
      const db = new Database({ recentRows })
      db.commit([])
      const open: { readonly allowed: Set<string>; readonly whole: SeriesQuery; isDone: boolean; readonly answer: Promise<void> }[] = []
      const wrong: string[] = []
      const note = async () => {
        for (const one of open) if (!one.isDone) one.allowed.add(JSON.stringify((await db.memory.series(one.whole)).map(plain)))
      }
      for (const one of steps) {
        if ('commit' in one) db.commit(one.commit)
        else if ('isSlow' in one) db.isSlow = one.isSlow
        else if ('clear' in one) {
          // What is not told is stored, too.
          db.store([at(-2, 2)])
          db.recent.clear()
        } else if ('letGo' in one) await db.letGo()
        else {
          const { length, ...rest } = one.ask
          const whole = { ...rest, to: rest.from + length * SECOND }
          const allowed = new Set([JSON.stringify((await db.memory.series(whole)).map(plain))])
          const entry = { allowed, whole, isDone: false, answer: Promise.resolve() }
          entry.answer = db.recent.series(whole, db.ask).then((found) => {
            entry.isDone = true
            const said = JSON.stringify(found.map(plain))
            if (!allowed.has(said)) wrong.push([JSON.stringify(whole), said, ...allowed].join('\n'))
          })
          open.push(entry)
        }
        await note()
        if (!db.isSlow) await db.letGo()
        assert.ok(db.recent.capacity <= recentRows || !('commit' in one))
      }
      while (open.some(({ isDone }) => !isDone)) await db.letGo()
      await Promise.all(open.map(({ answer }) => answer))
      assert.deepEqual(wrong, [])
      assert.ok(db.recent.capacity <= recentRows)
    }),
    { numRuns: cases(300, 5_000) },
  )
})

test('never more rows than the limit: the oldest go, and what nobody asks for', async () => {
  const db = new Database({ recentRows: 200 })
  db.commit([at(-1, 1), at(-1, 2)])
  await db.recent.series(last(NOW - 5 * SECOND, ['1', '2']), db.ask)
  for (let i = 0; i < 1_000; i++) {
    db.commit([at(i / 1_000, 1), at(i / 1_000, 2)])
    assert.ok(db.recent.capacity <= 200)
    await db.recent.series(last(NOW + (i / 1_000) * SECOND), db.ask)
  }
  assert.ok(db.asked < 5, `${db.asked} questions`)
  // The second is not kept any more.
  const before = db.asked
  await db.recent.series(last(NOW + 0.999 * SECOND, ['2']), db.ask).catch((error) => assert.ok(error instanceof QueryRefused))
  assert.ok(db.asked > before)
})

test('a sample that comes before too many others is not put in its place: what is kept of its signal is read again', async () => {
  const db = new Database({ recentRows: 20_000, seriesRows: 20_000 })
  db.commit([at(-9)])
  const early = { signals: ['1'], from: NOW - 9 * SECOND, to: NOW - 8 * SECOND, lookBackUs: 0 }
  await db.recent.series(early, db.ask)
  db.commit(Array.from({ length: 1_100 }, (_, i) => at(i / 10_000 - 1)))
  assert.deepEqual([...((await db.recent.series(early, db.ask))[0] as Series).value], [-9])
  assert.equal(db.asked, 1)
  db.commit([at(-8.5)])
  assert.deepEqual([...((await db.recent.series(early, db.ask))[0] as Series).value], [-9, -8.5])
  // The wide question is refused here, and the one that was asked is not.
  assert.equal(db.asked, 3)
})

test('a question about the past, or as it was known then, goes to the database; so does one that would be refused', async () => {
  const db = new Database({ seriesRows: 2 })
  db.commit([at(-3), at(-2), at(-1)])
  const past = { signals: ['1'], from: 0, to: NOW - 700 * SECOND, lookBackUs: 0 }
  for (const query of [past, past, { ...last(0), asKnownAt: NOW }, { ...last(0), signals: Array.from({ length: 11 }, () => '1') }])
    await db.recent.series(query, db.ask)
  assert.equal(db.asked, 4)
  for (let i = 0; i < 2; i++) await db.recent.series(last(NOW - 5 * SECOND), db.ask)
  assert.equal(db.asked, 6)
})
