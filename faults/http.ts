import { request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** Milliseconds until the whole answer to a GET is here; from the given local address, on a connection of its own. Rejects after `limitMs`. */
export function get(url: string, localAddress: string, limitMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const begin = performance.now()
    const asking = request(url, { localAddress, agent: false, timeout: limitMs }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(performance.now() - begin))
    })
    asking.on('timeout', () => asking.destroy(new Error(`no answer within ${limitMs} ms`)))
    asking.on('error', reject)
    asking.end()
  })
}

export interface OpenSocket {
  readonly socket: Socket
  /** What it has been sent so far. */
  received(): string
  /** When it ended, milliseconds since `performance.timeOrigin`. */
  closedMs(): number | undefined
}

/** Opens a connection and writes `first`; whatever happens to it later is only noted. */
export function open(url: string, first = '', localAddress = '127.0.0.1'): OpenSocket {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), localAddress })
  let received = ''
  let closedMs: number | undefined
  socket.on('error', () => undefined) // being cut off is what is tried
  socket.on('close', () => {
    closedMs = performance.now()
  })
  socket.on('data', (bytes) => {
    if (received.length < 100_000) received += bytes.toString('latin1')
  })
  if (first) socket.write(first)
  return { socket, received: () => received, closedMs: () => closedMs }
}
