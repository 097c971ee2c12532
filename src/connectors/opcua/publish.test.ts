import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NotificationMessage, PublishResponse, RepublishResponse } from 'node-opcua'
import { Status } from '../../core/status.ts'
import { type PublishEvents, publishing } from './publish.ts'
import type { Acknowledgement, Session } from './services.ts'

/** A server's end of the publish service: answers are given by hand. */
function server(over: Partial<PublishEvents> = {}, kept = new Map<number, NotificationMessage>()) {
  const waiting: PromiseWithResolvers<PublishResponse>[] = []
  const acknowledged: Acknowledgement[] = []
  const seen: number[] = []
  const events = { lost: 0, ended: undefined as Error | undefined }
  const session = {
    publish(acknowledge: readonly Acknowledgement[]) {
      acknowledged.push(...acknowledge)
      const one = Promise.withResolvers<PublishResponse>()
      waiting.push(one)
      return one.promise
    },
    async republish(_id: number, sequenceNumber: number) {
      const notificationMessage = kept.get(sequenceNumber)
      if (!notificationMessage) throw fault(Status.BadMessageNotAvailable)
      return { notificationMessage } as RepublishResponse
    },
  } as unknown as Session
  const loop = publishing(session, 5, 1_000, {
    hasRoom: () => true,
    onMessage: (message) => seen.push(message.sequenceNumber),
    onLost: (messages) => {
      events.lost += messages
    },
    onEnd: (error) => {
      events.ended = error
    },
    ...over,
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const answer = (sequenceNumber: number, data = 1) => {
    waiting.shift()?.resolve({ notificationMessage: message(sequenceNumber, data) } as PublishResponse)
    return settle()
  }
  const refuse = (status: number) => {
    waiting.shift()?.reject(fault(status))
    return settle()
  }
  return { loop, waiting, acknowledged, seen, events, answer, refuse }
}

const message = (sequenceNumber: number, data: number) =>
  ({ sequenceNumber, notificationData: Array.from({ length: data }, () => null) }) as unknown as NotificationMessage
const fault = (value: number) => Object.assign(new Error('fault'), { response: { responseHeader: { serviceResult: { value } } } })

test('requests are kept at the server and messages acknowledged', async () => {
  const { loop, waiting, acknowledged, seen, answer } = server()
  loop.fill()
  const kept = waiting.length
  assert.ok(kept > 1)
  await answer(1)
  await answer(2)
  await answer(3, 0)
  assert.equal(waiting.length, kept)
  assert.deepEqual(seen, [1, 2, 3])
  // A keep-alive carries the next number and is not acknowledged.
  assert.deepEqual(
    acknowledged.map((a) => a.sequenceNumber),
    [1, 2],
  )
})

test('messages missing in the sequence are asked for again; what the server no longer has is counted', async () => {
  const { loop, seen, events, answer } = server({}, new Map([[2, message(2, 1)]]))
  loop.fill()
  await answer(1)
  await answer(4)
  await answer(5)
  assert.deepEqual([...seen].sort(), [1, 2, 4, 5])
  assert.equal(events.lost, 1)
})

test('the sequence goes on at 1 after 2^32-1', async () => {
  const { loop, events, answer } = server()
  loop.fill()
  await answer(0xffffffff)
  const before = events.lost
  await answer(1)
  assert.equal(events.lost, before)
})

test('a server that takes fewer requests gets fewer', async () => {
  const { loop, waiting, events, answer, refuse } = server()
  loop.fill()
  const first = waiting.length
  await refuse(Status.BadTooManyPublishRequests)
  assert.equal(waiting.length, first - 1)
  await answer(1)
  assert.equal(waiting.length, first - 1)
  assert.equal(events.ended, undefined)
})

test('without room no request is sent; with room again it is', async () => {
  let room = true
  const { loop, waiting, answer } = server({ hasRoom: () => room })
  loop.fill()
  const kept = waiting.length
  room = false
  await answer(1)
  assert.equal(waiting.length, kept - 1)
  room = true
  loop.fill()
  assert.equal(waiting.length, kept)
})

test('a lost subscription ends it once', async () => {
  const { loop, events, refuse } = server()
  loop.fill()
  await refuse(Status.BadNoSubscription)
  assert.match(String(events.ended), /fault/)
  const first = events.ended
  await refuse(Status.BadSessionIdInvalid)
  assert.equal(events.ended, first)
})
