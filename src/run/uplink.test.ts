import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotConnected } from '../core/errors.ts'
import { LastValues } from '../core/last-values.ts'
import type { Link } from '../core/link.ts'
import { silent } from '../core/log.ts'
import { ManualClock } from '../core/manual-clock.ts'
import type { Spool } from '../core/spool.ts'
import { Uplink, type UplinkParts } from './uplink.ts'

const START = 1_800_000_000_000_000

const spool = {
  ...{ node: 'edge', epoch: 1, release: () => {}, follow: () => () => {}, read: async () => [], streams: () => [] },
  stats: () => ({ firstSequence: 1, lastSequence: 0 }),
} as unknown as Spool

function uplinkOver(clock: ManualClock, link: () => Link, stop: AbortSignal): Uplink {
  const parts: UplinkParts = {
    ...{ spool, link, clock, stop, endpoint: 'hub', version: '0', instance: '1', isRelay: false, last: new LastValues() },
    ...{ signalCount: () => 0, random: () => 0.5, log: silent, onForked: async () => {} },
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
