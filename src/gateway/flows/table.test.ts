import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowView, Observation } from '../../core/flows.ts'
import { FLOW_LIMITS } from './limits.ts'
import { FlowTable } from './table.ts'

const read: Observation = {
  ...{ time: 1_000, via: 'meter', source: 'self', destination: '10.0.0.5', port: 502, protocol: 'modbus' },
  ...{ service: '3', unit: 1, address: 100, addresses: 10, sentBytes: 12, receivedBytes: 29 },
}

test('a flow keeps services with their addresses, units, bytes and exceptions, and all of it survives a restart', () => {
  const table = new FlowTable()
  table.record(read)
  table.record({ ...read, time: 2_000, address: 110, addresses: 5, receivedBytes: 9, exception: '2' })
  const after = new FlowTable()
  after.restore(table.view())
  assert.deepEqual(after.view(), [
    {
      ...{ via: 'meter', source: 'self', destination: '10.0.0.5', port: 502, protocol: 'modbus' },
      ...{
        sentBytes: 24,
        receivedBytes: 38,
        sent: 2,
        received: 2,
        exceptions: 1,
        firstSeen: 1_000,
        lastSeen: 2_000,
        longestGap: 1_000,
        capped: 0,
      },
      services: [{ service: '3', count: 2, exceptions: 1, firstSeen: 1_000, lastSeen: 2_000, addresses: [[100, 114]] }],
      units: [[1, 1]],
      identities: [],
      clients: [],
    },
  ])
})

test('flows, services and identities are bounded, and what finds no room is counted', () => {
  const table = new FlowTable()
  for (let i = 0; i < FLOW_LIMITS.flows + 5; i++) table.record({ ...read, source: `host-${i}` })
  assert.deepEqual([table.size, table.refused], [FLOW_LIMITS.flows, 5])
  const one = new FlowTable()
  for (let i = 0; i < FLOW_LIMITS.services + 3; i++) one.record({ ...read, service: `s${i}` })
  for (let i = 0; i < FLOW_LIMITS.deviceFields + 2; i++) one.record({ ...read, service: 's1', device: { [`f${i}`]: 'x' } })
  assert.equal(Object.keys(one.view()[0]?.device ?? {}).length, FLOW_LIMITS.deviceFields)
  for (let i = 0; i < FLOW_LIMITS.identities + 2; i++) one.record({ ...read, service: 's1', identity: `certificate ${i}` })
  const [flow] = one.view()
  assert.deepEqual([flow?.services.length, flow?.identities.length, flow?.capped], [FLOW_LIMITS.services, FLOW_LIMITS.identities, 5])
})

test('what a peer showed last stands last, also when it was shown before', () => {
  const table = new FlowTable()
  for (const identity of ['a', 'b', 'a']) table.record({ ...read, identity })
  assert.deepEqual(table.view()[0]?.identities, ['b', 'a'])
})

test('addresses and units beyond the ranges of one service, of one flow and of all become one with the nearest, and this is counted', () => {
  const table = new FlowTable()
  for (let i = 0; i < FLOW_LIMITS.ranges; i++) table.record({ ...read, unit: 2 * i, address: 100 * i })
  assert.equal(table.view()[0]?.capped, 0)
  table.record({ ...read, unit: 2 * FLOW_LIMITS.ranges, address: 100 * FLOW_LIMITS.ranges })
  const [flow] = table.view()
  assert.deepEqual([flow?.units.length, flow?.services[0]?.addresses.length, flow?.capped], [FLOW_LIMITS.ranges, FLOW_LIMITS.ranges, 2])
  assert.deepEqual(flow?.units.at(0), [0, 2], 'what was seen stays covered')
})

test('however many flows there are, services and ranges are bounded in all, also after a restart', () => {
  const all = { allServices: 4, allRanges: 8 }
  const table = new FlowTable(all)
  const see = (into: FlowTable, flow: number, service: number, address: number) =>
    into.record({ ...read, source: `host-${flow}`, service: `s${service}`, unit: 1, address })
  for (const flow of [0, 1, 2]) for (const service of [0, 1]) for (const address of [0, 100]) see(table, flow, service, address)
  const count = ({ services, units, capped }: FlowView) => [
    services.length,
    services.flatMap((one) => one.addresses).length,
    units.length,
    capped,
  ]
  // The first took five ranges; each list has its one range, whatever the others have taken.
  assert.deepEqual(table.view().map(count), [
    [2, 4, 1, 0],
    [2, 3, 1, 1],
    [0, 0, 1, 4],
  ])
  assert.deepEqual(table.view()[1]?.services[1]?.addresses, [[0, 109]], 'what was seen stays covered')
  const after = new FlowTable(all)
  after.restore(table.view())
  see(after, 0, 2, 0)
  see(after, 0, 0, 900)
  assert.deepEqual(count(after.view()[0] as FlowView), [2, 4, 1, 2])
})
