import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withNode } from '../bench/node.ts'
import { startDemoBroker, startSparkplugSimulator } from '../src/connectors/mqtt/simulator.ts'
import { startOpcuaSimulator } from '../src/connectors/opcua/simulator.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { statusName } from '../src/core/status.ts'
import { HOUR } from '../src/core/time.ts'

const LIMIT_MS = 20_000
const HOUR_MS = 3_600_000

/** Status and reasons of the last sample of a signal. */
function lastOf({ signals, last, reasons }: NodeView, id: string): string[] {
  const index = signals.indexOf(id)
  if (index === undefined || !last.has(index)) return []
  return [statusName(last.status[index] as number), ...reasons.names(last.reasons[index] as number)]
}

async function opcuaAhead(byMs: number) {
  const variables = [{ path: 'Line/T', nodeId: 's=T', dataType: 'Double' as const, value: (ms: number) => ms % 1000 }]
  const device = await startOpcuaSimulator({ variables, modes: ['none'], periodMs: 100, now: () => Date.now() + byMs })
  const line = (clock: string) =>
    `  plc: { kind: opcua, endpoint: '${device.endpoint}', clock: ${clock}, security: { mode: none }, signals: [{ node: 'ns=1;s=T', id: T }] }\n`
  return { device, line }
}

test('OPC UA: a server an hour ahead is measured, named, marked, and its offset is in the historian', async () => {
  const { device, line } = await opcuaAhead(HOUR_MS)
  try {
    await withNode(line('{ maxOffset: 2s }'), async (view) => {
      const site = view.site.id
      await until('marked', LIMIT_MS, () => lastOf(view, `${site}/T`).includes('clock-offset'))
      assert.equal(lastOf(view, `${site}/T`)[0], 'Uncertain')
      const [connection] = view.connections()
      const { clock } = connection ?? {}
      assert.ok(clock && Math.abs(clock.offsetUs - HOUR) <= clock.uncertaintyUs + 5_000, JSON.stringify(clock))
      assert.deepEqual(
        [clock.method, clock.beyondLimit, clock.finding, clock.findingDetail],
        ['round-trip', true, 'local-time', 'UTC+01:00'],
      )
      assert.equal(connection?.signals, 1, 'the node’s own signals are not the device’s')
      await until('told', LIMIT_MS, () => lastOf(view, `${site}/ecluse/plc/clock-offset`)[0] === 'Good')
      await until('stored', LIMIT_MS, () => view.historianLag().records === 0)
      const { rows } = await view.historian.sql("SELECT value FROM samples WHERE signal LIKE '%/ecluse/plc/clock-offset'", {
        maxRows: 1,
        timeoutMs: LIMIT_MS,
      })
      assert.equal(Math.round(Number(rows[0]?.[0])), 3_600)
    })
  } finally {
    await device.stop()
  }
})

test('OPC UA: the same server with its zone declared is right: Good, and its times are UTC', async () => {
  // Lagos is an hour ahead of UTC all year.
  const { device, line } = await opcuaAhead(HOUR_MS)
  try {
    await withNode(line('{ zone: Africa/Lagos }'), async (view) => {
      const id = `${view.site.id}/T`
      await until('measured', LIMIT_MS, () => view.connections()[0]?.clock !== undefined && lastOf(view, id).length > 0)
      assert.deepEqual(lastOf(view, id), ['Good'])
      const { clock } = view.connections()[0] ?? {}
      assert.deepEqual([clock?.beyondLimit, clock?.finding], [false, undefined])
      const time = view.last.sourceTime[view.signals.indexOf(id) as number] as number
      assert.ok(Math.abs(time - view.clock.now()) < HOUR / 4)
    })
  } finally {
    await device.stop()
  }
})

test('Sparkplug B: an edge node whose clock is ahead is found by arrival', async () => {
  const broker = await startDemoBroker()
  const metrics = [{ name: 'a', type: 'Double', value: (ms: number) => ms }] as const
  const nodes = [{ name: 'n', metrics: [...metrics] }]
  const device = await startSparkplugSimulator({ url: broker.url, group: 'g', nodes, periodMs: 100, now: () => Date.now() + 30_000 })
  try {
    await withNode(`  c: { kind: mqtt, url: '${broker.url}', protocolVersion: 4, format: sparkplug, groups: [g] }\n`, async (view) => {
      await until('marked', LIMIT_MS, () => lastOf(view, `${view.site.id}/g/n/a`).includes('clock-offset'))
      const { clock } = view.connections()[0] ?? {}
      assert.ok(clock && clock.offsetUs + clock.uncertaintyUs >= 30_000_000, JSON.stringify(clock))
      assert.deepEqual([clock.method, clock.beyondLimit, clock.finding], ['one-way', true, undefined])
    })
  } finally {
    await device.stop()
    await broker.stop()
  }
})
