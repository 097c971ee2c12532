import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contradictions } from './contradictions.ts'
import { conduit, policyOf, zone } from './policy.fixture.ts'
import { runPolicyTests } from './tests.ts'

const zones = [zone('field', 1), zone('control', 2), zone('it', 4), zone('internet', 5)]
const polled = conduit('poll', 'field', 'control', { signals: ['baggage/*/motor/**'] })
const sent = conduit('send', 'control', 'it', { direction: 'push', transports: ['link'], signals: ['baggage/**'] })
const read = conduit('read', 'it', 'internet', { transports: ['http'], signals: ['baggage/*/state'] })
const policy = policyOf(zones, [polled, sent, read])

test('a conduit that must never carry something is judged by its patterns, for ids nobody has seen', () => {
  const [passes, fails] = runPolicyTests(
    [
      { conduit: 'send', neverCarries: ['access/**'] },
      { conduit: 'send', neverCarries: ['**/badge'] },
    ],
    policy,
  )
  assert.equal(passes?.passed, true)
  assert.deepEqual(fails?.findings, [
    { is: 'carries', conduit: 'send', kind: 'signal', glob: 'baggage/**', never: '**/badge', path: ['conduits', 'send', 'signals', 0] },
  ])
})

test('no path: an outbound link opens none back; a poll from above does', () => {
  const noPath = { from: 'internet', to: { level: 1 }, noPath: true } as const
  assert.equal(runPolicyTests([noPath], policy)[0]?.passed, true)
  const polledFromIt = policyOf(zones, [polled, { ...sent, direction: 'pull' }, read])
  assert.deepEqual(runPolicyTests([noPath], polledFromIt)[0]?.findings, [
    {
      is: 'path',
      steps: [
        { from: 'internet', to: 'it', conduit: 'read', by: 'connection' },
        { from: 'it', to: 'control', conduit: 'send', by: 'connection' },
        { from: 'control', to: 'field', conduit: 'poll', by: 'connection' },
      ],
      path: ['conduits', 'read'],
    },
  ])
})

test('what is cut counts as declared: it may be opened again', () => {
  const cut = policyOf(zones, [{ ...polled, isCut: true }])
  assert.equal(runPolicyTests([{ conduit: 'poll', neverCarries: ['baggage/**'] }], cut)[0]?.passed, false)
})

test('a test of what is not declared fails: it would test nothing', () => {
  const results = runPolicyTests(
    [
      { conduit: 'sned', neverCarries: ['**'] },
      { from: 'internt', to: 'field', noPath: true },
      { role: 'visitor', mayNot: 'read', zone: 'field' },
    ],
    policy,
  )
  assert.deepEqual(
    results.map(({ findings }) => findings.map((one) => one.is === 'unknown' && [one.what, one.name])),
    [[['conduit', 'sned']], [['zone', 'internt']], [['role', 'visitor']]],
  )
})

test('a role that may not: in any zone of the level', () => {
  const may = (_role: string, action: string, { name }: { name: string }) => ({
    permitted: action === 'read' && name === 'control',
    path: ['roles', 'visitor'],
  })
  const results = runPolicyTests(
    [
      { role: 'visitor', mayNot: 'read', zone: 'field' },
      { role: 'visitor', mayNot: 'read', zone: { levels: [0, 2] } },
    ],
    policy,
    may,
  )
  assert.deepEqual(
    results.map(({ passed }) => passed),
    [true, false],
  )
})

test('two conduits that name the same contradict each other where one is cut, or the dialling end differs', () => {
  const twin = { ...polled, name: 'twin', signals: ['baggage/carousel-1/**'] }
  assert.deepEqual(contradictions([polled, twin]), [])
  assert.deepEqual(contradictions([polled, { ...twin, isCut: true }]), [{ first: 'twin', second: 'poll', is: 'cut' }])
  assert.deepEqual(contradictions([polled, { ...twin, direction: 'push' }]), [{ first: 'twin', second: 'poll', is: 'direction' }])
  assert.deepEqual(contradictions([polled, { ...twin, isCut: true, signals: ['hvac/**'] }]), [])
})
