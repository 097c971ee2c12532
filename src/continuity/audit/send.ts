import { createSocket } from 'node:dgram'
import { connect, isIPv6, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { tlsOptions } from '../../core/client-tls.ts'
import type { ForwardConfig } from '../config.ts'

const CONNECT_MS = 10_000
const SEND_MS = 30_000

/** A way to a receiver. */
export interface Sending {
  /** Resolves when the messages were handed to the network, which says nothing of the receiver. Rejects when the way has ended. */
  send(messages: readonly Buffer[]): Promise<void>
  /** Resolves when the way has ended. */
  readonly ended: Promise<void>
  close(): void
}

/** Rejects when there is no way within 10 s. */
export function openSending(config: ForwardConfig): Promise<Sending> {
  return config.transport === 'udp' ? Promise.resolve(overUdp(config)) : overStream(config)
}

/** RFC 5426: one message a datagram. */
function overUdp({ host, port }: ForwardConfig): Sending {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  const ended = new Promise<void>((resolve) => socket.once('close', resolve))
  socket.on('error', () => socket.close())
  const one = (message: Buffer) =>
    new Promise<void>((resolve, reject) => socket.send(message, port, host, (error) => (error ? reject(error) : resolve())))
  return {
    send: async (messages) => {
      for (const message of messages) await one(message)
    },
    ended,
    close: () => socket.close(),
  }
}

/** RFC 6587 section 3.4.1, octet counting; the same over TLS is RFC 5425 section 4.3. */
async function overStream(config: ForwardConfig): Promise<Sending> {
  const socket = await connected(config)
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => socket.destroy())
  // Nobody answers; what comes is read away, so that the end is seen.
  socket.resume()
  return {
    send: (messages) =>
      new Promise<void>((resolve, reject) => {
        if (socket.destroyed || !socket.writable) return reject(new Error('the connection has ended'))
        const timer = setTimeout(() => socket.destroy(new Error('the receiver takes nothing')), SEND_MS)
        socket.once('close', onClose)
        function onClose() {
          clearTimeout(timer)
          reject(new Error('the connection has ended'))
        }
        const framed = Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]))
        socket.write(framed, (error) => {
          clearTimeout(timer)
          socket.off('close', onClose)
          if (error) reject(error)
          else resolve()
        })
      }),
    ended,
    close: () => socket.destroy(),
  }
}

function connected({ transport, host, port, tls }: ForwardConfig): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = transport === 'tls' ? connectTls({ ...namedFor(host), ...tlsOptions(tls), host, port }) : connect({ host, port })
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${CONNECT_MS / 1000} s`)), CONNECT_MS)
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(error)
    }
    socket.once('error', fail)
    socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

/** RFC 6066 section 3 allows no address as a server's name. */
const namedFor = (host: string) => (/^[\d.]+$/.test(host) || host.includes(':') ? {} : { servername: host })
