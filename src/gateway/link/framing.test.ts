import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { NotConnected } from '../../core/errors.ts'
import { LinkRefused } from '../../core/link.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { FrameReader, FrameTooLarge, frameHeader } from './frame-reader.ts'
import { frameSocket } from './framed-socket.ts'
import { TLS_LIMITS } from './tls.ts'

const wire = (frames: readonly Uint8Array[]) => Buffer.concat(frames.flatMap((frame) => [frameHeader(frame.length), frame]))

test('frames come out as they went in, however the bytes are cut', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(frames, cuts, (given, sizes) => {
      const reader = new FrameReader(300, 300)
      const bytes = wire(given)
      const got: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] as number
        got.push(...reader.take(bytes.subarray(at, at + size)))
        at += size
      }
      assert.deepEqual(
        got.map((frame) => Buffer.from(frame)),
        given.map((frame) => Buffer.from(frame)),
      )
    }),
  )
})

test('the first frame has its own limit, the others theirs; a length alone takes no memory', () => {
  const reader = new FrameReader(10, 2 ** 30)
  assert.throws(() => new FrameReader(10, 100).take(frameHeader(11)), FrameTooLarge)
  reader.take(wire([new Uint8Array(10)]))
  const before = process.memoryUsage().arrayBuffers
  reader.take(frameHeader(2 ** 30))
  reader.take(new Uint8Array(1000))
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20)
  assert.throws(() => {
    const strict = new FrameReader(10, 20)
    strict.take(wire([new Uint8Array(10), new Uint8Array(21)]))
  }, FrameTooLarge)
})

test('what arrived before the end is received, then the end; a frame over the limit ends the line', async () => {
  const [here, there] = duplexPair()
  const frames = frameSocket(here, { clock: new ManualClock(0), limits: TLS_LIMITS, firstBytes: 100 })
  there.end(Buffer.concat([wire([Buffer.from('a'), Buffer.from('b')]), frameHeader(5), Buffer.from('cut')]))
  assert.equal((await frames.receive())[0], 0x61)
  assert.equal((await frames.receive())[0], 0x62)
  await assert.rejects(frames.receive(), NotConnected)

  const [mine, theirs] = duplexPair()
  const strict = frameSocket(mine, { clock: new ManualClock(0), limits: TLS_LIMITS, firstBytes: 100 })
  theirs.write(frameHeader(101))
  await assert.rejects(strict.receive(), (error: unknown) => error instanceof LinkRefused && error.code === 'too-large')
  await strict.closed
})

test('a clean close waits for the other end, not forever', async () => {
  const [here, there] = duplexPair()
  const clock = new ManualClock(0)
  const frames = frameSocket(here, { clock, limits: TLS_LIMITS, firstBytes: 100 })
  await frames.send(new Uint8Array(3))
  let isClosed = false
  const closing = frames.close().then(() => {
    isClosed = true
  })
  await assert.rejects(frames.send(new Uint8Array(1)), NotConnected)
  await clock.advance(TLS_LIMITS.closeMs - 1)
  assert.equal(isClosed, false)
  await clock.advance(1)
  await closing
  assert.equal(there.read()?.length, 4 + 3)
  await frames.close()
})
