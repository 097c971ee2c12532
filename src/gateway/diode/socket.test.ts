import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '../../core/log.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { systemClock } from '../../core/time.ts'
import { Intake } from '../link/intake.ts'
import { defineSignals, numbered, readAll, start, temporaryDirectory } from '../spool/harness.ts'
import { nextBoot } from './boot.ts'
import { GapMap } from './gap-map.ts'
import { DIODE_LIMITS } from './limits.ts'
import { diodeDefaults } from './options.ts'
import { DiodeReceiver } from './receiver.ts'
import { DiodeSender } from './sender.ts'
import { udpIn, udpOut } from './socket.ts'
import { helloOf, KEY, memoryHub } from './world.fixture.ts'

test('records and live samples go through real sockets', async (t) => {
  const directory = await temporaryDirectory(t)
  const edge = await start(directory)
  defineSignals(edge.signals, 2)
  for (let n = 0; n < 100; n++) await edge.spool.append(numbered(n, 500))
  const records = await readAll(edge.spool)
  const hub = memoryHub()
  const arrived = Promise.withResolvers<void>()
  const shown = Promise.withResolvers<number>()
  const { forward } = hub.log
  hub.log.forward = async (forwarded) => {
    const last = await forward(forwarded)
    if (last.sequence === records.length) arrived.resolve()
    return last
  }
  const intake = new Intake({ log: hub.log, clock: systemClock, onShow: (_stream, _batch, upTo) => shown.resolve(upTo) })
  const receiver = new DiodeReceiver({
    senders: [{ sender: 1, key: KEY, node: 'edge-1' }],
    reception: () => ({ ...intake.reception({ probe: async () => false, end() {} }), importMissing: async () => {}, refused() {} }),
    gaps: await GapMap.open(join(directory, 'gaps.json')),
    ...{ clock: systemClock, log: silent },
  })
  const socket = await udpIn('127.0.0.1', 0, (bytes, address) => receiver.onDatagram(bytes, address))
  const link = new DiodeSender({
    settings: { ...diodeDefaults, bytesPerSecond: 4_000_000 },
    ...{ sender: 1, key: KEY, clock: systemClock, random: (bytes: number) => randomBytes(bytes) },
    boot: () => nextBoot(join(directory, 'boot'), systemClock),
    open: () => udpOut('127.0.0.1', socket.port),
  })
  await link.connect(helloOf(edge.spool), new AbortController().signal)
  await link.send(records)
  await arrived.promise
  link.show(edge.spool, numbered(1), 7)
  assert.equal(await shown.promise, 7)
  assert.deepEqual(
    hub.records.map(({ sequence }: SpoolRecord) => sequence),
    records.map(({ sequence }) => sequence),
  )
  assert.equal(link.counters.sentSamples, 50_000)
  await link.close()
  await link.close()
  await receiver.close()
  await socket.close()
  await edge.spool.close()
})

test('a boot number only goes up, whatever the clock does', async (t) => {
  const path = join(await temporaryDirectory(t), 'boot')
  const first = await nextBoot(path, new ManualClock(5000))
  assert.equal(first, 5000)
  assert.equal(await nextBoot(path, new ManualClock(10)), 5001)
  assert.equal(await nextBoot(path, new ManualClock(9000)), 9000)
  assert.equal(await readFile(path, 'utf8'), '9000\n')
})

test('a way out that refuses every datagram for five seconds ends the link', async () => {
  const clock = new ManualClock(0)
  const link = new DiodeSender({
    settings: diodeDefaults,
    ...{ sender: 1, key: KEY, clock, random: (bytes: number) => new Uint8Array(bytes), boot: async () => 1 },
    open: async () => ({ send: () => Promise.reject(new Error('ENETDOWN')), close() {} }),
  })
  await link.connect(helloOf({ node: 'a', epoch: 1 }), new AbortController().signal)
  await clock.advance(6000)
  assert.match(String(await link.ended), /ENETDOWN/)
  await assert.rejects(
    link.send([{ node: 'a', epoch: 1, sequence: 1, kind: 'config', recordedTime: 0, payload: new Uint8Array(8) }]),
    /ENETDOWN/,
  )
  await link.close()
})

test('live samples are shown while little waits, and not behind records that do', async () => {
  const clock = new ManualClock(0)
  const link = new DiodeSender({
    settings: { ...diodeDefaults, bytesPerSecond: 1e9 },
    ...{ sender: 1, key: KEY, clock, random: (bytes: number) => new Uint8Array(bytes), boot: async () => 1 },
    open: async () => ({ send: async () => {}, close() {} }),
  })
  await link.connect(helloOf({ node: 'a', epoch: 1 }), new AbortController().signal)
  const send = async (bytes: number, isShown: boolean) => {
    const before = link.counters.sentBytes
    const sent = link.send([{ node: 'a', epoch: 1, sequence: ++sequence, kind: 'batch', recordedTime: 0, payload: randomBytes(bytes) }])
    await sent
    if (isShown) link.show({ node: 'a', epoch: 1 }, numbered(1, 20_000), 1)
    await clock.advance(900)
    return link.counters.sentBytes - before
  }
  let sequence = 0
  const little = DIODE_LIMITS.showRoomBytes / 2
  const much = DIODE_LIMITS.showRoomBytes * 2
  assert.ok((await send(little, true)) > 1.2 * (await send(little, false)))
  assert.ok((await send(much, true)) < 1.05 * (await send(much, false)))
  const closing = link.close()
  await clock.advance(1000)
  await closing
})

test('a sender waits when what it sealed is not sent, and then shows nothing', async () => {
  const clock = new ManualClock(0)
  const stuck = Promise.withResolvers<void>()
  const link = new DiodeSender({
    settings: { ...diodeDefaults, bytesPerSecond: 1e9 },
    ...{ sender: 1, key: KEY, clock, random: (bytes: number) => new Uint8Array(bytes), boot: async () => 1 },
    open: async () => ({ send: () => stuck.promise, close() {} }),
  })
  await link.connect(helloOf({ node: 'a', epoch: 1 }), new AbortController().signal)
  const room = DIODE_LIMITS.queuedBytes / DIODE_LIMITS.packBytes
  const count = room + 20
  let accepted = 0
  const payload = randomBytes(DIODE_LIMITS.packBytes - 100)
  const sendAll = async (node: string) => {
    for (let sequence = 1; sequence <= count / 2; sequence++) {
      await link.send([{ node, epoch: 1, sequence, kind: 'batch', recordedTime: 0, payload }])
      accepted++
    }
  }
  const sending = Promise.all([sendAll('a'), sendAll('b')])
  sending.catch(() => {})
  await clock.advance(100)
  assert.ok(accepted >= room && accepted <= room + 10, `${accepted} messages were taken`)
  link.show({ node: 'a', epoch: 1 }, numbered(1), 1)
  stuck.resolve()
  await clock.advance(500)
  await sending
  assert.equal(accepted, count)
  const { sentBytes } = link.counters
  const rows = Math.ceil(DIODE_LIMITS.showBytes / 28) + 1000
  link.show({ node: 'a', epoch: 1 }, numbered(1, rows), 1)
  await clock.advance(900)
  assert.ok(link.counters.sentBytes - sentBytes < DIODE_LIMITS.showBytes / 10, 'what is too large is not shown')
  const closing = link.close()
  await clock.advance(1000)
  await closing
})
