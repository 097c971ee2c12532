import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotConnected } from '../../core/errors.ts'
import type { Link } from '../../core/link.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { type OutwardPolicy, sendPaced } from './outward.ts'
import { RATE_WINDOW_S, RateBudget } from './rate.ts'

const START = 1_800_000_000_000_000
const PER_SECOND = 10
const record = (sequence: number): SpoolRecord => ({
  ...{ node: 'edge', epoch: 1, sequence, kind: 'batch', recordedTime: START, payload: new Uint8Array() },
})

/** Every record holds so many samples. */
function paced(clock: ManualClock, samples: number) {
  const budget = new RateBudget(PER_SECOND, clock.monotonicMs())
  const sent: [number, number][] = []
  const ended = new NotConnected('the line is gone')
  const link = {
    send: async (records: readonly SpoolRecord[]) => {
      for (const { sequence } of records) sent.push([sequence, clock.monotonicMs()])
    },
    ended: Promise.resolve(ended),
  } as unknown as Link
  const policy: OutwardPolicy = {
    mustBeOpen: () => {},
    pass: (records) => records,
    visible: (_, batch) => batch,
    waitMs: () => {
      const waitMs = budget.waitMs(samples, clock.monotonicMs())
      if (waitMs === 0) budget.spend(samples)
      return waitMs
    },
  }
  return { policy, link, sent, ended }
}

test('over a link what is more than the rate waits its turn: in order, none lost', async () => {
  const clock = new ManualClock(START)
  const { policy, link, sent } = paced(clock, 50)
  const sending = sendPaced(link, [1, 2, 3, 4].map(record), { policy, clock, over: new AbortController().signal })
  await clock.advance(20_000)
  await sending
  // A mean over ten seconds: two go at once, and each further one has to be earned.
  assert.equal(RATE_WINDOW_S * PER_SECOND, 100)
  assert.deepEqual(sent, [
    [1, 0],
    [2, 0],
    [3, 5_000],
    [4, 10_000],
  ])
})

test('a record of more samples than ever fit goes alone, and what follows makes up for it', async () => {
  const clock = new ManualClock(START)
  const { policy, link, sent } = paced(clock, 300)
  const sending = sendPaced(link, [1, 2].map(record), { policy, clock, over: new AbortController().signal })
  await clock.advance(60_000)
  await sending
  assert.deepEqual(sent, [
    [1, 0],
    [2, 30_000],
  ])
})

test('a link that ends while it waits says why, and sends no more', async () => {
  const clock = new ManualClock(START)
  const { policy, link, sent, ended } = paced(clock, 100)
  const over = new AbortController()
  const sending = assert.rejects(sendPaced(link, [1, 2].map(record), { policy, clock, over: over.signal }), ended)
  await clock.advance(10)
  over.abort()
  await sending
  assert.deepEqual(sent, [[1, 0]])
})
