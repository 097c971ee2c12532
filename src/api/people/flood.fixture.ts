import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/** Floods a port in a thread of its own for some time: headers that never end, requests without pause, and guesses of passwords. Addresses of loopback stand for machines. */
const { port, ms } = workerData as { port: number; ms: number }
const counts = { slow: 0, requests: 0, closed: 0 }
const until = Date.now() + ms
const quiet = (socket: ReturnType<typeof connect>) => {
  socket.on('error', () => undefined)
  socket.on('close', () => counts.closed++)
  socket.resume()
  return socket
}

function slow(address: string): void {
  const socket = quiet(connect({ port, host: '127.0.0.1', localAddress: address }))
  counts.slow++
  socket.write('GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n')
  const drip = setInterval(() => socket.write('x-a: b\r\n'), 500)
  socket.once('close', () => {
    clearInterval(drip)
    if (Date.now() < until) setTimeout(() => slow(address), 20)
  })
}

const guess = JSON.stringify({ name: 'ana', password: 'wrong again and again' })
const POST = `POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${guess.length}\r\n\r\n${guess}`
const GET = 'GET /api/v1/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

function flood(address: string, what: string): void {
  const socket = quiet(connect({ port, host: '127.0.0.1', localAddress: address }))
  const ask = () => {
    counts.requests += 20
    socket.write(what.repeat(20))
  }
  socket.on('data', ask)
  ask()
  socket.once('close', () => {
    if (Date.now() < until) setTimeout(() => flood(address, what), 5)
  })
}

for (let i = 0; i < 150; i++) slow(`127.0.0.${2 + (i % 3)}`)
for (let i = 0; i < 40; i++) flood('127.0.0.9', i % 4 === 0 ? POST : GET)
setTimeout(() => {
  parentPort?.postMessage(counts)
  process.exit()
}, ms)
