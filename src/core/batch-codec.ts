import type { SampleBatch } from './batch.ts'
import { LIMITS } from './limits.ts'

/**
 * One batch as bytes, for the spool, the historian's thread and the link. Little-endian, columns aligned to 8 bytes,
 * so that reading is a view where the buffer is aligned and one copy where it is not.
 *
 *   0  u32 magic 'ECB1'    4  u32 count     8  f64 receivedTime    16  f64 time base
 *  24  u8 × 5 column form: signal, time, value, status, reasons     29  u8 has text    32  u32 text bytes    36  u32 receipt bytes
 *  40  columns in that order, then the text: repeated (u32 row, u32 bytes, UTF-8), then the receipt
 *
 * Column forms: 0 raw, 1 constant (one element), 2 narrow: u16 for signal, status and reasons; u32 microseconds after the base for time.
 */
const MAGIC = 0x31424345
const HEADER = 40
const RAW = 0
const CONSTANT = 1
const NARROW = 2
type Column = Uint32Array | Float64Array

/** Bytes of a batch. The result has its own ArrayBuffer at offset 0, so it can be transferred to a worker. Throws RangeError over `LIMITS.batchBytes`. */
export function encodeBatch(batch: SampleBatch): Uint8Array<ArrayBuffer> {
  const { count } = batch
  const times = spread(batch.sourceTime)
  const forms = [
    form32(batch.signal),
    times.high === times.low ? CONSTANT : times.high - times.low <= 0xffffffff && times.whole ? NARROW : RAW,
    isConstant(batch.value) ? CONSTANT : RAW,
    form32(batch.status),
    form32(batch.reasons),
  ]
  const text = batch.text?.size ? encodeText(batch.text) : undefined
  const size =
    HEADER + forms.reduce((sum, form, i) => sum + columnBytes(i, form, count), 0) + (text?.length ?? 0) + (batch.receipt?.length ?? 0)
  if (size > LIMITS.batchBytes) throw new RangeError(`a batch of ${count} samples takes ${size} bytes, the limit is ${LIMITS.batchBytes}`)
  const bytes = new Uint8Array(size)
  const head = new DataView(bytes.buffer)
  head.setUint32(0, MAGIC, true)
  head.setUint32(4, count, true)
  head.setFloat64(8, batch.receivedTime, true)
  head.setFloat64(16, times.low, true)
  bytes.set(forms, 24)
  head.setUint8(29, text ? 1 : 0)
  head.setUint32(32, text?.length ?? 0, true)
  head.setUint32(36, batch.receipt?.length ?? 0, true)
  let at = HEADER
  const columns: Column[] = [batch.signal, batch.sourceTime, batch.value, batch.status, batch.reasons]
  columns.forEach((column, i) => {
    writeColumn(bytes.buffer, at, column, forms[i] as number, times.low)
    at += columnBytes(i, forms[i] as number, count)
  })
  if (text) bytes.set(text, at)
  if (batch.receipt) bytes.set(batch.receipt, size - batch.receipt.length)
  return bytes
}

/** The batch in `bytes`. Throws RangeError when the bytes contradict themselves; nothing is allocated before the sizes are checked. */
export function decodeBatch(bytes: Uint8Array): SampleBatch {
  if (bytes.length < HEADER) throw new RangeError('batch: shorter than its header')
  const source = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
  const head = new DataView(source.buffer, source.byteOffset, source.length)
  if (head.getUint32(0, true) !== MAGIC) throw new RangeError('batch: not a batch')
  const count = head.getUint32(4, true)
  if (count > LIMITS.batchSamples) throw new RangeError(`batch: ${count} samples, the limit is ${LIMITS.batchSamples}`)
  const forms = [...source.subarray(24, 29)]
  const textBytes = head.getUint32(32, true)
  const receiptBytes = head.getUint32(36, true)
  const size = HEADER + forms.reduce((sum, form, i) => sum + columnBytes(i, form, count), 0) + textBytes + receiptBytes
  if (size !== source.length) throw new RangeError(`batch: ${source.length} bytes where its header says ${size}`)
  const base = head.getFloat64(16, true)
  let at = source.byteOffset + HEADER
  const next = (i: number): number => {
    const start = at
    at += columnBytes(i, forms[i] as number, count)
    return start
  }
  const batch = {
    count,
    signal: read32(source.buffer, next(0), forms[0] as number, count),
    sourceTime: readTime(source.buffer, next(1), forms[1] as number, count, base),
    value: read64(source.buffer, next(2), forms[2] as number, count),
    status: read32(source.buffer, next(3), forms[3] as number, count),
    reasons: read32(source.buffer, next(4), forms[4] as number, count),
    receivedTime: head.getFloat64(8, true),
  }
  if (!head.getUint8(29) && receiptBytes === 0) return batch
  return {
    ...batch,
    ...(head.getUint8(29) && { text: decodeText(new Uint8Array(source.buffer, at, textBytes), count) }),
    ...(receiptBytes > 0 && { receipt: new Uint8Array(source.buffer, at + textBytes, receiptBytes) }),
  }
}

/** Throws RangeError where `decodeBatch` would, without making the columns. */
export function checkBatch(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const places = placesOf(view, 0, bytes.length)
  if (!places) throw new RangeError('batch: not a batch')
  const textBytes = view.getUint32(32, true)
  const size = places.end + textBytes + view.getUint32(36, true)
  if (size !== bytes.length) throw new RangeError(`batch: ${bytes.length} bytes where its header says ${size}`)
  if (view.getUint8(29)) decodeText(bytes.subarray(places.end, places.end + textBytes), places.count)
}

