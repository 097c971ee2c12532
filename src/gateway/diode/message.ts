import { crc32 } from 'node:zlib'
import { DIODE_LIMITS } from './limits.ts'

/**
 * What is sent is a sequence of messages, cut into blocks. Little-endian:
 *
 *   0  u32 kind    4  u32 bytes of the head    8  u32 bytes of the body as sent    12  u32 bytes of the body uncompressed
 *  16  u32 CRC-32 of head and body as sent
 *  20  head, JSON, then the body, Zstandard
 *
 * `hello`: no head; the body is JSON, `Beat`. `records` and `dictionaries`: the head is `RecordsHead`, the body a block of records (`writeBlock`).
 * `show`: the head is `ShowHead`, the body `encodeBatch` bytes.
 *
 * A block begins with the offset of the first message that begins in it, counted from byte 4 on, or 0xffffffff; so that a reader finds
 * its way again after a lost block.
 */
export const MESSAGE_KINDS = ['hello', 'records', 'dictionaries', 'show'] as const
export type MessageKind = (typeof MESSAGE_KINDS)[number]

export interface RecordsHead {
  readonly node: string
  readonly epoch: number
  /**
   * Of `records`: the newest `config`, `signals` or `reasons` record of the stream before these. Who lacks it must not use what follows.
   * Of `dictionaries`: they are all of the stream that is in force, up to this one.
   */
  readonly explainedBy: number
  /** Of `dictionaries` that take several messages: which of how many this is, from 1 on. */
  readonly part?: number
  readonly parts?: number
}

export interface ShowHead {
  readonly node: string
  readonly epoch: number
  readonly upTo: number
}

/** A message as it waits: the body still compressed. */
export interface Message {
  readonly kind: MessageKind
  readonly head: Uint8Array
  readonly body: Uint8Array
  readonly bodyBytes: number
}

const HEADER = 20
const BLOCK_HEADER = 4
const NONE = 0xffffffff

export function encodeMessage({ kind, head, body, bodyBytes }: Message): Uint8Array {
  const bytes = new Uint8Array(HEADER + head.length + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MESSAGE_KINDS.indexOf(kind), true)
  view.setUint32(4, head.length, true)
  view.setUint32(8, body.length, true)
  view.setUint32(12, bodyBytes, true)
  bytes.set(head, HEADER)
  bytes.set(body, HEADER + head.length)
  view.setUint32(16, crc32(bytes.subarray(HEADER)), true)
  return bytes
}

/** Cuts messages into blocks of at most `blockBytes`. */
export class Cutter {
  readonly #blockBytes: number
  #block: Uint8Array<ArrayBuffer>
  #at = BLOCK_HEADER
  #first = NONE

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes
    this.#block = new Uint8Array(blockBytes)
  }

  get isEmpty(): boolean {
    return this.#at === BLOCK_HEADER
  }

  /** The blocks that the message fills. */
  add(message: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const full: Uint8Array<ArrayBuffer>[] = []
    if (this.#first === NONE) this.#first = this.#at - BLOCK_HEADER
    for (let from = 0; from < message.length; ) {
      const piece = message.subarray(from, from + this.#blockBytes - this.#at)
      this.#block.set(piece, this.#at)
      this.#at += piece.length
      from += piece.length
      if (this.#at === this.#blockBytes) full.push(...this.flush())
    }
    return full
  }

  /** What is begun, as a block; nothing when nothing is. */
  flush(): Uint8Array<ArrayBuffer>[] {
    if (this.isEmpty) return []
    const block = this.#block.slice(0, this.#at)
    new DataView(block.buffer).setUint32(0, this.#first, true)
    this.#at = BLOCK_HEADER
    this.#first = NONE
    return [block]
  }
}

/** Puts the messages of blocks together again. Memory is bounded by the largest message. */
export class Joiner {
  #pieces: Uint8Array[] = []
  #have = 0
  /** Inside a message whose begin is known. */
  #isInside = false
  /** Messages that were begun and not finished, and those that contradict themselves. */
  cut = 0
  malformed = 0

  /** A block is missing here. */
  skip(): void {
    if (this.#have > 0) this.cut++
    this.#forget()
    this.#isInside = false
  }

  /** The messages that this block, next in order, completes. */
  add(block: Uint8Array): Message[] {
    if (block.length < BLOCK_HEADER) {
      this.malformed++
      this.skip()
      return []
    }
    const first = new DataView(block.buffer, block.byteOffset, block.length).getUint32(0, true)
    const payload = block.subarray(BLOCK_HEADER)
    if (!this.#isInside) {
      if (first >= payload.length) return []
      this.#isInside = true
      return this.#take(payload.subarray(first))
    }
    return this.#take(payload)
  }

  #take(bytes: Uint8Array): Message[] {
    this.#pieces.push(bytes)
    this.#have += bytes.length
    const messages: Message[] = []
    for (let header = this.#peek(); header && this.#isInside; header = this.#peek()) {
      const { kind, headBytes, sentBytes, bodyBytes, crc } = header
      const total = HEADER + headBytes + sentBytes
      if (kind === undefined || Math.max(total, bodyBytes) > DIODE_LIMITS.messageBytes) {
        this.malformed++
        this.#forget()
        this.#isInside = false
        break
      }
      if (this.#have < total) break
      const whole = this.#gather()
      const message = whole.subarray(0, total)
      this.#pieces = total < whole.length ? [whole.subarray(total)] : []
      this.#have = whole.length - total
      if (crc32(message.subarray(HEADER)) === crc) {
        const head = message.subarray(HEADER, HEADER + headBytes)
        messages.push({ kind, head, body: message.subarray(HEADER + headBytes), bodyBytes })
      } else this.malformed++
    }
    return messages
  }

  #peek() {
    if (this.#have < HEADER) return undefined
    const first = this.#pieces[0] as Uint8Array
    const bytes = first.length >= HEADER ? first : this.#gather()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    return {
      kind: MESSAGE_KINDS[view.getUint32(0, true)],
      headBytes: view.getUint32(4, true),
      sentBytes: view.getUint32(8, true),
      bodyBytes: view.getUint32(12, true),
      crc: view.getUint32(16, true),
    }
  }

  #gather(): Uint8Array {
    const [only] = this.#pieces
    if (only && this.#pieces.length === 1) return only
    const whole = new Uint8Array(this.#have)
    let at = 0
    for (const piece of this.#pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    this.#pieces = [whole]
    return whole
  }

  #forget(): void {
    this.#pieces = []
    this.#have = 0
  }
}
