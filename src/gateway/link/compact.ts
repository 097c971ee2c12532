import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { columnRoom } from './column-writer.ts'
import { fromColumns, toColumns } from './columns.ts'

/** More is compressed on another thread: less is done sooner than handed over. */
const OTHER_THREAD_BYTES = 512 * 1024
/** Memory is kept from body to body up to this. */
const KEPT_BYTES = 16 * 1024 * 1024
/** The fastest; what more is to be had was had before, by taking columns apart. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
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
    const size = columnRoom(body.length)
    this.#room = grown(this.#room, size)
    const columns = toColumns(body, size > this.#room.length ? new Uint8Array(size) : this.#room)
    // The memory of the body may be used again before another thread is done with it.
    const plain = columns ?? body.slice()
    const bytes = plain.length < OTHER_THREAD_BYTES ? zstdCompressSync(plain, OPTIONS) : await compress(plain, OPTIONS)
    if (bytes.length < plain.length) return { bytes, packed: columns ? 'columns+zstd' : 'zstd' }
    return columns ? { bytes, packed: 'columns+zstd' } : { bytes: plain, packed: 'no' }
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
  if (packed !== 'zstd' && packed !== 'columns+zstd') throw new RangeError('packed in an unknown way')
  if (size === 0) throw new RangeError('nothing is never packed')
  const plain = await decompressed(bytes, size)
  if (packed === 'columns+zstd') return fromColumns(plain, size)
  if (plain.length !== size) throw new RangeError(`${plain.length} bytes where ${size} were said`)
  return plain.byteOffset % 8 === 0 ? plain : new Uint8Array(plain)
}

/** Throws RangeError for bytes that are not compressed, or are more than `most`. */
async function decompressed(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const options = { maxOutputLength: most }
  try {
    return bytes.length < OTHER_THREAD_BYTES && most < OTHER_THREAD_BYTES
      ? zstdDecompressSync(bytes, options)
      : await decompress(bytes, options)
  } catch (error) {
    throw new RangeError('not compressed, or larger than was said', { cause: error })
  }
}
