import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, withNode } from '../bench/node.ts'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import { startDemoBroker, startSparkplugSimulator } from '../src/connectors/mqtt/simulator.ts'
import { startOpcuaSimulator } from '../src/connectors/opcua/simulator.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { statusName } from '../src/core/status.ts'

const SILENCE = 'silence: { uncertainAfter: 600ms, badAfter: 1500ms }'
const LIMIT_MS = 20_000

/** A device that can be unplugged and plugged in again at the same address. */
interface Device {
  stop(): Promise<void>
}
interface Plant {
  /** The connection's lines of `ecluse.yaml`, once the device's address is known. */
  readonly yaml: string
  readonly signals: number
  readonly device: Device
  again(): Promise<Device>
  close?(): Promise<void>
}

const plants: Record<string, () => Promise<Plant>> = {
  'OPC UA': async () => {
    const variables = ['T1', 'T2'].map((name) => ({
      path: `Line/${name}`,
      nodeId: `s=${name}`,
      dataType: 'Double' as const,
      value: (ms: number) => ms % 1000,
    }))
    const start = (port: number) => startOpcuaSimulator({ port, variables, modes: ['none'], periodMs: 100 })
    const device = await start(0)
    const signals = `[{ node: 'ns=1;s=T1', id: T1 }, { node: 'ns=1;s=T2', id: T2 }]`
    const subscription = '{ publishingInterval: 100ms, samplingInterval: 100ms }'
    return {
      yaml: `  c: { kind: opcua, endpoint: '${device.endpoint}', ${SILENCE}, security: { mode: none }, subscription: ${subscription}, signals: ${signals} }\n`,
      signals: 2,
      device,
      again: () => start(device.port),
    }
  },
  Modbus: async () => {
    const start = async (port: number) => {
      const device = await startModbusSimulator({ port, units: { 1: {} } })
      device.setRegister(1, 'holding-register', 0, 11, 12)
      return device
    }
    const device = await start(0)
    const signals = [0, 1].map((address) => `{ id: r${address}, table: holding-register, address: ${address}, type: uint16 }`)
    return {
      yaml: `  c: { kind: modbus, host: 127.0.0.1, port: ${device.port}, ${SILENCE}, period: 100ms, timeout: 300ms, signals: [${signals}] }\n`,
      signals: 2,
      device,
      again: () => start(device.port),
    }
  },
  'Sparkplug B': async () => {
    const broker = await startDemoBroker()
    const metrics = [{ name: 'a', type: 'Double', value: (ms: number) => ms }] as const
    const start = () =>
      startSparkplugSimulator({ url: broker.url, group: 'g', nodes: [{ name: 'n', metrics: [...metrics] }], periodMs: 100 })
    const device = await start()
    return {
      yaml: `  c: { kind: mqtt, url: '${broker.url}', protocolVersion: 4, ${SILENCE}, format: sparkplug, groups: [g] }\n`,
      signals: 1,
      device,
      again: start,
      close: () => broker.stop(),
    }
  },
}

const statuses = ({ signals, last }: NodeView): string[] =>
  signals.all().flatMap((_, index) => (last.has(index) ? [statusName(last.status[index] as number)] : []))

for (const [name, build] of Object.entries(plants)) {
  test(`${name}: unplugged, every signal turns Bad within its limits and nothing stays Good; plugged in again, all are Good`, async () => {
    const plant = await build()
    let device = plant.device
    try {
      await withNode(plant.yaml, async (view) => {
        const all = (status: string) => () => {
          const now = statuses(view)
          return now.length >= plant.signals && now.every((one) => one === status)
        }
        await until('all Good', LIMIT_MS, all('Good'))
        const seen = new Set<string>()
        const stopWatching = view.subscribe(({ status }) => {
          for (const code of status) seen.add(statusName(code))
        })
        await device.stop()
        const unplugged = performance.now()
        await until('all Bad', LIMIT_MS, () => statuses(view).every((one) => one.startsWith('Bad')))
        const silentMs = performance.now() - unplugged
        assert.ok(silentMs < 4_000, `Bad only after ${Math.round(silentMs)} ms, the limit is 1500 ms and a tick`)
        assert.ok(
          view.last.value.subarray(0, view.signals.size).every((value) => Number.isNaN(value)),
          'no value is left',
        )
        device = await plant.again()
        await until('all Good again', LIMIT_MS, all('Good'))
        stopWatching()
        // A death the device announces is Bad at once; a silent one is Uncertain first.
        if (name !== 'Sparkplug B') assert.ok(seen.has('UncertainLastUsableValue'), [...seen].join(' '))
        await until('stored', LIMIT_MS, () => view.historianLag().records === 0)
        const { rows } = await view.historian.sql("SELECT count(*) FROM samples WHERE status = 'Bad' AND value IS NOT NULL", {
          maxRows: 1,
          timeoutMs: 5_000,
        })
        assert.equal(Number(rows[0]?.[0]), 0, 'no Bad sample has a value')
      })
    } finally {
      await device.stop()
      await plant.close?.()
    }
  })
}
