import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Discovery, DiscoveryQuestion } from '../../core/discovery.ts'
import type { StoredFact } from '../../core/facts.ts'
import type { History } from '../../core/history.ts'
import { Status } from '../../core/status.ts'
import { MINUTE } from '../../core/time.ts'
import { isThorough } from '../../lib/thorough.fixture.ts'
import { discover } from './index.ts'
import { BEGIN, END, type Plant, plant, TEN_MINUTES } from './plant.fixture.ts'
import { seeded } from './random.ts'

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
  assert.ok(first?.feature === 'level' || first?.feature === 'slope')
  assert.ok((first?.effect ?? 0) > 0.8, `effect ${first?.effect}`)
  assert.ok((first?.coverage ?? 0) > 0.8 && (first?.coverage ?? 0) < 1)
  assert.ok((first?.windowsLeftOut ?? 0) > 0)
  assert.equal(answer.signals, 201)
  assert.equal(answer.matching, 'same-hour')
  assert.ok(answer.findings.length <= 2, `${answer.findings.map(({ signal }) => signal)}`)
})

test('what is missing is never ranked, the same thing under two names is one finding, and pure rhythm is no precursor', async () => {
  const made = plant({ seed: 5, days: 14, noise: { white: 10 }, events: 25, drift: 2, hours: [6, 9] })
  const current = made.values.get('t/line/press/motor/current') as Float32Array
  made.add('t/line/press/motor/current-ma', (i) => 1000 * (current[i] as number), { unit: 'mA' })
  made.add('t/line/press/still', () => 4)
  made.add('t/line/press/away', (i) => (i % 1000 < 900 ? Number.NaN : i))
  // Rises every morning, as the shift and with it the jams begin.
  made.add('t/line/press/oil', (i) => 40 + 15 * Math.sin((2 * Math.PI * ((i % 1440) - 360)) / 1440))
  made.add('t/line/hall/light', (i) => (i % 1440 > 300 ? 1 : 0), { dataType: 'boolean' })
  made.add('t/other/pump', (i) => i)
  const answer = await ask(made, 14)
  assert.deepEqual(
    answer.findings.map(({ signal, sameAs }) => [signal, ...sameAs].sort()),
    [['./motor/current', './motor/current-ma']],
  )
  assert.deepEqual(
    answer.notJudged.map(({ signal, reason }) => [signal, reason]),
    [
      ['./away', 'coverage'],
      ['./still', 'constant'],
      // It changes at five in the morning, never in the hours looked at.
      ['t/line/hall/light', 'constant'],
    ],
  )
  assert.ok(!answer.notJudged.some(({ signal }) => signal.startsWith('t/other')))
  const elsewhere = await ask(made, 14, { matches: (id) => id === 't/other/pump' })
  assert.equal(elsewhere.signals, 1)
})

test('a state that comes before events is found, with its state', async () => {
  const made = plant({ seed: 8, days: 14, noise: { white: 5 }, events: 20 })
  const random = seeded(4)
  const first = made.events.map((at) => Math.round((at - BEGIN) / MINUTE))
  const isBefore = (minute: number) => first.some((start) => start - minute > 0 && start - minute <= 5)
  made.add('t/line/press/guard-open', (i) => (isBefore(i) || random() < 0.01 ? 1 : 0), { dataType: 'boolean' })
  const [found] = (await ask(made, 14)).findings
  assert.deepEqual([found?.signal, found?.feature, found?.state], ['./guard-open', 'share', 'true'])
  assert.ok((found?.effect ?? 0) > 0.8)
  assert.equal(found?.earliestUs, TEN_MINUTES / 2)
})

/** Of plants in which all is noise, those in which something was found: any finding is false. */
async function falseFindings(seeds: number, options: Omit<Parameters<typeof plant>[0], 'seed'>): Promise<number> {
  let wrong = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const { findings } = await ask(plant({ seed: seed * 7919, ...options }), options.days, { seed })
    if (findings.length > 0) wrong++
  }
  return wrong
}

const NOISES = {
  'independent readings': { noise: { white: 15 } },
  'slow wandering, events in bursts': { noise: { slow: 15 }, burst: 4 },
  'daily rhythms, all events in the morning': { noise: { daily: 15 }, hours: [6, 9] },
  'slow waves, events in bursts': { noise: { wave: 15 }, burst: 4 },
} as const

test('in noise there is a finding at most as often as is accepted, over 100 plants', { timeout: 110_000 }, async (t) => {
  let wrong = 0
  for (const [name, options] of Object.entries(NOISES)) {
    const some = await falseFindings(25, { days: 8, events: 20, ...options })
    t.diagnostic(`${name}: ${some} of 25`)
    wrong += some
  }
  // At 5 % more than 11 come by chance less than once in two hundred runs; the seeds are fixed, so that this one does not.
  assert.ok(wrong <= 11, `${wrong} of 100`)
})

