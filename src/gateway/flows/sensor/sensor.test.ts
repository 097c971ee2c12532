import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Observation } from '../../../core/flows.ts'
import { CaptureWriter, ethernet, tcp } from './capture.fixture.ts'
import { CaptureError } from './capture.ts'
import { SENSOR_LIMITS } from './limits.ts'
import { Sensor } from './sensor.ts'

const HMI = { address: '10.0.0.9', port: 40_001 }
const PLC = { address: '10.0.0.5', port: 502 }
const READ = Buffer.from('000100000006010300640002', 'hex')
const ANSWER = Buffer.from('0001000000070103040001000f'.padEnd(26, '0'), 'hex')
const WRITE = Buffer.from('00020000000b0110006400020400010002', 'hex')
const REFUSED = Buffer.from('000200000003019002', 'hex')

function sensor() {
  const seen: Observation[] = []
  return { seen, sensor: new Sensor({ name: 'span', now: () => 1, observe: (one) => seen.push(one) }) }
}

const short = ({ service, unit, address, addresses, exception, isWrite }: Observation) =>
  JSON.stringify({ service, unit, address, addresses, exception, isWrite })

function modbusCapture(): CaptureWriter {
  const writer = new CaptureWriter()
  writer.handshake(HMI, PLC)
  writer.tcp(HMI, PLC, READ)
  writer.tcp(PLC, HMI, ANSWER)
  writer.tcp(HMI, PLC, WRITE)
  writer.tcp(PLC, HMI, REFUSED)
  return writer
}

test('a capture becomes observations, whatever pieces it comes in', () => {
  const { bytes } = modbusCapture()
  const whole = sensor()
  whole.sensor.push(bytes)
  assert.deepEqual(whole.seen.map(short), [
    '{"service":"3","unit":1,"address":100,"addresses":2}',
    '{"unit":1}',
    '{"service":"16","unit":1,"address":100,"addresses":2,"isWrite":true}',
    '{"service":"16","unit":1,"exception":"2"}',
  ])
  const [first] = whole.seen
  assert.deepEqual(
    [first?.via, first?.source, first?.destination, first?.port, first?.protocol, first?.sentBytes],
    ['sensor:span', '10.0.0.9', '10.0.0.5', 502, 'modbus', 12],
  )
  const pieces = sensor()
  for (let at = 0; at < bytes.length; at += 7) pieces.sensor.push(bytes.subarray(at, at + 7))
  assert.deepEqual(pieces.seen, whole.seen)
})

test('segments out of order, sent twice or overlapping are read once and in order; what never comes is counted', () => {
  const stream = Buffer.concat([READ, WRITE, READ, WRITE])
  const at = (from: number, to: number) => ethernet(tcp(HMI, PLC, 1_001 + from, 0, 0x18, stream.subarray(from, to)), HMI)
  const writer = new CaptureWriter()
  writer.handshake(HMI, PLC)
  for (const [from, to] of [
    [0, 5],
    [20, 30],
    [20, 30],
    [5, 22],
    [28, 58],
  ] as const)
    writer.frame(at(from, to))
  const ordered = sensor()
  ordered.sensor.push(writer.bytes)
  assert.deepEqual(
    ordered.seen.map(({ service }) => service),
    ['3', '16', '3', '16'],
  )
  const holed = new CaptureWriter()
  holed.handshake(HMI, PLC)
  holed.frame(at(0, 12))
  for (let i = 0; i <= SENSOR_LIMITS.waitingSegments; i++) holed.frame(ethernet(tcp(HMI, PLC, 2_001 + 12 * i, 0, 0x18, READ), HMI))
  const gap = sensor()
  gap.sensor.push(holed.bytes)
  assert.equal(gap.seen.length, 2 + SENSOR_LIMITS.waitingSegments)
  assert.equal(gap.sensor.counters.skipped['tcp-gap'], 1)
})

