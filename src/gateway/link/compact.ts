import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { fromColumns, toColumns } from './columns.ts'

/** Larger bodies are compressed on another thread: a small one is done sooner than handed over. */
const OTHER_THREAD_BYTES = 64 * 1024
/** The fastest; what more is to be had was had before, by taking columns apart. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** A body made smaller, and how (`packed` travels with it): taken apart and compressed, compressed alone, or as it is. */
export async function pack(body: Uint8Array): Promise<{ bytes: Uint8Array; packed: string }> {
  const columns = toColumns(body)
  const plain = columns ?? body
  const bytes = plain.length < OTHER_THREAD_BYTES ? zstdCompressSync(plain, OPTIONS) : await compress(plain, OPTIONS)
  if (bytes.length >= body.length) return { bytes: body, packed: 'no' }
  return { bytes, packed: columns ? 'columns+zstd' : 'zstd' }
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
