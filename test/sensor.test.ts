import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import mqtt from 'mqtt'
import { AttributeIds, DataType, MessageSecurityMode, OPCUAClient, SecurityPolicy } from 'node-opcua'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import { startDemoBroker } from '../src/connectors/mqtt/simulator.ts'
import { startOpcuaSimulator } from '../src/connectors/opcua/simulator.ts'
import type { Observation } from '../src/core/flows.ts'
import { CaptureWriter, recordingProxy } from '../src/gateway/flows/sensor/capture.fixture.ts'
import { Sensor } from '../src/gateway/flows/sensor/sensor.ts'

/** Captures of what real programs say, read by our sensor and by tshark: an independent decoder has to see the same. */

const run = promisify(execFile)
const HMI = '10.0.0.9'
const server = (port: number) => ({ address: '10.0.0.5', port })
const missing = await run('tshark', ['--version']).then(
  () => false as const,
  () => 'tshark is not installed: apt-get install tshark',
)
if (missing && process.env.ECLUSE_PEERS === 'required') throw new Error(missing)

function read(bytes: Buffer): Observation[] {
  const seen: Observation[] = []
  new Sensor({ name: 'span', now: () => 0, observe: (one) => seen.push(one) }).push(bytes)
  return seen
}

/** Fields of every message that matches, one row for each packet; a packet's messages follow each other in its columns. */
async function tshark(t: TestContext, bytes: Buffer, filter: string, fields: readonly string[]): Promise<string[][][]> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-tshark-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'a.pcap')
  await writeFile(file, bytes)
  const columns = fields.flatMap((field) => ['-e', field])
  const malformed = await run('tshark', ['-r', file, '-Y', '_ws.malformed'])
  assert.equal(malformed.stdout, '', 'nothing is malformed')
  const { stdout } = await run('tshark', ['-r', file, '-Y', filter, '-T', 'fields', '-E', 'separator=|', ...columns], { maxBuffer: 1e8 })
  // The same as pcapng, which our reader has to read alike.
  const next = join(directory, 'a.pcapng')
  await run('tshark', ['-r', file, '-F', 'pcapng', '-w', next])
  assert.deepEqual(read(await readFile(next)), read(bytes))
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('|').map((cell) => cell.split(','))]))
}

const column = (rows: string[][][], index: number) => rows.flatMap((row) => row[index] ?? []).filter((cell) => cell !== '')

test('Modbus: function codes, units, addresses and exceptions, of reads and of writes', { skip: missing }, async (t) => {
  const device = await startModbusSimulator({ units: { 1: { 'holding-register': [1, 2, 3, 4], coil: [1, 0] } } })
  t.after(() => device.stop())
  const writer = new CaptureWriter()
  const proxy = await recordingProxy(device.port, writer, server(502), HMI)
  const socket = connect(proxy.port, '127.0.0.1')
  const ask = (pdu: string, unit = 1) =>
    new Promise<void>((resolve) => {
      const body = Buffer.from(pdu, 'hex')
      const head = Buffer.alloc(7)
      head.writeUInt16BE(body.length + 1, 4)
      head[6] = unit
      socket.once('data', () => resolve())
      socket.write(Buffer.concat([head, body]))
    })
  const pdus = [
    '0300000002',
    '0100000002',
    '03000a0002',
    '0600010007',
    '100001000204000a000b',
    '0f000000020103',
    '050000ff00',
    '16000100f20025',
    '170000000100020001020005',
    '2b0e0100',
    '110a'.slice(0, 2),
  ]
  for (const pdu of pdus) await ask(pdu)
  socket.destroy()
  await proxy.stop()
  const requests = read(writer.bytes).filter(({ sentBytes, service }) => sentBytes > 0 && service !== undefined)
  const rows = await tshark(t, writer.bytes, 'mbtcp && tcp.dstport == 502', ['modbus.func_code', 'mbtcp.unit_id', 'modbus.reference_num'])
  assert.deepEqual(
    requests.map(({ service }) => service),
    column(rows, 0),
  )
  assert.deepEqual(
    requests.map(({ unit }) => String(unit)),
    column(rows, 1),
  )
  assert.equal(requests.filter(({ isWrite }) => isWrite).length, 6)
  const referenced = rows.map((row) => row[2]?.at(-1)).filter((cell) => cell !== '' && cell !== undefined)
  assert.deepEqual(requests.flatMap(({ address }) => (address === undefined ? [] : [String(address)])).slice(0, 5), referenced.slice(0, 5))
  const refused = await tshark(t, writer.bytes, 'modbus.exception_code', ['modbus.exception_code'])
  assert.deepEqual(
    read(writer.bytes).flatMap(({ exception }) => exception ?? []),
    column(refused, 0),
  )
})

