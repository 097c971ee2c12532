import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { columnRoom } from './column-writer.ts'
import { fromColumns, toColumns } from './columns.ts'

/** More is compressed on another thread: less is done sooner than handed over. */
const OTHER_THREAD_BYTES = 512 * 1024
/** Smaller bodies (a sign of life has 40 bytes) do not become smaller, and setting up the packing costs more than they do. */
const PACKED_BYTES = 128
/** Memory is kept from body to body up to this. */
const KEPT_BYTES = 16 * 1024 * 1024
/** The fastest; what more is to be had was had before, by taking columns apart. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** Least that the library takes. */
const LEAST_CHUNK = 64
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Makes bodies smaller, one after the other in the same memory. */
export class Packer {
  #body = new Uint8Array(0)
  #room = new Uint8Array(0)

  /** Memory of zeros for a body, good until the next one. */
  body(size: number): Uint8Array {
    this.#body = grown(this.#body, size)
    return (size > this.#body.length ? new Uint8Array(size) : this.#body.subarray(0, size)).fill(0)
  }

  /** A body made smaller, and how (`packed` travels with it): taken apart and compressed, compressed alone, or as it is. */
  async pack(body: Uint8Array): Promise<{ bytes: Uint8Array; packed: string }> {
    if (body.length < PACKED_BYTES) return { bytes: body.slice(), packed: 'no' }
    const size = columnRoom(body.length)
    this.#room = grown(this.#room, size)
    const columns = toColumns(body, size > this.#room.length ? new Uint8Array(size) : this.#room)
    if (columns) return { bytes: withSize(columns.length, await compressed(columns)), packed: 'columns+zstd' }
    // The memory of the body may be used again before another thread is done with it.
    const plain = body.slice()
    const bytes = await compressed(plain)
    return bytes.length < plain.length ? { bytes, packed: 'zstd' } : { bytes: plain, packed: 'no' }
  }
}

function grown(kept: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  return size <= kept.length || size > KEPT_BYTES ? kept : new Uint8Array(Math.min(KEPT_BYTES, size * 2))
}

/** The body again, in memory of its own. Throws RangeError when it is not of the size that was said; never allocates more for it. */
export async function unpack(bytes: Uint8Array, packed: string, size: number): Promise<Uint8Array> {
  if (packed === 'no') {
    if (bytes.length !== size) throw new RangeError(`${bytes.length} bytes where ${size} were said`)
    return bytes.slice()
  }
  if (packed === 'columns+zstd') {
    const plainSize = bytes.length < SIZE_BYTES ? size : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
    if (plainSize >= size) throw new RangeError('columns are smaller than their body')
    return fromColumns(await decompressed(bytes.subarray(SIZE_BYTES), plainSize), size)
  }
  if (packed !== 'zstd') throw new RangeError('packed in an unknown way')
  const body = await decompressed(bytes, size)
  return body.byteOffset % 8 === 0 ? new Uint8Array(body.buffer, body.byteOffset, body.length) : new Uint8Array(body)
}

/** Compressed columns say in front how large they are. */
const SIZE_BYTES = 4

function withSize(size: number, bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(SIZE_BYTES + bytes.length)
  new DataView(all.buffer).setUint32(0, size, true)
  all.set(bytes, SIZE_BYTES)
  return all
}

async function compressed(bytes: Uint8Array): Promise<Uint8Array> {
  // In one piece: by default it comes in many of 16 KB.
  const options = { ...LEVEL, chunkSize: Math.max(LEAST_CHUNK, bytes.length) }
  return bytes.length <= OTHER_THREAD_BYTES ? zstdCompressSync(bytes, options) : await compress(bytes, options)
}

/** Throws RangeError for bytes that are not compressed, or not of this size when they no longer are. */
async function decompressed(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  if (size === 0) throw new RangeError('nothing is never packed')
  const options = { maxOutputLength: size, chunkSize: Math.max(LEAST_CHUNK, size) }
  let plain: Uint8Array
  try {
    plain = size <= OTHER_THREAD_BYTES ? zstdDecompressSync(bytes, options) : await decompress(bytes, options)
  } catch (error) {
    throw new RangeError('not compressed, or larger than was said', { cause: error })
  }
  if (plain.length !== size) throw new RangeError(`${plain.length} bytes where ${size} were said`)
  return plain
}
