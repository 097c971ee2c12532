import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Discover, Discovery, DiscoveryQuestion } from '../core/discovery.ts'
import { QueryRefused } from '../core/historian.ts'
import type { DerivationView } from '../core/node-view.ts'
import { SECOND, systemClock } from '../core/time.ts'
import { type DiscoveryView, discovery } from './discovery-schemas.ts'
import { discoveryWords, span } from './discovery-words.ts'
import { type Fixture, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'

const FOUND: Discovery = {
  ...{ from: 0, to: 100 * SECOND, found: 3, moments: 2, controls: 10, matching: 'same-hour', signals: 2, signalsLeftOut: 0, tests: 12 },
  leftOut: { close: 1, 'start-unseen': 0, 'no-value': 0, 'no-controls': 0, 'over-limit': 0, 'not-read': 0 },
  ...{ samples: 99, truncated: false, notJudged: [{ signal: './still', reason: 'constant', moments: 2, coverage: 1 }] },
  findings: [
    {
      ...{ signal: './motor/current', ids: ['t/a/motor/current'], unit: 'A', feature: 'level', effect: 0.9, p: 1e-6, q: 1e-4 },
      ...{ lead: { fromUs: 150 * SECOND, toUs: 30 * SECOND }, earliestUs: 600 * SECOND, moments: 2, controls: 10 },
      ...{ typical: { before: 0.8, otherwise: -0.01 }, coverage: 0.97, windowsLeftOut: 1, isInput: true, sameAs: ['./motor/current-ma'] },
    },
  ],
}
const asked: DiscoveryQuestion[] = []
let next: Discover = async () => FOUND
let fixture: Fixture
let token = ''
let onTooLong = () => {}

before(async () => {
  const derivation = (name: string, type: DerivationView['type']) => ({ name, type }) as DerivationView
  fixture = await startFixture(10, {
    node: {
      clock: {
        ...systemClock,
        sleep: (ms, stop) => (ms === API_LIMITS.discoverMs ? new Promise((resolve) => (onTooLong = resolve)) : systemClock.sleep(ms, stop)),
      },
      derivations: () => [derivation('jam', 'event'), derivation('flight', 'join'), derivation('t/x', 'signal')],
      discover: (question, at) => {
        asked.push(question)
        return next(question, at)
      },
    },
  })
  token = readFileSync(join(fixture.directory, 'local-token'), 'utf8').trim()
})
after(() => fixture.close())

const call = (query: Record<string, string>, signal?: AbortSignal) =>
  fixture.call(`/api/v1/discover?${new URLSearchParams(query)}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(signal && { signal }),
  })
const events = async (query: Record<string, string>) => {
  const answer = await call(query)
  const blocks = (await answer.text()).split('\n\n').filter((block) => block !== '')
  return blocks.map((block) => {
    const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) as unknown as [string, string, string]
    return { event, data: JSON.parse(data) as unknown }
  })
}

test('a search tells its progress and ends with one result, in words', async () => {
  next = async (_question, { onProgress }) => {
    for (let done = 1; done <= 50; done++) onProgress({ phase: 'reading', done, of: 50, samples: done })
    return FOUND
  }
  const told = await events({ target: 'jam', lead: '5min', fdr: '0.1', from: '-2d', match: 't/line-1/*' })
  // Fifty at once are one that is told.
  assert.deepEqual(
    told.map(({ event }) => event),
    ['progress', 'result'],
  )
  const result: DiscoveryView = discovery.parse(told[1]?.data)
  assert.equal(
    result.findings[0]?.says,
    '2.5 min to 30 s before it was higher than before that: typically +0.8 A, at other times -0.01 A (2 events, 10 controls); convincing already from 10 min before; it is itself what the target is computed from; the same is said by ./motor/current-ma',
  )
  assert.match(result.note, /does not make them causes/)
  const question = asked.at(-1) as DiscoveryQuestion
  assert.deepEqual([question.target, question.leadUs, question.fdr], [{ kind: 'event', definition: 'jam' }, 300 * SECOND, 0.1])
  assert.deepEqual([question.matches?.('t/line-1/m1'), question.matches?.('t/line-2/m2')], [true, false])
  const french = await events({ target: 'jam', lang: 'fr' })
  assert.match(discovery.parse(french.at(-1)?.data).findings[0]?.says ?? '', /plus haut qu’auparavant : typiquement \+0.8 A/)
})

test('every kind of move and of target can be said in both languages', () => {
  const [one] = FOUND.findings as [Discovery['findings'][number]]
  for (const words of Object.values(discoveryWords)) {
    const said = (['level', 'slope', 'share', 'transitions'] as const).flatMap((feature) =>
      [-1, 1].flatMap((effect) =>
        [true, false].map((isEvent) => words.says({ ...one, feature, effect, state: 'open', effective: 40.2 }, isEvent)),
      ),
    )
    assert.equal(new Set(said).size, said.length)
    assert.ok(said.every((text) => !/undefined|NaN/.test(text)))
  }
  assert.deepEqual(
    [30, 90, 600, 7200].map((s) => span(s * SECOND)),
    ['30 s', '1.5 min', '10 min', '2 h'],
  )
})

test('targets: an event, a value of a result, a number; what is none of them is refused with a hint', async () => {
  next = async () => FOUND
  await events({ target: 'flight.jams' })
  assert.deepEqual(asked.at(-1)?.target, { kind: 'value', definition: 'flight', value: 'jams' })
  await events({ target: 't/line-1/m1' })
  assert.deepEqual(asked.at(-1)?.target, { kind: 'signal', signal: 't/line-1/m1' })
  const refused = async (query: Record<string, string>) => {
    const answer = await call(query)
    return [answer.status, ((await answer.json()) as { code: string }).code]
  }
  assert.deepEqual(await refused({ target: 'jan' }), [404, 'unknown-target'])
  assert.deepEqual(await refused({ target: 'flight' }), [400, 'no-value'])
  assert.deepEqual(await refused({ target: 't/line-2/m9' }), [400, 'not-a-number'])
  assert.deepEqual(await refused({ target: 'x'.repeat(641) }), [400, 'invalid-request'])
  for (const more of [{ fdr: '0' }, { fdr: '0.6' }, { seed: '-1' }, { lang: 'de' }, { nothing: '1' }])
    assert.deepEqual(await refused({ target: 'jam', ...(more as object) }), [400, 'invalid-request'])
  for (const lead of ['10ms', '2d']) assert.deepEqual(await refused({ target: 'jam', lead }), [400, 'invalid-lead'])
  assert.deepEqual(await refused({ target: 'jam', match: '{' }), [400, 'glob-invalid'])
})

test('one search at a time; who leaves ends it; one that fails says so and makes room', async () => {
  const began = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  next = (_question, { stop }) =>
    new Promise((_resolve, reject) => {
      stop.addEventListener('abort', () => {
        reject(stop.reason)
        stopped.resolve()
      })
      began.resolve()
    })
  const leaving = new AbortController()
  const first = call({ target: 'jam' }, leaving.signal)
  await began.promise
  const busy = await call({ target: 'jam' })
  assert.equal(busy.status, 429)
  await first
  leaving.abort()
  await stopped.promise
  next = (_question, { stop }) => {
    const aborted = new Promise<never>((_resolve, reject) => stop.addEventListener('abort', () => reject(stop.reason)))
    onTooLong()
    return aborted
  }
  assert.match(JSON.stringify(await events({ target: 'jam' })), /"code":"too-long"/)
  next = () => Promise.reject(new QueryRefused('too much at once'))
  assert.deepEqual(await events({ target: 'jam' }), [{ event: 'problem', data: { code: 'query-refused', message: 'too much at once' } }])
  next = () => Promise.reject(new Error('a secret of the inside'))
  const data = JSON.stringify(await events({ target: 'jam' }))
  assert.match(data, /"code":"internal"/)
  assert.ok(!data.includes('secret'))
})
