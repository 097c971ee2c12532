import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CONDUIT_DIRECTIONS, type Conduit, type Crossing, PASSING_KINDS, type Passing } from '../../core/policy.ts'
import { compilePolicy, decide, decideResult, inputsOf } from './decide.ts'
import { conduit, policyOf, zone } from './policy.fixture.ts'

const NOW = Date.parse('2026-11-27T10:00:00Z') * 1000
const crossing: Crossing = { from: 'field', to: 'control', transport: 'opcua', direction: 'pull', peers: ['10.20.1.5:4840'] }
const motor: Passing = { kind: 'signal', id: 't/baggage/carousel-1/motor/current' }
const zones = [zone('field', 1), zone('control', 2), zone('it', 4)]

const ask = (conduits: readonly Conduit[], over: Partial<Crossing> = {}, passing: Passing | undefined = motor, time = NOW) =>
  decide(compilePolicy(policyOf(zones, conduits)), { ...crossing, ...over }, passing, time)

test('what a conduit names passes, and the line that says so is named', () => {
  const decision = ask([conduit('baggage', 'field', 'control', { signals: ['hvac/**', 'baggage/**'] })])
  assert.deepEqual(decision, {
    ...{ permitted: true, reason: 'conduit', conduit: 'baggage', path: ['conduits', 'baggage', 'signals', 1] },
    until: Date.parse('2027-07-01T00:00:00Z') * 1000,
  })
})

test('each thing that keeps it from passing is told from the others', () => {
  const all = { signals: ['**'] }
  const reasons = [
    ask([]),
    ask([conduit('c', 'control', 'field', all)]),
    ask([conduit('c', 'field', 'control', { ...all, transports: ['modbus'] })]),
    ask([conduit('c', 'field', 'control', { ...all, direction: 'push' })]),
    ask([conduit('c', 'field', 'control', { ...all, peers: ['10.21.0.0/16'] })]),
    ask([conduit('c', 'field', 'control', { signals: ['hvac/**'] })]),
    ask([conduit('c', 'field', 'control', { ...all, isCut: true })]),
    ask([conduit('c', 'field', 'control', { ...all, reviewBy: '2026-11-26' })]),
    ask([], { from: 'nowhere' }),
    ask([], { to: undefined }),
  ].map(({ permitted, reason }) => [permitted, reason])
  const refused = ['no-conduit', 'no-conduit', 'transport', 'direction', 'peer', 'not-named', 'cut', 'expired', 'no-zone', 'no-zone']
  assert.deepEqual(
    reasons,
    refused.map((reason) => [false, reason]),
  )
})

test('the last day of the decision is within it, the next is not', () => {
  const c = [conduit('c', 'field', 'control', { signals: ['**'], reviewBy: '2026-11-27' })]
  const midnight = Date.parse('2026-11-28T00:00:00Z') * 1000
  assert.equal(ask(c, {}, motor, midnight - 1).permitted, true)
  assert.equal(ask(c, {}, motor, midnight).reason, 'expired')
})

test('an empty list permits nobody: a conduit for signals carries no record and no result', () => {
  const c = [conduit('c', 'field', 'control', { signals: ['**'] })]
  assert.equal(ask(c, {}, { kind: 'record', id: 'flights' }).reason, 'not-named')
  assert.equal(ask(c, {}, { kind: 'result', id: 'jams' }).reason, 'not-named')
})

test('peers: a network, a host at any port, a host at one port; every address that may answer counts', () => {
  const peers = (...list: string[]) => [conduit('c', 'field', 'control', { signals: ['**'], peers: list })]
  assert.equal(ask(peers('10.20.0.0/16')).permitted, true)
  assert.equal(ask(peers('10.20.1.5')).permitted, true)
  assert.equal(ask(peers('10.20.1.5:4840')).permitted, true)
  assert.equal(ask(peers('10.20.1.5:502')).permitted, false)
  assert.equal(ask(peers('2001:db8::/32'), { peers: ['[2001:db8::7]:4840'] }).permitted, true)
  assert.equal(ask(peers('PLC-7'), { peers: ['plc-7:4840'] }).permitted, true)
  assert.equal(ask(peers('10.20.0.0/16'), { peers: ['10.20.1.5:4840', '10.99.1.5:4840'] }).permitted, false)
  // No address, and the conduit limits them: it cannot be shown to fit.
  assert.equal(ask(peers('10.20.0.0/16'), { peers: undefined }).permitted, false)
})

test('without zones everything is one zone; within a zone nothing crosses', () => {
  const none = compilePolicy(policyOf([], []))
  assert.deepEqual([decide(none, crossing, motor, NOW).permitted, decide(none, crossing, motor, NOW).reason], [true, 'no-zones'])
  assert.equal(ask([], { to: 'field' }).reason, 'same-zone')
})

