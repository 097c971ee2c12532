/** What is known of a message that was too large to let in. */
export interface Oversized {
  readonly topic: string
  readonly bytes: number
  /** -1 for QoS 0, which is not acknowledged. */
  readonly messageId: number
}

const TOPIC_BYTES = 65_535
/** Fixed header (5), topic length (2), topic, packet identifier (2). */
const HEAD_BYTES = 5 + 2 + TOPIC_BYTES + 2
const NONE = Buffer.alloc(0)

/**
 * Stands between the socket and the MQTT parser, which would gather a message of up to 256 MB before anyone could refuse it. Packets pass as they
 * are; a PUBLISH longer than the limit is skipped while it arrives, with nothing kept but its topic and identifier, so that it can be
 * acknowledged and counted instead of being sent again for ever. MQTT 3.1.1, 2.2.3 and 3.3.
 */
export class PacketGate {
  readonly #limit: number
  readonly #refuse: (message: Oversized) => void
  /** Bytes of the current packet still to pass, or to skip. */
  #passing = 0
  #skipping = 0
  /** The beginning of a packet that is not yet understood. */
  #head: Buffer = NONE

  constructor(limitBytes: number, refuse: (message: Oversized) => void) {
    this.#limit = limitBytes
    this.#refuse = refuse
  }

  /** The parts of a chunk that may pass. Throws RangeError when the bytes cannot be MQTT. */
  pass(chunk: Buffer): Buffer[] {
    const out: Buffer[] = []
    const bytes = this.#head.length > 0 ? Buffer.concat([this.#head, chunk]) : chunk
    this.#head = NONE
    let from = 0
    let at = 0
    while (at < bytes.length) {
      if (this.#passing > 0 || this.#skipping > 0) {
        const step = Math.min(bytes.length - at, this.#passing + this.#skipping)
        if (this.#passing > 0) this.#passing -= step
        else {
          this.#skipping -= step
          from = at + step
        }
        at += step
        continue
      }
      const header = readHeader(bytes, at)
      if (header && (header.remaining <= this.#limit || (bytes[at] as number) >> 4 !== PUBLISH)) {
        if (header.remaining > this.#limit) throw new RangeError('a control packet longer than any message may be')
        this.#passing = header.size + header.remaining
        continue
      }
      const refused = header && readMessage(bytes, at, header)
      if (from < at) out.push(bytes.subarray(from, at))
      if (!header || !refused) {
        this.#head = Buffer.from(bytes.subarray(at))
        if (this.#head.length > HEAD_BYTES) throw new RangeError('a message without an end to its topic')
        return out
      }
      this.#refuse(refused)
      this.#skipping = header.size + header.remaining
      from = at
    }
    if (from < bytes.length && this.#skipping === 0) out.push(from === 0 ? bytes : bytes.subarray(from))
    return out
  }
}

const PUBLISH = 3

interface Header {
  readonly size: number
  readonly remaining: number
}

function readHeader(bytes: Buffer, at: number): Header | undefined {
  let remaining = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + 1 + i]
    if (byte === undefined) return undefined
    remaining += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) return { size: 2 + i, remaining }
  }
  throw new RangeError('a packet length of more than four bytes')
}

function readMessage(bytes: Buffer, at: number, header: Header): Oversized | undefined {
  const start = at + header.size
  if (start + 2 > bytes.length) return undefined
  const until = start + 2 + bytes.readUInt16BE(start)
  const qos = ((bytes[at] as number) >> 1) & 3
  if (until + (qos > 0 ? 2 : 0) > bytes.length) return undefined
  return {
    topic: bytes.toString('utf8', start + 2, until),
    bytes: header.remaining,
    messageId: qos > 0 ? bytes.readUInt16BE(until) : -1,
  }
}
