import { encodedCount } from './batch-codec.ts'
import { LIMITS } from './limits.ts'
import { RECORD_KINDS, type Seal, type SpoolRecord } from './spool.ts'

/** Neighbouring records of one node's log, on their way through another node. */
export interface Forwarded {
  readonly node: string
  readonly epoch: number
  /** Who handed them over: the node at the other end of the link, and the serial number of the certificate it proved itself with. */
  readonly via: string
  readonly certificate?: string
  /** In order. */
  readonly records: readonly SpoolRecord[]
}

/**
 * Layout, little-endian, everything aligned to 8 bytes so that a batch inside is read as a view:
 *
 *   0  u32 magic 'ECF1'    4  u32 samples in the batches    8  u32 bytes of the origin    12  u32 bytes of the block
 *  16  origin, JSON `{node, epoch, via, certificate?}`, zeros, then the block
 *
 * Block: per record 80 bytes, the payload, zeros up to the next multiple of 8.
 *
 *   0  u32 kind    4  u32 payload bytes    8  f64 sequence    16  f64 recordedTime    24  f64 samples    32  u32 signals    36  u32 reason sets
 *  40  u32 1 with a seal, 0 without    44  u32 zero    48  32 B hash
 */
const MAGIC = 0x31464345
const HEADER = 16
const RECORD = 80
const HASH_BYTES = 32
/** Bytes before each payload of a block. */
export const BLOCK_RECORD = RECORD

export function encodeForwarded(forwarded: Forwarded): Uint8Array<ArrayBuffer> {
  const { records, ...origin } = forwarded
  const head = new TextEncoder().encode(JSON.stringify(origin))
  const start = HEADER + padded(head.length)
  const size = start + blockBytes(records)
  if (size > LIMITS.recordBytes)
    throw new RangeError(`${records.length} forwarded records take ${size} bytes, the limit is ${LIMITS.recordBytes}`)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(
    4,
    records.reduce((sum, record) => sum + (record.kind === 'batch' ? encodedCount(record.payload) : 0), 0),
    true,
  )
  view.setUint32(8, head.length, true)
  view.setUint32(12, size - start, true)
  bytes.set(head, HEADER)
  writeBlock(records, bytes, start)
  return bytes
}

/** Bytes that the records take as a block. */
export function blockBytes(records: readonly SpoolRecord[]): number {
  return records.reduce((sum, record) => sum + RECORD + padded(record.payload.length), 0)
}

/** Writes the records as a block at `at`, a multiple of 8. */
export function writeBlock(records: readonly SpoolRecord[], bytes: Uint8Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (const { kind, sequence, recordedTime, payload, seal } of records) {
    view.setUint32(at, RECORD_KINDS.indexOf(kind), true)
    view.setUint32(at + 4, payload.length, true)
    view.setFloat64(at + 8, sequence, true)
    view.setFloat64(at + 16, recordedTime, true)
    if (seal) {
      view.setFloat64(at + 24, seal.samples, true)
      view.setUint32(at + 32, seal.signals, true)
      view.setUint32(at + 36, seal.reasonSets, true)
      view.setUint32(at + 40, 1, true)
      bytes.set(seal.hash, at + 48)
    }
    bytes.set(payload, at + RECORD)
    at += RECORD + padded(payload.length)
  }
}

/** The forwarded records in `bytes`; payloads are views of them. Throws RangeError or SyntaxError when the bytes contradict themselves. */
export function decodeForwarded(bytes: Uint8Array): Forwarded {
  const source = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
  if (source.length < HEADER) throw new RangeError('forwarded: shorter than its header')
  const view = new DataView(source.buffer, source.byteOffset, source.length)
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('forwarded: not forwarded records')
  const headBytes = view.getUint32(8, true)
  const start = HEADER + padded(headBytes)
  if (start + view.getUint32(12, true) !== source.length)
    throw new RangeError(`forwarded: ${source.length} bytes where its header says otherwise`)
  const origin = JSON.parse(new TextDecoder().decode(source.subarray(HEADER, HEADER + headBytes))) as Omit<Forwarded, 'records'>
  const { node, epoch } = origin
  if (typeof node !== 'string' || typeof epoch !== 'number') throw new RangeError('forwarded: no origin')
  return { ...origin, records: readBlock(source.subarray(start), node, epoch) }
}

/** The records of a block that starts at a multiple of 8 bytes. Throws RangeError when it contradicts itself. */
export function readBlock(block: Uint8Array, node: string, epoch: number): SpoolRecord[] {
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  const records: SpoolRecord[] = []
  for (let at = 0; at < block.length; ) {
    if (at + RECORD > block.length) throw new RangeError('forwarded: a record is cut')
    const kind = RECORD_KINDS[view.getUint32(at, true)]
    const length = view.getUint32(at + 4, true)
    if (!kind || at + RECORD + padded(length) > block.length) throw new RangeError('forwarded: a record of unknown kind or length')
    const seal: Seal | undefined =
      view.getUint32(at + 40, true) === 1
        ? {
            samples: view.getFloat64(at + 24, true),
            signals: view.getUint32(at + 32, true),
            reasonSets: view.getUint32(at + 36, true),
            hash: block.subarray(at + 48, at + 48 + HASH_BYTES),
          }
        : undefined
    records.push({
      ...{ node, epoch, kind },
      sequence: view.getFloat64(at + 8, true),
      recordedTime: view.getFloat64(at + 16, true),
      payload: block.subarray(at + RECORD, at + RECORD + length),
      ...(seal && { seal }),
    })
    at += RECORD + padded(length)
  }
  return records
}

/** Samples in encoded bytes, without decoding them. */
export function forwardedCount(bytes: Uint8Array): number {
  return bytes.length < HEADER ? 0 : new DataView(bytes.buffer, bytes.byteOffset, 8).getUint32(4, true)
}

const padded = (bytes: number): number => (bytes + 7) & ~7
