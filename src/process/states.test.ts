import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rank, Status } from '../core/status.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { stateMachine } from './config.ts'
import { Driver } from './driver.fixture.ts'
import { states } from './states.ts'
import { arrive, isBad, LAST, naiveSample, type Stream, streams } from './streams.fixture.ts'

const numRuns = cases(300, 20_000)
const known = { ids: () => ['s/x', 's/y'], signal: () => ({}) }

interface Given {
  readonly tolerance: number
  readonly debounce: number
}

function machine({ tolerance, debounce }: Given) {
  return stateMachine.parse({
    ...{ id: 'state', inputs: { x: 'x', y: 'y' }, tolerance: `${tolerance}us`, debounce: `${debounce}us` },
    states: { fault: 'y > 7', running: 'x > 5', idle: 'x > 2' },
  })
}

async function shown(given: Given, samples: readonly (readonly [signal: string, time: number, value: number, status?: number])[]) {
  const driver = new Driver(states(machine(given), 's', known))
  for (const [signal, time, value, status] of samples) driver.history.sample(signal, time, value, status)
  await driver.publish([{ definition: 'state', key: '', from: 0, to: LAST }], LAST)
  const rows = driver.history.samples.get('s/state') ?? []
  return rows.map(({ time, text, status }) => `${time} ${text ?? '-'} ${['Good', 'Uncertain', 'Bad'][rank(status)]}`)
}

test('the first state that is true, unknown where that is not known', async () => {
  assert.deepEqual(
    await shown({ tolerance: 50, debounce: 0 }, [
      ['s/y', 0, 0],
      ['s/x', 10, 6],
      ['s/x', 20, 3],
      ['s/x', 30, 0],
      ['s/x', 40, 6],
      ['s/y', 41, 8],
      ['s/y', 43, 0, Status.Uncertain],
    ]),
    [
      ...['0 - Bad', '10 running Good', '20 idle Good', '30 - Good', '40 running Good', '41 fault Good', '43 running Uncertain'],
      ...['91 - Bad'],
    ],
  )
})

test('a state that does not last is none', async () => {
  assert.deepEqual(
    await shown({ tolerance: 200, debounce: 5 }, [
      ['s/y', 0, 0],
      ['s/x', 10, 6],
      ['s/x', 20, 3],
      ['s/x', 24, 6],
      ['s/x', 30, 3],
    ]),
    ['0 - Bad', '10 running Good', '20 running Good', '24 running Good', '30 idle Good'],
  )
})

/** Microsecond by microsecond. */
function oracle(stream: Stream, { tolerance, debounce }: Given): string[] {
  const first = -60
  const at = (signal: string, t: number) => {
    const found = naiveSample(stream, signal, t, tolerance)
    return isBad(found) ? undefined : found
  }
  const raw: string[] = []
  const levels: number[] = []
  for (let t = first; t <= LAST; t++) {
    const [x, y] = [at('s/x', t), at('s/y', t)]
    const state = !y ? '?' : y.value > 7 ? 'fault' : !x ? '?' : x.value > 5 ? 'running' : x.value > 2 ? 'idle' : 'none'
    raw.push(state)
    levels.push(!x || !y ? 2 : Math.max(rank(x.status), rank(y.status)))
  }
  const out = [...raw]
  for (let i = 0; i < raw.length; ) {
    let j = i
    while (j < raw.length && raw[j] === raw[i]) j++
    if (raw[i] !== '?' && j - i < debounce) out.fill(out[i - 1] ?? '?', i, j)
    i = j
  }
  const sampled = new Set(stream.arrivals.map(({ time }) => time))
  const rows: string[] = []
  let before = '? 2'
  for (let t = first; t <= LAST; t++) {
    const [state, level] = [out[t - first], levels[t - first] as number]
    const severity = state === '?' ? 'Bad' : state === 'none' ? (level > 0 ? 'Bad' : 'Good') : level > 0 ? 'Uncertain' : 'Good'
    const told = `${state} ${severity}`
    const isChange = told !== before && before !== '? 2'
    if (sampled.has(t) || isChange) rows.push(`${t} ${told}`)
    before = told
  }
  return rows
}

/** A reading before makes a state last that was too short, and its end with it, which lies further on than the reading reaches. */
const LONGER: Stream = {
  arrivals: [
    { signal: 's/x', time: 13, value: 0, status: 0 },
    { signal: 's/y', time: 3, value: 8, status: 0 },
    { signal: 's/y', time: 0, value: 8, status: 0 },
  ],
  batches: [{ size: 1, lag: 0 }],
}

test(`states follow from the history alone, in whatever order it comes (${numRuns} streams)`, async () => {
  await fc.assert(
    fc.asyncProperty(
      streams(['s/x', 's/y']),
      fc.record({ tolerance: fc.integer({ min: 1, max: 50 }), debounce: fc.constantFrom(0, 0, 3, 12) }),
      async (stream, given) => {
        const driver = new Driver(states(machine(given), 's', known))
        await arrive(driver, stream)
        const rows = (driver.history.samples.get('s/state') ?? []).toSorted((a, b) => a.time - b.time)
        const expected = oracle(stream, given)
        const [whole] = await states(machine(given), 's', known).compute(
          [{ definition: 'state', key: '', from: 0, to: LAST }],
          driver.history,
          {
            ...{ watermark: LAST, cause: 'first' },
          },
        )
        assert.deepEqual(
          rows.map(({ time, text, status }) => [time, text, status]),
          whole?.samples.map(({ time, text, status }) => [time, text, status]),
        )
        const told = rows.map(({ time, text, status }) => {
          const state = text ?? (status === Status.GoodNoData ? 'none' : '-')
          return `${time} ${state} ${['Good', 'Uncertain', 'Bad'][rank(status)]}`
        })
        // Changes between two codes of one severity are told too, and `-` is both not known and none of uncertain inputs.
        const plain = (row: string) => row.replace(/ (\?|none) Bad/, ' - Bad')
        const times = new Set(expected.map((row) => row.split(' ')[0]))
        assert.deepEqual(
          told.filter((row) => times.has(row.split(' ')[0])),
          expected.map(plain),
        )
      },
    ),
    { numRuns, examples: [[LONGER, { tolerance: 8, debounce: 12 }]] },
  )
})
