import type { Micros } from '../../../core/time.ts'
import { SENSOR_LIMITS } from './limits.ts'

/** The bytes are no capture, or one that is damaged. */
export class CaptureError extends Error {
  override name = 'CaptureError'
}

export interface Packet {
  readonly time: Micros
  /** LINKTYPE_ number of tcpdump.org. */
  readonly link: number
  readonly data: Buffer
  /** Bytes on the wire; more than `data` where the capture cut it. */
  readonly wireBytes: number
}
type OnPacket = (packet: Packet) => void

interface Interface {
  readonly link: number
  /** Microseconds of one unit of its time stamps. */
  readonly unit: number
}

const PCAP = { micro: 0xa1b2c3d4, nano: 0xa1b23c4d }
const SECTION = 0x0a0d0d0a
const BYTE_ORDER = 0x1a2b3c4d
const BLOCK = { interface: 1, simple: 3, enhanced: 6 }
const OPTION_TSRESOL = 9

/** Cuts a stream of pcap or pcapng into packets, whatever its pieces. Throws CaptureError; it holds at most one block. */
export class CaptureReader {
  readonly #onPacket: OnPacket
  #buffer: Buffer = Buffer.alloc(0)
  #format: 'pcap' | 'pcapng' | undefined
  #isLittle = true
  #only: Interface | undefined
  #interfaces: Interface[] = []

  constructor(onPacket: OnPacket) {
    this.#onPacket = onPacket
  }

  push(bytes: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    let used = 0
    for (;;) {
      const taken = this.#take(this.#buffer.subarray(used))
      if (taken === 0) break
      used += taken
    }
    this.#buffer = this.#buffer.subarray(used)
  }

  /** Bytes of the block or packet taken from the beginning; 0: more are needed. */
  #take(at: Buffer): number {
    if (this.#format === 'pcap') return this.#takePacket(at)
    if (this.#format === 'pcapng') return this.#takeBlock(at)
    if (at.length < 4) return 0
    const [little, big] = [at.readUInt32LE(0), at.readUInt32BE(0)]
    if (little === SECTION) {
      this.#format = 'pcapng'
      return this.#takeBlock(at)
    }
    this.#isLittle = little === PCAP.micro || little === PCAP.nano
    const magic = this.#isLittle ? little : big
    if (magic !== PCAP.micro && magic !== PCAP.nano) throw new CaptureError('these bytes are neither pcap nor pcapng')
    if (at.length < 24) return 0
    this.#only = { link: this.#u32(at, 20) & 0xfff_ffff, unit: magic === PCAP.nano ? 0.001 : 1 }
    this.#format = 'pcap'
    return 24
  }

  #takePacket(at: Buffer): number {
    if (at.length < 16) return 0
    const bytes = this.#u32(at, 8)
    if (bytes > SENSOR_LIMITS.packetBytes)
      throw new CaptureError(`a packet of ${bytes} bytes, at most ${SENSOR_LIMITS.packetBytes} are read`)
    if (at.length < 16 + bytes) return 0
    const { link, unit } = this.#only as Interface
    const time = this.#u32(at, 0) * 1e6 + this.#u32(at, 4) * unit
    this.#onPacket({ time, link, data: at.subarray(16, 16 + bytes), wireBytes: this.#u32(at, 12) })
    return 16 + bytes
  }

  #takeBlock(at: Buffer): number {
    if (at.length < 12) return 0
    const isSection = at.readUInt32LE(0) === SECTION
    if (isSection) {
      this.#isLittle = at.readUInt32LE(8) === BYTE_ORDER
      if (!this.#isLittle && at.readUInt32BE(8) !== BYTE_ORDER) throw new CaptureError('a section without its byte order')
      this.#interfaces = []
    }
    const bytes = this.#u32(at, 4)
    if (bytes < 12 || bytes % 4 !== 0 || bytes > SENSOR_LIMITS.blockBytes)
      throw new CaptureError(`a block of ${bytes} bytes; 12 to ${SENSOR_LIMITS.blockBytes}, a multiple of 4, are read`)
    if (at.length < bytes) return 0
    if (this.#u32(at, bytes - 4) !== bytes) throw new CaptureError('a block whose two lengths differ')
    if (!isSection) this.#readBlock(this.#u32(at, 0), at.subarray(8, bytes - 4))
    return bytes
  }

  #readBlock(type: number, body: Buffer): void {
    if (type === BLOCK.interface && body.length >= 8) {
      if (this.#interfaces.length >= SENSOR_LIMITS.interfaces) throw new CaptureError(`more than ${SENSOR_LIMITS.interfaces} interfaces`)
      this.#interfaces.push({ link: this.#u16(body, 0), unit: this.#unitOf(body.subarray(8)) })
    } else if (type === BLOCK.enhanced && body.length >= 20) {
      const source = this.#interfaces[this.#u32(body, 0)]
      const bytes = this.#u32(body, 12)
      if (!source || bytes > body.length - 20 || bytes > SENSOR_LIMITS.packetBytes)
        throw new CaptureError('a packet that does not fit its block')
      const time = (this.#u32(body, 4) * 2 ** 32 + this.#u32(body, 8)) * source.unit
      this.#onPacket({ time, link: source.link, data: body.subarray(20, 20 + bytes), wireBytes: this.#u32(body, 16) })
    } else if (type === BLOCK.simple && body.length >= 4) {
      const source = this.#interfaces[0]
      if (!source) throw new CaptureError('a packet without an interface')
      const wireBytes = this.#u32(body, 0)
      this.#onPacket({ time: 0, link: source.link, data: body.subarray(4, 4 + Math.min(wireBytes, SENSOR_LIMITS.packetBytes)), wireBytes })
    }
  }

  /** if_tsresol: a negative power of ten, or of two where the highest bit is set; microseconds where it is not said. */
  #unitOf(options: Buffer): number {
    for (let at = 0; at + 4 <= options.length; ) {
      const [code, length] = [this.#u16(options, at), this.#u16(options, at + 2)]
      if (code === 0) break
      if (code === OPTION_TSRESOL && length === 1 && at + 4 < options.length) {
        const resolution = options[at + 4] as number
        return 1e6 * (resolution & 0x80 ? 2 ** -(resolution & 0x7f) : 10 ** -resolution)
      }
      at += 4 + length + ((4 - (length % 4)) % 4)
    }
    return 1
  }

  #u16(from: Buffer, at: number): number {
    return this.#isLittle ? from.readUInt16LE(at) : from.readUInt16BE(at)
  }

  #u32(from: Buffer, at: number): number {
    return this.#isLittle ? from.readUInt32LE(at) : from.readUInt32BE(at)
  }
}
