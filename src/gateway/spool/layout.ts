import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { forwardedCount } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import { RECORD_KINDS, type RecordKind, type SpoolRecord } from '../../core/spool.ts'
import type { Micros } from '../../core/time.ts'

/**
 * Bytes of a segment file `0000000042.seg`. Everything little-endian, everything aligned to 8 bytes, so that a batch is read as a view.
 *
 * Segment header, 384 bytes. Bytes 0-15 keep their meaning in every format version.
 *
 *   0  u32 magic 'ECS1'    4  u32 format version    8  u32 bytes of this header    12  u32 CRC-32 of bytes 0-11 and 16-end
 *  16  f64 epoch          24  f64 ordinal (the file's number)    32  f64 first sequence    40  f64 created, microseconds
 *  48  f64 samples in all records before    56  u32 signals known    60  u32 reason sets known
 *  64  32 B hash of the record before       96  u32 salt             100  u32 bytes of the node's name
 * 104  node, UTF-8, then zeros
 *
 * Record header, 88 bytes, then the payload, then zeros up to the next multiple of 8.
 *
 *   0  u32 magic 'ECR1'    4  u32 the segment's salt    8  u32 CRC-32 of bytes 12-end, padding included
 *  12  u32 payload bytes  16  u32 kind                 20  u32 zero
 *  24  f64 sequence       32  f64 recordedTime         40  f64 samples in all records up to and with this one
 *  48  u32 signals known  52  u32 reason sets known
 *  56  32 B SHA-256 of: the previous record's hash, bytes 12-55 of this header, the payload
 *  88  payload
 *
 * The salt is random per segment: neither a stale disk block nor text that a device sent can pass for a record when reading looks for
 * the next valid one. The running totals let a gap say how many samples are missing, and keep indices from being given out twice when a
 * dictionary record is damaged. The first record of an epoch is chained to the SHA-256 of `node/epoch`.
 *
 * A segment begins with the gaps to declare, if any, and the whole dictionaries (`config`, `streams`, `signals`, `reasons`). A record at or past the next
 * segment's first sequence does not count: its fsync failed, and it was written again there.
 */
export const FORMAT_VERSION = 1
export const SEGMENT_HEADER = 384
export const RECORD_HEADER = 88
const SEGMENT_MAGIC = 0x31534345
const RECORD_MAGIC = 0x31524345
const HASH_AT = 56
const NODE_BYTES = SEGMENT_HEADER - 104
const ZEROS = new Uint8Array(8)

/** Where the log stands after a record. `hash` is undefined where damage hides it. */
export interface Chain {
  readonly sequence: number
  readonly samples: number
  readonly hash: Uint8Array | undefined
}

export interface SegmentHeader {
  readonly node: string
  readonly epoch: number
  readonly ordinal: number
  readonly firstSequence: number
  readonly createdTime: Micros
  readonly samples: number
  readonly signals: number
  readonly reasonSets: number
  readonly previousHash: Uint8Array
  readonly salt: number
}

/** What a record's header says besides its payload. */
export interface RecordFields {
  readonly kind: RecordKind
  readonly sequence: number
  readonly recordedTime: Micros
  readonly samples: number
  readonly signals: number
  readonly reasonSets: number
}

/** A record found in bytes whose CRC is right; `payload` and `hash` are views of those bytes. */
export interface Frame extends RecordFields {
  /** Header, payload and padding. */
  readonly bytes: number
  readonly payload: Uint8Array
  readonly hash: Uint8Array
  readonly header: Uint8Array
}

export function genesis(node: string, epoch: number): Chain & { readonly hash: Uint8Array } {
  return { sequence: 0, samples: 0, hash: new Uint8Array(createHash('sha256').update(`${node}/${epoch}`).digest()) }
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER)
  const view = new DataView(bytes.buffer)
  const node = new TextEncoder().encode(header.node)
  if (node.length > NODE_BYTES) throw new RangeError(`the node's name takes ${node.length} bytes, the limit is ${NODE_BYTES}`)
  view.setUint32(0, SEGMENT_MAGIC, true)
  view.setUint32(4, FORMAT_VERSION, true)
  view.setUint32(8, SEGMENT_HEADER, true)
  view.setFloat64(16, header.epoch, true)
  view.setFloat64(24, header.ordinal, true)
  view.setFloat64(32, header.firstSequence, true)
  view.setFloat64(40, header.createdTime, true)
  view.setFloat64(48, header.samples, true)
  view.setUint32(56, header.signals, true)
  view.setUint32(60, header.reasonSets, true)
  bytes.set(header.previousHash, 64)
  view.setUint32(96, header.salt, true)
  view.setUint32(100, node.length, true)
  bytes.set(node, 104)
  view.setUint32(12, headerCrc(bytes), true)
  return bytes
}

/** The header; `unknown-format` for a file of another format version; `corrupt` for anything else that is not one. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | 'unknown-format' | 'corrupt' {
  if (bytes.length < 16) return 'corrupt'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0, true) !== SEGMENT_MAGIC) return 'corrupt'
  if (view.getUint32(4, true) !== FORMAT_VERSION) return isDamagedVersion(bytes) ? 'corrupt' : 'unknown-format'
  if (bytes.length < SEGMENT_HEADER || view.getUint32(8, true) !== SEGMENT_HEADER) return 'corrupt'
  const head = bytes.slice(0, SEGMENT_HEADER)
  if (headerCrc(head) !== view.getUint32(12, true)) return 'corrupt'
  return {
    epoch: view.getFloat64(16, true),
    ordinal: view.getFloat64(24, true),
    firstSequence: view.getFloat64(32, true),
    createdTime: view.getFloat64(40, true),
    samples: view.getFloat64(48, true),
    signals: view.getUint32(56, true),
    reasonSets: view.getUint32(60, true),
    previousHash: head.slice(64, 96),
    salt: view.getUint32(96, true),
    node: new TextDecoder().decode(head.subarray(104, 104 + Math.min(view.getUint32(100, true), NODE_BYTES))),
  }
}

/** The hash of the record before the segment, whatever the rest of the header is worth. */
export function storedPreviousHash(head: Uint8Array): Uint8Array {
  return head.slice(64, 96)
}

