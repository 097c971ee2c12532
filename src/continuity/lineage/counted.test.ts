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
  assert.equal((await countSamples(below({}), async () => ({ rows: [], truncated: true }), undefined)).size, 0)
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
