import { admit } from '../../core/admit.ts'
import type { BatchBuilder } from '../../core/batch.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import type { DataType } from '../../core/signals.ts'
import { Status } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import { isBitTable, type ModbusConfig, type ModbusSignal, REGISTERS, typeOf, type ValueType, width } from './config.ts'

/** How one value is read from the data bytes of an answer; compiled once per signal. */
export interface Decoder {
  readonly type: ValueType
  /** The value is one bit of a table of bits, packed least significant first. */
  readonly packed: boolean
  readonly bytes: number
  /** Positions of the value's bytes, most significant first; absent when they are in order already. */
  readonly order?: readonly number[]
  readonly bit: number
  readonly bits?: readonly [number, number]
  readonly scale: number
  readonly offset: number
}

type Orders = Pick<ModbusConfig, 'byteOrder' | 'wordOrder'>

export function decoderOf(signal: ModbusSignal, defaults: Orders): Decoder {
  const type = typeOf(signal)
  const bytes = 2 * width(signal)
  const order = byteOrder(bytes / 2, {
    byteOrder: signal.byteOrder ?? defaults.byteOrder,
    // The characters of a text come in the order of its registers, whatever the numbers do.
    wordOrder: type === 'text' ? 'big' : (signal.wordOrder ?? defaults.wordOrder),
  })
  return {
    type,
    packed: isBitTable(signal.table),
    bytes,
    bit: signal.bit ?? 0,
    scale: signal.scale ?? 1,
    offset: signal.offset ?? 0,
    ...(order && { order }),
    ...(signal.bits && { bits: signal.bits }),
  }
}

export function dataTypeOf(type: ValueType): DataType {
  return type === 'text' ? 'text' : type === 'bool' || type === 'bit' ? 'boolean' : 'number'
}

/** Where each byte of the big-endian value stands in `registers` registers; undefined when they stand in order. */
export function byteOrder(registers: number, { byteOrder, wordOrder }: Orders): number[] | undefined {
  if (byteOrder === 'big' && (wordOrder === 'big' || registers === 1)) return undefined
  return Array.from({ length: registers * 2 }, (_, i) => {
    const word = wordOrder === 'big' ? i >> 1 : registers - 1 - (i >> 1)
    return word * 2 + (byteOrder === 'big' ? i & 1 : 1 - (i & 1))
  })
}

/** What one decoding needs besides the item; made once per answer. */
export interface Target {
  readonly into: BatchBuilder
  readonly reasons: ReasonSets
  /** The data bytes of the answer. */
  readonly data: Buffer
  /** Time given to the samples: Modbus has none of its own. */
  readonly time: Micros
  /** Eight bytes to put values of other byte orders right. */
  readonly scratch: Buffer
}

/** Appends the value at `at` (registers or bits from the block's start). Numbers still have to be screened by the caller; text is complete. */
export function decode(target: Target, decoder: Decoder, signal: number, at: number): void {
  const { into, data, time } = target
  if (decoder.packed) {
    into.push(signal, time, ((data[at >> 3] as number) >> (at & 7)) & 1, Status.Good)
    return
  }
  if (decoder.type === 'text') {
    const value = readText(data.subarray(at * 2, at * 2 + decoder.bytes), decoder.order)
    admit(into, target.reasons, { signal, dataType: 'text', value }, time)
    return
  }
  let from = data
  let start = at * 2
  if (decoder.order) {
    from = target.scratch
    for (let i = 0; i < decoder.bytes; i++) from[i] = data[start + (decoder.order[i] as number)] as number
    start = 0
  }
  if (decoder.bits) pushField(target, decoder, signal, from, start)
  else if (decoder.type === 'int64' || decoder.type === 'uint64') pushWide(target, decoder, signal, from, start)
  else if (decoder.type === 'bool') into.push(signal, time, from.readUInt16BE(start) === 0 ? 0 : 1, Status.Good)
  else if (decoder.type === 'bit') into.push(signal, time, (from.readUInt16BE(start) >> decoder.bit) & 1, Status.Good)
  else into.push(signal, time, scaled(decoder, readNumber(from, start, decoder.type)), Status.Good)
}

function readNumber(from: Buffer, at: number, type: ValueType): number {
  switch (type) {
    case 'int16':
      return from.readInt16BE(at)
    case 'int32':
      return from.readInt32BE(at)
    case 'uint32':
      return from.readUInt32BE(at)
    case 'float32':
      return from.readFloatBE(at)
    case 'float64':
      return from.readDoubleBE(at)
    default:
      return from.readUInt16BE(at)
  }
}

/** raw × scale + offset. A scale of 0.1 divides by ten instead, so that 231 becomes 23.1 and not 23.100000000000001. */
function scaled({ scale, offset }: Decoder, raw: number): number {
  if (scale === 1) return raw + offset
  const divisor = Math.round(1 / scale)
  return (Math.abs(divisor) > 1 && 1 / divisor === scale ? raw / divisor : raw * scale) + offset
}

/** 64-bit integers: halves as doubles where that is exact, else a bigint so that `admit` marks the loss. */
function pushWide(target: Target, decoder: Decoder, signal: number, from: Buffer, at: number): void {
  const high = decoder.type === 'int64' ? from.readInt32BE(at) : from.readUInt32BE(at)
  const near = high * 0x1_0000_0000 + from.readUInt32BE(at + 4)
  if (Number.isSafeInteger(near)) {
    target.into.push(signal, target.time, scaled(decoder, near), Status.Good)
    return
  }
  const value = decoder.type === 'int64' ? from.readBigInt64BE(at) : from.readBigUInt64BE(at)
  const row = admit(target.into, target.reasons, { signal, dataType: 'number', value }, target.time)
  target.into.value[row] = scaled(decoder, target.into.value[row] as number)
}

function pushField(target: Target, decoder: Decoder, signal: number, from: Buffer, at: number): void {
  const [lowest, length] = decoder.bits as readonly [number, number]
  let field: number
  if (REGISTERS[decoder.type] < 4) {
    const raw = decoder.type === 'uint32' ? from.readUInt32BE(at) : from.readUInt16BE(at)
    field = length === 32 ? raw : (raw >>> lowest) & (2 ** length - 1)
  } else {
    field = Number(BigInt.asUintN(length, from.readBigUInt64BE(at) >> BigInt(lowest)))
  }
  target.into.push(signal, target.time, scaled(decoder, field >>> 0), Status.Good)
}

/** Text ends at the first NUL; blanks that fill up the registers go. UTF-8 where it is that, else Latin-1. */
function readText(bytes: Buffer, order: readonly number[] | undefined): string {
  const straight = order ? Buffer.from(order.map((at) => bytes[at] as number)) : bytes
  const nul = straight.indexOf(0)
  const used = nul < 0 ? straight : straight.subarray(0, nul)
  const text = used.toString('utf8')
  return (text.includes('\ufffd') ? used.toString('latin1') : text).trimEnd()
}
