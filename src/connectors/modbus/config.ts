import { z } from 'zod'
import { duration, hostName, signalBase } from '../../core/config-parts.ts'

/** Limits of the protocol (Modbus Application Protocol V1.1b3, 6.1 to 6.4) and of this connector. */
export const MODBUS_LIMITS = {
  registersPerRequest: 125,
  bitsPerRequest: 2000,
  /** Addresses of one table: 0 .. 65535. */
  addresses: 65_536,
  signals: 50_000,
} as const

export const TABLES = ['coil', 'discrete-input', 'input-register', 'holding-register'] as const
export type Table = (typeof TABLES)[number]

/** Registers that one value takes; text takes `length`. */
export const REGISTERS = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  int64: 4,
  uint64: 4,
  float32: 2,
  float64: 4,
  bool: 1,
  bit: 1,
  text: 0,
} as const
export type ValueType = keyof typeof REGISTERS

const order = z.enum(['big', 'little'])
const byteOrder = order.describe('Order of the two bytes in a register; big is the standard')
const wordOrder = order.describe('Order of the registers of one value: big has the most significant register first')
const period = duration.refine((ms) => ms >= 10, 'the shortest period is 10ms')
const unitId = z.int().min(0).max(255).describe('Unit (slave) id; behind a gateway each device has its own')

export const modbusSignal = signalBase
  .extend({
    table: z.enum(TABLES).describe('Where the value lives'),
    address: z
      .int()
      .min(0)
      .max(MODBUS_LIMITS.addresses - 1)
      .describe('Address from 0, as sent on the wire: what manuals call 40001 is holding-register 0'),
    type: z
      .enum(Object.keys(REGISTERS) as [ValueType, ...ValueType[]])
      .optional()
      .describe('How the registers are read; default bool for coils and discrete inputs, uint16 for registers'),
    bit: z.int().min(0).max(15).optional().describe('With type bit: which one, 0 is the least significant'),
    bits: z
      .tuple([z.int().min(0).max(63), z.int().min(1).max(32)])
      .optional()
      .describe('Bit field of an unsigned integer: [lowest bit, number of bits]'),
    length: z.int().min(1).max(MODBUS_LIMITS.registersPerRequest).optional().describe('With type text: registers, two characters each'),
    scale: z.number().optional().describe('value = raw × scale + offset; default 1'),
    offset: z.number().optional().describe('Default 0'),
    byteOrder: byteOrder.optional(),
    wordOrder: wordOrder.optional(),
    unitId: unitId.optional(),
    period: period.optional().describe('How often this signal is read, when not as often as the others'),
  })
  .superRefine((signal, context) => {
    for (const [key, message] of contradictions(signal)) context.addIssue({ code: 'custom', path: [key], message })
  })

interface Addressed {
  table: Table
  address: number
  type?: ValueType | undefined
  bit?: number | undefined
  bits?: readonly [number, number] | undefined
  length?: number | undefined
  scale?: number | undefined
  offset?: number | undefined
}

function contradictions(signal: Addressed): [string, string][] {
  const { bits, scale, offset } = signal
  const type = typeOf(signal)
  const found: [string, string][] = []
  const numeric = type !== 'bool' && type !== 'bit' && type !== 'text'
  if (isBitTable(signal.table) && type !== 'bool') found.push(['type', `a ${signal.table} holds a bool, not ${type}`])
  if (type === 'bit' && signal.bit === undefined) found.push(['bit', 'type bit needs bit: 0 to 15'])
  if (type !== 'bit' && signal.bit !== undefined) found.push(['bit', 'bit goes with type: bit'])
  if (type === 'text' && signal.length === undefined) found.push(['length', 'type text needs its length in registers'])
  if (type !== 'text' && signal.length !== undefined) found.push(['length', 'length goes with type: text'])
  if (bits && !type.startsWith('uint')) found.push(['bits', 'a bit field is cut from uint16, uint32 or uint64'])
  if (bits && bits[0] + bits[1] > 16 * REGISTERS[type])
    found.push(['bits', `the bit field ends after the ${16 * REGISTERS[type]} bits of ${type}`])
  if (!numeric && scale !== undefined) found.push(['scale', `a ${type} has no scale`])
  if (!numeric && offset !== undefined) found.push(['offset', `a ${type} has no offset`])
  if (scale === 0) found.push(['scale', 'a scale of 0 makes every reading the same'])
  if (signal.address + width(signal) > MODBUS_LIMITS.addresses) found.push(['address', 'the value ends after address 65535'])
  return found
}

/** True for the two tables of single bits. */
export function isBitTable(table: Table): boolean {
  return table === 'coil' || table === 'discrete-input'
}

export function typeOf(signal: Pick<Addressed, 'table' | 'type'>): ValueType {
  return signal.type ?? (isBitTable(signal.table) ? 'bool' : 'uint16')
}

/** Addresses that one value takes in its table. */
export function width(signal: Pick<Addressed, 'table' | 'type' | 'length'>): number {
  return isBitTable(signal.table) ? 1 : (signal.length ?? REGISTERS[typeOf(signal)])
}

export const modbusConfig = z.strictObject({
  host: hostName.describe('Name or address of the device or gateway'),
  port: z.int().min(1).max(65_535).default(502).describe('TCP port'),
  framing: z
    .enum(['tcp', 'rtu-over-tcp'])
    .default('tcp')
    .describe('tcp is Modbus TCP; rtu-over-tcp is serial frames with their checksum, carried by a serial device server'),
  unitId: unitId.default(1),
  timeout: duration.default(2000).describe('How long one answer, or the connection, may take; default 2s'),
  period: period.default(1000).describe('How often signals are read; default 1s'),
  byteOrder: byteOrder.default('big'),
  wordOrder: wordOrder.default('big'),
  maxRegistersPerRequest: z
    .int()
    .min(1)
    .max(MODBUS_LIMITS.registersPerRequest)
    .default(MODBUS_LIMITS.registersPerRequest)
    .describe('For devices that cannot answer the 125 of the standard'),
  maxBitsPerRequest: z
    .int()
    .min(1)
    .max(MODBUS_LIMITS.bitsPerRequest)
    .default(MODBUS_LIMITS.bitsPerRequest)
    .describe('For devices that cannot answer the 2000 of the standard'),
  maxGap: z
    .int()
    .min(0)
    .max(MODBUS_LIMITS.registersPerRequest)
    .default(8)
    .describe('Registers nobody asked for that may be read to join two neighbours in one request (16 bits each in tables of bits)'),
  signals: z.array(modbusSignal).min(1).max(MODBUS_LIMITS.signals).describe('What is read'),
})
export type ModbusConfig = z.infer<typeof modbusConfig>
export type ModbusSignal = ModbusConfig['signals'][number]
