import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotConnected } from '../core/errors.ts'
import { encodeForwarded } from '../core/forwarded.ts'
import { LastValues } from '../core/last-values.ts'
import type { Link } from '../core/link.ts'
import { silent } from '../core/log.ts'
import { ManualClock } from '../core/manual-clock.ts'
import type { Spool, SpoolRecord } from '../core/spool.ts'
import { Uplink } from './uplink.ts'
import type { UplinkParts } from './uplink-parts.ts'

const START = 1_800_000_000_000_000

const spool = {
  ...{ node: 'edge', epoch: 1, release: () => {}, follow: () => () => {}, read: async () => [], streams: () => [] },
  stats: () => ({ firstSequence: 1, lastSequence: 0 }),
} as unknown as Spool

function uplinkOver(clock: ManualClock, link: () => Link, stop: AbortSignal, more: Partial<UplinkParts> = {}): Uplink {
  const parts: UplinkParts = {
    ...{ spool, link, clock, stop, endpoint: 'hub', version: '0', instance: '1', isRelay: false, last: new LastValues() },
    ...{ signalCount: () => 0, random: () => 0.5, log: silent, onForked: async () => {} },
    ...more,
  }
  return new Uplink(parts)
}

/** Answers, and then ends. */
const shortLived = (): Link => ({
  ...{ isOneWay: false, send: async () => {}, show: () => {}, onDurable: () => {}, close: async () => {} },
  connect: async () => ({ node: 'hub', time: 0, streams: [] }),
  ended: Promise.resolve(new NotConnected('hub cannot store')),
  counters: { sentBytes: 0, sentRecords: 0, sentSamples: 0 },
})

test('an end that answers, stores nothing and hangs up is called less and less often', async () => {
  const clock = new ManualClock(START)
  const stop = new AbortController()
  const uplink = uplinkOver(clock, shortLived, stop.signal)
  const running = uplink.run()
  await clock.advance(60_000)
  const inFirstMinute = uplink.view().attempts
  await clock.advance(60_000)
  assert.ok(inFirstMinute <= 15, `${inFirstMinute} attempts`)
  assert.ok(uplink.view().attempts - inFirstMinute <= 10, `${uplink.view().attempts} attempts`)
  stop.abort()
  await clock.advance(20_000)
  await running
})

test('a relay hands over again what it still keeps when the other end has less than it had', async () => {
  const clock = new ManualClock(START)
  const inner = (sequence: number): SpoolRecord => ({
    ...{ node: 'edge', epoch: 1, sequence, kind: 'config', recordedTime: START },
    payload: new TextEncoder().encode('{"version":"1"}'),
  })
  const outer = [1, 2, 3].map((sequence): SpoolRecord => {
    const payload = encodeForwarded({ node: 'edge', epoch: 1, via: 'edge', records: [inner(sequence)] })
    return { node: 'relay', epoch: 1, sequence, kind: 'forwarded', recordedTime: START, payload }
  })
  const relay = {
    ...spool,
    stats: () => ({ firstSequence: 1, lastSequence: 3 }),
    read: async (from: number) => outer.slice(from - 1),
  } as unknown as Spool
  const sent: number[][] = []
  // The first attempt ends when all is durable; by the second, the other end is back at record 1.
  const link = (): Link => {
    const mine: number[] = []
    const attempt = sent.push(mine)
    let end: (why: Error) => void = () => {}
    const made: Link = {
      ...shortLived(),
      connect: async () => ({ node: 'hub', time: 0, streams: attempt === 1 ? [] : [{ node: 'edge', epoch: 1, sequence: 1 }] }),
      ended: new Promise((resolve) => {
        end = resolve
      }),
      send: async (records) => {
        for (const { sequence } of records) mine.push(sequence)
        made.onDurable({ node: 'edge', epoch: 1, sequence: mine.at(-1) as number })
        if (attempt === 1 && mine.at(-1) === 3) end(new NotConnected('restored'))
      },
      close: async () => end(new NotConnected('closed')),
    }
    return made
  }
  const stop = new AbortController()
  const running = uplinkOver(clock, link, stop.signal, { spool: relay, isRelay: true }).run()
  await clock.advance(5_000)
  assert.deepEqual(sent, [
    [1, 2, 3],
    [2, 3],
  ])
  stop.abort()
  await clock.advance(20_000)
  await running
})

