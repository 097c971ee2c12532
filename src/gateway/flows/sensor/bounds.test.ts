import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Conversation } from './conversation.ts'
import { FrameCutter } from './frames.ts'
import { SENSOR_LIMITS } from './limits.ts'

test('of a frame of any length only the head is kept', () => {
  const length = 100 * SENSOR_LIMITS.headBytes
  const frames: [number, number][] = []
  const cutter = new FrameCutter(
    () => length,
    (head, bytes) => frames.push([head.length, bytes]),
  )
  for (let sent = 0; sent < length; sent += 4_096) assert.equal(cutter.push(Buffer.alloc(4_096)), true)
  assert.deepEqual(frames, [[SENSOR_LIMITS.headBytes, length]])
})

test('bytes that wait for some before them are bounded: past it what is missing is given up, and said', () => {
  const conversation = new Conversation('a', 'b', 502)
  const half = SENSOR_LIMITS.waitingBytes / 2
  const segment = (sequence: number, bytes: number) => ({ sequence, payload: Buffer.alloc(bytes), syn: false, cut: 0 }) as never
  assert.equal(conversation.take(true, segment(0, 1)).length, 1)
  // The byte at 1 never comes.
  assert.deepEqual(conversation.take(true, segment(2, half)), [])
  assert.deepEqual(conversation.take(true, segment(2 + half, half)), [])
  const ready = conversation.take(true, segment(2 + 2 * half, 1))
  assert.deepEqual(
    ready.map((bytes) => bytes?.length),
    [undefined, half, half, 1],
  )
})
