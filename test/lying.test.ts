import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { until, withNode } from '../bench/node.ts'
import { rawDevice } from '../src/connectors/modbus/fixture.ts'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import { MQTT_LIMITS } from '../src/connectors/mqtt/limits.ts'
import { startDemoBroker } from '../src/connectors/mqtt/simulator.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { statusName } from '../src/core/status.ts'

const LIMIT_MS = 20_000

/** What a publisher says where a JSON number and a time in milliseconds were declared, and what must become of it. */
const LIES: [what: string, message: string | Buffer, status: string, reason: string][] = [
  ['text for a number', '{"v":"lots","t":NOW}', 'BadTypeMismatch', 'type-mismatch'],
  ['an array', '{"v":[1,2],"t":NOW}', 'BadTypeMismatch', 'array-refused'],
  ['a structure', '{"v":{"deep":{"deeper":1}},"t":NOW}', 'BadTypeMismatch', 'structure-refused'],
  ['an infinite number', '{"v":1e999,"t":NOW}', 'BadOutOfRange', 'infinite'],
  ['a counter beyond 2^53', '{"v":9007199254740993,"t":NOW}', 'Uncertain', 'precision-lost'],
  ['the year 1601', '{"v":1,"t":-11644473600000}', 'Uncertain', 'epoch-1601 source-time-implausible'],
  ['the year 2400', '{"v":1,"t":13569465600000}', 'Uncertain', 'source-time-implausible'],
  ['no time at all', '{"v":1}', 'Uncertain', 'source-time-implausible'],
  ['JSON cut short', '{"v":1,"t":', 'BadDecodingError', 'undecodable'],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0, 1]), 'BadDecodingError', 'undecodable'],
  ['a hundred thousand brackets', '['.repeat(100_000), 'BadDecodingError', 'undecodable'],
  ['nothing', '', 'BadDecodingError', 'undecodable'],
  ['JSON over its limit', `{"v":"${'x'.repeat(MQTT_LIMITS.jsonBytes)}","t":NOW}`, 'BadDecodingError', 'undecodable'],
]

test('lying peers beside an honest one: every lie is marked on its own signal, and nobody else notices', async () => {
  const honest = await startModbusSimulator({ units: { 1: { 'holding-register': [42] } } })
  // Register 0 is answered honestly; what is asked of register 1000 comes with a byte count that contradicts it.
  const crooked = await rawDevice((request, socket) => {
    const bytes = request.readUInt16BE(8) === 0 ? [2, 0, 7] : [200, 0, 7]
    socket.write(Buffer.from([...request.subarray(0, 4), 0, 5, request[6] ?? 0, request[7] ?? 0, ...bytes]))
  })
  const broker = await startDemoBroker()
  const topics = `[{ id: lied, topic: lied, jsonPath: v, timestamp: { jsonPath: t, format: unix-ms } }, { id: sound, topic: sound }]`
  const registers = [0, 1000].map((address) => `{ id: crooked${address}, table: holding-register, address: ${address} }`)
  const yaml =
    `  honest: { kind: modbus, host: 127.0.0.1, port: ${honest.port}, period: 20ms, signals: [{ id: honest, table: holding-register, address: 0 }] }\n` +
    `  crooked: { kind: modbus, host: 127.0.0.1, port: ${crooked.port}, period: 50ms, signals: [${registers}] }\n` +
    `  broker: { kind: mqtt, url: '${broker.url}', protocolVersion: 4, format: plain, signals: ${topics} }\n`
  const publisher = await connectAsync(broker.url, { protocolVersion: 4 })
  try {
    await withNode(yaml, async (view) => {
      const seen = record(view)
      const say = (topic: string, payload: string | Buffer) => publisher.publishAsync(topic, payload, { qos: 1 })
      await until('connected', LIMIT_MS, () => view.connections().every(({ state }) => state === 'connected'))
      for (const [what, message, status, reason] of LIES) {
        const before = seen.of('lied').length
        await say('lied', typeof message === 'string' ? message.replace('NOW', String(Date.now())) : message)
        await say('sound', '5')
        await until(`${what}: a sample`, LIMIT_MS, () => seen.of('lied').length > before)
        assert.deepEqual(seen.of('lied').slice(before), [`${status} ${reason}`], what)
      }
      await say('lied', Buffer.alloc(100 * 1024 * 1024, '1'))
      await say('lied', `{"v":3,"t":${Date.now()}}`)
      await until('an honest word after all the lies', LIMIT_MS, () => seen.of('lied').at(-1) === 'Good ')
      assert.equal(seen.of('lied').length, LIES.length + 1, 'what is too large to be read is no sample')
      const undecodable = LIES.filter(([, , , reason]) => reason === 'undecodable').length
      assert.deepEqual(view.connections().find(({ name }) => name === 'broker')?.dropped, { undecodable, 'message-too-large': 1 })
      await until('crooked answers', LIMIT_MS, () => seen.of('crooked1000').length >= 3)

      // Polls that a busy machine missed are its own, and said; nothing else is.
      const polled = (id: string) => distinct(seen.of(id).filter((one) => one !== 'Good poll-overrun'))
      assert.deepEqual(polled('honest'), ['Good '])
      assert.deepEqual(distinct(seen.of('sound')), ['Good '])
      assert.equal(seen.of('sound').length, LIES.length, 'every message of the sound topic')
      assert.deepEqual(polled('crooked0'), ['Good '])
      assert.deepEqual(distinct(seen.of('crooked1000')), ['BadCommunicationError modbus-malformed-answer'])
      for (const { name, reconnects, lastError } of view.connections())
        assert.deepEqual([name, reconnects, lastError], [name, 0, undefined])
      // Nothing is lost on the way to the disk either: what was seen durable is in the historian.
      const counts = Object.fromEntries(['lied', 'sound'].map((id) => [`b/${id}`, seen.of(id).length]))
      await until('stored', LIMIT_MS, () => view.historianLag().records === 0)
      const query = "SELECT signal, count(*) FROM samples WHERE signal IN ('b/lied', 'b/sound') GROUP BY signal"
      const { rows } = await view.historian.sql(query, { maxRows: 10, timeoutMs: 5_000 })
      assert.deepEqual(Object.fromEntries(rows.map(([signal, count]) => [signal, Number(count)])), counts)
    })
  } finally {
    await publisher.endAsync(true)
    await Promise.all([honest.stop(), crooked.stop(), broker.stop()])
  }
})

/** Status and reasons of everything that becomes durable, by the last part of its signal's id. */
function record(view: NodeView) {
  const all = new Map<string, string[]>()
  const of = (id: string): string[] => {
    const list = all.get(id) ?? []
    all.set(id, list)
    return list
  }
  view.subscribe((batch) => {
    for (let row = 0; row < batch.count; row++) {
      const id = view.signals.at(batch.signal[row] as number)?.id.slice(2) ?? '?'
      of(id).push(`${statusName(batch.status[row] as number)} ${view.reasons.names(batch.reasons[row] as number).join(' ')}`)
    }
  })
  return { of }
}

const distinct = (all: readonly string[]): string[] => [...new Set(all)]
