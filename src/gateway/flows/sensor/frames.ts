import { SENSOR_LIMITS } from './limits.ts'

/** Length of the frame that these bytes begin; undefined: too few to tell; `lost`: they begin none. */
export type Measure = (head: Buffer) => number | undefined | 'lost'

/** Bytes after which every protocol here has said how long its frame is. */
const MEASURED_BY = 16

/** Cuts the bytes of one direction into frames. Only the head of each is kept, the rest is counted past, so that no length takes memory. */
export class FrameCutter {
  readonly #measure: Measure
  readonly #onFrame: (head: Buffer, bytes: number) => void
  #head: Buffer = Buffer.alloc(0)
  #total: number | undefined
  #seen = 0

  constructor(measure: Measure, onFrame: (head: Buffer, bytes: number) => void) {
    this.#measure = measure
    this.#onFrame = onFrame
  }

  /** False when the bytes cannot be followed: what was half read is forgotten, and the next call begins anew. */
  push(bytes: Buffer): boolean {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#total === undefined) {
        const before = this.#head.length
        const tried = Buffer.concat([this.#head, rest.subarray(0, MEASURED_BY - before)])
        const total = this.#measure(tried)
        if (total === 'lost' || (total === undefined && tried.length >= MEASURED_BY) || (typeof total === 'number' && total < 1)) {
          this.reset()
          return false
        }
        if (total === undefined) {
          this.#head = tried
          this.#seen = tried.length
          return true
        }
        this.#total = total
      }
      const wanted = this.#total - this.#seen
      const part = rest.subarray(0, Math.max(0, wanted))
      const room = Math.min(this.#total, SENSOR_LIMITS.headBytes) - this.#head.length
      if (room > 0) this.#head = Buffer.concat([this.#head, part.subarray(0, room)])
      this.#seen += part.length
      rest = rest.subarray(part.length)
      if (this.#seen < this.#total) return true
      const [head, total] = [this.#head, this.#total]
      this.reset()
      this.#onFrame(head, total)
    }
    return true
  }

  reset(): void {
    this.#head = Buffer.alloc(0)
    this.#total = undefined
    this.#seen = 0
  }
}
