import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Role } from '../../core/roles.ts'
import { compilePolicy } from './decide.ts'
import { POLICY_LIMITS } from './limits.ts'
import { conduit, policyOf, zone } from './policy.fixture.ts'
import { matrixOf, simulate } from './simulate.ts'

const NOW = Date.parse('2026-11-27T10:00:00Z') * 1000
const zones = [zone('field', 1), zone('it', 4)]
const visitor = (zone: string): [string, Role] => [
  'visitor',
  { name: 'visitor', mfa: false, grants: [{ direction: 'outward', may: ['read'], zones: [zone] }] },
]
const signal = (id: string) => ({ kind: 'signal' as const, id })

test('what gains and what loses: rights of roles and people over zones, and what conduits carry', () => {
  const before = { declared: policyOf(zones, [conduit('c', 'field', 'it', { signals: ['a/**', 'b'] })]), roles: new Map([visitor('it')]) }
  const after = {
    declared: policyOf(zones, [
      conduit('c', 'field', 'it', { signals: ['a/**'], peers: ['10.0.0.0/8'], isCut: false }),
      conduit('d', 'field', 'it', { signals: ['c'] }),
    ]),
    roles: new Map([visitor('field')]),
  }
  const change = simulate(before, after, {
    ...{ passing: ['t/a/x', 't/b', 't/c'].map(signal), people: new Map([['anna', ['visitor']]]), time: NOW },
  })
  assert.deepEqual(change.rights, {
    gained: ['visitor', 'anna'].map((who) => ({ who, permission: 'read', zone: 'field' })),
    lost: ['visitor', 'anna'].map((who) => ({ who, permission: 'read', zone: 'it' })),
  })
  assert.deepEqual(change.carried, { gained: [{ conduit: 'd', ...signal('t/c') }], lost: [{ conduit: 'c', ...signal('t/b') }] })
  assert.equal(change.unasked, 0)
  assert.deepEqual(change.conduits, [
    { conduit: 'c', key: 'signals', before: 'a/**, b', after: 'a/**' },
    { conduit: 'c', key: 'peers', before: '', after: '10.0.0.0/8' },
    { conduit: 'd', key: 'conduit', before: '', after: 'field -> it' },
  ])
})

test('more pairs than are asked about: the rest is said, not guessed', () => {
  const many = Array.from({ length: 1_000 }, (_, i) => conduit(`c${i}`, 'field', 'it'))
  const governed = { declared: policyOf(zones, many), roles: new Map() }
  const most = POLICY_LIMITS.simulated / many.length
  const passing = Array.from({ length: most + 3 }, (_, i) => signal(`t/s${i}`))
  assert.equal(simulate(governed, { ...governed, declared: policyOf(zones, []) }, { passing, people: new Map(), time: NOW }).unasked, 3_000)
})

test('the matrix says how each conduit stands', () => {
  const conduits = [
    conduit('a', 'field', 'it'),
    conduit('b', 'field', 'it', { isCut: true }),
    conduit('c', 'it', 'field', { reviewBy: '2020-01-01' }),
  ]
  assert.deepEqual(matrixOf(compilePolicy(policyOf(zones, conduits)), NOW), [
    {
      from: 'field',
      to: 'it',
      conduits: [
        { name: 'a', state: 'open' },
        { name: 'b', state: 'cut' },
      ],
    },
    { from: 'it', to: 'field', conduits: [{ name: 'c', state: 'expired' }] },
  ])
})
