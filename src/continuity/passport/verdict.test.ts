import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Status } from '../../core/status.ts'
import type { Use, UseLimits } from '../../core/uses.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import { DEFAULT_USE } from './default-use.ts'
import { type Evidence, judge, VERDICTS, type Verdict } from './verdict.ts'

const SOUND: Evidence = {
  ...{
    values: [{ status: 0, coverage: 1 }],
    isWithdrawn: false,
    reasons: new Set(),
    ageUs: 0,
    signals: 1,
    unbound: 0,
    dead: [],
    behind: [],
    isCut: false,
  },
  clocks: new Map([['plc', 1_000]]),
  contracts: [{ contract: 'c', version: '1', state: 'active', says: 'permits', signals: 1 }],
}
const use = (care: UseLimits, refuse: UseLimits = {}, contract: Use['contract'] = 'expected'): Use => ({
  id: 'u',
  names: [],
  contract,
  care,
  refuse,
})
const told = (one: Use, evidence: Partial<Evidence>): [Verdict, string[]] => {
  const { verdict, reasons } = judge(one, { ...SOUND, ...evidence })
  return [verdict, reasons.map(({ verdict: level, code, about }) => [level, code, about ?? ''].join(' ').trim())]
}

test('of what nothing is known the answer is no; with nothing against it yes', () => {
  assert.deepEqual(told(use({}), { values: [] }), ['no', ['no nothing-known']])
  assert.deepEqual(told(use({}), {}), ['yes', []])
  assert.deepEqual(told(DEFAULT_USE, {}), ['yes', []])
})

test('each limit, under care and under refuse', () => {
  const cases: [UseLimits, Partial<Evidence>, string][] = [
    [{ minimumCoverage: 0.9 }, { values: [{ name: 'value', status: 0, coverage: 0.89 }] }, 'coverage value'],
    [{ minimumCoverage: 0.9 }, { values: [{ name: 'value', status: 0, coverage: 1, isHeldOnly: true }] }, 'coverage-unknown value'],
    [{ worstStatus: 'Good' }, { values: [{ status: Status.Uncertain, coverage: null }] }, 'status'],
    [{ maximumClockUncertaintyUs: 999 }, {}, 'clock-uncertainty plc'],
    [{ maximumClockUncertaintyUs: 999 }, { clocks: new Map([['plc', undefined]]) }, 'clock-unknown plc'],
    [{ maximumAgeUs: 5 }, { ageUs: 6 }, 'age'],
    [{ maximumAgeUs: 5 }, { ageUs: undefined }, 'age-unknown'],
    [{ contractStates: ['deprecated'] }, {}, 'contract-state c'],
    [{ reasons: ['spike@*'] }, { reasons: new Set(['spike@3', 'range@1']) }, 'reason spike@3'],
    [{ reasons: ['spike@*'] }, { reasons: undefined }, 'reasons-unread'],
    [{ wholeChain: true }, { dead: [{ hop: 'plc', code: 'source-silent' }] }, 'dead-link plc'],
  ]
  for (const [limits, evidence, reason] of cases) {
    assert.deepEqual(told(use(limits), evidence), ['with-care', [`with-care ${reason}`]])
    assert.deepEqual(told(use({}, limits), evidence), ['no', [`no ${reason}`]])
    assert.deepEqual(told(use(limits, limits), evidence), ['no', [`no ${reason}`]], 'said once, at its worst')
  }
  assert.deepEqual(told(use({}), { behind: ['kpi'] }), ['with-care', ['with-care not-recomputed kpi']], 'whatever is asked')
  assert.deepEqual(told(use({}), { unapproved: 'a1' }), ['with-care', ['with-care not-approved a1']], 'whatever is asked')
  // Time plays no part in a value of a time gone by, nor coverage in a reading of a moment.
  assert.deepEqual(told(use({}, { maximumAgeUs: 5, minimumCoverage: 1 }), { ageUs: null, values: [{ status: 0, coverage: null }] }), [
    'yes',
    [],
  ])
})

test('what contracts say, by how much the use asks of them', () => {
  const silent = [{ contract: 'c', version: '1', state: 'active', says: 'nothing' as const, signals: 1 }]
  const forbids = [{ ...SOUND.contracts[0], says: 'forbids', clause: 'u' } as (typeof SOUND.contracts)[number]]
  for (const [contract, verdict] of [
    ['required', 'no'],
    ['expected', 'with-care'],
    ['optional', 'yes'],
  ] as const) {
    assert.equal(told(use({}, {}, contract), { contracts: silent })[0], verdict)
    assert.equal(told(use({}, {}, contract), { contracts: [], unbound: 1 })[0], verdict)
    assert.equal(told(use({}, {}, contract), { contracts: [], unbound: 0, signals: 0 })[0], verdict)
    assert.equal(told(use({}, {}, contract), { contracts: forbids })[0], 'no')
    assert.equal(told(use({}, {}, contract), {})[0], 'yes')
  }
})

test('a withdrawn result and one that is cut', () => {
  assert.deepEqual(told(use({}), { isWithdrawn: true }), ['no', ['no withdrawn']])
  assert.deepEqual(told(use({}), { isCut: true }), ['with-care', ['with-care too-many']])
})

test('law: what is worse is never judged better', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const status = fc.constantFrom(0, Status.Uncertain, Status.Bad)
  const limits = fc.record(
    { minimumCoverage: share, worstStatus: fc.constantFrom('Good' as const, 'Uncertain' as const), maximumAgeUs: fc.nat(10) },
    { requiredKeys: [] },
  )
  const value = fc.record({ coverage: share, status, ageUs: fc.nat(20) })
  const rank = (code: number) => code >>> 30
  fc.assert(
    fc.property(limits, limits, value, value, (care, refuse, a, b) => {
      const worse = {
        coverage: Math.min(a.coverage, b.coverage),
        status: rank(a.status) > rank(b.status) ? a.status : b.status,
        ageUs: Math.max(a.ageUs, b.ageUs),
      }
      const verdict = ({ ageUs, ...one }: typeof a) => VERDICTS.indexOf(told(use(care, refuse), { values: [one], ageUs })[0])
      assert.ok(verdict(worse) >= verdict(a))
    }),
  )
})

test('reasons are bounded, the worst are kept', () => {
  const many = new Set(Array.from({ length: CONTINUITY_LIMITS.reasons + 50 }, (_, i) => `spike@${i}`))
  const { verdict, reasons } = judge(use({ reasons: ['*'] }, { worstStatus: 'Good' }), {
    ...SOUND,
    ...{ reasons: many, values: [{ status: Status.Bad, coverage: null }] },
  })
  assert.deepEqual([verdict, reasons.length, reasons[0]?.code], ['no', CONTINUITY_LIMITS.reasons, 'status'])
})
