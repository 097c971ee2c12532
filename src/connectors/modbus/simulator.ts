import { createServer, type Socket } from 'node:net'
import { isBitTable, MODBUS_LIMITS, TABLES, type Table } from './config.ts'
import { crc16 } from './crc16.ts'
import { EXCEPTION, READ_FUNCTION } from './frame.ts'

/** Contents of one unit by table: values from address 0 on, or by address. What is not there answers "illegal data address". */
export type UnitImage = Partial<Record<Table, readonly number[] | Readonly<Record<number, number | boolean>>>>

export interface ModbusSimulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number
  readonly host?: string
  readonly framing?: 'tcp' | 'rtu-over-tcp'
  readonly units: Readonly<Record<number, UnitImage>>
}

export interface ModbusSimulator {
  readonly port: number
  /** Read requests answered or refused so far. */
  readonly requests: () => number
  /** Sets registers from `address` on. */
  setRegister(unitId: number, table: 'input-register' | 'holding-register', address: number, ...values: number[]): void
  setCoil(unitId: number, address: number, on: boolean): void
  setDiscreteInput(unitId: number, address: number, on: boolean): void
  /** Takes an address away: reads that touch it get "illegal data address". */
  remove(unitId: number, table: Table, address: number): void
  /** Answers this unit's reads with an exception, all of them or those that touch one address; `undefined` ends it. */
  failWith(unitId: number, exception: number | undefined, where?: { table: Table; address: number }): void
  /** The unit does not answer at all, as a device that is off behind its gateway. */
  setSilent(unitId: number, silent: boolean): void
  stop(): Promise<void>
}

interface Unit {
  readonly tables: Readonly<Record<Table, Map<number, number>>>
  readonly failing: Map<string, number>
  failingAll: number | undefined
  silent: boolean
}

const ILLEGAL_FUNCTION = 1
const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3
/** A read request in either framing is far shorter; a client that sends more without sense is dropped. */
const BUFFER_MAX = 1024

/** Starts a device, or a gateway with several units, that speaks Modbus TCP (or RTU over TCP) to any number of clients. Reads only. */
export async function startModbusSimulator(options: ModbusSimulatorOptions): Promise<ModbusSimulator> {
  const units = new Map(Object.entries(options.units).map(([id, image]) => [Number(id), toUnit(image)]))
  const unit = (id: number): Unit => {
    const known = units.get(id)
    if (!known) throw new RangeError(`the simulator has no unit ${id}`)
    return known
  }
  const clients = new Set<Socket>()
  let requests = 0
  const answer = (unitId: number, pdu: Buffer): Buffer | undefined => {
    requests++
    const asked = units.get(unitId)
    return asked && !asked.silent ? respond(asked, pdu) : undefined
  }
  const server = createServer({ noDelay: true }, (socket) => {
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    // A client that goes away in the middle of an answer is its own affair.
    socket.on('error', () => socket.destroy())
    serve(socket, options.framing === 'rtu-over-tcp' ? takeRtu : takeTcp, answer)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  return {
    port,
    requests: () => requests,
    setRegister(id, table, address, ...values) {
      const map = unit(id).tables[table]
      for (let i = 0; i < values.length; i++) map.set(address + i, (values[i] as number) & 0xffff)
    },
    setCoil: (id, address, on) => void unit(id).tables.coil.set(address, on ? 1 : 0),
    setDiscreteInput: (id, address, on) => void unit(id).tables['discrete-input'].set(address, on ? 1 : 0),
    remove: (id, table, address) => void unit(id).tables[table].delete(address),
    failWith(id, exception, where) {
      const { failing } = unit(id)
      if (!where) unit(id).failingAll = exception
      else if (exception === undefined) failing.delete(`${where.table} ${where.address}`)
      else failing.set(`${where.table} ${where.address}`, exception)
    },
    setSilent(id, silent) {
      unit(id).silent = silent
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of clients) socket.destroy()
      }),
  }
}

