import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Acks } from './acks.ts'
import { type Oversized, PacketGate } from './packet-gate.ts'
import type { Message } from './session.ts'

const RUNS = process.env.ECLUSE_LONG === '1' ? 100_000 : 1_000

function publish(topic: string, size: number, qos: 0 | 1, id: number): Buffer {
  const name = Buffer.from(topic)
  const remaining = 2 + name.length + (qos ? 2 : 0) + size
  const head: number[] = [0x30 | (qos << 1)]
  let rest = remaining
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) head.push((rest % 128) | 0x80)
  head.push(rest, name.length >> 8, name.length & 0xff)
  return Buffer.concat([Buffer.from(head), name, Buffer.from(qos ? [id >> 8, id & 0xff] : []), Buffer.alloc(size, 'p')])
}

const LIMIT = 300
const anyPacket = fc.oneof(
  fc.record({
    topic: fc.string({ maxLength: 20 }),
    size: fc.nat({ max: 700 }),
    qos: fc.constantFrom(0 as const, 1 as const),
    id: fc.integer({ min: 1, max: 65_535 }),
  }),
  fc.constant(undefined),
)

test('however the bytes are cut, packets pass as they are, and only messages over the limit are skipped', () => {
  fc.assert(
    fc.property(
      fc.array(anyPacket, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 }),
      (packets, sizes) => {
        const bytes = packets.map((packet) => (packet ? publish(packet.topic, packet.size, packet.qos, packet.id) : Buffer.from([0xd0, 0])))
        const fits = (packet: (typeof packets)[number]) =>
          !packet || 2 + Buffer.byteLength(packet.topic) + packet.qos * 2 + packet.size <= LIMIT
        const refused: Oversized[] = []
        const gate = new PacketGate(LIMIT, (message) => refused.push(message))
        const stream = Buffer.concat(bytes)
        const passed: Buffer[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] as number
          passed.push(...gate.pass(stream.subarray(at, at + size)))
          at += size
        }
        assert.ok(Buffer.concat(passed).equals(Buffer.concat(bytes.filter((_, i) => fits(packets[i])))))
        assert.deepEqual(
          refused.map(({ topic, messageId }) => [topic, messageId]),
          packets.flatMap((packet) =>
            packet && !fits(packet) ? [[Buffer.from(packet.topic).toString(), packet.qos ? packet.id : -1]] : [],
          ),
        )
      },
    ),
    { numRuns: RUNS },
  )
})

test('bytes that cannot be MQTT are refused, never gathered', () => {
  assert.throws(() => new PacketGate(LIMIT, () => {}).pass(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff])), RangeError)
  assert.throws(() => new PacketGate(LIMIT, () => {}).pass(Buffer.from([0x20, 0xff, 0x7f])), RangeError)
})

const message = (id: number, dup = false, text = String(id)): Message => ({
  topic: 't',
  payload: Buffer.from(text),
  id,
  retain: false,
  dup,
})

function recorder() {
  const sent: number[] = []
  const send = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += 4) {
      assert.deepEqual([...bytes.subarray(at, at + 2)], [0x40, 2])
      sent.push(bytes.readUInt16BE(at + 2))
    }
  }
  return { sent, send }
}

test('acknowledgements go out in the order the messages came, whatever the order the batches are done in', () => {
  const { sent, send } = recorder()
  const acks = new Acks()
  acks.attach(send, false)
  const [a, b, c] = [acks.hand([message(1), message(2)]), acks.hand([message(3)]), acks.hand([message(4)])]
  assert.equal(acks.hand([message(-1)]), undefined, 'QoS 0 is not acknowledged')
  if (!a || !b || !c) return assert.fail()
  acks.finish(b)
  assert.deepEqual(sent, [])
  acks.finish(a)
  assert.deepEqual(sent, [1, 2, 3])
  acks.finish(c)
  assert.deepEqual(sent, [1, 2, 3, 4])
})

test('what comes again is known by identifier and content, and acknowledged when its batch is', () => {
  const acks = new Acks()
  acks.attach(() => assert.fail('nothing is durable yet'), false)
  const first = acks.hand([message(1)])
  const second = acks.hand([message(2), message(3)])
  if (!first || !second) return assert.fail()
  acks.detach()
  acks.finish(second)
  const { sent, send } = recorder()
  acks.attach(send, true)
  assert.ok(acks.seenBefore(message(1, true)))
  assert.ok(acks.seenBefore(message(2, true)))
  assert.ok(!acks.seenBefore(message(3, true, 'another')), 'same identifier, other content')
  assert.ok(!acks.seenBefore(message(2, false)), 'not marked as sent before')
  assert.deepEqual(sent, [], 'in order: the first is not durable yet')
  acks.finish(first)
  assert.deepEqual(sent, [1, 2])
  acks.attach(send, false)
  assert.ok(!acks.seenBefore(message(1, true)), 'the broker forgot the session')
})
