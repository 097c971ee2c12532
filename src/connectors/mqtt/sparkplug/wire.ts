/** The bytes are not what they claim to be. Caught by the host: the message is counted as `undecodable`. */
export class Malformed extends Error {
  override name = 'Malformed'
}

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const
const TWO32 = 0x1_0000_0000

/**
 * Reads protobuf from a byte array, bounded: nothing is read past `end`, no varint is longer than ten bytes, no length is believed before it is
 * compared with what is left, and nothing is allocated but texts. 64-bit numbers come as two halves, `lo` and `hi`.
 */
export class WireReader {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  pos = 0
  end = 0
  lo = 0
  hi = 0

  load(bytes: Uint8Array): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.pos = 0
    this.end = bytes.length
  }

  /** Unsigned, at most 32 bits; what is above is dropped, as protobuf says for uint32. */
  uint32(): number {
    const { bytes, end } = this
    let pos = this.pos
    if (pos < end) {
      const first = bytes[pos] as number
      if (first < 0x80) {
        this.pos = pos + 1
        return first
      }
    }
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) throw new Malformed('the message ends inside a number')
      const byte = bytes[pos++] as number
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.pos = pos
        return value >>> 0
      }
    }
    throw new Malformed('a number is longer than ten bytes')
  }

  /** Any unsigned number as a double: exact below 2^53, which aliases, times and sequence numbers are. */
  uint(): number {
    const { bytes, end } = this
    let pos = this.pos
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      if (pos >= end) throw new Malformed('the message ends inside a number')
      const byte = bytes[pos++] as number
      if (byte < 0x80) {
        this.pos = pos
        return value + byte * scale
      }
      value += (byte & 0x7f) * scale
      scale *= 128
    }
    throw new Malformed('a number is longer than ten bytes')
  }

  /** Reads 64 bits into `lo` and `hi`, both unsigned. */
  uint64(): void {
    const { bytes, end } = this
    let pos = this.pos
    let lo = 0
    let hi = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) throw new Malformed('the message ends inside a number')
      const byte = bytes[pos++] as number
      const bits = byte & 0x7f
      if (shift < 28) lo |= bits << shift
      else if (shift === 28) {
        lo |= bits << 28
        hi = bits >>> 4
      } else hi |= bits << (shift - 32)
      if (byte < 0x80) {
        this.pos = pos
        this.lo = lo >>> 0
        this.hi = hi >>> 0
        return
      }
    }
    throw new Malformed('a number is longer than ten bytes')
  }

  /** The last `uint64` as a double; exact below 2^53. */
  get unsigned(): number {
    return this.hi * TWO32 + this.lo
  }

  /** The last `uint64` taken as two's complement. */
  get signed(): number {
    return (this.hi | 0) * TWO32 + this.lo
  }

  /** Reads a length and returns where what it announces ends. */
  span(): number {
    const length = this.uint32()
    const until = this.pos + length
    if (until > this.end) throw new Malformed('a length reaches past the end')
    return until
  }

  float(): number {
    const pos = this.pos
    if (pos + 4 > this.end) throw new Malformed('the message ends inside a float')
    this.pos = pos + 4
    return this.view.getFloat32(pos, true)
  }

  double(): number {
    const pos = this.pos
    if (pos + 8 > this.end) throw new Malformed('the message ends inside a double')
    this.pos = pos + 8
    return this.view.getFloat64(pos, true)
  }

  text(limitBytes: number): string {
    const until = this.span()
    if (until - this.pos > limitBytes) throw new Malformed(`a name is longer than ${limitBytes} bytes`)
    const from = this.pos
    this.pos = until
    return utf8(this.bytes, from, until)
  }

  /** Passes over a field nobody asked for. Groups (wire types 3 and 4) are refused: Sparkplug has none, and they nest without lengths. */
  skip(wire: number): void {
    if (wire === WIRE.varint) this.uint64()
    else if (wire === WIRE.bytes) this.pos = this.span()
    else if (wire === WIRE.fixed64 || wire === WIRE.fixed32) {
      this.pos += wire === WIRE.fixed64 ? 8 : 4
      if (this.pos > this.end) throw new Malformed('the message ends inside a number')
    } else throw new Malformed(`wire type ${wire} is not used here`)
  }
}

/** Text of a range; what is no UTF-8 becomes U+FFFD, so that hostile bytes never throw. */
export function utf8(bytes: Uint8Array, from: number, until: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, until - from).toString('utf8')
}
