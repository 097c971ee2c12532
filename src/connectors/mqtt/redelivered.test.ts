import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MQTT_LIMITS } from './limits.ts'
import { Redelivered, receiptFor } from './redelivered.ts'
import type { Message } from './session.ts'

const S = 'mqtt://b us'
const message = (id: number, text: string, dup = true, topic = 'x'): Message => ({
  topic,
  payload: Buffer.from(text),
  id,
  retain: false,
  dup,
})

/** A batch of its own for each message, so many seconds apart. */
const history = (messages: readonly Message[], seconds = 10, session = S) =>
  messages.map((one, i) => ({ receivedTime: i * seconds * 1e6, bytes: receiptFor(session, [one]) as Uint8Array }))

test('what is durable is known once, by packet identifier, topic, payload and session together, and only with DUP', () => {
  const known = () => new Redelivered(S, history([message(1, 'a'), message(2, 'b')]))
  const twice = known()
  assert.deepEqual([twice.take(message(1, 'a')), twice.take(message(1, 'a')), twice.take(message(2, 'b'))], [true, false, true])
  assert.equal(known().take(message(1, 'b')), false, 'another payload')
  assert.equal(known().take(message(1, 'a', true, 'y')), false, 'another topic')
  assert.equal(known().take(message(3, 'a')), false, 'another identifier')
  assert.equal(new Redelivered('mqtt://b you', history([message(1, 'a')])).take(message(1, 'a')), false, 'another session')
  const reused = known()
  assert.equal(reused.take(message(1, 'a', false)), false, 'a new message')
  assert.equal(reused.take(message(1, 'a')), false, 'whose identifier was given away: the old one was acknowledged')
  const forgotten = known()
  forgotten.forget()
  assert.equal(forgotten.take(message(1, 'a')), false)
  assert.equal(receiptFor(S, [message(-1, 'a')]), undefined, 'QoS 0 never comes again')
})

test('where contents repeat, a message is known only by a broker that counts its identifiers up, shown by enough of them', () => {
  const known = (ids: readonly number[], seconds = 10, inFlight = Number.POSITIVE_INFINITY) => {
    const past = history(
      ids.map((id) => message(id, 'same')),
      seconds,
    )
    return new Redelivered(S, past, inFlight).take(message(ids.at(-1) ?? 0, 'same'))
  }
  const eight = [1, 2, 3, 4, 5, 6, 7, 8]
  assert.equal(known(eight), true)
  assert.equal(known([65_533, 65_534, 65_535, 1, 2, 4, 7, 8]), true, 'round the end, with identifiers that were never stored between')
  assert.equal(known(eight.slice(1)), false, 'too few')
  assert.equal(known(eight, 8), false, 'in too short a time')
  assert.equal(known(eight, 0, 7), true, 'however fast, when more than can be in flight')
  assert.equal(known(eight, 0, 8), false, 'all may be in flight')
  assert.equal(known([1, 1, 1, 1, 1, 1, 1, 1]), false, 'the lowest free one each time')
  assert.equal(known([1, 2, 3, 4, 1, 2, 3, 4]), false, 'and in bursts')
})

test('no more than the limit is remembered, the newest', () => {
  const many = Array.from({ length: MQTT_LIMITS.receipts + 1 }, (_, i) => message(i + 1, 'a'))
  const known = new Redelivered(S, [{ receivedTime: 0, bytes: receiptFor(S, many) as Uint8Array }])
  assert.deepEqual([known.take(message(1, 'a')), known.take(message(2, 'a'))], [false, true])
})

/**
 * A broker with a policy for identifiers and a window in flight, a peer whose messages may all be alike, and a process that dies after any step.
 * Whatever happens, no message that is not durable may pass for one that is; where contents differ none is stored twice.
 */
test('nothing that is not on disk passes for known, whatever the broker does; with distinct contents nothing is stored twice', () => {
  const step = fc.constantFrom('send', 'send', 'store', 'ack')
  const runs = process.env.ECLUSE_LONG === '1' ? 100_000 : 2_000
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.array(step, { maxLength: 120, size: 'max' }),
      fc.integer({ min: 1, max: 6 }),
      (counts, alike, steps, window) => {
        const sent: { number: number; message: Message }[] = []
        const durable: { number: number; message: Message }[] = []
        let inFlight: typeof sent = []
        let acked = 0
        let counter = 0
        for (const what of steps) {
          if (what === 'send' && inFlight.length < window) {
            const free = (id: number): number => (inFlight.some(({ message: { id: taken } }) => taken === id) ? free(id + 1) : id)
            const id = counts ? ++counter : free(1)
            const one = { number: sent.length, message: message(id, alike ? 'same' : `${sent.length}`, false) }
            sent.push(one)
            inFlight.push(one)
          } else if (what === 'store' && durable.length < sent.length) durable.push(sent[durable.length] as (typeof sent)[number])
          else if (what === 'ack' && acked < durable.length) {
            const { number } = durable[acked++] as (typeof sent)[number]
            inFlight = inFlight.filter((one) => one.number !== number)
          }
        }
        const past = history(
          durable.map((one) => one.message),
          0,
        )
        const known = new Redelivered(S, past, alike ? window : undefined)
        const onDisk = new Set(durable.map(({ number }) => number))
        for (const { number, message: again } of inFlight) {
          const isKnown = known.take({ ...again, dup: true })
          if (isKnown) assert.ok(onDisk.has(number), `message ${number} would be lost`)
          if (!alike || (counts && durable.length > window)) assert.equal(isKnown, onDisk.has(number))
        }
      },
    ),
    { numRuns: runs },
  )
})