/** Number of samples in encoded bytes, without decoding them. */
export function encodedCount(bytes: Uint8Array): number {
  return bytes.length < HEADER ? 0 : new DataView(bytes.buffer, bytes.byteOffset, 8).getUint32(4, true)
}

/** Where the columns of an encoded batch are. */
export interface ColumnPlaces {
  readonly count: number
  /** Of signal, time, value, status and reasons: 0 raw, 1 constant, 2 narrow. */
  readonly forms: readonly number[]
  readonly starts: readonly number[]
  /** Behind the last column: the text begins here. */
  readonly end: number
}

/** Bytes before the columns: they say where these are. */
export const BATCH_HEADER = HEADER

/** True when a batch seems to begin at `at`; the four bytes there must exist. */
export function isBatch(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === MAGIC
}

/** Where the columns are in the `length` bytes at `at`, of which the header is looked at alone; undefined when they are no batch. */
export function placesOf(view: DataView, at: number, length: number): ColumnPlaces | undefined {
  if (length < HEADER || !isBatch(view, at)) return undefined
  const count = view.getUint32(at + 4, true)
  if (count > LIMITS.batchSamples) return undefined
  const forms = [0, 1, 2, 3, 4].map((column) => view.getUint8(at + 24 + column))
  if (forms.some((form, column) => form > NARROW || (form === NARROW && column === 2))) return undefined
  const starts: number[] = []
  let end = at + HEADER
  forms.forEach((form, column) => {
    starts.push(end)
    end += columnBytes(column, form, count)
  })
  return end > at + length ? undefined : { count, forms, starts, end }
}

function columnBytes(column: number, form: number, count: number): number {
  const wide = column === 1 || column === 2
  if (form > NARROW || (form === NARROW && column === 2)) throw new RangeError(`batch: column ${column} has no form ${form}`)
  const size = form === CONSTANT ? 8 : form === NARROW ? count * (wide ? 4 : 2) : count * (wide ? 8 : 4)
  return (size + 7) & ~7
}

function form32(column: Uint32Array): number {
  let any = 0
  let same = true
  const first = column[0]
  for (let i = 0; i < column.length; i++) {
    any |= column[i] as number
    same &&= column[i] === first
  }
  return same ? CONSTANT : any >>> 16 === 0 ? NARROW : RAW
}

function isConstant(column: Float64Array): boolean {
  for (let i = 1; i < column.length; i++) if (!Object.is(column[i], column[0])) return false
  return true
}

function spread(times: Float64Array): { low: number; high: number; whole: boolean } {
  let low = times[0] ?? 0
  let high = low
  let whole = true
  for (let i = 0; i < times.length; i++) {
    const t = times[i] as number
    if (t < low) low = t
    else if (t > high) high = t
    whole &&= t === Math.floor(t)
  }
  return { low, high, whole }
}

function writeColumn(buffer: ArrayBuffer, at: number, column: Column, form: number, base: number): void {
  if (form === CONSTANT) {
    const view = new DataView(buffer)
    if (column instanceof Uint32Array) view.setUint32(at, column[0] ?? 0, true)
    else view.setFloat64(at, column[0] ?? 0, true)
  } else if (form === RAW) {
    if (column instanceof Uint32Array) new Uint32Array(buffer, at, column.length).set(column)
    else new Float64Array(buffer, at, column.length).set(column)
  } else if (column instanceof Uint32Array) {
    new Uint16Array(buffer, at, column.length).set(column)
  } else {
    const out = new Uint32Array(buffer, at, column.length)
    for (let i = 0; i < column.length; i++) out[i] = (column[i] as number) - base
  }
}

function read32(buffer: ArrayBufferLike, at: number, form: number, count: number): Uint32Array {
  if (form === RAW) return new Uint32Array(buffer, at, count)
  if (form === NARROW) return new Uint32Array(new Uint16Array(buffer, at, count))
  return new Uint32Array(count).fill(new Uint32Array(buffer, at, 1)[0] as number)
}

function read64(buffer: ArrayBufferLike, at: number, form: number, count: number): Float64Array {
  if (form === RAW) return new Float64Array(buffer, at, count)
  return new Float64Array(count).fill(new Float64Array(buffer, at, 1)[0] as number)
}

function readTime(buffer: ArrayBufferLike, at: number, form: number, count: number, base: number): Float64Array {
  if (form !== NARROW) return read64(buffer, at, form, count)
  const deltas = new Uint32Array(buffer, at, count)
  const times = new Float64Array(count)
  for (let i = 0; i < count; i++) times[i] = base + (deltas[i] as number)
  return times
}

function encodeText(text: ReadonlyMap<number, string>): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [row, value] of text) {
    const utf8 = Buffer.from(value)
    const head = Buffer.alloc(8)
    head.writeUInt32LE(row, 0)
    head.writeUInt32LE(utf8.length, 4)
    parts.push(head, utf8)
  }
  return Buffer.concat(parts)
}

function decodeText(bytes: Uint8Array, count: number): Map<number, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = new Map<number, string>()
  const decoder = new TextDecoder()
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw new RangeError('batch: text cut')
    const row = view.getUint32(at, true)
    const end = at + 8 + view.getUint32(at + 4, true)
    if (row >= count || end > bytes.length) throw new RangeError('batch: text out of bounds')
    text.set(row, decoder.decode(bytes.subarray(at + 8, end)))
    at = end
  }
  return text
}
