import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiscoveryProgress, DiscoveryQuestion } from '../../core/discovery.ts'
import { QueryRefused } from '../../core/historian.ts'
import type { History } from '../../core/history.ts'
import { DAY, HOUR, MINUTE } from '../../core/time.ts'
import { type DiscoverParts, discover } from './index.ts'
import { DISCOVER_LIMITS } from './limits.ts'
import { eventMoments, gridMoments, observedMoments } from './moments.ts'
import { BEGIN, END, plant, TEN_MINUTES } from './plant.fixture.ts'
import { seeded } from './random.ts'

const DAYS = 14
const question: DiscoveryQuestion = {
  ...{ target: { kind: 'event', definition: 'jam' }, from: BEGIN, to: END(DAYS), leadUs: TEN_MINUTES, fdr: 0.05, seed: 1 },
}
const parts = (more: Partial<DiscoverParts>): DiscoverParts => ({
  ...{ history: plant({ seed: 1, days: 1, noise: {}, events: 0 }).history, signals: [], site: 't', equipment: {}, oldestTime: BEGIN },
  ...{ monotonicMs: () => 0, pause: async () => {}, onProgress: () => {}, stop: new AbortController().signal, ...more },
})
const at = (hour: number, minutes = 1) => ({
  ...{ from: BEGIN + hour * HOUR, to: BEGIN + hour * HOUR + minutes * MINUTE, equipment: 'a', isStartUnseen: false },
})

test('an event soon after another one, one nobody saw begin, and those beyond the limit are counted', () => {
  const period = { from: BEGIN, to: BEGIN + 30 * DAY, leadUs: TEN_MINUTES }
  const near = eventMoments([at(30), at(30.2), { ...at(60), isStartUnseen: true }, at(90)], period, seeded(1))
  assert.deepEqual([near.found, near.leftOut.close, near.leftOut['start-unseen']], [4, 1, 1])
  const many = Array.from({ length: DISCOVER_LIMITS.events + 7 }, (_, i) => at(24 + i * 5))
  const { leftOut, moments } = eventMoments(many, period, seeded(1))
  assert.equal(leftOut['over-limit'], 7)
  assert.equal(moments.filter(({ isEvent }) => isEvent).length, DISCOVER_LIMITS.events)
  assert.ok(moments.length <= DISCOVER_LIMITS.events * (1 + DISCOVER_LIMITS.controls))
})

test('controls are of the same hour, and no windows of one equipment overlap', () => {
  const events = [at(30), at(54), at(80), at(81), at(200)]
  const { moments, matching } = eventMoments(events, { from: BEGIN, to: BEGIN + 20 * DAY, leadUs: TEN_MINUTES }, seeded(3))
  assert.equal(matching, 'same-hour')
  const sorted = moments.map((one) => one.at).sort((a, b) => a - b)
  for (const [i, time] of sorted.entries()) if (i > 0) assert.ok(time - (sorted[i - 1] as number) >= 2 * TEN_MINUTES)
  for (const { at: time, set, isEvent } of moments) {
    const event = moments.find((one) => one.set === set && one.isEvent)?.at as number
    const far = Math.abs(((time - event + DAY / 2 + 100 * DAY) % DAY) - DAY / 2)
    assert.ok(far <= HOUR / 2)
    if (!isEvent) assert.ok(events.every((one) => time <= one.from - 2 * TEN_MINUTES || time - 2 * TEN_MINUTES >= one.to))
  }
  const short = eventMoments([at(3), at(4)], { from: BEGIN, to: BEGIN + 5 * HOUR, leadUs: HOUR }, seeded(3))
  assert.deepEqual([short.matching, short.moments.length, short.leftOut['no-controls'] + short.leftOut.close], ['any-hour', 0, 2])
})

test('observations are at most so many, drawn from all of the period', () => {
  const most = DISCOVER_LIMITS.observations
  const period = { from: BEGIN, to: BEGIN + 90 * DAY, leadUs: TEN_MINUTES }
  const all = Array.from({ length: most + 50 }, (_, i) => ({ at: BEGIN + i * HOUR, equipment: undefined, observed: i || undefined }))
  const { moments, leftOut } = observedMoments(all, period, seeded(1))
  assert.deepEqual([moments.length, leftOut['over-limit'], leftOut['no-value']], [most, 49, 1])
  const grid = gridMoments(period, MINUTE, undefined).moments
  assert.equal(grid.length, most)
  assert.ok((grid.at(-1)?.at as number) > BEGIN + 89 * DAY)
})

