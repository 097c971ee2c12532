import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { NotConnected } from '../../core/errors.ts'
import { modbusConfig } from './config.ts'
import { crc16 } from './crc16.ts'
import { HandClock, rawDevice, rows, testContext } from './fixture.ts'
import { ModbusSource } from './source.ts'

/** Every device here misbehaves on its first request and is honest afterwards: each test says what became of the signal, then that reading goes on. */

const GOOD = { temperature: '42 Good' }
const never = new AbortController().signal

/** An honest answer to a request for one register. */
function honest(request: Buffer, value = 42): Buffer {
  return Buffer.from([...request.subarray(0, 4), 0, 5, request[6] as number, request[7] as number, 2, value >> 8, value & 0xff])
}

function honestRtu(request: Buffer, value = 42): Buffer {
  const frame = Buffer.from([request[0] as number, request[1] as number, 2, value >> 8, value & 0xff, 0, 0])
  frame.writeUInt16LE(crc16(frame, 0, 5), 5)
  return frame
}

interface Hostile {
  readonly name: string
  readonly framing?: 'rtu-over-tcp'
  /** What the device does with the first request; `timeOut` moves the clock past the time-out. */
  readonly first: (request: Buffer, socket: Socket, timeOut: () => void) => void
  /** What the first read makes of the signal; absent when it throws NotConnected. */
  readonly expected?: Record<string, string>
  /** The device has to be connected again before the second read. */
  readonly reconnects?: boolean
  readonly problem?: RegExp
}

const patched = (request: Buffer, at: number, ...bytes: number[]) => {
  const answer = honest(request)
  answer.set(bytes, at)
  return answer
}
/** Writes, and goes on once the bytes have gone through the loopback into this same event loop. */
const writeThen = (socket: Socket, bytes: Buffer, then: () => void) => socket.write(bytes, () => setImmediate(() => setImmediate(then)))

const MALFORMED = { temperature: 'NaN BadCommunicationError modbus-malformed-answer' }
const SILENT = { temperature: 'NaN BadTimeout modbus-no-answer' }

