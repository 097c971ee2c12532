import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** As much of a SQL Server as tests need: [MS-TDS] without encryption, one statement at a time. No real server: the dialect was not run against one. */
export interface TdsServer {
  readonly port: number
  /** Statements that came, the library's own first one left out. */
  readonly statements: string[]
  /** Breaks every line, as a power cut would. */
  kill(): void
  stop(): Promise<void>
}

/** int64, nvarchar, decimal(38, 2), datetime2(7), varbinary. */
export type TdsType = 'int' | 'text' | 'decimal' | 'time' | 'binary'
export type TdsAnswer =
  | { readonly columns: Readonly<Record<string, TdsType>>; readonly rows: Iterable<readonly (bigint | string | Buffer | null)[]> }
  | { readonly error: { readonly number: number; readonly message: string } }
  | 'done'
  | 'silence'

const PACKET = { batch: 0x01, response: 0x04, attention: 0x06, login: 0x10, prelogin: 0x12 } as const
const HEADER = 8
const BODY = 4096 - HEADER

export async function startTds(password: string, answer: (sql: string) => TdsAnswer): Promise<TdsServer> {
  const statements: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    void serve(socket, password, (sql) => {
      statements.push(sql)
      return answer(sql)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const kill = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    statements,
    kill,
    async stop() {
      kill()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function serve(socket: Socket, password: string, answer: (sql: string) => TdsAnswer): Promise<void> {
  let isFirst = true
  for await (const { type, body } of messages(socket)) {
    if (type === PACKET.prelogin) await send(socket, [PRELOGIN])
    else if (type === PACKET.login) {
      const isKnown = passwordOf(body) === password
      await send(socket, isKnown ? [loginAck(), done()] : [error(18456, "Login failed for user 'reader'."), done(0x02)])
      if (!isKnown) return void socket.end()
    } else if (type === PACKET.attention) await send(socket, [done(0x20)])
    else if (type === PACKET.batch) {
      const sql = body.toString('utf16le', body.readUInt32LE(0))
      const said = isFirst ? 'done' : answer(sql)
      isFirst = false
      if (said !== 'silence') await send(socket, tokensOf(said))
    }
  }
}

async function* messages(socket: Socket): AsyncGenerator<{ type: number; body: Buffer }> {
  let held = Buffer.alloc(0)
  let body: Buffer[] = []
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      held = Buffer.concat([held, chunk])
      while (held.length >= HEADER && held.length >= held.readUInt16BE(2)) {
        const length = held.readUInt16BE(2)
        const [type, status] = held as unknown as [number, number]
        body.push(held.subarray(HEADER, length))
        held = held.subarray(length)
        if ((status & 1) === 0) continue
        yield { type, body: Buffer.concat(body) }
        body = []
      }
    }
  } catch {
    // The client cut the line: that is the end of its messages.
  }
}

async function drained(socket: Socket): Promise<void> {
  const first = new AbortController()
  const events = ['drain', 'close'].map((event) => once(socket, event, { signal: first.signal }))
  await Promise.race(events)
  first.abort()
  await Promise.allSettled(events)
}

/** Sends tokens in packets, no faster than they are taken. */
async function send(socket: Socket, tokens: Iterable<Buffer>): Promise<void> {
  let held: Buffer[] = []
  let size = 0
  let id = 0
  const packet = async (body: Buffer, isLast: boolean) => {
    const header = Buffer.alloc(HEADER)
    header[0] = PACKET.response
    header[1] = isLast ? 1 : 0
    header.writeUInt16BE(body.length + HEADER, 2)
    header[6] = ++id & 0xff
    if (!socket.write(Buffer.concat([header, body])) && !socket.destroyed) await drained(socket)
  }
  for (const token of tokens) {
    held.push(token)
    size += token.length
    if (size < BODY) continue
    const all = Buffer.concat(held)
    let at = 0
    for (; all.length - at > BODY; at += BODY) await packet(all.subarray(at, at + BODY), false)
    held = [all.subarray(at)]
    size = all.length - at
    if (socket.destroyed) return
  }
  await packet(Buffer.concat(held), true)
}

/** Options version and encryption (not supported), 2.2.6.5. */
const PRELOGIN = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2])

/** LOGIN7 (2.2.6.4): place and characters of the password at 44, each byte with its halves swapped, then XOR A5. */
function passwordOf(login: Buffer): string {
  const from = login.readUInt16LE(44)
  const bytes = Buffer.from(login.subarray(from, from + 2 * login.readUInt16LE(46)))
  return Buffer.from(bytes.map((byte) => (((byte ^ 0xa5) << 4) | ((byte ^ 0xa5) >> 4)) & 0xff)).toString('utf16le')
}

const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8])
const u32 = (value: number) => Buffer.from([value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24])
const shortText = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')])

function withLength(token: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([token]), u16(body.length), body])
}

function loginAck(): Buffer {
  return withLength(0xad, Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), shortText('fixture'), Buffer.from([16, 0, 0, 0])]))
}

function error(number: number, message: string): Buffer {
  const text = Buffer.concat([u16(message.length), Buffer.from(message, 'utf16le')])
  return withLength(0xaa, Buffer.concat([u32(number), Buffer.from([1, 16]), text, shortText('fixture'), shortText(''), u32(1)]))
}

function done(status = 0): Buffer {
  return Buffer.concat([Buffer.from([0xfd]), u16(status), u16(0), Buffer.alloc(8)])
}

function* tokensOf(said: Exclude<TdsAnswer, 'silence'>): Generator<Buffer> {
  if (said === 'done') return yield done()
  if ('error' in said) {
    yield error(said.error.number, said.error.message)
    return yield done(0x02)
  }
  const columns = Object.entries(said.columns)
  yield Buffer.concat([Buffer.from([0x81]), u16(columns.length), ...columns.map(([name, type]) => columnOf(name, type))])
  for (const row of said.rows)
    yield Buffer.concat([Buffer.from([0xd1]), ...row.map((cell, i) => cellOf(cell, (columns[i] as [string, TdsType])[1]))])
  yield done()
}

/** TYPE_INFO, 2.2.5.6. */
const TYPES: Record<TdsType, number[]> = {
  int: [0x26, 8],
  text: [0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 52],
  decimal: [0x6a, 17, 38, 2],
  time: [0x2a, 7],
  binary: [0xa5, 0x40, 0x1f],
}

function columnOf(name: string, type: TdsType): Buffer {
  return Buffer.concat([u32(0), u16(1), Buffer.from(TYPES[type]), shortText(name)])
}

/** `time` cells are 100 ns since 2000-01-01; `decimal` cells the hundredths. */
function cellOf(cell: bigint | string | Buffer | null, type: TdsType): Buffer {
  if (type === 'text' || type === 'binary') {
    if (cell === null) return u16(0xffff)
    const bytes = typeof cell === 'string' ? Buffer.from(cell, 'utf16le') : (cell as Buffer)
    return Buffer.concat([u16(bytes.length), bytes])
  }
  if (cell === null) return Buffer.from([0])
  const value = cell as bigint
  if (type === 'int') return Buffer.concat([Buffer.from([8]), little(value, 8)])
  if (type === 'decimal') return Buffer.concat([Buffer.from([17, value < 0n ? 0 : 1]), little(value < 0n ? -value : value, 16)])
  const day = 864_000_000_000n
  return Buffer.concat([Buffer.from([8]), little(value % day, 5), little(value / day + 730_119n, 3)])
}

function little(value: bigint, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn)))
}
