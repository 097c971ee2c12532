import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowView } from '../../core/flows.ts'
import type { NodeView } from '../../core/node-view.ts'
import { connectionStation } from './measured.ts'
import type { ChainParts } from './station.ts'

/** What the hop of a connection says of its device, when these flows were seen. */
function detailsWith(flows: readonly Partial<FlowView>[]) {
  const health = { name: 'plc', kind: 'opcua', endpoint: 'opc.tcp://a', state: 'connected', liveness: 'live' }
  const view = { connections: () => [health], flows: { flows: () => flows } } as unknown as NodeView
  return connectionStation('plc', [], [], true, { view, ownersOf: () => undefined } as unknown as ChainParts).hop.details
}

test('a connection says which certificate its device showed last, and what it says it is', () => {
  const flow = { via: 'plc', capped: 0, lastSeen: 2, identities: ['AA:1', 'BB:2'], device: { product: 'S7', version: '4.5' } }
  const { certificate, product, productVersion } = detailsWith([{ ...flow, lastSeen: 1, identities: ['CC:3'] }, flow])
  assert.deepEqual([certificate, product, productVersion], ['BB:2', 'S7', '4.5'])
})

test('one that shows none says so; of one that showed more than are kept the last is not known; others are not taken for it', () => {
  assert.equal(detailsWith([]).certificate, 'none-shown')
  assert.equal(detailsWith([{ via: 'other', capped: 0, lastSeen: 1, identities: ['AA:1'] }]).certificate, 'none-shown')
  assert.equal(detailsWith([{ via: 'plc', capped: 1, lastSeen: 1, identities: ['AA:1'] }]).certificate, 'not-known')
})
