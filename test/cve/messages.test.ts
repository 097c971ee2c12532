import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { sparkplugConfig } from '../../src/connectors/mqtt/config.ts'
import { contextFor } from '../../src/connectors/mqtt/context.fixture.ts'
import { MQTT_LIMITS } from '../../src/connectors/mqtt/limits.ts'
import { PacketGate } from '../../src/connectors/mqtt/packet-gate.ts'
import { MqttSource } from '../../src/connectors/mqtt/source.ts'
import { metric, nbirth, testHost } from '../../src/connectors/mqtt/sparkplug/host.fixture.ts'
import { NotConnected } from '../../src/core/errors.ts'

/** What brokers, parsers and decoders of peers got wrong, tried against ours by a hostile broker. */

const MIB = 1024 * 1024

/** Field `number` of wire type 2 around the content, from the inside out. */
function nested(depth: number): Buffer {
  const parts: Buffer[] = [Buffer.of(0x0a, 1, 0x78)]
  let size = 3
  const head = (number: number, length: number) => {
    const bytes: number[] = []
    for (const value of [(number << 3) | 2, length]) {
      let rest = value
      for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
      bytes.push(rest)
    }
    return Buffer.from(bytes)
  }
  for (let i = 0; i < depth; i++) {
    const member = head(2, size)
    const template = head(18, size + member.length)
    parts.push(member, template, Buffer.of(0x0a, 1, 0x78, 0x20, 19))
    size += member.length + template.length + 5
  }
  return Buffer.concat([head(2, size), ...parts.reverse()])
}

test('CVE-2026-44289 (protobufjs): messages in messages, ten thousand deep, exhaust no stack: they are refused and counted', () => {
  for (const depth of [MQTT_LIMITS.templateDepth + 1, 1_000, 10_000]) {
    const host = testHost()
    assert.deepEqual(host.send('spBv1.0/g/NBIRTH/n', nested(depth)), [])
    assert.ok((host.counters.dropped.undecodable ?? 0) >= 1)
  }
})

test('CVE-2026-44291, CVE-2023-36665 (protobufjs), CVE-2026-69200 (node-opcua-client): names of prototypes are names of metrics, and no code is made of them', () => {
  const names = ['__proto__', 'constructor', 'prototype', '__proto__/polluted', 'toString']
  const host = testHost()
  const seen = host.send('spBv1.0/g/NBIRTH/n', nbirth(names.map((name, i) => metric(name, i + 1, 'Double', 7))))
  assert.ok(seen.length >= 1)
  host.send('spBv1.0/__proto__/NBIRTH/constructor', nbirth([metric('polluted', 1, 'Double', 7)]))
  assert.deepEqual([({} as { polluted?: unknown }).polluted, Object.keys(Object.prototype)], [undefined, []])
})

test('CVE-2017-7651 (Mosquitto): a length of 256 MB is refused or skipped before anything is kept of it', () => {
  const skipped: number[] = []
  const gate = new PacketGate(MQTT_LIMITS.messageBytes, ({ bytes }) => skipped.push(bytes))
  const chunk = Buffer.alloc(64 * 1024)
  const before = process.memoryUsage().rss
  gate.pass(Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61))
  for (let i = 0; i < 1_000; i++) assert.deepEqual(gate.pass(chunk), [])
  assert.deepEqual(skipped, [268_435_455])
  assert.ok(process.memoryUsage().rss - before < 32 * MIB)
  const other = new PacketGate(MQTT_LIMITS.messageBytes, () => undefined)
  assert.throws(() => other.pass(Buffer.of(0x90, 0xff, 0xff, 0xff, 0x7f)), RangeError)
})

async function broker(t: TestContext, onConnect: (socket: Socket, bytes: Buffer) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => onConnect(socket, bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  t.after(stop)
  return {
    url: `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`,
    stop,
  }
}

async function connecting(url: string): Promise<unknown> {
  const config = sparkplugConfig.parse({ url, format: 'sparkplug' })
  const source = new MqttSource(config, contextFor())
  const limit = AbortSignal.timeout(5_000)
  try {
    await source.connect(limit)
    for (;;) await source.read(limit)
  } catch (error) {
    return error
  } finally {
    await source.close()
  }
}

const CONNACK = [Buffer.of(0x20, 3, 0, 0, 0), Buffer.of(0x20, 2, 0, 0)]

test('CVE-2016-10523 (mqtt-packet): packets that lie about themselves end the connection, never the program', async (t) => {
  const lies = [
    Buffer.of(0x20, 0),
    Buffer.of(0x20, 2, 0xff, 0xff),
    Buffer.of(0x20, 3, 0, 0, 0x7f),
    Buffer.of(0x00, 0),
    Buffer.of(0xf0, 1, 0x19, 0xff, 0xff),
    Buffer.of(0x30, 2, 0xff, 0xff),
    Buffer.of(0x36, 5, 0, 1, 0x61, 0, 0),
    Buffer.of(0x90, 1, 0),
    Buffer.of(0x62, 1, 0),
    Buffer.of(0x10, 4, 0, 4, 0x4d, 0x51),
    Buffer.alloc(64, 0xff),
    Buffer.of(0x32, 7, 0, 1, 0x61, 0, 1, 0x7f, 0xff),
  ]
  const uncaught: unknown[] = []
  const note = (error: unknown) => uncaught.push(error)
  process.on('unhandledRejection', note)
  try {
    for (const [i, lie] of lies.entries()) {
      // Every second one comes after a good beginning.
      const server = await broker(t, (socket) => {
        if (i % 2) socket.write(Buffer.concat([CONNACK[0] as Buffer, lie]))
        else socket.write(lie)
        socket.end()
      })
      const error = await connecting(server.url)
      assert.ok(error instanceof NotConnected, `${lie.toString('hex')}: ${String(error)}`)
      await server.stop()
    }
  } finally {
    process.off('unhandledRejection', note)
  }
  assert.deepEqual(uncaught, [])
})

test('CVE-2020-13849 (Mosquitto): a broker that names a keep-alive of 18 hours is asked every few seconds all the same', async (t) => {
  let heard = (_bytes: Buffer) => {}
  const asked = new Promise<void>((resolve) => {
    // PINGREQ
    heard = (bytes) => void (bytes[0] === 0xc0 && resolve())
  })
  let isFirst = true
  // CONNACK with the property Server Keep Alive (0x13) of 65,535 seconds, then nothing: the silence is the run loop's to find (test/quiet.test.ts).
  const server = await broker(t, (socket, bytes) => {
    if (isFirst) socket.write(Buffer.of(0x20, 6, 0, 0, 3, 0x13, 0xff, 0xff))
    isFirst = false
    heard(bytes)
  })
  const source = new MqttSource(sparkplugConfig.parse({ url: server.url, format: 'sparkplug' }), contextFor())
  const limit = new AbortController()
  // It grants no subscription either: the attempt ends when the run loop says so, not when the broker likes.
  const connected = source.connect(limit.signal)
  await asked
  limit.abort(new Error('long enough'))
  await assert.rejects(connected, /long enough/)
  await source.close()
})

test('CVE-2023-28366 (Mosquitto): messages that come again and again under one identifier are not gathered', () => {
  const host = testHost()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 20_000; i++) host.send(`spBv1.0/g/NDATA/never-born-${i % 5_000}`, Buffer.of(0x08, 1))
  assert.ok(process.memoryUsage().heapUsed - before < 64 * MIB)
})