function toUnit(image: UnitImage): Unit {
  const map = (table: Table) =>
    new Map(Object.entries(image[table] ?? {}).map(([address, value]) => [Number(address), Number(value) & 0xffff]))
  const tables = Object.fromEntries(TABLES.map((table) => [table, map(table)])) as Record<Table, Map<number, number>>
  return { tables, failing: new Map(), failingAll: undefined, silent: false }
}

function respond(unit: Unit, pdu: Buffer): Buffer {
  const fn = pdu[0] as number
  const refuse = (exception: number) => Buffer.of(fn | EXCEPTION, exception)
  const table = TABLES.find((name) => READ_FUNCTION[name] === fn)
  if (!table) return refuse(ILLEGAL_FUNCTION)
  if (pdu.length !== 5) return refuse(ILLEGAL_VALUE)
  const address = pdu.readUInt16BE(1)
  const count = pdu.readUInt16BE(3)
  const bits = isBitTable(table)
  if (count < 1 || count > (bits ? MODBUS_LIMITS.bitsPerRequest : MODBUS_LIMITS.registersPerRequest)) return refuse(ILLEGAL_VALUE)
  if (unit.failingAll !== undefined) return refuse(unit.failingAll)
  const size = bits ? (count + 7) >> 3 : count * 2
  const answer = Buffer.alloc(2 + size)
  answer[0] = fn
  answer[1] = size
  const values = unit.tables[table]
  for (let i = 0; i < count; i++) {
    const failing = unit.failing.size > 0 ? unit.failing.get(`${table} ${address + i}`) : undefined
    if (failing !== undefined) return refuse(failing)
    const value = values.get(address + i)
    if (value === undefined) return refuse(ILLEGAL_ADDRESS)
    if (!bits) answer.writeUInt16BE(value, 2 + 2 * i)
    else if (value) (answer[2 + (i >> 3)] as number) |= 1 << (i & 7)
  }
  return answer
}

/** A request cut from the stream, or how to go on: more bytes are needed, or they make no sense. */
type Taken = { bytes: number; unitId: number; pdu: Buffer; wrap: (answer: Buffer) => Buffer } | 'more' | 'nonsense'

function takeTcp(buffer: Buffer): Taken {
  if (buffer.length < 8) return 'more'
  const length = buffer.readUInt16BE(4)
  if (buffer.readUInt16BE(2) !== 0 || length < 2 || length > 254) return 'nonsense'
  if (buffer.length < 6 + length) return 'more'
  const head = Buffer.from(buffer.subarray(0, 7))
  const wrap = (answer: Buffer) => {
    head.writeUInt16BE(answer.length + 1, 4)
    return Buffer.concat([head, answer])
  }
  return { bytes: 6 + length, unitId: buffer.readUInt8(6), pdu: buffer.subarray(7, 6 + length), wrap }
}

function takeRtu(buffer: Buffer): Taken {
  if (buffer.length < 8) return 'more'
  if (crc16(buffer, 0, 6) !== buffer.readUInt16LE(6)) return 'nonsense'
  const unitId = buffer.readUInt8(0)
  const wrap = (answer: Buffer) => {
    const frame = Buffer.concat([Buffer.of(unitId), answer, Buffer.alloc(2)])
    frame.writeUInt16LE(crc16(frame, 0, frame.length - 2), frame.length - 2)
    return frame
  }
  return { bytes: 8, unitId, pdu: buffer.subarray(1, 6), wrap }
}

function serve(socket: Socket, take: (buffer: Buffer) => Taken, answer: (unitId: number, pdu: Buffer) => Buffer | undefined): void {
  let buffer: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    buffer = Buffer.concat([buffer, bytes])
    for (let taken = take(buffer); taken !== 'more'; taken = take(buffer)) {
      if (taken === 'nonsense') {
        socket.destroy()
        return
      }
      const response = answer(taken.unitId, taken.pdu)
      if (response) socket.write(taken.wrap(response))
      buffer = buffer.subarray(taken.bytes)
    }
    if (buffer.length > BUFFER_MAX) socket.destroy()
  })
}
