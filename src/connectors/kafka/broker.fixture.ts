import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createRecordsBatch, Reader, Writer } from '@platformatic/kafka'

export interface TestBroker {
  readonly port: number
  /** The most bytes that a member asked for at a time. */
  readonly asked: { readonly maxBytes: number }
  /** Appends a message of the topic's only partition; null is a tombstone. */
  send(key: string | null, value: string | null, headers?: Record<string, string>): void
  /** The offset committed by a group; undefined when there is none. */
  committed(group: string): bigint | undefined
  /** Forgets what was committed, as when a commit is lost. */
  forget(group: string, offset: bigint): void
  /** Ends every line. */
  hangUp(): void
  /** The topic made anew: empty, with another id. */
  renew(): void
  stop(): Promise<void>
}

export interface TestBrokerOptions {
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** SASL PLAIN wants this: user and password with NUL before each. */
  readonly plain?: string
}

/** Keys of the requests a member of a group makes (Kafka protocol guide), and the version that is spoken here. */
const VERSIONS = {
  fetch: [1, 11],
  listOffsets: [2, 5],
  metadata: [3, 10],
  commit: [8, 7],
  offsets: [9, 5],
  coordinator: [10, 3],
  join: [11, 5],
} as const
const MORE = { heartbeat: [12, 3], leave: [13, 3], sync: [14, 3], versions: [18, 3] } as const
const SECURITY = { handshake: [17, 1], authenticate: [36, 2] } as const
const FLEXIBLE = new Set<number>([3, 10, 36])

/**
 * One broker with one topic of one partition, that speaks as much of Kafka's protocol as a consumer group of one member needs. It stands for no real broker: the frames are
 * written with the client library's own writer, and their contents follow the protocol guide.
 */
