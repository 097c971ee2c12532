import { z } from 'zod'
import type { SampleBatch } from '../../core/batch.ts'
import { decodeBatch, encodeBatch } from '../../core/batch-codec.ts'
import { blockBytes, readBlock, writeBlock } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import { type Hello, LinkRefused, REFUSAL_CODES, type RefusalCode, type StreamId, type Welcome } from '../../core/link.ts'
import { fromMark, streamMarks, toMark } from '../../core/record-content.ts'
import type { SpoolRecord, StreamPosition } from '../../core/spool.ts'
import { Packer, unpack } from './compact.ts'
import { LINK_LIMITS } from './limits.ts'

/** What travels over a channel. */
export type Frame =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'welcome'; readonly welcome: Welcome }
  | { readonly type: 'refused'; readonly code: RefusalCode; readonly message: string }
  | { readonly type: 'records'; readonly records: readonly SpoolRecord[] }
  | { readonly type: 'durable'; readonly position: StreamPosition }
  | { readonly type: 'show'; readonly stream: StreamId; readonly upTo: number; readonly batch: SampleBatch }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'pong'; readonly id: number; readonly time: number }
  | { readonly type: 'renew'; readonly request: string }
  | { readonly type: 'renewed'; readonly answer: unknown }

/**
 * Layout: u8 type (index below), u8 version of the protocol, u16 zero, u32 bytes of the words; the words, JSON, zeros up to a multiple of 8; the body,
 * packed by `compact.ts`: the block of records, or the batch shown.
 */
const TYPES = ['hello', 'welcome', 'refused', 'records', 'durable', 'show', 'ping', 'pong', 'renew', 'renewed'] as const
const VERSION = 1
const HEADER = 8

const node = z.string().min(1).max(LIMITS.nodeLength)
const whole = z.int().min(0)
const stream = z.object({ node, epoch: z.number().min(0) })
const schemas = {
  hello: z.object({
    node,
    instance: z.string().min(1).max(64),
    version: z.string().max(64),
    time: z.number(),
    streams: z.array(stream.extend({ first: whole, last: whole })).max(LIMITS.streams),
  }),
  welcome: z.object({ node, time: z.number(), streams: streamMarks.max(LIMITS.streams) }),
  refused: z.object({ code: z.enum(REFUSAL_CODES), message: z.string().max(2048) }),
  records: stream.extend({ bytes: whole.max(LIMITS.recordBytes + 1024), packed: z.string().max(16) }),
  durable: stream.extend({ sequence: whole }),
  show: stream.extend({ upTo: whole, bytes: whole.max(LIMITS.recordBytes), packed: z.string().max(16) }),
  ping: z.object({ id: whole }),
  pong: z.object({ id: whole, time: z.number() }),
  renew: z.object({ request: z.string().max(16_384) }),
  renewed: z.object({ answer: z.unknown() }),
}

/** One frame as bytes. A sender of many keeps one `packer` for all. */
export async function encodeFrame(frame: Frame, packer = new Packer()): Promise<Uint8Array> {
  switch (frame.type) {
    case 'records': {
      const block = packer.body(blockBytes(frame.records))
      writeBlock(frame.records, block, 0)
      const { node, epoch } = frame.records[0] as SpoolRecord
      return withBody('records', { node, epoch }, block, packer)
    }
    case 'show':
      return withBody('show', { ...frame.stream, upTo: frame.upTo }, encodeBatch(frame.batch), packer)
    case 'hello':
      return inWords('hello', frame.hello)
    case 'welcome':
      return inWords('welcome', { ...frame.welcome, streams: frame.welcome.streams.map(toMark) })
    case 'durable': {
      const { node, epoch, sequence } = frame.position
      return inWords('durable', { node, epoch, sequence })
    }
    default: {
      const { type, ...words } = frame
      return inWords(type, words)
    }
  }
}

/** The frame in `bytes`. Throws LinkRefused when it is none: nothing a peer sends is trusted, and nothing is allocated before its size is checked. */
export async function decodeFrame(bytes: Uint8Array): Promise<Frame> {
  try {
    return await decode(bytes)
  } catch (error) {
    if (error instanceof LinkRefused) throw error
    throw new LinkRefused(
      'malformed',
      `a frame of ${bytes.length} bytes is malformed: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

async function decode(bytes: Uint8Array): Promise<Frame> {
  if (bytes.length < HEADER) throw new RangeError('shorter than its header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const type = TYPES[view.getUint8(0)]
  if (!type) throw new RangeError('unknown type')
  if (view.getUint8(1) !== VERSION)
    throw new LinkRefused('protocol-version', `protocol version ${view.getUint8(1)}, this program speaks ${VERSION}`)
  const wordsBytes = view.getUint32(4, true)
  if (wordsBytes > LINK_LIMITS.wordsBytes || HEADER + wordsBytes > bytes.length) throw new RangeError(`${wordsBytes} bytes of words`)
  const words: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(HEADER, HEADER + wordsBytes)))
  const body = bytes.subarray(HEADER + padded(wordsBytes))
  switch (type) {
    case 'hello':
      return { type, hello: schemas.hello.parse(words) }
    case 'welcome': {
      const welcome = schemas.welcome.parse(words)
      return { type, welcome: { ...welcome, streams: welcome.streams.map(fromMark) } }
    }
    case 'records': {
      const { node, epoch, bytes: size, packed } = schemas.records.parse(words)
      return { type, records: readBlock(await unpack(body, packed, size), node, epoch) }
    }
    case 'show': {
      const { node, epoch, upTo, bytes: size, packed } = schemas.show.parse(words)
      return { type, stream: { node, epoch }, upTo, batch: decodeBatch(await unpack(body, packed, size)) }
    }
    case 'durable':
      return { type, position: schemas.durable.parse(words) }
    case 'refused':
      return { type, ...schemas.refused.parse(words) }
    case 'ping':
      return { type, ...schemas.ping.parse(words) }
    case 'pong':
      return { type, ...schemas.pong.parse(words) }
    case 'renew':
      return { type, ...schemas.renew.parse(words) }
    case 'renewed':
      return { type, ...schemas.renewed.parse(words) }
  }
}

function inWords(type: Frame['type'], words: object, body: Uint8Array = NOTHING): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(words))
  const frame = new Uint8Array(HEADER + padded(text.length) + body.length)
  frame[0] = TYPES.indexOf(type)
  frame[1] = VERSION
  new DataView(frame.buffer).setUint32(4, text.length, true)
  frame.set(text, HEADER)
  frame.set(body, HEADER + padded(text.length))
  return frame
}

async function withBody(type: 'records' | 'show', words: object, body: Uint8Array, packer: Packer): Promise<Uint8Array> {
  const { bytes, packed } = await packer.pack(body)
  return inWords(type, { ...words, bytes: body.length, packed }, bytes)
}

const NOTHING = new Uint8Array(0)
const padded = (bytes: number): number => (bytes + 7) & ~7
