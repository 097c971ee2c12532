import type { TimeLeft } from '../core/node-view.ts'

/** How fast old measurements are forgotten: a shift in the rate shows after about this long. */
const MEMORY_MS = 180_000
/** Shorter than this says nothing of the rate. */
const MEASURE_MS = 30_000

/** Bytes per second from a counter, each measurement weighing less the older it is. */
export class Growth {
  #startMs: number | undefined
  #lastMs = 0
  #lastBytes = 0
  #sum = 0
  #weight = 0

  /** Takes the counter's state at a monotonic time. */
  note(ms: number, bytes: number): void {
    const passed = ms - this.#lastMs
    if (this.#startMs !== undefined) {
      if (passed <= 0) return
      const share = 1 - Math.exp(-passed / MEMORY_MS)
      this.#sum += share * (((bytes - this.#lastBytes) / passed) * 1000 - this.#sum)
      this.#weight += share * (1 - this.#weight)
    }
    this.#startMs ??= ms
    this.#lastMs = ms
    this.#lastBytes = bytes
  }

  /** Undefined until it has been watched long enough. */
  get bytesPerSecond(): number | undefined {
    if (this.#startMs === undefined || this.#lastMs - this.#startMs < MEASURE_MS) return undefined
    return this.#sum / this.#weight
  }
}

export interface Room {
  /** Bytes in use, those of them that nobody needs any more included; what of them is held; what may be used. */
  readonly bytes: number
  readonly heldBytes: number
  readonly maxBytes: number
  /** Undefined where it cannot be known. */
  readonly diskFreeBytes: number | undefined
  readonly bytesPerSecond: number | undefined
  readonly maxAgeMs: number
  /** Age of the oldest record that is held; 0 without one. */
  readonly oldestAgeMs: number
  readonly overflow: 'block' | 'drop-oldest'
}

/** How long until something is given up when nothing is delivered from now on, at the present rate. Undefined until the rate is known. */
export function timeLeft({ bytes, heldBytes, maxBytes, diskFreeBytes, bytesPerSecond, ...given }: Room): TimeLeft | undefined {
  if (bytesPerSecond === undefined) return undefined
  const lasts = (room: number) => (room <= 0 ? 0 : room / bytesPerSecond)
  // What nobody needs any more makes room before anything else does.
  const free = diskFreeBytes === undefined ? Number.POSITIVE_INFINITY : diskFreeBytes + bytes - heldBytes
  const ends = [
    { limit: 'size', seconds: lasts(maxBytes - heldBytes), effect: given.overflow },
    { limit: 'disk', seconds: lasts(free), effect: given.overflow },
    { limit: 'age', seconds: Math.max(0, given.maxAgeMs - given.oldestAgeMs) / 1000, effect: 'drop-oldest' },
  ] as const
  return ends.reduce((first, end) => (end.seconds < first.seconds ? end : first))
}
