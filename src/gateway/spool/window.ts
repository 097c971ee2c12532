import type { SpoolFile } from './files.ts'
import { SPOOL_LIMITS } from './limits.ts'

/** Bytes read again one by one when a larger read fails: the block of most disks. */
const BLOCK_BYTES = 4096

/** A moving view of a file. Each load has its own memory, so that views of an earlier one stay valid. */
export class Window {
  bytes = new Uint8Array(0)
  view = new DataView(this.bytes.buffer)
  /** How many times the view has moved. */
  loads = 0
  readonly #file: SpoolFile
  readonly #end: number
  #start = 0

  constructor(file: SpoolFile, end: number) {
    this.#file = file
    this.#end = end
  }

  /** Index into `bytes` of the file's `offset`, when `count` bytes from there are loaded. */
  held(offset: number, count: number): number | undefined {
    const at = offset - this.#start
    return at >= 0 && at + count <= this.bytes.length ? at : undefined
  }

  /** Like `held`, after loading what is missing; undefined past the end of the file. */
  async load(offset: number, count: number): Promise<number | undefined> {
    if (offset + count > this.#end) return undefined
    const at = this.held(offset, count)
    if (at !== undefined) return at
    const wanted = Math.min(this.#end - offset, Math.max(count, SPOOL_LIMITS.windowBytes))
    const bytes = Buffer.allocUnsafeSlow(wanted)
    const got = await this.#fill(bytes, offset)
    this.bytes = new Uint8Array(bytes.buffer, 0, got)
    this.view = new DataView(bytes.buffer, 0, got)
    this.#start = offset
    this.loads++
    return got >= count ? 0 : undefined
  }

  /** Fills `into` from the start of the file; the bytes read, fewer only at its end. */
  async read(into: Uint8Array): Promise<number> {
    return this.#fill(into.subarray(0, this.#end), 0)
  }

  /** A disk that cannot read one block still gives the others: the unreadable ones read as zeros and fail their checks. */
  async #fill(bytes: Uint8Array, offset: number): Promise<number> {
    try {
      return await this.#file.read(bytes, offset)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error
    }
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const block = bytes.subarray(at, at + BLOCK_BYTES)
      try {
        block.fill(0, await this.#file.read(block, offset + at))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error
        block.fill(0)
      }
    }
    return bytes.length
  }
}
