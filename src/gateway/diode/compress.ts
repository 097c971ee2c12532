import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'

/** Up to here the work itself is shorter than handing it to another thread would delay it. */
const AT_ONCE_BYTES = 1024 * 1024

/** The fastest that still halves plant data. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return bytes.length <= AT_ONCE_BYTES ? zstdCompressSync(bytes, OPTIONS) : promisify(zstdCompress)(bytes, OPTIONS)
}

/** Exactly `size` bytes, on 8-byte alignment. Throws when that is not what is in there; never writes more than `size`. */
export async function decompress(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  const options = { maxOutputLength: Math.max(1, size) }
  const out =
    size <= AT_ONCE_BYTES
      ? zstdDecompressSync(bytes, options)
      : await new Promise<Buffer>((resolve, reject) =>
          zstdDecompress(bytes, options, (error, result) => (error ? reject(error) : resolve(result))),
        )
  if (out.length !== size) throw new RangeError(`${out.length} bytes where ${size} were said to be`)
  return out.byteOffset % 8 === 0 ? out : new Uint8Array(out)
}
