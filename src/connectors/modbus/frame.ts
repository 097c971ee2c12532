import type { Table } from './config.ts'
import { crc16 } from './crc16.ts'

/** Function codes of the four reads (Modbus Application Protocol V1.1b3, 6.1 to 6.4). */
export const READ_FUNCTION: Readonly<Record<Table, number>> = {
  coil: 1,
  'discrete-input': 2,
  'holding-register': 3,
  'input-register': 4,
}

/** Set in the function code of an exception response. */
export const EXCEPTION = 0x80
/** MBAP header: transaction, protocol, length (2 bytes each), unit. */
export const MBAP = 7
/** Largest PDU; so the MBAP length field (unit + PDU) is at most 254 and an RTU frame 256 bytes. */
const PDU_MAX = 253
/** Bytes kept while a frame is incomplete: two whole frames. */
export const PARTIAL_MAX = 2 * (MBAP + PDU_MAX)

export interface ReadRequest {
  readonly unitId: number
  readonly table: Table
  readonly address: number
  /** Registers, or bits. */
  readonly count: number
}

/** Data bytes in the answer to a request. */
export function dataBytes(request: ReadRequest): number {
  return request.table === 'coil' || request.table === 'discrete-input' ? (request.count + 7) >> 3 : request.count * 2
}

/** A read request in Modbus TCP framing (Modbus Messaging on TCP/IP V1.0b, 3.1.3). */
export function encodeTcp(request: ReadRequest, transaction: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt16BE(transaction, 0)
  bytes.writeUInt16BE(6, 4)
  writeRead(bytes, 6, request)
  return bytes
}

/** A read request in RTU framing. */
export function encodeRtu(request: ReadRequest): Buffer {
  const bytes = Buffer.alloc(8)
  writeRead(bytes, 0, request)
  bytes.writeUInt16LE(crc16(bytes, 0, 6), 6)
  return bytes
}

function writeRead(bytes: Buffer, at: number, request: ReadRequest): void {
  bytes.writeUInt8(request.unitId, at)
  bytes.writeUInt8(READ_FUNCTION[request.table], at + 1)
  bytes.writeUInt16BE(request.address, at + 2)
  bytes.writeUInt16BE(request.count, at + 4)
}

/** One frame cut from the stream. */
export interface Frame {
  /** Absent in RTU framing. */
  readonly transaction?: number
  readonly unitId: number
  /** Function code and what follows it. */
  readonly pdu: Buffer
}

/** What the head of the buffer is: a frame of `bytes` (with what precedes it), `undefined` while more is needed, or nothing that can be a frame. */
export type Cut = { readonly frame: Frame; readonly bytes: number } | undefined | { readonly garbage: string }

/** Cuts one Modbus TCP frame. TCP keeps order, so a header that cannot be true means the stream is lost for good. */
export function cutTcp(buffer: Buffer): Cut {
  if (buffer.length >= 4 && buffer.readUInt16BE(2) !== 0)
    return { garbage: `protocol identifier ${buffer.readUInt16BE(2)} where Modbus has 0` }
  if (buffer.length < 6) return undefined
  const length = buffer.readUInt16BE(4)
  if (length < 3 || length > PDU_MAX + 1) return { garbage: `length ${length} in the header, a Modbus frame has 3 to ${PDU_MAX + 1}` }
  const end = 6 + length
  if (buffer.length < end) return undefined
  return { frame: { transaction: buffer.readUInt16BE(0), unitId: buffer.readUInt8(6), pdu: buffer.subarray(MBAP, end) }, bytes: end }
}

/**
 * Cuts one RTU frame. RTU over TCP has no header and no pauses, so a frame is what has a true checksum: bytes before it are noise.
 * While the buffer begins as the answer to `request` must, the end of that answer is waited for and no other frame is sought in it.
 */
export function cutRtu(buffer: Buffer, request: ReadRequest | undefined): Cut {
  for (let from = 0; from + 5 <= buffer.length; from++) {
    const fn = buffer[from + 1] as number
    if ((fn & 0x7f) < 1 || (fn & 0x7f) > 4) continue
    const end = from + (fn & EXCEPTION ? 5 : 5 + (buffer[from + 2] as number))
    const whole = end <= buffer.length
    if (whole && crc16(buffer, from, end - 2) === buffer.readUInt16LE(end - 2)) {
      return { frame: { unitId: buffer.readUInt8(from), pdu: buffer.subarray(from + 1, end - 2) }, bytes: end }
    }
    if (!whole && from === 0 && request && beginsAnswer(buffer, request)) return undefined
  }
  return buffer.length >= PARTIAL_MAX ? { garbage: `${buffer.length} bytes without a frame that has a true checksum` } : undefined
}

function beginsAnswer(buffer: Buffer, request: ReadRequest): boolean {
  return buffer[0] === request.unitId && buffer[1] === READ_FUNCTION[request.table] && buffer[2] === dataBytes(request)
}

/** What a PDU says to a request: the data, an exception code, or why it is no answer to it. */
export type Content = { readonly data: Buffer } | { readonly exception: number } | { readonly wrong: string }

/** Checks a response PDU against its request: function code, byte count, length. */
export function readContent(pdu: Buffer, request: ReadRequest): Content {
  const fn = READ_FUNCTION[request.table]
  const got = pdu[0] as number
  if (got === (fn | EXCEPTION)) {
    return pdu.length === 2 ? { exception: pdu[1] as number } : { wrong: `an exception response of ${pdu.length} bytes where it has 2` }
  }
  if (got !== fn) return { wrong: `function code ${got} in the answer to function code ${fn}` }
  const expected = dataBytes(request)
  if (pdu[1] !== expected) return { wrong: `byte count ${pdu[1]} where ${request.count} of ${request.table} take ${expected}` }
  if (pdu.length !== 2 + expected) return { wrong: `${pdu.length - 2} data bytes under a byte count of ${expected}` }
  return { data: pdu.subarray(2) }
}
