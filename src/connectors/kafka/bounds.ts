import type { Socket } from 'node:net'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Consumer } from '@platformatic/kafka'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import { KAFKA_LIMITS } from './limits.ts'

/** What the library takes of any size: an answer as long as a broker announces, a batch that unpacks to whatever its producer packed. */

const tooLarge = (what: string, limit: number) =>
  new NotConnected(`${what}; at most ${limit} bytes are taken`, {
    hint: 'look at who writes to the topic, and at the size of its batches',
    fault: fault('answer-too-large', { limit }),
  })

/** Ends a line whose broker announces an answer longer than we take, before it is kept. */
export function boundAnswers(consumer: Consumer, onTooLarge: (why: NotConnected) => void): void {
  consumer.on('client:broker:connect', ({ connection }: { connection?: { socket?: Socket } }) => {
    const socket = connection?.socket
    const measure = frames((length) => {
      if (length <= KAFKA_LIMITS.answerBytes) return
      onTooLarge(tooLarge(`a broker announces an answer of ${length} bytes`, KAFKA_LIMITS.answerBytes))
      socket?.destroy()
    })
    socket?.prependListener('data', measure)
  })
}

/** Follows frames, each behind four bytes of its length. */
function frames(onLength: (length: number) => void): (chunk: Uint8Array) => void {
  const head = Buffer.alloc(4)
  let known = 0
  let left = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const skipped = Math.min(left, chunk.length - at)
        left -= skipped
        at += skipped
      } else {
        head[known++] = chunk[at++] as number
        if (known === 4) {
          known = 0
          left = head.readUInt32BE(0)
          onLength(left)
        }
      }
    }
  }
}

type Packed = Uint8Array | { readonly buffer: Buffer }
type Algorithm = { decompressSync(data: Buffer): Buffer }

/** Puts a limit around the library's ways to unpack. They are its own, and one for all connections. */
export function boundUnpacking(algorithms: Readonly<Record<'gzip' | 'zstd' | 'snappy' | 'lz4', Algorithm>>): void {
  const maxOutputLength = KAFKA_LIMITS.unpackedBytes
  const within = (unpack: () => Buffer): Buffer => {
    try {
      return unpack()
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? bomb() : error
    }
  }
  algorithms.gzip.decompressSync = (data) => within(() => gunzipSync(bytesOf(data), { maxOutputLength }))
  algorithms.zstd.decompressSync = (data) => within(() => zstdDecompressSync(bytesOf(data), { maxOutputLength }))
  announced(algorithms.snappy, snappyLength)
  announced(algorithms.lz4, lz4Length)
}

const bomb = () => tooLarge('a batch unpacks to too much', KAFKA_LIMITS.unpackedBytes)
const bounded = Symbol('bounded')

/** These say beforehand how much they may become. */
function announced(algorithm: Algorithm & { [bounded]?: true }, lengthOf: (bytes: Buffer) => number): void {
  if (algorithm[bounded]) return
  algorithm[bounded] = true
  const unpack = algorithm.decompressSync.bind(algorithm)
  algorithm.decompressSync = (data) => {
    const bytes = bytesOf(data)
    if (lengthOf(bytes) > KAFKA_LIMITS.unpackedBytes) throw bomb()
    return unpack(bytes)
  }
}

function bytesOf(data: Packed): Buffer {
  return data instanceof Uint8Array ? Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength) : data.buffer
}

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])

/** Bytes a snappy text says it becomes: a varint before it, or before each of the pieces of its Java form. */
export function snappyLength(bytes: Buffer): number {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return varint(bytes, 0)
  let sum = 0
  for (let at = 16; at + 4 <= bytes.length; at += 4 + bytes.readUInt32BE(at)) sum += varint(bytes, at + 4)
  return sum
}

function varint(bytes: Buffer, from: number): number {
  let value = 0
  for (let at = from, scale = 1; at < bytes.length && at < from + 5; at++, scale *= 128) {
    value += ((bytes[at] as number) & 0x7f) * scale
    if ((bytes[at] as number) < 0x80) return value
  }
  return value
}

/** The most bytes an LZ4 frame may become: its blocks, each at most of the size that the frame's descriptor allows (LZ4 frame format 1.6). */
export function lz4Length(bytes: Buffer): number {
  const [flags = 0, descriptor = 0] = bytes.subarray(4, 6)
  const most = 2 ** (8 + 2 * ((descriptor >> 4) & 7))
  const afterBlock = (flags & 0x10) !== 0 ? 4 : 0
  let at = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0)
  let sum = 0
  while (at + 4 <= bytes.length) {
    const size = bytes.readUInt32LE(at)
    if (size === 0) break
    const isPlain = size >= 0x8000_0000
    const length = size % 0x8000_0000
    sum += isPlain ? length : Math.min(most, 255 * length)
    at += 4 + length + afterBlock
  }
  return sum
}
