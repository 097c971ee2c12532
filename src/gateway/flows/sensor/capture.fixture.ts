import { createServer, connect as dial, type Socket } from 'node:net'

/** Writes frames as a capture, with the headers that a wire would have. */
export class CaptureWriter {
  #parts: Buffer[] = []
  readonly #onBytes: (bytes: Buffer) => void
  readonly #sequences = new Map<string, number>()
  /** Seconds since 1970. */
  time = 1_795_766_400

  /** Without `onBytes` all of it is kept. */
  constructor(onBytes?: (bytes: Buffer) => void) {
    this.#onBytes = onBytes ?? ((bytes) => void this.#parts.push(bytes))
    this.#onBytes(header())
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  frame(data: Buffer, wireBytes = data.length): void {
    this.time += 0.001
    const head = Buffer.alloc(16)
    head.writeUInt32LE(Math.floor(this.time), 0)
    head.writeUInt32LE(Math.round((this.time % 1) * 1e6), 4)
    head.writeUInt32LE(data.length, 8)
    head.writeUInt32LE(wireBytes, 12)
    this.#onBytes(head)
    this.#onBytes(data)
  }

  /** A segment from one end to the other; sequence numbers go on by themselves. */
  tcp(from: End, to: End, payload: Buffer, flags = 0x18, vlan?: number): Buffer {
    const key = `${from.address} ${from.port} ${to.address} ${to.port}`
    const back = `${to.address} ${to.port} ${from.address} ${from.port}`
    const sequence = this.#sequences.get(key) ?? 1_000
    const frame = ethernet(tcp(from, to, sequence, this.#sequences.get(back) ?? 0, flags, payload), from, vlan)
    this.#sequences.set(key, (sequence + payload.length + Number((flags & 3) !== 0)) >>> 0)
    this.frame(frame)
    return frame
  }

  handshake(client: End, server: End): void {
    this.tcp(client, server, Buffer.alloc(0), 0x02)
    this.tcp(server, client, Buffer.alloc(0), 0x12)
    this.tcp(client, server, Buffer.alloc(0), 0x10)
  }
}

export interface End {
  readonly address: string
  readonly port: number
}

function header(): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.writeUInt32LE(0xa1b2c3d4, 0)
  bytes.writeUInt16LE(2, 4)
  bytes.writeUInt16LE(4, 6)
  bytes.writeUInt32LE(262_144, 16)
  bytes.writeUInt32LE(1, 20)
  return bytes
}

const addressBytes = (address: string): Buffer => Buffer.from(address.split('.').map(Number))

export function ethernet(packet: Buffer, { address }: End, vlan?: number): Buffer {
  const type = (packet[0] as number) >> 4 === 6 ? 0x86dd : 0x0800
  const tag = vlan === undefined ? [] : [0x81, 0x00, vlan >> 8, vlan & 255]
  const station = address.includes('.') ? [...addressBytes(address)] : [0, 0, 0, 1]
  return Buffer.concat([Buffer.of(2, 0, 0, 0, 0, 9, 2, 0, ...station, ...tag, type >> 8, type & 255), packet])
}

export function tcp(from: End, to: End, sequence: number, acknowledged: number, flags: number, payload: Buffer): Buffer {
  const segment = Buffer.alloc(20 + payload.length)
  segment.writeUInt16BE(from.port, 0)
  segment.writeUInt16BE(to.port, 2)
  segment.writeUInt32BE(sequence, 4)
  segment.writeUInt32BE(acknowledged, 8)
  segment[12] = 0x50
  segment[13] = flags
  segment.writeUInt16BE(65_535, 14)
  payload.copy(segment, 20)
  return from.address.includes(':') ? ipv6(from, to, segment) : ipv4(from, to, segment)
}

function ipv4(from: End, to: End, segment: Buffer): Buffer {
  const head = Buffer.alloc(20)
  head[0] = 0x45
  head.writeUInt16BE(20 + segment.length, 2)
  head[8] = 64
  head[9] = 6
  addressBytes(from.address).copy(head, 12)
  addressBytes(to.address).copy(head, 16)
  return Buffer.concat([head, segment])
}

function ipv6(from: End, to: End, segment: Buffer): Buffer {
  const head = Buffer.alloc(40)
  head[0] = 0x60
  head.writeUInt16BE(segment.length, 4)
  head[6] = 6
  head[7] = 64
  const groups = (address: string) => {
    const [left = '', right = ''] = address.split('::')
    const parts = (text: string) => (text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16)))
    return [...parts(left), ...Array(8 - parts(left).length - parts(right).length).fill(0), ...parts(right)]
  }
  groups(from.address).forEach((group, i) => void head.writeUInt16BE(group, 8 + 2 * i))
  groups(to.address).forEach((group, i) => void head.writeUInt16BE(group, 24 + 2 * i))
  return Buffer.concat([head, segment])
}

/**
 * Stands between a client and a real server, and writes down what they say as if it had gone over a wire with these addresses: no right to capture is
 * needed, and the bytes are those of the real programs.
 */
export async function recordingProxy(port: number, writer: CaptureWriter, server: End, clientAddress: string) {
  const sockets = new Set<Socket>()
  let next = 40_000
  const listener = createServer((inward) => {
    const client = { address: clientAddress, port: next++ }
    const outward = dial(port, '127.0.0.1')
    writer.handshake(client, server)
    const carry = (from: Socket, to: Socket, ends: readonly [End, End]) => {
      sockets.add(from)
      from.on('data', (bytes: Buffer) => {
        // No wire carries more at once.
        for (let at = 0; at < bytes.length; at += 1_400) writer.tcp(...ends, Buffer.from(bytes.subarray(at, at + 1_400)))
        to.write(bytes)
      })
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
    carry(inward, outward, [client, server])
    carry(outward, inward, [server, client])
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as { port: number }).port,
    stop: () =>
      new Promise<void>((resolve) => {
        listener.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
