import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Aedes } from 'aedes'
import { buildReadonly, CUT } from '../scripts/build-readonly.ts'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import { startSparkplugSimulator } from '../src/connectors/mqtt/simulator.ts'
import { startOpcuaSimulator } from '../src/connectors/opcua/simulator.ts'
import { Capture, startTap } from './wire/recorder.ts'

/**
 * What goes over the wire, as a decoder sees it that is not ours (Wireshark's, by `tshark`): a node reads three simulated devices, every byte between them is laid down, and
 * the decoder lists what was asked. The same for the read-only edition, whose files are looked through besides.
 */
const root = join(import.meta.dirname, '..')
const TSHARK = ['/usr/bin/tshark', '/usr/local/bin/tshark'].find((file) => existsSync(file))
const withoutTshark = TSHARK === undefined && 'tshark is not installed (Debian package tshark)'

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'ecluse-wire-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

interface Recorded {
  readonly file: string
  readonly packets: number
  readonly modbus: number
  readonly opcua: number
  readonly mqtt: number
}

/** Runs the program at `bin` against devices until each has answered, and for a while longer. */
/** Bytes that each device must have answered: Modbus, OPC UA, MQTT. */
const WANTED = [200, 20_000, 400]

async function record(t: TestContext, bin: string): Promise<Recorded> {
  const directory = folder(t)
  const stops: (() => unknown)[] = []
  t.after(async () => {
    // The last that was started is the first to stop: a device says goodbye to a broker that is there.
    for (const stop of stops.reverse()) await stop()
  })
  const modbus = await startModbusSimulator({
    units: { 1: { 'holding-register': [1, 2, 3], 'input-register': [4, 5], coil: [1, 0], 'discrete-input': [1] } },
  })
  stops.push(() => modbus.stop())
  let n = 0
  const opcua = await startOpcuaSimulator({
    modes: ['none'],
    variables: [{ path: 'Line/Speed', dataType: 'Double', value: () => ++n, unit: 'm/s' }],
    periodMs: 50,
  })
  stops.push(() => opcua.stop())
  const broker = await Aedes.createBroker()
  const server = createServer(broker.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(async () => {
    await new Promise<void>((resolve) => broker.close(() => resolve()))
    server.close()
  })
  const mqttPort = (server.address() as { port: number }).port
  const edge = await startSparkplugSimulator({
    ...{ url: `mqtt://127.0.0.1:${mqttPort}`, group: 'plant', protocolVersion: 4, periodMs: 50 },
    nodes: [{ name: 'gate', metrics: [{ name: 'count', type: 'Double', value: (ms) => ms }] }],
  })
  stops.push(() => edge.stop())
  const file = join(directory, 'wire.pcap')
  const capture = new Capture(file)
  const ports = { modbus: modbus.port, opcua: opcua.port, mqtt: mqttPort }
  const taps = await Promise.all(Object.values(ports).map((port) => startTap(port, capture)))
  stops.push(() => Promise.all(taps.map((tap) => tap.stop())))
  const [tapModbus, tapOpcua, tapMqtt] = taps.map(({ port }) => port)
  writeFileSync(
    join(directory, 'ecluse.yaml'),
    `version: 1
site: { id: t }
http: { port: 0 }
connections:
  meter:
    kind: modbus
    host: 127.0.0.1
    port: ${tapModbus}
    period: 200ms
    signals:
      - { id: m/a, table: holding-register, address: 0, type: uint16 }
      - { id: m/b, table: input-register, address: 0, type: uint16 }
      - { id: m/c, table: coil, address: 0 }
      - { id: m/d, table: discrete-input, address: 0 }
  line:
    kind: opcua
    endpoint: opc.tcp://127.0.0.1:${tapOpcua}
    security: { mode: none }
    subscription: { publishingInterval: 50ms, samplingInterval: 50ms, keepAlive: 500ms }
    signals: [{ id: 'o/{name}', browse: 'Objects/Line/*' }]
  gates:
    kind: mqtt
    url: mqtt://127.0.0.1:${tapMqtt}
    format: sparkplug
    protocolVersion: 4
`,
  )
  const child = spawn(process.execPath, [bin, 'run', join(directory, 'ecluse.yaml'), '--lang', 'en'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'exit')
  const enough = () => taps.every((tap, i) => tap.answered() > (WANTED[i] as number))
  const limit = performance.now() + 60_000
  while (!enough() && child.exitCode === null && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, 50)) // bytes can only be counted
  child.kill('SIGTERM')
  await ended
  assert.ok(enough(), `not all devices answered: ${taps.map((tap) => tap.answered())}\n${said.slice(-2_000)}`)
  return { file, packets: capture.packets, ...ports }
}

/** Counts of what a field has in a capture, over all packets that a filter lets through. */
function tally({ file, modbus, opcua, mqtt }: Recorded, filter: string, ...fields: string[]): Record<string, number> {
  const decode = [`tcp.port==${modbus},mbtcp`, `tcp.port==${opcua},opcua`, `tcp.port==${mqtt},mqtt`].flatMap((rule) => ['-d', rule])
  const output = execFileSync(
    TSHARK as string,
    [
      '-r',
      file,
      '-n',
      ...decode,
      '-Y',
      filter,
      '-T',
      'fields',
      '-E',
      'occurrence=a',
      '-E',
      'aggregator=,',
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const counts: Record<string, number> = {}
  for (const value of output.split(/[\n,]/)) if (value !== '') counts[value] = (counts[value] ?? 0) + 1
  return counts
}

/** Requests by their number in binary encoding: sessions and channels, and what reads. */
const READING: Readonly<Record<string, string>> = {
  428: 'GetEndpoints',
  446: 'OpenSecureChannel',
  452: 'CloseSecureChannel',
  461: 'CreateSession',
  467: 'ActivateSession',
  473: 'CloseSession',
  527: 'Browse',
  533: 'BrowseNext',
  554: 'TranslateBrowsePathsToNodeIds',
  631: 'Read',
  751: 'CreateMonitoredItems',
  787: 'CreateSubscription',
  826: 'Publish',
  832: 'Republish',
  847: 'DeleteSubscriptions',
}

function check(recorded: Recorded): void {
  assert.deepEqual(tally(recorded, '_ws.malformed', 'frame.number'), {}, 'the decoder finds no malformed frame')
  const codes = tally(recorded, `mbtcp && tcp.dstport == ${recorded.modbus}`, 'modbus.func_code')
  assert.deepEqual(Object.keys(codes).sort(), ['1', '2', '3', '4'])
  const services = tally(recorded, `opcua && tcp.dstport == ${recorded.opcua}`, 'opcua.servicenodeid.numeric')
  assert.deepEqual(
    Object.keys(services).filter((id) => READING[id] === undefined),
    [],
  )
  for (const id of ['631', '527', '751', '787', '826']) assert.ok((services[id] ?? 0) > 0, `${READING[id]} was asked`)
  for (const id of Object.values(CUT)) assert.equal(services[id], undefined)
  // MQTT: CONNECT, SUBSCRIBE, PINGREQ, PUBACK, DISCONNECT; what is published is a request for a rebirth.
  const types = tally(recorded, `mqtt && tcp.dstport == ${recorded.mqtt}`, 'mqtt.msgtype')
  assert.deepEqual(
    Object.keys(types).filter((type) => !['1', '3', '4', '8', '12', '14'].includes(type)),
    [],
  )
  const topics = tally(recorded, `mqtt.msgtype == 3 && tcp.dstport == ${recorded.mqtt}`, 'mqtt.topic')
  assert.deepEqual(
    Object.keys(topics).filter((topic) => topic !== 'spBv1.0/plant/NCMD/gate'),
    [],
  )
}

test('on the wire: Modbus function codes 1 to 4, OPC UA services that read, MQTT without a message but the request for a rebirth', {
  skip: withoutTshark,
}, async (t) => {
  const recorded = await record(t, join(root, 'bin', 'ecluse.js'))
  check(recorded)
  t.diagnostic(`${recorded.packets} packets decoded`)
})

test('the read-only edition: no service that changes a server in its files, nor on the wire', { skip: withoutTshark }, async (t) => {
  const edition = join(folder(t), 'ecluse-readonly')
  await buildReadonly(edition)
  const files = globSync('{bin,dist}/**/*', { cwd: edition, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
  const bundle = readFileSync(join(edition, 'dist', 'opcua', 'opcua.js'), 'utf8')
  for (const [name, number] of Object.entries(CUT)) {
    // Not there at all, or a class that cannot be made; nothing registers it, and its number is in no list and no encoding.
    const made = new RegExp(`(class ${name}\\b|\\b${name} = class\\b)([^{]*)\\{([^}]*)\\}`).exec(bundle)
    if (made) assert.match(made[0], /^[^{]*\{\s*constructor\(\) \{\s*throw new Error\("not in this edition"\);?\s*\}$/, name)
    assert.doesNotMatch(bundle, new RegExp(`makeExpandedNodeId\\(${number},|\\b${name}_Encoding|schema${name}\\b|"${name}"`), name)
  }
  for (const file of files) {
    if (!/\.m?js$/.test(file)) continue
    const text = readFileSync(file, 'utf8')
    if (!file.endsWith('opcua.js')) assert.doesNotMatch(text, /(from|import\() ?['"]node-opcua/, file)
    assert.doesNotMatch(file, /simulator\.js$/)
  }
  const { dependencies } = JSON.parse(readFileSync(join(edition, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => /opcua|modbus|aedes/.test(name)),
    [],
  )
  const { OPCUAClient, WriteRequest } = await import(join(edition, 'dist', 'opcua', 'opcua.js'))
  assert.equal(typeof OPCUAClient, 'function')
  assert.throws(() => new WriteRequest({}), /not in this edition/)
  symlinkSync(join(root, 'node_modules'), join(edition, 'node_modules'))
  check(await record(t, join(edition, 'bin', 'ecluse.js')))
})