test('VLAN tags, IPv6 and the middle of a conversation are read; a scan that says nothing is told of', () => {
  const { seen, sensor: one } = sensor()
  const writer = new CaptureWriter()
  writer.tcp(HMI, PLC, READ, 0x18, 42)
  const [a, b] = [
    { address: 'fd00::9', port: 40_000 },
    { address: 'fd00::1:5', port: 502 },
  ]
  writer.frame(ethernet(tcp(a, b, 5, 0, 0x18, READ), a))
  writer.frame(ethernet(tcp(PLC, HMI, 5, 0, 0x18, ANSWER), PLC))
  writer.tcp({ address: '10.0.0.66', port: 5_000 }, { address: '10.0.0.7', port: 22 }, Buffer.alloc(0), 0x02)
  writer.tcp({ address: '10.0.0.7', port: 22 }, { address: '10.0.0.66', port: 5_000 }, Buffer.alloc(0), 0x14)
  one.push(writer.bytes)
  assert.deepEqual(
    seen.map(({ source, destination, protocol, exception }) => [source, destination, protocol, exception]),
    [
      ['10.0.0.9', '10.0.0.5', 'modbus', undefined],
      ['fd00::9', 'fd00::1:5', 'modbus', undefined],
      ['10.0.0.9', '10.0.0.5', 'modbus', undefined],
      ['10.0.0.66', '10.0.0.7', 'tcp', 'refused'],
    ],
  )
})

test('whatever the bytes are, a sensor throws nothing but CaptureError', () => {
  const { bytes } = modbusCapture()
  const feed = (data: Buffer) => {
    const { sensor: one } = sensor()
    try {
      one.push(data)
    } catch (error) {
      assert.ok(error instanceof CaptureError, String(error))
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (data) => feed(Buffer.from(data))),
    { numRuns: 2_000 },
  )
  // A true capture with bytes changed, and one whose packets are noise: these get past the first checks.
  const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 20 })
  fc.assert(
    fc.property(changes, (list) => {
      const data = Buffer.from(bytes)
      for (const [at, value] of list) data[at] = value
      feed(data)
    }),
    { numRuns: 3_000 },
  )
  const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 12 })
  const heads = fc.constantFrom('4f504e46', '4d534746', '48454c46', '03000030', '10', '30', '000100000006', '0300001f02f08032')
  fc.assert(
    fc.property(payloads, heads, fc.constantFrom(102, 502, 1_883, 4_840, 9_999), (list, head, port) => {
      const writer = new CaptureWriter()
      const server = { address: PLC.address, port }
      writer.handshake(HMI, server)
      for (const [i, payload] of list.entries()) {
        const said = Buffer.concat([Buffer.from(head, 'hex'), payload])
        if (i % 2 === 0) writer.tcp(HMI, server, said)
        else writer.tcp(server, HMI, said)
      }
      feed(writer.bytes)
    }),
    { numRuns: 3_000 },
  )
})

test('conversations, packets and blocks are bounded', () => {
  const { sensor: one } = sensor()
  const writer = new CaptureWriter()
  for (let i = 0; i < SENSOR_LIMITS.conversations + 7; i++) writer.tcp({ address: `10.1.${i >> 8}.${i & 255}`, port: 40_000 }, PLC, READ)
  one.push(writer.bytes)
  assert.equal(one.counters.skipped['conversation-forgotten'], 7)
  const large = new CaptureWriter().bytes
  const head = Buffer.alloc(16)
  head.writeUInt32LE(SENSOR_LIMITS.packetBytes + 1, 8)
  assert.throws(() => sensor().sensor.push(Buffer.concat([large, head])), CaptureError)
  const block = Buffer.from('0a0d0d0a00000001', 'hex')
  block.writeUInt32LE(SENSOR_LIMITS.blockBytes + 4, 4)
  assert.throws(() => sensor().sensor.push(Buffer.concat([block, Buffer.from('4d3c2b1a', 'hex')])), CaptureError)
})