function headerCrc(head: Uint8Array): number {
  return crc32(head.subarray(16), crc32(head.subarray(0, 12)))
}

/** True when the checksum becomes right with our own version in place: one damaged field, not another program's file. */
function isDamagedVersion(bytes: Uint8Array): boolean {
  if (bytes.length < SEGMENT_HEADER) return false
  const head = bytes.slice(0, SEGMENT_HEADER)
  const view = new DataView(head.buffer)
  const crc = view.getUint32(12, true)
  if (headerCrc(head) === crc) return false
  view.setUint32(4, FORMAT_VERSION, true)
  return headerCrc(head) === crc
}

/** Header, payload and padding as the buffers of one writev; the payload is not copied. */
export function sealRecord(fields: RecordFields, payload: Uint8Array, previousHash: Uint8Array, salt: number) {
  const header = hashedHeader(fields, payload.length)
  const view = new DataView(header.buffer)
  view.setUint32(0, RECORD_MAGIC, true)
  view.setUint32(4, salt, true)
  const hash = recordHash(previousHash, header, payload)
  header.set(hash, HASH_AT)
  const padding = ZEROS.subarray(0, -payload.length & 7)
  view.setUint32(8, crc32(padding, crc32(payload, crc32(header.subarray(12)))), true)
  return { buffers: padding.length ? [header, payload, padding] : [header, payload], bytes: recordBytes(payload.length), hash }
}

/** A header with the fields that its hash covers, and nothing else yet. */
function hashedHeader(fields: RecordFields, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(RECORD_HEADER)
  const view = new DataView(header.buffer)
  view.setUint32(12, payloadBytes, true)
  view.setUint32(16, RECORD_KINDS.indexOf(fields.kind), true)
  view.setFloat64(24, fields.sequence, true)
  view.setFloat64(32, fields.recordedTime, true)
  view.setFloat64(40, fields.samples, true)
  view.setUint32(48, fields.signals, true)
  view.setUint32(52, fields.reasonSets, true)
  return header
}

/** Bytes on disk of a record with such a payload. */
export function recordBytes(payloadBytes: number): number {
  return RECORD_HEADER + ((payloadBytes + 7) & ~7)
}

export function recordHash(previousHash: Uint8Array, header: Uint8Array, payload: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(previousHash).update(header.subarray(12, HASH_AT)).update(payload).digest())
}

/** The hash a header carries, whatever the rest of the record is worth. */
export function storedHash(header: Uint8Array): Uint8Array {
  return header.slice(HASH_AT, RECORD_HEADER)
}

/** Bytes the record at `at` claims, or undefined where no record header can be. Needs `RECORD_HEADER` bytes there. */
export function claimedBytes(view: DataView, at: number, salt: number | undefined): number | undefined {
  if (view.getUint32(at, true) !== RECORD_MAGIC) return undefined
  if (salt !== undefined && view.getUint32(at + 4, true) !== salt) return undefined
  const payload = view.getUint32(at + 12, true)
  if (payload > LIMITS.recordBytes || view.getUint32(at + 16, true) >= RECORD_KINDS.length) return undefined
  return recordBytes(payload)
}

/** The sequence and salt a record header carries; checked by nobody yet. */
export function claimedSequence(view: DataView, at: number): number {
  return view.getFloat64(at + 24, true)
}
export function claimedSalt(view: DataView, at: number): number {
  return view.getUint32(at + 4, true)
}

/** The record in `bytes` at `at`, of `size` claimed bytes, all present; undefined when its CRC is wrong. */
export function decodeRecord(bytes: Uint8Array, at: number, size: number): Frame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, size)
  if (crc32(bytes.subarray(at + 12, at + size)) !== view.getUint32(8, true)) return undefined
  const header = bytes.subarray(at, at + RECORD_HEADER)
  return {
    bytes: size,
    kind: RECORD_KINDS[view.getUint32(16, true)] as RecordKind,
    sequence: view.getFloat64(24, true),
    recordedTime: view.getFloat64(32, true),
    samples: view.getFloat64(40, true),
    signals: view.getUint32(48, true),
    reasonSets: view.getUint32(52, true),
    payload: bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + view.getUint32(12, true)),
    hash: header.subarray(HASH_AT, RECORD_HEADER),
    header,
  }
}

/** The hash that a record must carry when it follows the record with the hash `previous`. */
export function expectedHash({ kind, sequence, recordedTime, payload, seal }: SpoolRecord, previous: Uint8Array): Uint8Array {
  const { samples, signals, reasonSets } = seal ?? { samples: 0, signals: 0, reasonSets: 0 }
  return recordHash(previous, hashedHeader({ kind, sequence, recordedTime, samples, signals, reasonSets }, payload.length), payload)
}

/** Samples in a record of this kind: what holds any says so in its own header. */
export function samplesIn(kind: RecordKind, payload: Uint8Array): number {
  if (kind === 'forwarded') return forwardedCount(payload)
  if (kind !== 'batch' || payload.length < 8) return 0
  return new DataView(payload.buffer, payload.byteOffset, 8).getUint32(4, true)
}
