import { createSocket, type Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'

/** Where datagrams go. */
export interface DatagramOut {
  /** Resolves when the system has it, which says nothing of its arrival. Rejects when it could not be handed over. */
  send(bytes: Uint8Array): Promise<void>
  close(): void
}

/** Where datagrams come from. */
export interface DatagramIn {
  readonly port: number
  close(): Promise<void>
}

/** Asked for; the system gives what it allows (`net.core.wmem_max`, `net.core.rmem_max`). */
const SOCKET_BUFFER_BYTES = 16 * 1024 * 1024

/** A socket that sends to one place and never receives. */
export async function udpOut(host: string, port: number): Promise<DatagramOut> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', sendBufferSize: SOCKET_BUFFER_BYTES })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    // Connected: no look-up of the name and no route for each datagram.
    socket.connect(port, host, resolve)
  })
  socket.removeAllListeners('error')
  // What a connected socket is told by the other side ("port unreachable") changes nothing: nobody answers.
  socket.on('error', () => {})
  return {
    send: (bytes) =>
      new Promise((resolve, reject) =>
        socket.send(bytes, (error) => (error && (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' ? reject(error) : resolve())),
      ),
    close: () => closeOnce(socket),
  }
}

/** Listens, and never sends. Rejects when the address cannot be bound. */
export async function udpIn(host: string, port: number, onDatagram: (bytes: Uint8Array, address: string) => void): Promise<DatagramIn> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: SOCKET_BUFFER_BYTES })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, resolve)
  })
  socket.removeAllListeners('error')
  // What goes wrong with one datagram on its way in is that datagram lost, and losses are found by their sequence.
  socket.on('error', () => {})
  socket.on('message', (bytes, { address, port }) => onDatagram(bytes, `${address}:${port}`))
  return {
    port: (socket.address() as AddressInfo).port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function closeOnce(socket: Socket): void {
  try {
    socket.close()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_SOCKET_DGRAM_NOT_RUNNING') throw cause
  }
}