const names = fc.constantFrom('field', 'control', 'it')
const globs = fc.array(fc.constantFrom('**', 'baggage/**', 'hvac/*', 'flights', 'jams', '*'), { maxLength: 3 })
const anyConduit = fc
  .record({
    ...{ from: names, to: names, direction: fc.constantFrom(...CONDUIT_DIRECTIONS) },
    transports: fc.uniqueArray(fc.constantFrom('opcua', 'link', 'http'), { minLength: 1 }),
    ...{ signals: globs, records: globs, results: globs, isCut: fc.boolean() },
    peers: fc.array(fc.constantFrom('10.0.0.0/8', 'plc-7', '10.20.1.5:4840'), { maxLength: 2 }),
    reviewBy: fc.constantFrom('2026-11-26', '2026-11-27', '2027-01-01'),
  })
  .map(({ from, to, ...rest }) => conduit(`${from}-${to}`, from, to, rest))
const anyCrossing: fc.Arbitrary<Crossing> = fc.record({
  ...{ from: fc.option(fc.oneof(names, fc.constant('undeclared')), { nil: undefined }), to: fc.option(names, { nil: undefined }) },
  ...{ transport: fc.constantFrom('opcua', 'link', 'http'), direction: fc.constantFrom(...CONDUIT_DIRECTIONS) },
  peers: fc.option(fc.array(fc.constantFrom('10.20.1.5:4840', 'plc-7', 'evil'), { maxLength: 2 }), { nil: undefined }),
})
const anyPassing = fc.option(
  fc.record({ kind: fc.constantFrom(...PASSING_KINDS), id: fc.constantFrom('t/baggage/a', 't/hvac/b', 'flights', 'jams') }),
  { nil: undefined },
)

test('law: no permission comes from what is not declared, and removing a conduit never permits more', () => {
  fc.assert(
    fc.property(fc.array(anyConduit, { maxLength: 5 }), fc.nat(), anyCrossing, anyPassing, (conduits, which, over, passing) => {
      const before = decide(compilePolicy(policyOf(zones, conduits)), over, passing, NOW)
      const fewer = conduits.filter((_, i) => i !== which % Math.max(1, conduits.length))
      const after = decide(compilePolicy(policyOf(zones, fewer)), over, passing, NOW)
      assert.ok(before.permitted || !after.permitted)
      if (!before.permitted || before.reason === 'same-zone') return
      const by = conduits.find(({ name }) => name === before.conduit)
      assert.ok(by && by.from === over.from && by.to === over.to && by.transports.includes(over.transport) && !by.isCut)
      assert.ok((before.until ?? 0) > NOW)
    }),
  )
})

test('law: what is permitted at a time stays so until the time it says, and no longer than any conduit', () => {
  fc.assert(
    fc.property(fc.array(anyConduit, { maxLength: 4 }), anyCrossing, anyPassing, (conduits, over, passing) => {
      const policy = compilePolicy(policyOf(zones, conduits))
      const { permitted, until } = decide(policy, over, passing, NOW)
      if (!permitted || until === undefined) return
      assert.equal(decide(policy, over, passing, until - 1).permitted, true)
      assert.equal(decide(policy, over, passing, Date.parse('2030-01-01T00:00:00Z') * 1000).permitted, false)
    }),
  )
})

test('a result passes where all that it names may, or where its conduit lets results name it; what it names is asked of every conduit', () => {
  const inputs = inputsOf({
    inputs: [
      { signal: 't/baggage/a', from: 0, to: 1, samples: 1, newestIngest: 1 },
      { record: 'flight', key: 'AF1', source: 'flights', revision: 1 },
      { fact: 'jam', key: 'a', revision: 1 },
    ],
  })
  const all: Partial<Conduit> = { signals: ['baggage/**'], records: ['flight'], results: ['jam', 'kpi'] }
  const asked = (...conduits: Partial<Conduit>[]) =>
    decideResult(
      compilePolicy(
        policyOf(
          zones,
          conduits.map((more, i) => conduit(`c${i}`, 'field', 'control', more)),
        ),
      ),
      crossing,
      'kpi',
      inputs,
      NOW,
    ).reason
  assert.equal(asked(all), 'conduit')
  for (const lacking of ['signals', 'records'] as const) {
    assert.equal(asked({ ...all, [lacking]: [] }), 'input-not-named', lacking)
    assert.equal(asked({ ...all, [lacking]: [], namesInputs: true }), 'conduit', lacking)
  }
  assert.equal(asked({ ...all, results: ['kpi'] }), 'input-not-named')
  assert.equal(asked({ results: ['kpi'] }, { ...all, results: ['jam'] }), 'conduit')
  assert.equal(asked({ ...all, results: [] }), 'not-named')
})
