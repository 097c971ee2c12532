import { KINDS, Kind, SparkplugType, typeName } from './types.ts'

/** One metric to be sent. Leave the name away for alias-only data; leave the value away, or pass null, for is_null. */
export interface OutMetric {
  readonly name?: string
  readonly alias?: number
  readonly type: number
  readonly value?: number | bigint | boolean | string | null | readonly OutMetric[]
  readonly timeMs?: number
  readonly historical?: boolean
  readonly transient?: boolean
  readonly quality?: number
  readonly unit?: string
}

export interface OutPayload {
  readonly timeMs?: number
  readonly seq?: number
  readonly metrics: readonly OutMetric[]
}

/** Grows as needed; lengths of nested messages are written once the message is, by moving it when they take more than one byte. */
class Writer {
  #bytes: Buffer = Buffer.allocUnsafe(1024)
  length = 0

  take(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return
    const wider = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + more))
    this.#bytes.copy(wider, 0, 0, this.length)
    this.#bytes = wider
  }

  varint(value: number | bigint): void {
    this.#room(10)
    if (typeof value === 'bigint' || value < 0 || value > Number.MAX_SAFE_INTEGER) {
      let rest = BigInt.asUintN(64, BigInt(value))
      while (rest >= 0x80n) {
        this.#bytes[this.length++] = Number(rest & 0x7fn) | 0x80
        rest >>= 7n
      }
      this.#bytes[this.length++] = Number(rest)
      return
    }
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.length++] = rest
  }

  float(value: number): void {
    this.#room(4)
    this.length = this.#bytes.writeFloatLE(value, this.length)
  }

  double(value: number): void {
    this.#room(8)
    this.length = this.#bytes.writeDoubleLE(value, this.length)
  }

  text(tag: number, value: string): void {
    const size = Buffer.byteLength(value)
    this.varint(tag)
    this.varint(size)
    this.#room(size)
    this.length += this.#bytes.write(value, this.length)
  }

  nested(tag: number, write: () => void): void {
    this.varint(tag)
    const mark = this.length
    this.#room(5)
    this.length += 1
    write()
    const size = this.length - mark - 1
    if (size < 0x80) {
      this.#bytes[mark] = size
      return
    }
    const extra = size < 0x4000 ? 1 : size < 0x20_0000 ? 2 : size < 0x1000_0000 ? 3 : 4
    this.#room(extra)
    this.#bytes.copyWithin(mark + 1 + extra, mark + 1, this.length)
    const end = this.length + extra
    this.length = mark
    this.varint(size)
    this.length = end
  }
}

/** A Sparkplug B payload in bytes. */
export function encodePayload(payload: OutPayload): Buffer {
  const writer = new Writer()
  if (payload.timeMs !== undefined) {
    writer.varint(0x08)
    writer.varint(payload.timeMs)
  }
  for (const metric of payload.metrics) writer.nested(0x12, () => writeMetric(writer, metric))
  if (payload.seq !== undefined) {
    writer.varint(0x18)
    writer.varint(payload.seq)
  }
  return writer.take()
}

function writeMetric(writer: Writer, metric: OutMetric): void {
  if (metric.name !== undefined) writer.text(0x0a, metric.name)
  if (metric.alias !== undefined) tagged(writer, 0x10, metric.alias)
  if (metric.timeMs !== undefined) tagged(writer, 0x18, metric.timeMs)
  if (metric.name !== undefined) tagged(writer, 0x20, metric.type)
  if (metric.historical) tagged(writer, 0x28, 1)
  if (metric.transient) tagged(writer, 0x30, 1)
  if (metric.quality !== undefined || metric.unit !== undefined) writer.nested(0x4a, () => writeProperties(writer, metric))
  if (metric.value === undefined || metric.value === null) tagged(writer, 0x38, 1)
  else writeValue(writer, metric.type, metric.value)
}

function tagged(writer: Writer, tag: number, value: number | bigint): void {
  writer.varint(tag)
  writer.varint(value)
}

function writeProperties(writer: Writer, { quality, unit }: OutMetric): void {
  if (quality !== undefined) writer.text(0x0a, 'Quality')
  if (unit !== undefined) writer.text(0x0a, 'engUnit')
  if (quality !== undefined)
    writer.nested(0x12, () => {
      tagged(writer, 0x08, SparkplugType.Int32)
      tagged(writer, 0x18, quality)
    })
  if (unit !== undefined)
    writer.nested(0x12, () => {
      tagged(writer, 0x08, SparkplugType.String)
      writer.text(0x42, unit)
    })
}

function writeValue(writer: Writer, type: number, value: Exclude<OutMetric['value'], null | undefined>): void {
  if (type === SparkplugType.Template) {
    writer.nested(0x92, () => {
      for (const member of value as readonly OutMetric[]) writer.nested(0x12, () => writeMetric(writer, member))
    })
    return
  }
  const kind = KINDS[type]
  if (kind === Kind.Real) {
    writer.varint(type === SparkplugType.Float ? 0x65 : 0x69)
    if (type === SparkplugType.Float) writer.float(Number(value))
    else writer.double(Number(value))
  } else if (kind === Kind.Text) writer.text(0x7a, String(value))
  else if (kind === Kind.Boolean) tagged(writer, 0x70, value ? 1 : 0)
  else if (kind === Kind.Unsigned) tagged(writer, type === SparkplugType.UInt64 ? 0x58 : 0x50, value as number | bigint)
  else if (kind === Kind.Signed64 || kind === Kind.Time) tagged(writer, 0x58, value as number | bigint)
  else if (kind === Kind.Refused) throw new RangeError(`values of type ${typeName(type)} are not sent`)
  else tagged(writer, 0x50, Number(value) >>> 0)
}

/**
 * A data payload of metrics with aliases `first .. first + values.length - 1`, all of type Float, in one pass: for simulators and benchmarks
 * that must not be slower than what they feed.
 */
export function encodeAliasFloats(timeMs: number, seq: number, values: Float32Array, first = 0): Buffer {
  const bytes = Buffer.allocUnsafe(16 + values.length * 20)
  let at = 0
  const varint = (value: number) => {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 0x80
    bytes[at++] = rest
  }
  bytes[at++] = 0x08
  varint(timeMs)
  for (let i = 0; i < values.length; i++) {
    bytes[at++] = 0x12
    const mark = at++
    bytes[at++] = 0x10
    varint(first + i)
    bytes[at++] = 0x65
    at = bytes.writeFloatLE(values[i] as number, at)
    bytes[mark] = at - mark - 1
  }
  bytes[at++] = 0x18
  varint(seq)
  return bytes.subarray(0, at)
}