test('signals beyond the limit are counted, texts without end are no states, and ids are named up to a limit', async () => {
  const made = plant({ seed: 2, days: DAYS, noise: { white: 2 }, events: 12 })
  const many = Array.from({ length: DISCOVER_LIMITS.signals + 3 }, (_, i) => ({
    ...{ id: `t/line/press/s${String(i).padStart(4, '0')}`, connection: 'c', address: 'a', dataType: 'number' as const },
  }))
  const none: History = {
    ...made.history,
    series: async ({ signals }) =>
      signals.map((signal) => {
        const empty = new Float64Array(0)
        return { signal, count: 0, time: empty, value: empty, status: new Uint32Array(0), ingest: empty }
      }),
  }
  const answer = await discover(question, parts({ history: none, signals: many }))
  assert.deepEqual([answer.signals, answer.signalsLeftOut, answer.findings.length], [DISCOVER_LIMITS.signals, 3, 0])
  assert.ok(answer.notJudged.every(({ reason }) => reason === 'coverage'))
  let n = 0
  made.add('t/line/press/note', () => n++, { dataType: 'text' })
  const noted = await discover(question, parts(made))
  assert.deepEqual(
    noted.notJudged.map(({ signal, reason }) => [signal, reason]),
    [['./note', 'text']],
  )
})

test('what has as many states as the limit is judged, what has one more is a text', async () => {
  const made = plant({ seed: 2, days: DAYS, noise: {}, events: 12 })
  made.add('t/line/press/most', (minute) => 2 + (minute % DISCOVER_LIMITS.states), { dataType: 'text' })
  made.add('t/line/press/more', (minute) => 2 + (minute % (DISCOVER_LIMITS.states + 1)), { dataType: 'text' })
  const { notJudged, signals } = await discover(question, parts(made))
  assert.deepEqual([signals, notJudged.map(({ signal, reason }) => [signal, reason])], [2, [['./more', 'text']]])
})

test('reading ends at the limit of samples or of time with a part drawn at random; progress is told; it can be stopped', async () => {
  const made = plant({ seed: 2, days: DAYS, noise: { white: 2 }, events: 20, drift: 3 })
  const told: DiscoveryProgress[] = []
  let now = 0
  const late = await discover(question, parts({ ...made, monotonicMs: () => (now += 2_000), onProgress: (one) => told.push(one) }))
  assert.equal(late.stopped, 'time')
  assert.ok(now >= DISCOVER_LIMITS.timeMs && now <= DISCOVER_LIMITS.timeMs + 10_000, `${now}`)
  assert.ok(late.moments < 20 && late.leftOut['not-read'] > 0)
  assert.equal(late.moments + late.leftOut['not-read'], 20)
  assert.deepEqual([told[0]?.phase, told.at(-1)?.phase, told.at(-1)?.done, told.at(-1)?.of], ['reading', 'judging', 3, 3])
  // What a history says is believed: here each answer claims to be very long.
  const long: History = {
    ...made.history,
    series: async (query) => {
      const found = await made.history.series(query)
      return [...found, { ...(found[0] as (typeof found)[number]), signal: 'x', count: DISCOVER_LIMITS.samples / 50 }]
    },
  }
  assert.equal((await discover(question, parts({ ...made, history: long }))).stopped, 'samples')
  const stop = AbortSignal.abort(new Error('enough'))
  await assert.rejects(discover(question, parts({ ...made, stop })), /enough/)
})

test('what is too much for the history at once is asked for in halves; of facts beyond the limit the newest are taken', async () => {
  const made = plant({ seed: 2, days: DAYS, noise: { white: 6 }, events: 20, drift: 3 })
  const narrow: History = {
    ...made.history,
    series: async (query) => {
      if (query.signals.length > 2 || query.signals[0]?.endsWith('white-3')) throw new QueryRefused('too much')
      return made.history.series(query)
    },
  }
  const answer = await discover(question, parts({ ...made, history: narrow }))
  assert.equal(answer.findings[0]?.signal, './motor/current')
  assert.deepEqual(
    answer.notJudged.map(({ signal, reason }) => [signal, reason]),
    [['./white-3', 'few']],
  )
  const { facts } = await made.history.facts({ definition: 'jam', limit: 1 })
  const [first] = facts as [(typeof facts)[number]]
  const full: History = {
    ...made.history,
    facts: async ({ limit }) => ({
      facts: Array.from({ length: limit }, () => ({ ...first, from: END(7), to: END(7) + MINUTE })),
      truncated: limit < stored,
    }),
  }
  let stored = DISCOVER_LIMITS.facts
  const all = await discover(question, parts({ ...made, history: full }))
  assert.deepEqual([all.truncated, all.from], [false, BEGIN])
  stored++
  const cut = await discover(question, parts({ ...made, history: full }))
  assert.deepEqual([cut.truncated, cut.from], [true, END(7)])
})