test('what the other end lacks of an epoch that is over is declared there, once, and confirms nothing of the present one', async () => {
  const clock = new ManualClock(START)
  const stop = new AbortController()
  const sent: string[] = []
  const named: unknown[] = []
  let end: (why: Error) => void = () => {}
  const made: Link = {
    ...shortLived(),
    ended: new Promise((resolve) => {
      end = resolve
    }),
    close: async () => end(new NotConnected('closed')),
    connect: async ({ streams }) => {
      named.push(...streams.map(({ epoch, last }) => [epoch, last]))
      return {
        ...{ node: 'hub', time: 0 },
        streams: [
          { node: 'edge', epoch: 2, sequence: 50 },
          { node: 'edge', epoch: 3, sequence: 7 },
        ],
      }
    },
    send: async (records) => {
      for (const { epoch, sequence, kind, seal, payload } of records) {
        assert.deepEqual([kind, seal], ['gap', undefined])
        sent.push(`${epoch} ${new TextDecoder().decode(payload)}`)
        made.onDurable({ node: 'edge', epoch, sequence })
      }
    },
  }
  const later = { ...spool, epoch: 4 } as unknown as Spool
  const ended = [
    { epoch: 1, last: 20 },
    { epoch: 2, last: 100 },
    { epoch: 3, last: 7 },
  ]
  const uplink = uplinkOver(clock, () => made, stop.signal, { spool: later, ended })
  const running = uplink.run()
  await clock.advance(1_000)
  assert.deepEqual(named, [...ended.map(({ epoch, last }) => [epoch, last]), [4, 0]])
  assert.deepEqual(sent, ['1 {"from":1,"to":20,"cause":"epoch-ended"}', '2 {"from":51,"to":100,"cause":"epoch-ended"}'])
  assert.equal(uplink.view().confirmedSequence, 0)
  stop.abort()
  await clock.advance(20_000)
  await running
})

test('a log that dropped all it had, and cannot write yet that it did, does not keep the program from everything else', async () => {
  const clock = new ManualClock(START)
  const stop = new AbortController()
  let looks = 0
  const dropped = {
    ...spool,
    stats: () => ({ firstSequence: 10, lastSequence: 9 }),
    read: async () => {
      looks++
      return []
    },
  } as unknown as Spool
  let end: (why: Error) => void = () => {}
  const link = (): Link => ({
    ...shortLived(),
    ended: new Promise((resolve) => {
      end = resolve
    }),
    close: async () => end(new NotConnected('closed')),
  })
  const running = uplinkOver(clock, link, stop.signal, { spool: dropped }).run()
  await clock.advance(1_000)
  assert.ok(looks >= 5 && looks <= 20, `${looks} looks`)
  stop.abort()
  await clock.advance(1_000)
  await running
})

test('what the other end has is released at once: a full log would otherwise stay full', async () => {
  const clock = new ManualClock(START)
  const stop = new AbortController()
  const released: number[] = []
  const full = {
    ...spool,
    stats: () => ({ firstSequence: 1, lastSequence: 9 }),
    release: (_consumer: string, sequence: number) => released.push(sequence),
  } as unknown as Spool
  const link = (): Link => ({
    ...shortLived(),
    connect: async () => ({ node: 'hub', time: 0, streams: [{ node: 'edge', epoch: 1, sequence: 9 }] }),
  })
  const running = uplinkOver(clock, link, stop.signal, { spool: full }).run()
  await clock.advance(100)
  assert.equal(released[0], 10)
  stop.abort()
  await clock.advance(20_000)
  await running
})

for (const isOneWay of [false, true]) {
  test(`a relay declares nothing lost that it has only just handed over, ${isOneWay ? 'where nobody answers' : 'before it is confirmed'}`, async () => {
    const clock = new ManualClock(START)
    const stop = new AbortController()
    const outer = [5, 6, 7].map((sequence, i): SpoolRecord => {
      const inner = { node: 'edge', epoch: 1, sequence, kind: 'config', recordedTime: START } as const
      const records = [{ ...inner, payload: new TextEncoder().encode('{"version":"1"}') }]
      const payload = encodeForwarded({ node: 'edge', epoch: 1, via: 'edge', records })
      return { node: 'relay', epoch: 1, sequence: i + 1, kind: 'forwarded', recordedTime: START, payload }
    })
    const released: number[] = []
    const relay = {
      ...spool,
      stats: () => ({ firstSequence: 1, lastSequence: 3 }),
      read: async (from: number) => outer.slice(from - 1, from),
      release: (_consumer: string, sequence: number) => released.push(sequence),
    } as unknown as Spool
    const sent: string[] = []
    let end: (why: Error) => void = () => {}
    const link = (): Link => ({
      ...shortLived(),
      isOneWay,
      connect: async () => (isOneWay ? undefined : { node: 'hub', time: 0, streams: [{ node: 'edge', epoch: 1, sequence: 4 }] }),
      ended: new Promise((resolve) => {
        end = resolve
      }),
      send: async (records) => void sent.push(...records.map(({ kind, sequence }) => `${kind} ${sequence}`)),
      close: async () => end(new NotConnected('closed')),
    })
    const running = uplinkOver(clock, link, stop.signal, { spool: relay, isRelay: true }).run()
    await clock.advance(1_000)
    assert.deepEqual(sent, ['config 5', 'config 6', 'config 7'])
    assert.deepEqual(released, isOneWay ? [2, 3, 4] : [])
    stop.abort()
    await clock.advance(1_000)
    await running
  })
}
