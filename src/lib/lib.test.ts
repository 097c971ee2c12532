import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackOff } from './back-off.ts'
import { Inbox } from './inbox.ts'

test('back-off doubles its ceiling up to the limit, spreads below it, and starts again after a success', () => {
  const highest = new BackOff(100, 1000, () => 0)
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => highest.next()),
    [100, 200, 400, 800, 1000, 1000],
  )
  highest.reset()
  assert.equal(highest.next(), 100)
  assert.equal(new BackOff(100, 1000, () => 0.999).next(), 1)
  const many = new BackOff(100, 1000, () => 0)
  for (let i = 0; i < 2000; i++) assert.ok(many.next() <= 1000)
})

test('an inbox hands over what waits, in order, and says when it is full', async () => {
  const inbox = new Inbox<number>(10, (n) => n)
  const stop = new AbortController()
  assert.ok(inbox.put(6) && inbox.put(4) && !inbox.put(1))
  assert.deepEqual(await inbox.take(stop.signal), [6, 4])
  assert.ok(inbox.put(50), 'one item always fits')
  assert.ok(!inbox.put(1))
  assert.deepEqual(await inbox.take(stop.signal), [50])
  const taking = inbox.take(stop.signal)
  inbox.put(3)
  assert.deepEqual(await taking, [3])
})

test('an inbox gives what it has before it fails, and a stop ends a wait', async () => {
  const inbox = new Inbox<number>(10)
  inbox.put(1)
  inbox.fail(new Error('line dropped'))
  const stop = new AbortController()
  assert.deepEqual(await inbox.take(stop.signal), [1])
  await assert.rejects(inbox.take(stop.signal), /line dropped/)
  const waiting = new Inbox<number>(1).take(stop.signal)
  stop.abort(new Error('stopped'))
  await assert.rejects(waiting, /stopped/)
})
