import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { NotConnected } from '../../core/errors.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import { type Clock, systemClock } from '../../core/time.ts'
import { natsConfig } from './config.ts'
import { NATS_LIMITS } from './limits.ts'
import { NatsRecords } from './records.ts'
import { startNats, withoutNats } from './server.fixture.ts'

const limit = () => AbortSignal.timeout(30_000)

test('messages of a stream that nobody acknowledged are bounded in number; the rest comes after', { skip: withoutNats }, async (t) => {
  const server = await startNats()
  const link = await connect({ port: server.port })
  const manager = await jetstreamManager(link)
  await manager.streams.add({ name: 'S', subjects: ['s.>'] })
  const more = 50
  for (let n = 0; n < NATS_LIMITS.unacknowledged + more; n++) link.publish('s.a', `{"n":${n}}`)
  await link.flush()
  const config = natsConfig.parse({
    ...{ url: server.url },
    records: [{ record: 'flight', subject: 's.>', stream: { name: 'S', durable: 'd' } }],
  })
  const source = new NatsRecords(config, testRunner().context)
  t.after(async () => {
    await source.close()
    await link.close()
    await server.stop()
  })
  await source.connect(t.signal)
  const acks: (() => void)[] = []
  let got = 0
  while (got < NATS_LIMITS.unacknowledged) {
    const { rows, ack } = await source.read(limit())
    got += rows.length
    if (ack) acks.push(ack)
  }
  const { num_ack_pending, num_pending } = await manager.consumers.info('S', 'd')
  assert.deepEqual([got, num_ack_pending, num_pending], [NATS_LIMITS.unacknowledged, NATS_LIMITS.unacknowledged, more])
  for (const ack of acks) ack()
  while (got < NATS_LIMITS.unacknowledged + more) {
    const { rows, ack } = await source.read(limit())
    got += rows.length
    ack?.()
  }
})

/** A server that lets everybody in and answers only so many questions for a sign of life; `muted`: one came that it does not answer. */
async function mute(answers: number): Promise<{ url: string; muted: Promise<void>; close(): void }> {
  const { promise: muted, resolve } = Promise.withResolvers<void>()
  let left = answers
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('INFO {"server_id":"x","version":"2.10.0","proto":1,"max_payload":1048576,"headers":true}\r\n')
    socket.on('data', (bytes) => {
      const asked = bytes.toString('latin1').split('PING').length - 1
      for (let n = 0; n < asked; n++) {
        if (left-- > 0) socket.write('PONG\r\n')
        else resolve()
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`, muted, close: () => server.close() }
}

/** A clock whose waits are over as these say, one after the other. */
const waiting = (...over: Promise<void>[]): { clock: Clock; asked: number[] } => {
  const asked: number[] = []
  return { asked, clock: { ...systemClock, sleep: (ms) => over[asked.push(ms) - 1] ?? Promise.reject(new Error('one wait too many')) } }
}

test('a server that gives no sign of life in time is not connected; one that does is asked again when nothing came', async (t) => {
  const open = (url: string, clock: Clock) => {
    const config = natsConfig.parse({ url, records: [{ record: 'flight', subject: 'a' }] })
    const source = new NatsRecords(config, { ...testRunner().context, clock })
    t.after(() => source.close())
    return source
  }
  const one = await mute(1)
  t.after(() => one.close())
  const first = open(one.url, waiting(one.muted).clock)
  await assert.rejects(first.connect(t.signal), (error) => error instanceof NotConnected && /does not answer/.test(error.message))

  const three = await mute(3)
  t.after(() => three.close())
  const now = Promise.resolve()
  const { clock, asked } = waiting(three.muted, now, three.muted, now, three.muted)
  const second = open(three.url, clock)
  await second.connect(t.signal)
  assert.deepEqual(await second.read(limit()), { feed: 0, rows: [] })
  await assert.rejects(second.read(limit()), /does not answer/)
  const { answerMs, aliveMs } = NATS_LIMITS
  assert.deepEqual(asked, [answerMs, aliveMs, answerMs, aliveMs, answerMs])
})
