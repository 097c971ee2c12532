import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'

/** Larger bodies are packed on another thread: a small one is done sooner than handed over. */
const OTHER_THREAD_BYTES = 64 * 1024
/** Smaller bodies (a sign of life has 40 bytes) do not become smaller, and setting up the packing costs more than they do. */
const PACKED_BYTES = 128
/** The fastest that still halves plant data. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** A body made smaller, and how (`packed` travels with it). */
export async function pack(body: Uint8Array): Promise<{ bytes: Uint8Array; packed: string }> {
  if (body.length < PACKED_BYTES) return { bytes: body, packed: 'no' }
  const bytes = body.length < OTHER_THREAD_BYTES ? zstdCompressSync(body, OPTIONS) : await compress(body, OPTIONS)
  return bytes.length < body.length ? { bytes, packed: 'zstd' } : { bytes: body, packed: 'no' }
}

/** The body again, in memory of its own. Throws RangeError when it is not of the size that was said; never allocates more. */
export async function unpack(bytes: Uint8Array, packed: string, size: number): Promise<Uint8Array> {
  if (packed === 'no') {
    if (bytes.length !== size) throw new RangeError(`${bytes.length} bytes where ${size} were said`)
    return bytes.slice()
  }
  if (packed !== 'zstd') throw new RangeError('packed in an unknown way')
  if (size === 0) throw new RangeError('nothing is never packed')
  const options = { maxOutputLength: size }
  const body = size < OTHER_THREAD_BYTES ? zstdDecompressSync(bytes, options) : await decompress(bytes, options)
  if (body.length !== size) throw new RangeError(`${body.length} bytes where ${size} were said`)
  return body.byteOffset % 8 === 0 ? new Uint8Array(body.buffer, body.byteOffset, body.length) : new Uint8Array(body)
}
