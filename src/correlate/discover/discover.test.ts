import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Discovery, DiscoveryQuestion } from '../../core/discovery.ts'
import { discover } from './index.ts'
import { BEGIN, END, type Plant, plant, TEN_MINUTES } from './plant.fixture.ts'

const ask = (
  { history, signals }: Pick<Plant, 'history' | 'signals'>,
  days: number,
  more: Partial<DiscoveryQuestion> = {},
): Promise<Discovery> =>
  discover(
    { target: { kind: 'event', definition: 'jam' }, from: BEGIN, to: END(days), leadUs: TEN_MINUTES, fdr: 0.05, seed: 1, ...more },
    {
      ...{ history, signals, site: 't', equipment: {}, oldestTime: BEGIN, monotonicMs: () => 0, pause: async () => {} },
      ...{ onProgress: () => {}, stop: new AbortController().signal },
    },
  )

test('a drift of the motor current in the ten minutes before jams comes first among 200 noise signals', async () => {
  const noise = { white: 50, slow: 50, walk: 40, daily: 40, wave: 20 }
  const answer = await ask(plant({ seed: 11, days: 21, noise, events: 30, drift: 2, missing: 0.1 }), 21)
  const [first] = answer.findings
  assert.equal(first?.signal, './motor/current')
  assert.equal(first?.feature, 'level')
  assert.ok((first?.effect ?? 0) > 0.8, `effect ${first?.effect}`)
  assert.ok((first?.coverage ?? 0) > 0.8 && (first?.coverage ?? 0) < 1)
  assert.ok((first?.windowsLeftOut ?? 0) > 0)
  assert.equal(answer.signals, 201)
  assert.equal(answer.matching, 'same-hour')
  assert.ok(answer.findings.length <= 2, `${answer.findings.map(({ signal }) => signal)}`)
})

/** False findings over many plants in which nothing is planted but noise: any finding is false. */
async function falseRate(seeds: number, options: Omit<Parameters<typeof plant>[0], 'seed'>) {
  let wrong = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const { findings } = await ask(plant({ seed: seed * 7919, ...options }), options.days, { seed })
    if (findings.length > 0) wrong++
  }
  return wrong / seeds
}

/** With a rate of 5 %, more than 12 of 100 come by chance once in about a thousand runs. */
const MOST_BY_CHANCE = 0.12

for (const [name, options] of Object.entries({
  'independent readings': { noise: { white: 25 } },
  'slow wandering': { noise: { slow: 25 } },
  'daily rhythms, all events in the morning': { noise: { daily: 25 }, hours: [6, 9] as const },
  'slow waves, events in bursts': { noise: { wave: 25 }, burst: 4 },
})) {
  test(`nothing is found in noise: ${name}`, async (t) => {
    const rate = await falseRate(100, { days: 14, events: 20, ...options })
    t.diagnostic(`false findings in ${Math.round(rate * 100)} of 100 plants`)
    assert.ok(rate <= MOST_BY_CHANCE, `${rate}`)
  })
}
