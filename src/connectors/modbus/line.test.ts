import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../../core/time.ts'
import { ModbusLine } from './line.ts'

/** A device in a thread of its own, so that it answers while this one is held up: register 0 is 7. */
const DEVICE = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer((socket) => socket.on('data', (asked) => {
    socket.write(Buffer.from([asked[0], asked[1], 0, 0, 0, 5, asked[6], 3, 2, 0, 7]))
  }))
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`

test('a device is not called silent while it was this program that was held up', async (t) => {
  const device = new Worker(DEVICE, { eval: true })
  t.after(() => device.terminate())
  const [port] = (await once(device, 'message')) as [number]
  const line = new ModbusLine({ host: '127.0.0.1', port, framing: 'tcp', timeout: 40, clock: systemClock })
  t.after(() => line.close())
  const heldUp = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  const opening = line.open(t.signal)
  heldUp(200)
  await opening
  const answer = line.request({ unitId: 1, table: 'holding-register', address: 0, count: 1 }, t.signal)
  heldUp(200)
  assert.deepEqual(await answer, { kind: 'data', data: Buffer.from([0, 7]) })
})
