import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { BatchBuilder } from '../../core/batch.ts'
import { type Channel, LinkRefused, type Reception } from '../../core/link.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { FrameLink } from './frame-link.ts'
import { decodeFrame, encodeFrame, type Frame } from './frames.ts'
import type { Line } from './intake.ts'
import { LINK_LIMITS } from './limits.ts'
import { memoryChannels } from './memory-channel.ts'
import { serveChannel } from './serve.ts'
import { watchStrangers } from './strangers.ts'
import { TLS_LIMITS } from './tls-limits.ts'

const peer = { node: 'edge', address: 'memory', mayForward: false }
const hello = { node: 'edge', instance: '1', version: '0', time: 0, streams: [] }
const refused = (code: string) => (error: unknown) => error instanceof LinkRefused && error.code === code
const pair = () => memoryChannels({ atDialler: { ...peer, node: 'hub' }, atListener: peer })

test('a frame, and the words in it, may be so long', async () => {
  const { dialler, listener } = pair()
  void dialler.send(new Uint8Array(LINK_LIMITS.frameBytes))
  assert.equal((await listener.receive()).length, LINK_LIMITS.frameBytes)
  void dialler.send(new Uint8Array(LINK_LIMITS.frameBytes + 1))
  await assert.rejects(listener.receive(), refused('too-large'))
  await dialler.close()
  const request = (length: number) => encodeFrame({ type: 'renew', request: 'x'.repeat(length) })
  const around = JSON.stringify({ request: '' }).length
  const withWords = async (bytes: number) => decodeFrame(await request(bytes - around)).then(({ type }) => type)
  await assert.rejects(
    withWords(LINK_LIMITS.wordsBytes + 1),
    (error: unknown) => refused('malformed')(error) && /bytes of words/.test(String(error)),
  )
  // At the limit it is read, and refused for what it says: no request for a certificate is so long.
  await assert.rejects(withWords(LINK_LIMITS.wordsBytes), (error: unknown) => !/bytes of words/.test(String(error)))
})

test('an end that takes the hello and says nothing is given up in time', async () => {
  const clock = new ManualClock(0)
  const { dialler } = pair()
  const link = new FrameLink({ dial: async () => dialler, clock })
  const connecting = assert.rejects(link.connect(hello, new AbortController().signal), /no answer within 10 s/)
  await clock.advance(LINK_LIMITS.helloMs)
  await connecting
})

test('newest values are not shown to an end that is behind', async () => {
  const sent: string[] = []
  const answers = [await encodeFrame({ type: 'welcome', welcome: { node: 'hub', time: 0, streams: [] } })]
  const channel = {
    ...{ peer, queuedBytes: 0, close: async () => undefined },
    send: async (bytes: Uint8Array) => void sent.push((await decodeFrame(bytes)).type),
    receive: async () => answers.shift() ?? new Promise<never>(() => undefined),
  }
  const link = new FrameLink({ dial: async () => channel satisfies Channel, clock: new ManualClock(0) })
  await link.connect(hello, new AbortController().signal)
  const builder = new BatchBuilder()
  builder.push(0, 1, 1, 0)
  const batch = builder.build(1)
  for (const [queued, shown] of [
    [LINK_LIMITS.showBehindBytes + 1, 0],
    [LINK_LIMITS.showBehindBytes, 1],
  ] as const) {
    channel.queuedBytes = queued
    link.show({ node: 'edge', epoch: 1 }, batch, 1)
    for (let i = 0; i < 1_000 && sent.filter((type) => type === 'show').length < shown; i++) await turn()
    assert.equal(sent.filter((type) => type === 'show').length, shown)
  }
  await link.close()
})

/** The receiving end over a channel in memory; what it is handed never becomes durable. */
function serving(clock: ManualClock) {
  const { dialler, listener } = pair()
  const taken: number[] = []
  let line: Line | undefined
  const reception: Reception = {
    open: async () => ({ node: 'hub', time: 0, streams: [] }),
    take: (records) => {
      taken.push(records.reduce((sum, { payload }) => sum + payload.length, 0))
      return new Promise(() => undefined)
    },
    show: () => undefined,
    close: () => undefined,
  }
  const ended = serveChannel(listener, {
    clock,
    reception: (own) => {
      line = own
      return reception
    },
  })
  const say = async (frame: Frame) => dialler.send(await encodeFrame(frame))
  return { dialler, taken, ended, say, line: () => line as Line }
}

test('a sender whose records wait for the disk is not read beyond so many bytes', async () => {
  const { dialler, taken, say } = serving(new ManualClock(0))
  await say({ type: 'hello', hello })
  assert.equal((await decodeFrame(await dialler.receive())).type, 'welcome')
  const seal = { samples: 0, signals: 0, reasonSets: 0, hash: new Uint8Array(32) }
  const each = 4 * 1024 * 1024
  const record = (sequence: number): SpoolRecord => ({
    ...{ node: 'edge', epoch: 1, sequence, kind: 'batch', recordedTime: 0, seal },
    payload: new Uint8Array(each),
  })
  const fits = LINK_LIMITS.pendingBytes / each
  for (let sequence = 1; sequence <= fits + 3; sequence++) await say({ type: 'records', records: [record(sequence)] })
  for (let turns = 0; turns < 1_000 && taken.length < fits + 3; turns++) await turn()
  assert.ok(taken.length >= fits - 1 && taken.length <= fits + 1, `${taken.length} of ${fits + 3}`)
  await dialler.close()
})

test('a node that has to show that it is still there has so long', async () => {
  const clock = new ManualClock(0)
  const { dialler, say, line } = serving(clock)
  await say({ type: 'hello', hello })
  assert.equal((await decodeFrame(await dialler.receive())).type, 'welcome')
  const silent = line().probe()
  assert.equal((await decodeFrame(await dialler.receive())).type, 'ping')
  await clock.advance(LINK_LIMITS.probeMs)
  assert.equal(await silent, false)
  const alive = line().probe()
  await dialler.receive()
  await clock.advance(LINK_LIMITS.probeMs - 1)
  await say({ type: 'pong', id: 2, time: 0 })
  assert.equal(await alive, true)
  await dialler.close()
})

test('a stranger has so long for its handshake, and so long for what follows', async () => {
  const clock = new ManualClock(0)
  const strangers = watchStrangers(clock, TLS_LIMITS)
  const socket = (remotePort: number) => {
    const made = Object.assign(new EventEmitter(), {
      remoteAddress: '10.0.0.1',
      remotePort,
      destroyed: false,
      destroy: () => made.emit('close'),
    })
    made.on('close', () => {
      made.destroyed = true
    })
    strangers.admit(made as unknown as Socket)
    return made
  }
  const [silent, half] = [socket(1), socket(2)]
  strangers.shookHands(half)
  await clock.advance(TLS_LIMITS.handshakeMs - 1)
  assert.deepEqual([silent.destroyed, half.destroyed], [false, false])
  await clock.advance(1)
  assert.deepEqual([silent.destroyed, half.destroyed], [true, false])
  await clock.advance(TLS_LIMITS.admissionMs - TLS_LIMITS.handshakeMs)
  assert.deepEqual([half.destroyed, strangers.counters.silent], [true, 2])
})