test('tags, headers of IPv6, interfaces of a capture and texts of the wire are bounded', () => {
  const read = (frame: Buffer) => {
    const { seen, sensor: one } = sensor()
    const writer = new CaptureWriter()
    writer.frame(frame)
    one.push(writer.bytes)
    return [seen.length, one.counters.skipped.malformed ?? 0]
  }
  const plain = ethernet(tcp(HMI, PLC, 5, 0, 0x18, READ), HMI)
  const tagged = (tags: number) =>
    Buffer.concat([plain.subarray(0, 12), ...Array<Buffer>(tags).fill(Buffer.from('81000001', 'hex')), plain.subarray(12)])
  assert.deepEqual(read(tagged(SENSOR_LIMITS.vlanTags)), [1, 0])
  assert.deepEqual(read(tagged(SENSOR_LIMITS.vlanTags + 1)), [0, 1])
  const [from, to] = [
    { address: 'fd00::9', port: 40_000 },
    { address: 'fd00::1:5', port: 502 },
  ]
  const packet = tcp(from, to, 5, 0, 0x18, READ)
  const extended = (headers: number) => {
    const [head, rest] = [Buffer.from(packet.subarray(0, 40)), packet.subarray(40)]
    const chain = Array.from({ length: headers }, (_, i) => Buffer.of(i === headers - 1 ? 6 : 60, 0, 0, 0, 0, 0, 0, 0))
    head[6] = 60
    head.writeUInt16BE(8 * headers + rest.length, 4)
    return ethernet(Buffer.concat([head, ...chain, rest]), from)
  }
  assert.deepEqual(read(extended(SENSOR_LIMITS.extensionHeaders)), [1, 0])
  assert.deepEqual(read(extended(SENSOR_LIMITS.extensionHeaders + 1)), [0, 1])
  const block = (type: number, body: Buffer) => {
    const bytes = Buffer.alloc(12 + body.length)
    bytes.writeUInt32LE(type, 0)
    bytes.writeUInt32LE(bytes.length, 4)
    body.copy(bytes, 8)
    bytes.writeUInt32LE(bytes.length, bytes.length - 4)
    return bytes
  }
  const section = block(0x0a0d0d0a, Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex'))
  const interfaces = (count: number) => Buffer.concat([section, ...Array<Buffer>(count).fill(block(1, Buffer.alloc(8, 1)))])
  sensor().sensor.push(interfaces(SENSOR_LIMITS.interfaces))
  assert.throws(() => sensor().sensor.push(interfaces(SENSOR_LIMITS.interfaces + 1)), /interfaces/)
  const { seen, sensor: one } = sensor()
  const writer = new CaptureWriter()
  const broker = { address: PLC.address, port: 1_883 }
  const name = Buffer.alloc(110, 'n')
  const connect = Buffer.concat([
    Buffer.of(0x10, 12 + name.length),
    Buffer.from('00044d5154540402003c00', 'hex'),
    Buffer.of(name.length),
    name,
  ])
  writer.handshake(HMI, broker)
  writer.tcp(HMI, broker, connect)
  one.push(writer.bytes)
  assert.equal(seen[0]?.client?.length, SENSOR_LIMITS.textLength)
})

test('a message longer than what is kept of it is counted past, not kept', () => {
  const { seen, sensor: one } = sensor()
  const writer = new CaptureWriter()
  const broker = { address: PLC.address, port: 1_883 }
  const connect = Buffer.from('101000044d5154540402003c0004706c6331', 'hex')
  const length = 3_000_000
  const publish = Buffer.concat([Buffer.of(0x30, 0xc0, 0x8d, 0xb7, 0x01), Buffer.from('\0\x05a/b/c')])
  writer.handshake(HMI, broker)
  writer.tcp(HMI, broker, connect)
  writer.tcp(HMI, broker, publish)
  for (let left = length - 7; left > 0; left -= 60_000) writer.tcp(HMI, broker, Buffer.alloc(Math.min(left, 60_000)))
  writer.tcp(HMI, broker, Buffer.concat([Buffer.of(0x30, 5), Buffer.from('\0\x01z42')]))
  one.push(writer.bytes)
  assert.deepEqual(
    seen.map(({ service, client, sentBytes }) => [service, client, sentBytes]),
    [
      ['CONNECT', 'plc1', 18],
      ['PUBLISH a/b/c', undefined, length + 5],
      ['PUBLISH z', undefined, 7],
    ],
  )
})
