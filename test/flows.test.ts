import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { CaptureWriter } from '../src/gateway/flows/sensor/capture.fixture.ts'
import { startSensor } from '../src/gateway/index.ts'
import { startNode } from '../src/run/node.ts'

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000
  while (!holds()) {
    if (performance.now() > end) throw new Error('it did not come')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('conduits that share zones and transport: each has its own samples, and the flow of the device that goes by it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-flows-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const devices = await Promise.all([1, 2].map(() => startModbusSimulator({ units: { 1: { 'holding-register': [1, 2, 3, 4] } } })))
  t.after(() => Promise.all(devices.map((device) => device.stop())))
  const file = join(directory, 'ecluse.yaml')
  const conduitOf = (name: string) =>
    `  ${name}: { from: field, to: dmz, direction: pull, transports: [modbus], signals: ['${name}/**'], necessity: n, impact: i, owner: owner of ${name}, riskOwner: r, reviewBy: 2099-01-01, isolation: { by: [x] } }\n`
  const meterOf = (name: string, i: number) =>
    `  ${name}: { kind: modbus, zone: field, host: 127.0.0.1, port: ${devices[i]?.port}, period: 50ms, signals: [{ id: ${name}/power, table: holding-register, address: 2, type: uint16 }] }\n`
  const names = ['energy', 'cooling']
  await writeFile(
    file,
    `version: 1\nsite: { id: plant }\nnode: { zone: dmz }\nzones: { field: { level: 1 }, dmz: { level: 3.5 } }\nconduits:\n${names.map(conduitOf).join('')}connections:\n${names.map(meterOf).join('')}`,
  )
  const loaded = await loadConfig(file, { connectors, env: {} })
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0' })
  const { flows, policy } = node.view
  try {
    await until(() => policy.crossings().every(({ counts }) => (counts?.passed ?? 0) > 2) && flows.flows().length === 2)
    for (const { name, conduit, counts } of policy.crossings()) {
      assert.deepEqual([conduit, counts?.byConduit.map((one) => one.conduit)], [name, [name]])
      const flow = flows.flows().find(({ via }) => via === name)
      assert.ok(flow)
      assert.equal(flows.judge(flow)?.conduit, name)
    }
  } finally {
    await node.stop()
  }
})

test('a node observes its own poll and a capture, finds the write and the service nobody declared, and keeps it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-flows-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const device = await startModbusSimulator({ units: { 1: { 'holding-register': [1, 2, 3, 4] } } })
  t.after(() => device.stop())
  const writer = new CaptureWriter()
  const [stranger, plc] = [
    { address: '10.0.0.66', port: 40_000 },
    { address: '10.0.0.5', port: 502 },
  ]
  writer.handshake(stranger, plc)
  writer.tcp(stranger, plc, Buffer.from('00010000000b01100000000204000a000b', 'hex'))
  await writeFile(join(directory, 'span.pcap'), writer.bytes)
  const file = join(directory, 'ecluse.yaml')
  await writeFile(
    file,
    `version: 1
site: { id: plant }
node: { zone: dmz }
zones: { field: { level: 1, owner: shift lead }, dmz: { level: 3.5 } }
conduits:
  energy: { from: field, to: dmz, direction: pull, transports: [modbus], signals: ['**'], services: ['4'], necessity: report, impact: none, owner: energy, riskOwner: plant, reviewBy: 2099-01-01, isolation: { by: [shift lead] } }
sensors: { span: { file: span.pcap } }
detection: { hosts: { field: [10.0.0.0/24] } }
connections:
  meter: { kind: modbus, zone: field, host: 127.0.0.1, port: ${device.port}, period: 100ms, signals: [{ id: power, table: holding-register, address: 2, type: uint16 }] }
`,
  )
  const loaded = await loadConfig(file, { connectors, env: {} })
  const start = () => startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0' })
  const node = await start()
  const { flows } = node.view
  const found = () => new Set(flows.findings().map(({ code }) => code))
  await until(() => found().has('unexpected-write') && found().has('undeclared-service')).finally(() => node.stop())
  const poll = flows.flows().find(({ via }) => via === 'meter')
  assert.deepEqual(
    [poll?.source, poll?.protocol, poll?.services[0]?.service, poll?.services[0]?.addresses],
    ['self', 'modbus', '3', [[2, 2]]],
  )
  assert.ok((poll?.sentBytes ?? 0) >= 12 && (poll?.receivedBytes ?? 0) >= 11)
  const write = flows.findings().find(({ code }) => code === 'unexpected-write')
  assert.deepEqual([write?.severity, write?.owner, write?.evidence.source], ['critical', 'shift lead', '10.0.0.66'])
  assert.match(await readFile(join(loaded.config.data, 'flows', 'state.json'), 'utf8'), /unexpected-write/)
  const { entries } = await (async () => {
    const again = await start()
    try {
      assert.ok(
        again.view.flows.findings().some(({ id }) => id === write?.id),
        'a finding outlives the process',
      )
      return await again.view.audit.read({ kinds: ['detection'], limit: 10 })
    } finally {
      await again.stop()
    }
  })()
  assert.ok(entries.some(({ what }) => what?.startsWith('unexpected-write')))
})

test('a mirror port that cannot be read says so, and stops nothing', async () => {
  const stop = new AbortController()
  const config = { interface: 'ecluse-none0', program: 'tcpdump' } as const
  const sensor = startSensor({ name: 'span', config, observe: () => {}, clock: systemClock, log: silent, stop: stop.signal })
  await until(() => sensor.view().state === 'failed').finally(() => stop.abort())
  await sensor.done
  assert.ok((sensor.view().problem ?? '').length > 5)
})