test('of a signal that follows another one minutes later, the other one is found', async () => {
  const made = plant({ seed: 21, days: 14, noise: { white: 5, slow: 10, walk: 5, daily: 5 }, events: 0 })
  const random = seeded(9)
  const valve = made.values.get('t/line/press/slow-0') as Float32Array
  made.add('t/line/press/flow', (i) => 30 + 4 * (valve[Math.max(0, i - 7)] as number) + random() - 0.5)
  const answer = await ask(made, 14, { target: { kind: 'signal', signal: 't/line/press/flow' } })
  const [first, ...others] = answer.findings
  assert.equal(first?.signal, './slow-0')
  assert.deepEqual(first?.lead, { fromUs: TEN_MINUTES, toUs: TEN_MINUTES / 2 })
  assert.ok((first?.effect ?? 0) > 0.3 && (first?.effective ?? 0) > 100, JSON.stringify(first))
  assert.ok(others.length <= 1, `${others.map(({ signal }) => signal)}`)
  assert.ok(!answer.findings.some(({ signal }) => signal === './flow'))
})

test('a signal that only moves with the target foretells nothing of it', async (t) => {
  let wrong = 0
  for (let seed = 1; seed <= 16; seed++) {
    const kind = seed % 2 ? 'white' : 'slow'
    const made = plant({ seed: 22 * seed, days: 6, noise: { [kind]: 2 }, events: 0 })
    const level = made.values.get(`t/line/press/${kind}-0`) as Float32Array
    const random = seeded(500 + seed)
    made.add('t/line/press/with', (i) => 3 * (level[i] as number) + 0.3 * random())
    const { findings } = await ask(made, 6, { target: { kind: 'signal', signal: `t/line/press/${kind}-0` } })
    if (findings.some(({ signal }) => signal === './with')) wrong++
  }
  t.diagnostic(`${wrong} of 16`)
  assert.ok(wrong <= 3, `${wrong} of 16`)
})

test('stops that a signal and the target share do not make it a precursor of the rest', async () => {
  const made = plant({ seed: 23, days: 14, noise: { slow: 3 }, events: 12 })
  const level = made.values.get('t/line/press/slow-0') as Float32Array
  const random = seeded(6)
  const starts = made.events.map((at) => Math.round((at - BEGIN) / MINUTE))
  const isStopped = (i: number) => starts.some((start) => i >= start && i < start + 4)
  made.add('t/line/press/current', (i) => (isStopped(i) ? 0 : 8 + (level[i] as number) + random()))
  made.add('t/line/press/speed', (i) => (isStopped(i) ? 0 : 0.5 + 0.004 * random()))
  const { findings } = await ask(made, 14, { target: { kind: 'signal', signal: 't/line/press/current' } })
  assert.ok(!findings.some(({ signal }) => signal === './speed'), JSON.stringify(findings))
})

test('of the value of a result, the signal it grows with is found; values that are not known are counted', async () => {
  const made = plant({ seed: 31, days: 28, noise: { white: 5, slow: 10, walk: 5, daily: 5 }, events: 120 })
  const walk = made.values.get('t/line/press/walk-1') as Float32Array
  const random = seeded(2)
  const facts: History['facts'] = async (query) => {
    const found = await made.history.facts(query)
    return {
      ...found,
      facts: found.facts.map((fact, i): StoredFact => {
        const minute = Math.round((fact.from - BEGIN) / MINUTE)
        const value = 60 + 10 * ((walk[minute - 1] as number) - (walk[minute - 15] as number)) + random()
        const isKnown = i % 10 > 0
        const said = { value: isKnown ? value : null, unit: 's', status: isKnown ? 0 : Status.BadNoData, coverage: 1 }
        return {
          ...fact,
          values: { duration: said },
          inputs: [{ signal: 't/line/press/walk-1', from: 0, to: 1, samples: 1, newestIngest: 1 }],
        }
      }),
    }
  }
  const asked = { ...made, history: { ...made.history, facts } }
  const answer = await ask(asked, 28, { target: { kind: 'value', definition: 'jam', value: 'duration' } })
  assert.deepEqual([answer.findings[0]?.signal, answer.findings[0]?.feature, answer.findings[0]?.isInput], ['./walk-1', 'level', true])
  assert.equal(answer.leftOut['no-value'], 12)
  assert.equal(answer.moments, 108)
})

test('numbers that have nothing to do with each other', { timeout: 110_000 }, async (t) => {
  let wrong = 0
  const seeds = isThorough ? 8 : 3
  for (const [name, noise] of Object.entries({ slow: { slow: 12 }, walk: { walk: 12 }, daily: { daily: 12 }, wave: { wave: 12 } })) {
    let some = 0
    for (let seed = 1; seed <= seeds; seed++) {
      const made = plant({ seed: seed * 104_729, days: 8, noise, events: 0 })
      const answer = await ask(made, 8, { target: { kind: 'signal', signal: `t/line/press/${name}-0` }, seed })
      if (answer.findings.length > 0) some++
    }
    t.diagnostic(`${name}: ${some} of ${seeds}`)
    wrong += some
  }
  assert.ok(wrong <= (5 / 8) * seeds, `${wrong} of ${4 * seeds}`)
})
