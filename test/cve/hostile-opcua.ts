import { createServer, type Socket } from 'node:net'

/**
 * An OPC UA server written by hand, for what no library would send: it answers Hello and OpenSecureChannel (security policy None, OPC 10000-6, 6.7) as it
 * should, then whatever `answer` makes of each message.
 */
export interface HostileServer {
  readonly endpoint: string
  /** Connections taken since the start. */
  readonly connections: () => number
  /** Bytes that clients took of us. */
  readonly sent: () => number
  stop(): Promise<void>
}

export interface Asked {
  readonly socket: Socket
  readonly channel: number
  readonly token: number
  readonly requestId: number
  readonly requestHandle: number
  /** A chunk of the answer: `F` is the last, `C` says that more comes. */
  chunk(body: Buffer, kind?: 'F' | 'C'): Buffer
}

interface Options {
  readonly answer: (asked: Asked) => void
  /** What the server says its time is, in milliseconds since 1970. */
  readonly nowMs?: () => number
  readonly lifetimeMs?: number
  /** Bytes of a message and chunks that the server says it takes; 0: without limit. */
  readonly limit?: number
  /** Instead of the answer to OpenSecureChannel. */
  readonly open?: (socket: Socket) => void
}

export async function startHostileServer(options: Options): Promise<HostileServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  let sent = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    let buffer = Buffer.alloc(0)
    let sequence = 0
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sent += socket.bytesWritten - socket.writableLength
      sockets.delete(socket)
    })
    const next = () => ++sequence
    socket.on('data', (bytes: Buffer) => {
      buffer = Buffer.concat([buffer, bytes])
      while (buffer.length >= 8 && buffer.length >= buffer.readUInt32LE(4)) {
        const message = buffer.subarray(0, buffer.readUInt32LE(4))
        buffer = buffer.subarray(message.length)
        receive(socket, message, options, next)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    endpoint: `opc.tcp://127.0.0.1:${port}`,
    connections: () => connections,
    sent: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, sent),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function receive(socket: Socket, message: Buffer, options: Options, next: () => number): void {
  const type = message.toString('latin1', 0, 3)
  if (type === 'HEL') {
    // Protocol 0, buffers of 64 KiB, messages and chunks as large and as many as there can be.
    socket.write(framed('ACKF', Buffer.concat([0, 65_536, 65_536, options.limit ?? 0, options.limit ?? 0].map(u32))))
  } else if (type === 'OPN') {
    if (options.open) {
      options.open(socket)
      return
    }
    // Header 12, then the policy's URI, certificate and thumbprint; then sequence and request id, type (4 bytes), token (2), time (8), handle.
    const at = 12 + 4 + message.readInt32LE(12) + 8
    socket.write(opened(message.readUInt32LE(at + 4), message.readUInt32LE(at + 8 + 4 + 2 + 8), options, next()))
  } else if (type === 'MSG') {
    const requestId = message.readUInt32LE(20)
    const token = message.readUInt32LE(12)
    // A session's requests begin with its token; those of discovery with the null one (2 bytes).
    const requestHandle = message.readUInt32LE(24 + 4 + 2 + 8)
    const chunk = (body: Buffer, kind: 'F' | 'C' = 'F') =>
      framed(`MSG${kind}`, Buffer.concat([u32(7), u32(token), u32(next()), u32(requestId), body]))
    options.answer({ socket, channel: 7, token, requestId, requestHandle, chunk })
  }
}

function opened(requestId: number, requestHandle: number, { nowMs = Date.now, lifetimeMs = 60_000 }: Options, sequence: number): Buffer {
  const policy = Buffer.from('http://opcfoundation.org/UA/SecurityPolicy#None')
  const security = Buffer.concat([u32(policy.length), policy, u32(0xffff_ffff), u32(0xffff_ffff)])
  const token = Buffer.concat([u32(7), u32(1), dateTime(nowMs()), u32(lifetimeMs)])
  const body = Buffer.concat([Buffer.of(1, 0, 0xc1, 0x01), responseHeader(requestHandle, nowMs()), u32(0), token, u32(0xffff_ffff)])
  return framed('OPNF', Buffer.concat([u32(7), security, u32(sequence), u32(requestId), body]))
}

/** ResponseHeader (OPC 10000-4, 7.33) with a Good result. */
export function responseHeader(requestHandle: number, nowMs: number): Buffer {
  return Buffer.concat([dateTime(nowMs), u32(requestHandle), u32(0), Buffer.of(0), u32(0xffff_ffff), Buffer.of(0, 0, 0)])
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function dateTime(ms: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE((BigInt(Math.round(ms)) + 11_644_473_600_000n) * 10_000n)
  return bytes
}

function framed(type: string, rest: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), u32(rest.length + 8), rest])
}
