import { syncBuiltinESMExports } from 'node:module'
import zlib from 'node:zlib'

/**
 * Large frames are packed on another thread, whose end no seed decides. In a simulation the same work is done at once; this module is imported
 * before the first of the product, which then finds these two in place of the others.
 */
type Done = (error: Error | null, bytes?: Buffer) => void

function atOnce(work: (bytes: Uint8Array, options: zlib.ZstdOptions) => Buffer) {
  return (bytes: Uint8Array, options: zlib.ZstdOptions, done: Done): void => {
    let result: Buffer
    try {
      result = work(bytes, options)
    } catch (error) {
      done(error as Error)
      return
    }
    done(null, result)
  }
}

Object.assign(zlib, { zstdCompress: atOnce(zlib.zstdCompressSync), zstdDecompress: atOnce(zlib.zstdDecompressSync) })
syncBuiltinESMExports()
