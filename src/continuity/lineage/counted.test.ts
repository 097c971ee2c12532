import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TallyQuery, TallyRow } from '../../core/historian.ts'
import { Status } from '../../core/status.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import type { Below, SignalBelow } from './below.ts'
import { countSamples } from './counted.ts'
import { pathsOf } from './groups.ts'

const below = (...signals: Partial<SignalBelow>[]): Below => ({
  ...{ facts: new Map(), records: new Map(), isCut: false },
  signals: new Map(
    signals.map((one, i) => {
      const signal = one.signal ?? `t/${i}`
      return [
        signal,
        {
          signal,
          from: 0,
          to: 10,
          samples: 1,
          newestIngest: 1,
          holdUs: 4,
          derivation: undefined,
          isOrphan: false,
          feeds: new Set(),
          ...one,
        },
      ]
    }),
  ),
})
const row = (signal: string, more: Partial<TallyRow> = {}): TallyRow => ({
  ...{ signal, status: 0, reasons: [], samples: 1, oldest: 1, newest: 1, newestIngest: 1 },
  ...more,
})

test('counts by signal: the worst status, the reasons; the reading before the period where one sample is missing', async () => {
  const asked: TallyQuery[] = []
  const tally = async (query: TallyQuery) => {
    asked.push(query)
    if (query.lookBackUs)
      return { rows: query.signals.map((id) => row(id, { newest: -1, oldest: -1, reasons: ['spike@1'] })), truncated: false }
    return { rows: [row('t/0', { samples: 2 }), row('t/0', { status: Status.Bad, reasons: ['range@1'], newest: 7 })], truncated: false }
  }
  const counted = await countSamples(below({ samples: 3 }, { samples: 1 }), tally, 5)
  const shown = [...counted].map(([id, { samples, worst, reasons, oldest, newest }]) => [id, samples, worst, [...reasons], oldest, newest])
  assert.deepEqual(shown, [
    ['t/0', 3, Status.Bad, [['range@1', 1]], 1, 7],
    ['t/1', 1, 0, [['spike@1', 1]], -1, -1],
  ])
  assert.deepEqual(
    asked.map(({ signals, from, to, lookBackUs, asKnownAt }) => [signals, from, to, lookBackUs, asKnownAt]),
    [
      [['t/0', 't/1'], 0, 10, undefined, 5],
      [['t/1'], 0, 0, 4, 5],
    ],
  )
})

test('limits: samples, periods; what is beyond is not counted', async () => {
  const tally = async ({ signals }: TallyQuery) => ({ rows: signals.map((id) => row(id)), truncated: false })
  assert.equal((await countSamples(below({ samples: CONTINUITY_LIMITS.countedSamples + 1 }), tally, undefined)).size, 0)
  const many = Array.from({ length: CONTINUITY_LIMITS.periods + 5 }, (_, i) => ({ from: i, to: i + 10 }))
  assert.equal((await countSamples(below(...many), tally, undefined)).size, CONTINUITY_LIMITS.periods)
  const rows = Array.from({ length: CONTINUITY_LIMITS.countedRows + 1 }, () => row('t/0'))
  const of = (stored: number) =>
    countSamples(below({}), async ({ limit }) => ({ rows: rows.slice(0, Math.min(stored, limit)), truncated: stored > limit }), undefined)
  assert.equal((await of(CONTINUITY_LIMITS.countedRows)).get('t/0')?.samples, CONTINUITY_LIMITS.countedRows)
  assert.equal((await of(CONTINUITY_LIMITS.countedRows + 1)).size, 0)
})

test('the reading that was in force is looked for as long as its signal may hold one, and no longer than the limit', async () => {
  const asked: (number | undefined)[] = []
  const tally = async ({ lookBackUs }: TallyQuery) => {
    if (lookBackUs !== undefined) asked.push(lookBackUs)
    return { rows: [], truncated: false }
  }
  for (const holdUs of [5, CONTINUITY_LIMITS.reachUs, 3 * CONTINUITY_LIMITS.reachUs])
    await countSamples(below({ holdUs }), tally, undefined)
  assert.deepEqual(asked, [8, CONTINUITY_LIMITS.reachUs, CONTINUITY_LIMITS.reachUs])
})

test('signals are shown with their equipment; of too many places those that lie together are one', () => {
  const declared = { line: { level: 'work-unit' as const, assets: [], aliases: [] } }
  assert.deepEqual([...pathsOf(['t/line/motor/current', 't/other/x'], declared).values()], ['line', 'other'])
  const paths = pathsOf(
    Array.from({ length: 1_000 }, (_, i) => `t/hall-${i % 5}/machine-${i}/x`),
    {},
  )
  assert.deepEqual([...new Set(paths.values())].sort(), ['hall-0', 'hall-1', 'hall-2', 'hall-3', 'hall-4'])
})
