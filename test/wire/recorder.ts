import { appendFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'

/** Longest piece that goes into one packet, with room for its headers. */
const PIECE = 32 * 1024

/**
 * Writes what passes between programs as a capture file (pcap, raw IPv4) that any protocol decoder reads. What TCP would have cut into packets comes as the pieces that
 * arrived here, in order, with true ports and sequence numbers.
 */
export class Capture {
  readonly #file: string
  #packets = 0

  constructor(file: string) {
    this.#file = file
    const head = Buffer.alloc(24)
    head.writeUInt32LE(0xa1b2c3d4, 0)
    head.writeUInt16LE(2, 4)
    head.writeUInt16LE(4, 6)
    head.writeUInt32LE(65_535, 16)
    head.writeUInt32LE(101, 20)
    writeFileSync(file, head)
  }

  get packets(): number {
    return this.#packets
  }

  /** One TCP segment from a port to a port. */
  segment(from: number, to: number, sequence: number, acknowledge: number, flags: number, data: Buffer): void {
    const packet = Buffer.alloc(40 + data.length)
    packet[0] = 0x45
    packet.writeUInt16BE(packet.length, 2)
    packet[8] = 64
    packet[9] = 6
    packet.writeUInt32BE(0x7f000001, 12)
    packet.writeUInt32BE(0x7f000001, 16)
    packet.writeUInt16BE(from, 20)
    packet.writeUInt16BE(to, 22)
    packet.writeUInt32BE(sequence >>> 0, 24)
    packet.writeUInt32BE(acknowledge >>> 0, 28)
    packet[32] = 0x50
    packet[33] = flags
    packet.writeUInt16BE(65_535, 34)
    data.copy(packet, 40)
    const head = Buffer.alloc(16)
    const now = Date.now()
    head.writeUInt32LE(Math.floor(now / 1000), 0)
    head.writeUInt32LE((now % 1000) * 1000, 4)
    head.writeUInt32LE(packet.length, 8)
    head.writeUInt32LE(packet.length, 12)
    appendFileSync(this.#file, Buffer.concat([head, packet]))
    this.#packets++
  }
}

export interface Tap {
  /** Where to connect instead of the device. */
  readonly port: number
  /** Bytes from the device so far. */
  readonly answered: () => number
  stop(): Promise<void>
}

const [SYN, ACK, PSH] = [2, 16, 8]

/** Stands before a device on loopback and lays down all that is said, both ways. */
export async function startTap(devicePort: number, capture: Capture): Promise<Tap> {
  const sockets = new Set<Socket>()
  let answered = 0
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: devicePort })
    const client = near.remotePort ?? 0
    const said = { near: 1, far: 1 }
    capture.segment(client, devicePort, 0, 0, SYN, Buffer.alloc(0))
    capture.segment(devicePort, client, 0, 1, SYN | ACK, Buffer.alloc(0))
    capture.segment(client, devicePort, 1, 1, ACK, Buffer.alloc(0))
    const pass = (from: 'near' | 'far', bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += PIECE) {
        const piece = bytes.subarray(at, at + PIECE)
        if (from === 'near') capture.segment(client, devicePort, said.near, said.far, PSH | ACK, piece)
        else capture.segment(devicePort, client, said.far, said.near, PSH | ACK, piece)
        said[from] += piece.length
      }
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      const other = socket === near ? far : near
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.end()
      })
    }
    near.on('data', (bytes: Buffer) => {
      pass('near', bytes)
      far.write(bytes)
    })
    far.on('data', (bytes: Buffer) => {
      answered += bytes.length
      pass('far', bytes)
      near.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    answered: () => answered,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
