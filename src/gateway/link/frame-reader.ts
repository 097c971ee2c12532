const HEADER_BYTES = 4
/** A frame's buffer begins with this at most and grows with what really arrives: a length alone costs nothing. */
const FIRST_BYTES = 64 * 1024

/** A frame is announced that is over the limit; nothing of it was taken. */
export class FrameTooLarge extends Error {
  override name = 'FrameTooLarge'
}

/** Cuts a stream of bytes into frames: u32 little-endian length, then as many bytes. The first frame may have a limit of its own. */
export class FrameReader {
  readonly #limit: number
  #nextLimit: number
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerBytes = 0
  #frame: Uint8Array | undefined
  #length = 0
  #filled = 0

  constructor(firstLimit: number, limit: number) {
    this.#nextLimit = firstLimit
    this.#limit = limit
  }

  /** The frames that are complete with this chunk; they own their bytes. Throws FrameTooLarge; the stream has no next frame then. */
  take(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = []
    for (let at = 0; at < chunk.length || (this.#frame && this.#filled === this.#length); ) {
      if (!this.#frame) {
        at = this.#takeHeader(chunk, at)
        continue
      }
      const end = Math.min(chunk.length, at + this.#length - this.#filled)
      const frame = this.#room(this.#frame, this.#filled + end - at)
      frame.set(chunk.subarray(at, end), this.#filled)
      this.#filled += end - at
      at = end
      if (this.#filled < this.#length) continue
      frames.push(frame)
      this.#frame = undefined
      this.#headerBytes = 0
    }
    return frames
  }

  #takeHeader(chunk: Uint8Array, from: number): number {
    let at = from
    while (this.#headerBytes < HEADER_BYTES && at < chunk.length) this.#header[this.#headerBytes++] = chunk[at++] as number
    if (this.#headerBytes < HEADER_BYTES) return at
    const length = new DataView(this.#header.buffer).getUint32(0, true)
    if (length > this.#nextLimit) throw new FrameTooLarge(`a frame of ${length} bytes is announced, the limit is ${this.#nextLimit}`)
    this.#nextLimit = this.#limit
    this.#length = length
    this.#filled = 0
    this.#frame = new Uint8Array(Math.min(length, FIRST_BYTES))
    return at
  }

  /** The buffer with room for `bytes`: doubled, never longer than the frame. */
  #room(frame: Uint8Array, bytes: number): Uint8Array {
    if (bytes <= frame.length) return frame
    const larger = new Uint8Array(Math.min(this.#length, Math.max(bytes, frame.length * 2)))
    larger.set(frame)
    this.#frame = larger
    return larger
  }
}

/** The length in front of a frame. */
export function frameHeader(length: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES)
  new DataView(header.buffer).setUint32(0, length, true)
  return header
}