const CASES: Hostile[] = [
  { name: 'no answer', first: (_request, _socket, timeOut) => timeOut(), expected: SILENT },
  {
    name: 'short frame: the header promises more than comes',
    first: (request, socket, timeOut) => writeThen(socket, honest(request).subarray(0, 9), timeOut),
    expected: { temperature: 'NaN BadTimeout modbus-incomplete-answer' },
  },
  {
    name: 'wrong byte count',
    first: (r, s) => s.write(patched(r, 8, 4)),
    expected: MALFORMED,
    problem: /byte count 4 where 1 of holding-register take 2/,
  },
  {
    name: 'byte count without the bytes',
    first: (r, s) => s.write(Buffer.from([...r.subarray(0, 4), 0, 4, 1, 3, 2, 7])),
    expected: MALFORMED,
    problem: /1 data bytes under a byte count of 2/,
  },
  {
    name: 'length 0 in the header',
    first: (r, s) => s.write(patched(r, 4, 0, 0)),
    expected: MALFORMED,
    reconnects: true,
    problem: /length 0 in the header/,
  },
  { name: 'length 65535 in the header', first: (r, s) => s.write(patched(r, 4, 255, 255)), expected: MALFORMED, reconnects: true },
  {
    name: 'wrong protocol identifier',
    first: (r, s) => s.write(patched(r, 2, 1)),
    expected: MALFORMED,
    reconnects: true,
    problem: /protocol identifier 256/,
  },
  {
    name: 'wrong transaction: not taken for the answer',
    first: (r, s, timeOut) => writeThen(s, patched(r, 0, 0x77, 0x77), timeOut),
    expected: SILENT,
  },
  {
    name: 'wrong transaction, then the right one',
    first: (r, s) => s.write(Buffer.concat([patched(r, 0, 0x77, 0x77), honest(r)])),
    expected: GOOD,
  },
  {
    name: 'wrong function',
    first: (r, s) => s.write(patched(r, 7, 4)),
    expected: MALFORMED,
    problem: /function code 4 in the answer to function code 3/,
  },
  { name: 'wrong unit', first: (r, s) => s.write(patched(r, 6, 9)), expected: MALFORMED, problem: /unit 9 answered for unit 1/ },
  {
    name: 'exception response with a tail',
    first: (r, s) => s.write(Buffer.from([...r.subarray(0, 4), 0, 5, 1, 0x83, 2, 0, 0])),
    expected: MALFORMED,
    problem: /an exception response of 4 bytes/,
  },
  {
    name: 'exception code out of the table',
    first: (r, s) => s.write(Buffer.from([...r.subarray(0, 4), 0, 3, 1, 0x83, 0x55])),
    expected: { temperature: 'NaN BadUnknownResponse modbus-exception-85' },
  },
  {
    name: 'bytes after the answer are dropped',
    first: (r, s) => s.write(Buffer.concat([honest(r), Buffer.from('extra')])),
    expected: GOOD,
  },
  { name: 'endless bytes without a frame', first: (_r, s) => s.write(Buffer.alloc(300_000, 0xff)), expected: MALFORMED, reconnects: true },
  {
    name: 'endless frames of other transactions',
    first: (r, s) => s.write(Buffer.concat(Array.from({ length: 5_000 }, () => patched(r, 0, 0x77, 0x77)))),
    expected: MALFORMED,
    reconnects: true,
    problem: /more than 64 answers to other requests/,
  },
  {
    name: 'slow drip: a byte now and then does not put off the time-out',
    first: (r, s, timeOut) => {
      s.write(honest(r).subarray(0, 3), () => setImmediate(() => writeThen(s, honest(r).subarray(3, 6), timeOut)))
    },
    expected: { temperature: 'NaN BadTimeout modbus-incomplete-answer' },
  },
  { name: 'closes in the middle of an answer', first: (r, s) => s.end(honest(r).subarray(0, 6)), reconnects: true },
  { name: 'resets the connection', first: (_r, s) => s.resetAndDestroy(), reconnects: true },
  { name: 'RTU: no answer', framing: 'rtu-over-tcp', first: (_r, _s, timeOut) => timeOut(), expected: SILENT },
  {
    name: 'RTU: wrong checksum',
    framing: 'rtu-over-tcp',
    first: (r, s, timeOut) => {
      const frame = honestRtu(r)
      frame[5] = (frame[5] as number) ^ 1
      writeThen(s, frame, timeOut)
    },
    expected: { temperature: 'NaN BadTimeout modbus-incomplete-answer' },
  },
  {
    name: 'RTU: noise before the answer',
    framing: 'rtu-over-tcp',
    first: (r, s) => s.write(Buffer.concat([Buffer.of(0, 1, 3, 0xff), honestRtu(r)])),
    expected: GOOD,
  },
  {
    name: 'RTU: another unit answers',
    framing: 'rtu-over-tcp',
    first: (r, s, timeOut) => writeThen(s, honestRtu(Buffer.of(9, r[1] as number)), timeOut),
    expected: SILENT,
  },
  { name: 'RTU: wrong function', framing: 'rtu-over-tcp', first: (_r, s) => s.write(honestRtu(Buffer.of(1, 4))), expected: MALFORMED },
  {
    name: 'RTU: endless bytes without a frame',
    framing: 'rtu-over-tcp',
    first: (_r, s) => s.write(Buffer.alloc(300_000, 0x55)),
    expected: MALFORMED,
    reconnects: true,
  },
]

for (const { name, framing, first, expected, reconnects, problem } of CASES) {
  test(name, { timeout: 5_000 }, async (t) => {
    const clock = new HandClock()
    const timeoutMs = 2_000
    const answer = framing ? honestRtu : honest
    const device = await rawDevice((request, socket, number) => {
      if (number === 1) first(request, socket, () => clock.advance(timeoutMs))
      else socket.write(answer(request))
    })
    const context = testContext(clock)
    const signals = [{ id: 'temperature', table: 'holding-register', address: 7 }]
    const config = modbusConfig.parse({ host: '127.0.0.1', port: device.port, ...(framing && { framing }), signals })
    const source = new ModbusSource(config, context)
    t.after(async () => {
      await source.close()
      await device.stop()
    })
    await source.connect(never)
    if (expected) assert.deepEqual(rows((await source.read(never)).batch, context), expected)
    else await assert.rejects(source.read(never), NotConnected)
    if (problem) assert.match(source.counters.lastProblem ?? '', problem)
    // From here on the device is honest: the runner reads again, connecting anew where the line was lost.
    clock.advance(60_000)
    if (reconnects) {
      await assert.rejects(source.read(never), NotConnected)
      await source.close()
      await source.connect(never)
    }
    const again = await source.read(never)
    // A new connection begins a new schedule; on the old one the polls of a minute were missed.
    assert.deepEqual(rows(again.batch, context), reconnects ? GOOD : { temperature: `${GOOD.temperature} poll-overrun` })
  })
}