test('OPC UA: services of what is not encrypted, endpoints and the certificate of what is', { skip: missing }, async (t) => {
  const simulator = await startOpcuaSimulator({ variables: [{ path: 'Line1/Speed', dataType: 'Double', value: () => 1 }] })
  t.after(() => simulator.stop())
  const port = Number(new URL(simulator.endpoint).port)
  const writer = new CaptureWriter()
  const talk = async (options: object, isWriting: boolean) => {
    const proxy = await recordingProxy(port, writer, server(4840), HMI)
    const client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 0 }, ...options })
    await client.connect(`opc.tcp://127.0.0.1:${proxy.port}`)
    const session = await client.createSession()
    await session.read({ nodeId: 'i=2258', attributeId: AttributeIds.Value })
    await session.browse('RootFolder')
    if (isWriting) {
      await session.write({
        nodeId: 'ns=1;s=Line1.Speed',
        attributeId: AttributeIds.Value,
        value: { value: { dataType: DataType.Double, value: 2 } },
      })
      await session.call({ objectId: 'i=2253', methodId: 'i=11492', inputArguments: [] }).catch(() => {})
    }
    await session.close()
    await client.disconnect()
    await proxy.stop()
  }
  await talk({}, true)
  const clear = read(writer.bytes)
  const rows = await tshark(t, writer.bytes, 'opcua && tcp.dstport == 4840', ['opcua.servicenodeid.numeric'])
  const known: Record<string, string> = {
    Read: '631',
    Browse: '527',
    Write: '673',
    Call: '712',
    GetEndpoints: '428',
    CreateSession: '461',
    ActivateSession: '467',
    CloseSession: '473',
    OpenSecureChannel: '446',
    CloseSecureChannel: '452',
  }
  const services = clear.flatMap(({ service, sentBytes }) =>
    sentBytes > 0 && service !== undefined && service !== 'Hello' ? [known[service] ?? service] : [],
  )
  assert.deepEqual(services, column(rows, 0))
  assert.deepEqual(new Set(clear.filter(({ isWrite }) => isWrite).map(({ service }) => service)), new Set(['Write', 'Call']))
  await talk({ securityMode: MessageSecurityMode.SignAndEncrypt, securityPolicy: SecurityPolicy.Basic256Sha256 }, false)
  const all = read(writer.bytes)
  assert.ok(all.some(({ service }) => service === 'encrypted'))
  assert.ok(
    all.slice(clear.length).every(({ isWrite }) => !isWrite),
    'nothing encrypted is taken for a write',
  )
  const identities = new Set(all.flatMap(({ identity }) => identity ?? []))
  assert.equal(identities.size, 1)
  assert.match([...identities][0] ?? '', /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
})

