import { BATCH_HEADER, type ColumnPlaces, isBatch, placesOf } from '../../core/batch-codec.ts'
import { BLOCK_RECORD } from '../../core/forwarded.ts'
import { RECORD_KINDS } from '../../core/spool.ts'
import { ColumnReader } from './column-reader.ts'
import { ColumnWriter } from './column-writer.ts'

/**
 * A body taken apart before it is compressed: like goes to like, and of each number only what is left when the one expected there is taken away. A body is
 * a block of records, or one batch; what is neither goes along as it is, so that any bytes whatever come back as they were.
 */

/** The body taken apart, in memory of its own; undefined when that does not make it smaller. `room` is for the work: `columnRoom` bytes, aligned to 8. */
export function toColumns(bytes: Uint8Array, room: Uint8Array): Uint8Array | undefined {
  const body = bodyOf(bytes.byteOffset % 8 === 0 ? bytes : bytes.slice())
  const isOne = bytes.length >= BATCH_HEADER && isBatch(body.view, 0)
  const writer = new ColumnWriter(body, room)
  walk(body, writer, isOne)
  return writer.finish(isOne)
}

/** The body of `size` bytes again. Throws RangeError when the columns contradict themselves; nothing but the body is allocated. */
export function fromColumns(columns: Uint8Array, size: number): Uint8Array {
  const source = columns.byteOffset % 8 === 0 ? columns : columns.slice()
  const body = bodyOf(new Uint8Array(size))
  const reader = new ColumnReader(body, source)
  walk(body, reader, reader.isOne)
  reader.finish()
  return body.bytes
}

/** One body, seen as bytes and as words; columns stand at multiples of 8. */
export interface Body {
  readonly bytes: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  readonly view: DataView
}

/** Where the signal of each value stands: that of row i at `from + i × step`. */
export interface SignalColumn {
  readonly words: Uint16Array | Uint32Array
  readonly from: number
  readonly step: 0 | 1
}

/** What is done with each stretch of a body, in order: the writer takes it away, the reader puts it there. Places are in elements of the array meant. */
export interface Coder {
  plain(at: number, bytes: number): void
  /** 32-bit words of which `memory` holds those that stood in the same place before. */
  head(at: number, memory: Uint32Array): void
  steps(words: Uint16Array | Uint32Array, from: number, count: number): void
  values(from: number, count: number, signals: SignalColumn): void
}

const BATCH = RECORD_KINDS.indexOf('batch')
const HASH_BYTES = 32
const RECORD_WORDS = (BLOCK_RECORD - HASH_BYTES) / 4
const CONSTANT = 1
const NARROW = 2
/** Times as doubles follow each other, whatever their signal. */
const NO_SIGNALS: SignalColumn = { words: new Uint32Array(1), from: 0, step: 0 }

/** The way through a body. It looks at nothing that the coder has not been shown before: the reader goes the same way. */
function walk(body: Body, coder: Coder, isOne: boolean): void {
  const size = body.bytes.length
  const batchHead = new Uint32Array(BATCH_HEADER / 4)
  if (isOne) {
    walkBatch(body, coder, batchHead, 0, size)
    return
  }
  const recordHead = new Uint32Array(RECORD_WORDS)
  let at = 0
  while (at + BLOCK_RECORD <= size) {
    coder.head(at >>> 2, recordHead)
    coder.plain(at + BLOCK_RECORD - HASH_BYTES, HASH_BYTES)
    const kind = body.u32[at >>> 2]
    const length = body.u32[(at >>> 2) + 1] as number
    at += BLOCK_RECORD
    const end = at + Math.ceil(length / 8) * 8
    if (end > size) break
    if (kind === BATCH) walkBatch(body, coder, batchHead, at, length)
    else coder.plain(at, length)
    coder.plain(at + length, end - at - length)
    at = end
  }
  coder.plain(at, size - at)
}

function walkBatch(body: Body, coder: Coder, head: Uint32Array, at: number, length: number): void {
  if (length < BATCH_HEADER) {
    coder.plain(at, length)
    return
  }
  coder.head(at >>> 2, head)
  const places = placesOf(body.view, at, length)
  if (!places) {
    coder.plain(at + BATCH_HEADER, length - BATCH_HEADER)
    return
  }
  for (let column = 0; column < places.starts.length; column++) walkColumn(body, coder, places, column)
  coder.plain(places.end, at + length - places.end)
}

/** Column 1 is the time, 2 the value, the others 32-bit words; see `batch-codec.ts`. */
function walkColumn(body: Body, coder: Coder, places: ColumnPlaces, column: number): void {
  const { count, starts, forms, end } = places
  const start = starts[column] as number
  const next = starts[column + 1] ?? end
  const form = forms[column]
  const isWide = column === 1 || column === 2
  if (form === CONSTANT) {
    coder.plain(start, next - start)
    return
  }
  const width = form === NARROW ? (isWide ? 4 : 2) : isWide ? 8 : 4
  if (width === 8) coder.values(start >>> 3, count, column === 2 ? signalsOf(body, places) : NO_SIGNALS)
  else if (width === 4) coder.steps(body.u32, start >>> 2, count)
  else coder.steps(body.u16, start >>> 1, count)
  coder.plain(start + count * width, next - start - count * width)
}

function signalsOf({ u16, u32 }: Body, { starts, forms }: ColumnPlaces): SignalColumn {
  const [start = 0] = starts
  if (forms[0] === NARROW) return { words: u16, from: start >>> 1, step: 1 }
  return { words: u32, from: start >>> 2, step: forms[0] === CONSTANT ? 0 : 1 }
}

function bodyOf(bytes: Uint8Array): Body {
  const { buffer, byteOffset, length } = bytes
  return {
    bytes,
    u16: new Uint16Array(buffer, byteOffset, length >>> 1),
    u32: new Uint32Array(buffer, byteOffset, length >>> 2),
    f64: new Float64Array(buffer, byteOffset, length >>> 3),
    view: new DataView(buffer, byteOffset, length),
  }
}