export async function startTestBroker(topic: string, { tls, plain }: TestBrokerOptions = {}): Promise<TestBroker> {
  const log: Buffer[] = []
  const commits = new Map<string, bigint>()
  const sockets = new Set<Socket>()
  const asked = { maxBytes: 0 }
  let [topicNumber, members, port] = [1, 0, 0]
  const topicId = () => `00000000-0000-0000-0000-${String(topicNumber).padStart(12, '0')}`

  const answer = (api: number, request: Reader): Writer | Promise<Writer> => {
    const w = Writer.create()
    switch (api) {
      case 18:
        return w
          .appendInt16(0)
          .appendArray([...Object.values(VERSIONS), ...Object.values(MORE), ...Object.values(SECURITY)], (x, [key, version]) =>
            x.appendInt16(key).appendInt16(version).appendInt16(version),
          )
          .appendInt32(0)
          .appendTaggedFields()
      case 17:
        return w.appendInt16(0).appendArray(['PLAIN'], (x, name) => x.appendString(name, false), false, false)
      case 36: {
        const isRight = request.readBytes().toString() === plain
        return w
          .appendInt16(isRight ? 0 : 58)
          .appendString(null)
          .appendBytes(Buffer.alloc(0))
          .appendInt64(0n)
          .appendTaggedFields()
      }
      case 3:
        return metadata(w)
      case 10:
        return w
          .appendInt32(0)
          .appendInt16(0)
          .appendString(null)
          .appendInt32(1)
          .appendString('127.0.0.1')
          .appendInt32(port)
          .appendTaggedFields()
      case 11: {
        const [metadataOfMember, name] = joining(request)
        const member = `member-${++members}`
        return w
          .appendInt32(0)
          .appendInt16(0)
          .appendInt32(members)
          .appendString(name, false)
          .appendString(member, false)
          .appendString(member, false)
          .appendArray(
            [member],
            (x) => x.appendString(member, false).appendString(null, false).appendBytes(metadataOfMember, false),
            false,
            false,
          )
      }
      case 14: {
        skipMember(request)
        const [assignment] = request.readArray((r) => [r.readString(false), r.readBytes(false)] as const, false, false)
        return w
          .appendInt32(0)
          .appendInt16(0)
          .appendBytes(assignment?.[1] ?? Buffer.alloc(0), false)
      }
      case 12:
        return w.appendInt32(0).appendInt16(0)
      case 13:
        return w
          .appendInt32(0)
          .appendInt16(0)
          .appendArray([], () => {}, false, false)
      case 9: {
        const group = request.readString(false)
        return onePartition(w.appendInt32(0), (x) =>
          x
            .appendInt64(commits.get(group) ?? -1n)
            .appendInt32(-1)
            .appendString(null, false)
            .appendInt16(0),
        ).appendInt16(0)
      }
      case 8: {
        const group = skipMember(request)
        request.readArray(
          (r) => [
            r.readString(false),
            r.readArray(
              (p) => [p.readInt32(), commits.set(group, p.readInt64()), p.readInt32(), p.readNullableString(false)],
              false,
              false,
            ),
          ],
          false,
          false,
        )
        return onePartition(w.appendInt32(0), (x) => x.appendInt16(0))
      }
      case 2: {
        const [replica, isolation] = [request.readInt32(), request.readInt8()]
        const [wanted] = request.readArray(
          (r) => [r.readString(false), r.readArray((p) => [p.readInt32(), p.readInt32(), p.readInt64()] as const, false, false)] as const,
          false,
          false,
        )
        const isEarliest = replica === -1 && isolation >= 0 && wanted?.[1][0]?.[2] === -2n
        return onePartition(w.appendInt32(0), (x) =>
          x
            .appendInt16(0)
            .appendInt64(-1n)
            .appendInt64(isEarliest ? 0n : BigInt(log.length))
            .appendInt32(0),
        )
      }
      case 1:
        return fetching(w, request)
      default:
        throw new Error(`request ${api} is not known here`)
    }
  }

  const onePartition = (w: Writer, rest: (x: Writer) => Writer): Writer =>
    w.appendArray([topic], (x) => x.appendString(topic, false).appendArray([0], (y) => rest(y.appendInt32(0)), false, false), false, false)

  const metadata = (w: Writer) =>
    w
      .appendInt32(0)
      .appendArray([1], (x) => x.appendInt32(1).appendString('127.0.0.1').appendInt32(port).appendString(null))
      .appendString('test-cluster')
      .appendInt32(1)
      .appendArray([topic], (x) =>
        x
          .appendInt16(0)
          .appendString(topic)
          .appendUUID(topicId())
          .appendBoolean(false)
          .appendArray([0], (y) => {
            y.appendInt16(0).appendInt32(0).appendInt32(1).appendInt32(0)
            for (const nodes of [[1], [1], []]) y.appendArray(nodes, (z, node) => z.appendInt32(node), true, false)
          })
          .appendInt32(0),
      )
      .appendInt32(0)
      .appendTaggedFields()

  const fetching = async (w: Writer, request: Reader): Promise<Writer> => {
    for (let i = 0; i < 3; i++) request.readInt32()
    const maxBytes = request.readInt32()
    asked.maxBytes = Math.max(asked.maxBytes, maxBytes)
    request.readInt8()
    request.readInt32()
    request.readInt32()
    const [wanted] = request.readArray(
      (r) =>
        [
          r.readString(false),
          r.readArray((p) => [p.readInt32(), p.readInt32(), p.readInt64(), p.readInt64(), p.readInt32()] as const, false, false),
        ] as const,
      false,
      false,
    )
    const from = Number(wanted?.[1][0]?.[2] ?? 0n)
    // As a real broker waits, so that an idle member does not ask all the time.
    if (from >= log.length) await new Promise((resolve) => setTimeout(resolve, 20))
    // One batch at least, whatever its size, and no more than was asked for (KIP-74).
    let [to, size] = [from, 0]
    while (to < log.length && (to === from || size + (log[to] as Buffer).length <= maxBytes)) size += (log[to++] as Buffer).length
    const records = Buffer.concat(log.slice(from, to))
    return onePartition(w.appendInt32(0).appendInt16(0).appendInt32(0), (x) =>
      x
        .appendInt16(0)
        .appendInt64(BigInt(log.length))
        .appendInt64(BigInt(log.length))
        .appendInt64(0n)
        .appendInt32(0)
        .appendInt32(-1)
        .appendBytes(records, false),
    )
  }

  const onSocket = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let rest = Buffer.alloc(0)
    socket.on('data', async (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const frame = rest.subarray(4, 4 + rest.readInt32BE(0))
        rest = rest.subarray(4 + frame.length)
        const api = frame.readInt16BE(0)
        const head = 10 + Math.max(0, frame.readInt16BE(8)) + (FLEXIBLE.has(api) || api === 18 ? 1 : 0)
        const body = await answer(api, Reader.from(frame.subarray(head)))
        const bytes = Buffer.concat([frame.subarray(4, 8), ...(FLEXIBLE.has(api) ? [Buffer.of(0)] : []), body.buffer])
        const size = Buffer.alloc(4)
        size.writeInt32BE(bytes.length)
        if (socket.writable) socket.write(Buffer.concat([size, bytes]))
      }
    })
  }
  const server = tls ? createTlsServer({ cert: tls.certificate, key: tls.key }, onSocket) : createServer(onSocket)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    asked,
    send(key, value, headers = {}) {
      const bytes = (text: string | null) => (text === null ? undefined : Buffer.from(text))
      const entries = new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]))
      const message = { topic, key: bytes(key), value: bytes(value) as Buffer, headers: entries, timestamp: BigInt(Date.now()) }
      const batch = Buffer.from(
        createRecordsBatch([message as never], { compression: 'none', producerId: -1n, producerEpoch: -1 } as never).buffer,
      )
      batch.writeBigInt64BE(BigInt(log.length), 0)
      log.push(batch)
    },
    committed: (group) => commits.get(group),
    forget: (group, offset) => void commits.set(group, offset),
    hangUp,
    renew() {
      topicNumber++
      log.length = 0
      commits.clear()
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        hangUp()
      }),
  }
}

/** Group, generation, member and instance, as several requests begin. */
function skipMember(request: Reader): string {
  const group = request.readString(false)
  request.readInt32()
  request.readString(false)
  request.readNullableString(false)
  return group
}

function joining(request: Reader): [Buffer, string] {
  request.readString(false)
  request.readInt32()
  request.readInt32()
  request.readString(false)
  request.readNullableString(false)
  request.readString(false)
  const [first] = request.readArray((r) => [r.readString(false), r.readBytes(false)] as const, false, false)
  return [first?.[1] ?? Buffer.alloc(0), first?.[0] ?? '']
}
