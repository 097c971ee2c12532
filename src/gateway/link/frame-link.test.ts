import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Channel } from '../../core/link.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { FrameLink } from './frame-link.ts'
import { encodeFrame } from './frames.ts'
import { LINK_LIMITS } from './limits.ts'

test('an end that is gone is found out although the buffers on the way are full and take not even a question', async () => {
  const clock = new ManualClock(1_800_000_000_000_000)
  const welcome = await encodeFrame({ type: 'welcome', welcome: { node: 'hub', time: 0, streams: [] } })
  const answers = [welcome]
  let sent = 0
  let isClosed = false
  const channel: Channel = {
    peer: { node: 'hub', address: 'memory', mayForward: false },
    queuedBytes: 0,
    // The hello goes; what follows finds no room.
    send: () => (sent++ === 0 ? Promise.resolve() : new Promise(() => {})),
    receive: async () => answers.shift() ?? new Promise(() => {}),
    close: async () => {
      isClosed = true
    },
  }
  const link = new FrameLink({ dial: async () => channel, clock })
  await link.connect({ node: 'edge', instance: '1', version: '0', time: 0, streams: [] }, new AbortController().signal)
  await clock.advance(LINK_LIMITS.silenceMs + 2 * LINK_LIMITS.pingMs)
  assert.ok(isClosed)
  assert.match((await link.ended).message, /nothing heard for 15 s/)
})
