import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from '../../core/batch.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import type { Conduit } from '../../core/policy.ts'
import { parseTime } from '../../core/time.ts'
import { compilePolicy } from '../../gateway/policy/index.ts'
import { conduit, policyOf, zone } from '../../gateway/policy/policy.fixture.ts'
import { Gate, type GateParts } from './gate.ts'
import { RateBudget } from './rate.ts'

const IDS = ['t/energy/a', 't/energy/b', 't/cooling/a', 't/access/badge']
const both = (energy: Partial<Conduit> = {}, cooling: Partial<Conduit> = {}) => [
  conduit('energy', 'field', 'control', { transports: ['modbus'], signals: ['energy/**'], ...energy }),
  conduit('cooling', 'field', 'control', { transports: ['modbus'], signals: ['cooling/**'], ...cooling }),
]

function gateOf(conduits: readonly Conduit[], more: Partial<GateParts> = {}) {
  return new Gate({
    policy: compilePolicy(policyOf([zone('field', 1), zone('control', 2)], conduits)),
    crossing: {
      ...{ part: 'connection', name: 'c', path: [], zonePath: [], from: 'field', to: 'control', transport: 'modbus', direction: 'pull' },
    },
    clock: new ManualClock(parseTime('2026-11-27T08:00:00Z')),
    idOf: (index) => IDS[index],
    rateOf: () => undefined,
    ...more,
  })
}

function batchOf(...signals: number[]) {
  const builder = new BatchBuilder(signals.length)
  for (const [i, signal] of signals.entries()) builder.push(signal, i, i, 0)
  return builder.build(0)
}

test('conduits that share zones and transport: each has its own share of what one connection brings', () => {
  const gate = gateOf(both())
  const dropped = {}
  assert.equal(gate.take(batchOf(0, 1, 2, 3, 0), dropped).count, 4)
  assert.deepEqual(dropped, { 'conduit-not-named': 1 })
  assert.deepEqual(
    [gate.counts.passed, Object.fromEntries(gate.counts.byConduit)],
    // What none of them names is told of that which comes first.
    [4, { energy: { passed: 3, refused: { 'conduit-not-named': 1 } }, cooling: { passed: 1, refused: {} } }],
  )
  assert.equal(gate.conduit, 'energy')
  gate.take(batchOf(2, 2, 2), dropped)
  assert.equal(gate.conduit, 'cooling')
})

test('one of them cut: its share is refused under its own name, the other one passes', () => {
  const gate = gateOf(both({}, { isCut: true }))
  gate.take(batchOf(0, 2, 2), {})
  assert.deepEqual(Object.fromEntries(gate.counts.byConduit), {
    energy: { passed: 1, refused: {} },
    cooling: { passed: 0, refused: { 'conduit-cut': 2 } },
  })
})

test('the rate of one of them leaves the others alone, and the rest of it is counted', () => {
  const budget = new RateBudget(0.2, 0)
  const gate = gateOf(both(), { rateOf: (name) => (name === 'energy' ? budget : undefined) })
  const dropped = {}
  assert.deepEqual([...gate.take(batchOf(2, 0, 1, 2, 0), dropped).signal], [2, 0, 1, 2])
  assert.deepEqual(dropped, { 'conduit-rate': 1 })
  assert.deepEqual(Object.fromEntries(gate.counts.byConduit), {
    cooling: { passed: 2, refused: {} },
    energy: { passed: 2, refused: { 'conduit-rate': 1 } },
  })
})

test('before anything passed, a connection is told under the conduit of what the file says it brings', () => {
  const declared = { passing: [{ kind: 'signal' as const, id: 't/cooling/a' }], isAll: true }
  assert.equal(gateOf(both(), { declared }).conduit, 'cooling')
  assert.equal(gateOf(both(), { declared }).whole().conduit, 'cooling')
  assert.equal(gateOf(both()).conduit, 'energy')
})

test('a device all of whose signals go by a conduit that is cut is not asked, whatever else joins the two zones', () => {
  const declared = { passing: [{ kind: 'signal' as const, id: 't/cooling/a' }], isAll: true }
  const { permitted, reason, conduit: name } = gateOf(both({}, { isCut: true }), { declared }).whole()
  assert.deepEqual([permitted, reason, name], [false, 'cut', 'cooling'])
  // Its device may name more than the file does: what comes is asked about.
  assert.equal(gateOf(both({}, { isCut: true }), { declared: { ...declared, isAll: false } }).whole().permitted, true)
})