test('MQTT: client identifiers, topics, what is published and asked for; a Sparkplug command is a write', { skip: missing }, async (t) => {
  const broker = await startDemoBroker()
  t.after(() => broker.stop())
  const writer = new CaptureWriter()
  const proxy = await recordingProxy(broker.port, writer, server(1883), HMI)
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${proxy.port}`, { clientId: 'panel-7', protocolVersion: 4 })
  await client.subscribeAsync('plant/#')
  await client.publishAsync('plant/line1/speed', '12', { qos: 1 })
  await client.publishAsync('spBv1.0/site/NCMD/edge', Buffer.of(8, 1), { qos: 0 })
  await client.endAsync()
  await proxy.stop()
  // The broker above speaks no MQTT 5, whose packets have properties.
  const five = { address: HMI, port: 50_000 }
  writer.handshake(five, server(1883))
  for (const packet of [
    '1014 00044d515454 05 02 003c 00 000770616e656c2d38',
    '820d 0001 00 0007706c616e742f23 00',
    '300b 0006612f622f632f 00 3132',
  ]) {
    writer.tcp(five, server(1883), Buffer.from(packet.replaceAll(' ', ''), 'hex'))
  }
  const seen = read(writer.bytes)
  const rows = await tshark(t, writer.bytes, 'mqtt && tcp.dstport == 1883', ['mqtt.clientid', 'mqtt.topic'])
  assert.deepEqual(
    seen.flatMap(({ client: name }) => name ?? []),
    column(rows, 0),
  )
  const named = seen.flatMap(({ service = '' }) => /^(?:PUBLISH|SUBSCRIBE) (.+)/.exec(service)?.[1] ?? [])
  const shortened = (topic: string) => (topic.split('/').length > 3 ? `${topic.split('/').slice(0, 3).join('/')}/…` : topic)
  assert.deepEqual(named, column(rows, 1).map(shortened))
  assert.deepEqual(
    seen.filter(({ isWrite }) => isWrite).map(({ service }) => service),
    ['PUBLISH spBv1.0/site/NCMD/…'],
  )
})

test('S7: functions, the point of the first item, refusals, stop, system state lists', { skip: missing }, async (t) => {
  const writer = new CaptureWriter()
  const [client, plc] = [{ address: HMI, port: 40_000 }, server(102)]
  const cotp = (data: string) => {
    const body = Buffer.from(`02f080${data}`, 'hex')
    const head = Buffer.of(3, 0, 0, 0)
    head.writeUInt16BE(body.length + 4, 2)
    return Buffer.concat([head, body])
  }
  writer.handshake(client, plc)
  writer.tcp(client, plc, Buffer.from('0300001611e00000000100c0010ac1020100c2020102', 'hex'))
  writer.tcp(plc, client, Buffer.from('0300001611d00001000200c0010ac1020100c2020102', 'hex'))
  const said: [boolean, string][] = [
    [true, '32010000000100080000f0000001000101e0'],
    [false, '3203000000010008000000 00f0000001000100f0'.replaceAll(' ', '')],
    // Reads 4 bytes of DB 1 from byte 10.
    [true, '320100000002000e00000401120a10020004000184000050'],
    [false, '320300000002000200080000 0401 ff040020 00000001'.replaceAll(' ', '')],
    // Writes 2 bytes of DB 3 at byte 6; refused.
    [true, '320100000003000e00060501120a10020002000384000030 00040010 0007'.replaceAll(' ', '')],
    [false, '32030000000300000000 8104'.replaceAll(' ', '')],
    // Stops the CPU.
    [true, '320100000004001000002900000000 0009505f50524f4752414d'.replaceAll(' ', '')],
    // Asks for the module identification.
    [true, '320700000005000800080001120411440100ff09000400110001'],
  ]
  for (const [isFromClient, data] of said) writer.tcp(...(isFromClient ? ([client, plc] as const) : ([plc, client] as const)), cotp(data))
  const seen = read(writer.bytes)
  const rows = await tshark(t, writer.bytes, 's7comm && tcp.dstport == 102', ['s7comm.param.func', 's7comm.param.userdata.funcgroup'])
  const functions = seen.flatMap(({ service = '' }) => (service.startsWith('0x') ? [service] : []))
  assert.deepEqual(functions, column(rows, 0))
  assert.deepEqual(column(rows, 1), ['4'])
  assert.deepEqual(
    seen
      .filter(({ sentBytes }) => sentBytes > 0)
      .map(({ service, address, addresses, isWrite }) => [service, address, addresses, isWrite ?? false]),
    [
      ['connect', undefined, undefined, false],
      ['0xf0', undefined, undefined, false],
      ['0x04', 65_536 + 10, 4, false],
      ['0x05', 3 * 65_536 + 6, 2, true],
      ['0x29', undefined, undefined, true],
      ['userdata/4/1', undefined, undefined, false],
    ],
  )
  assert.deepEqual(
    seen.flatMap(({ exception }) => exception ?? []),
    ['0x8104'],
  )
})
