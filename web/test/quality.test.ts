import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { QualityRow } from '../../src/api/schemas.ts'
import { compileGlob } from '../../src/lib/glob.ts'
import { RULES } from '../../src/qualify/rules/index.ts'
import { formatElapsed, formatSeconds, formatShare } from '../src/format.ts'
import { matchesGlob } from '../src/live/contract-of.ts'
import { globOf, hoursOf, ranked, weakest } from '../src/live/quality.ts'
import { reasonText } from '../src/parts/reason-text.ts'
import { ruleText } from '../src/parts/rule-text.ts'
import { WORDS } from '../src/words/index.ts'

const LIMITS = { length: 256, alternatives: 64 }

test('what a reader types finds the path that contains it; a pattern stays a pattern', () => {
  const found = (query: string) => ['site/baggage/carousel-3/motor/current', 'site/gate-1'].filter(compileGlob(globOf(query), LIMITS))
  assert.deepEqual(found('carousel-3'), ['site/baggage/carousel-3/motor/current'])
  assert.deepEqual(found('carousel-3/motor'), ['site/baggage/carousel-3/motor/current'])
  assert.deepEqual(found('curr'), ['site/baggage/carousel-3/motor/current'])
  assert.deepEqual(found('**/gate-?'), ['site/gate-1'])
  assert.equal(found('  ').length, 2)
})

test('a contract’s pattern names the same signals here as at the node', () => {
  const step = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '?', '**')
  const part = fc.constantFrom('a', 'b', 'ab', 'ba')
  const path = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'))
  fc.assert(fc.property(path(step), path(part), (glob, id) => matchesGlob(glob, id) === compileGlob(glob, LIMITS)(id)))
})

test('a share is rounded down: 100 % is said of a whole only, 0 % of nothing only', () => {
  assert.equal(formatShare(1, 'en'), '100 %')
  assert.equal(formatShare(0.99996, 'en'), '99.9 %')
  assert.equal(formatShare(0.0001, 'fr'), '< 0,1 %')
  assert.equal(formatShare(0, 'en'), '0 %')
  assert.deepEqual(
    [0.25, 5, 90, 600, 5_400, 86_400, 172_800].map((seconds) => formatSeconds(seconds, 'fr')),
    ['250 ms', '5 s', '90 s', '10 min', '1,5 h', '24 h', '2 j'],
  )
})

const row = (over: Partial<QualityRow>): QualityRow => ({
  signal: 's',
  time: '2026-11-25T10:00:00.000Z',
  samples: 1,
  good: 1,
  uncertain: 0,
  bad: 0,
  covered: { good: 1, uncertain: 0, bad: 0, unknown: 0 },
  characteristics: { completeness: 1, timeliness: 1, accuracy: 1, precision: 1, consistency: 1 },
  score: 1,
  anomalies: {},
  reasons: {},
  ...over,
})

test('the weakest point is what equals the score, and nothing is weak in a whole one', () => {
  const characteristics = { completeness: 0.5, timeliness: 0.9, accuracy: null, precision: 1, consistency: 0.5 }
  assert.deepEqual([...weakest(row({ characteristics, score: 0.5 }))], ['completeness', 'consistency'])
  assert.deepEqual([...weakest(row({ score: 0.2, covered: { good: 0.2, uncertain: 0, bad: 0.8, unknown: 0 } }))], ['covered'])
  assert.deepEqual([...weakest(row({}))], [])
  assert.deepEqual(ranked({ late: 2, spike: 7, gap: 0, clock: 2 }), [
    ['spike', 7],
    ['clock', 2],
    ['late', 2],
  ])
})

test('an hour without an answer stays an hour, unknown', () => {
  const hours = hoursOf([row({})], Date.parse('2026-11-25T11:20:00Z'), 3)
  assert.deepEqual(
    hours.map(({ startMs, row }) => [new Date(startMs).getUTCHours(), row?.signal]),
    [
      [9, undefined],
      [10, 's'],
      [11, undefined],
    ],
  )
})

const SIGNAL = { id: 's', connection: 'c', address: 'a', dataType: 'number', unit: 'A' } as const

test('every reason of every rule is said in both languages, and every rule’s parameters too', () => {
  for (const { id, version, reasons, parametersOf } of RULES) {
    const parameters = parametersOf({ ...SIGNAL, ...DECLARED }) ?? {}
    for (const [locale, words] of Object.entries(WORDS) as ['fr' | 'en', (typeof WORDS)['en']][]) {
      for (const reason of reasons) assert.notEqual(reasonText(reason, words), reason, `${locale} ${reason}`)
      const text = ruleText({ reason: reasons[0] ?? id, rule: id, version, parameters }, SIGNAL, locale, words)
      assert.doesNotMatch(text, /undefined|NaN|∞|object|^[a-z-]+$|[a-z]+[A-Z][a-zA-Z]*:/, `${locale} ${id}: ${text}`)
    }
  }
})

/** Everything that a signal may declare, so that every rule has parameters. */
const DECLARED = {
  range: [0, 9],
  instrumentRange: [-5, 25],
  maxRatePerSecond: 4,
  flatLineUs: 6e8,
  resolution: 0.1,
  expectedPeriodUs: 1e6,
  lateAfterUs: 5e6,
  acceptLateUs: 864e8,
  staleAfterUs: 6e7,
  states: { 0: 'OFF', 1: 'ON' },
  transitions: { OFF: ['ON'] },
  counter: { rollover: 65_536 },
  spike: { threshold: 6, minimum: 0.5 },
  sourceUnit: 'mA',
  calibratedUntil: Date.UTC(2027, 2, 31) * 1000,
} as const

test('a reason names the group or the contract that it is about; a stranger is shown as it is', () => {
  assert.equal(reasonText('peers:boiler', WORDS.en), 'Disagrees with its peers (boiler)')
  assert.equal(reasonText('contract:energy@2', WORDS.fr), 'Rompt un contrat de données (energy)')
  assert.equal(reasonText('range@3', WORDS.en), 'Outside its declared range')
  assert.equal(reasonText('nobody:knows', WORDS.en), 'nobody:knows')
})

test('parameters that are not what a rule declares are shown, never thrown', () => {
  for (const rule of [...RULES.map(({ id }) => id), 'peers', 'unknown']) {
    for (const parameters of [{}, { until: 'never', states: 3, same: 'x', low: null }, { low: [], high: {}, parts: [1], total: null }]) {
      assert.equal(typeof ruleText({ reason: rule, rule, version: 1, parameters }, SIGNAL, 'fr', WORDS.fr), 'string')
    }
  }
})

test('what something took is said as finely as anybody asks, and no finer', () => {
  const said = [0.0042, 0.607413, 8.3449, 59.96, 720].map((seconds) => formatElapsed(seconds, 'en'))
  assert.deepEqual(said, ['4.2 ms', '607 ms', '8.3 s', '60.0 s', '12 min'])
  assert.equal(formatElapsed(0.0042, 'fr'), '4,2 ms')
})
