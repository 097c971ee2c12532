import type { Decoder } from './decoder.ts'
import { SENSOR_LIMITS } from './limits.ts'
import type { Segment } from './packet.ts'

const HALF = 2 ** 31
const WHOLE = 2 ** 32

/** How far `a` is after `b` in the sequence numbers of TCP, which begin again at 0; negative: before. */
const after = (a: number, b: number): number => {
  const distance = (((a - b) % WHOLE) + WHOLE) % WHOLE
  return distance >= HALF ? distance - WHOLE : distance
}

/** One direction of a conversation: puts segments in order, for a while. */
class Direction {
  #next: number | undefined
  #waiting: { sequence: number; payload: Buffer }[] = []
  #waitingBytes = 0

  /** What can be read now, in order; `undefined` in place of bytes that never came. */
  take({ sequence, payload, syn, cut }: Segment): (Buffer | undefined)[] {
    const from = syn ? (sequence + 1) % WHOLE : sequence
    if (syn) this.reset()
    this.#next ??= from
    if (payload.length + cut === 0) return []
    const ready: (Buffer | undefined)[] = []
    if (!this.#append(from, payload, ready)) this.#keep(from, payload)
    // Bytes that the capture did not keep are bytes that never came.
    if (cut > 0) {
      ready.push(undefined)
      this.#next = (from + payload.length + cut) % WHOLE
    }
    this.#drain(ready)
    if (this.#waiting.length > SENSOR_LIMITS.waitingSegments || this.#waitingBytes > SENSOR_LIMITS.waitingBytes) this.#giveUp(ready)
    return ready
  }

  reset(): void {
    this.#next = undefined
    this.#waiting = []
    this.#waitingBytes = 0
  }

  /** True when the segment begins no later than what comes next: what is new of it is ready, what came before is not. */
  #append(sequence: number, payload: Buffer, ready: (Buffer | undefined)[]): boolean {
    const ahead = after(sequence, this.#next as number)
    if (ahead > 0) return false
    const fresh = payload.subarray(Math.min(-ahead, payload.length))
    if (fresh.length > 0) {
      ready.push(fresh)
      this.#next = ((this.#next as number) + fresh.length) % WHOLE
    }
    return true
  }

  #keep(sequence: number, payload: Buffer): void {
    this.#waiting.push({ sequence, payload: Buffer.from(payload) })
    this.#waitingBytes += payload.length
  }

  #drain(ready: (Buffer | undefined)[]): void {
    for (let again = true; again && this.#waiting.length > 0; ) {
      const before = this.#waiting.length
      this.#waiting = this.#waiting.filter(({ sequence, payload }) => !this.#append(sequence, payload, ready))
      again = this.#waiting.length < before
    }
    this.#waitingBytes = this.#waiting.reduce((sum, { payload }) => sum + payload.length, 0)
  }

  /** What is missing will not come: goes on with the earliest that did. */
  #giveUp(ready: (Buffer | undefined)[]): void {
    const next = this.#next as number
    const first = this.#waiting.reduce((best, one) => (after(one.sequence, next) < after(best.sequence, next) ? one : best))
    ready.push(undefined)
    this.#next = first.sequence
    this.#drain(ready)
  }
}

/** A TCP conversation: who opened it, in which order the bytes are, and the decoder that reads them. */
export class Conversation {
  readonly client: string
  readonly server: string
  readonly port: number
  decoder: Decoder | undefined
  protocol: string | undefined
  /** Payload was seen. */
  hasSpoken = false
  /** It was told of although nothing was said. */
  isTold = false
  readonly #fromClient = new Direction()
  readonly #fromServer = new Direction()

  constructor(client: string, server: string, port: number) {
    this.client = client
    this.server = server
    this.port = port
  }

  take(isFromClient: boolean, segment: Segment): (Buffer | undefined)[] {
    return (isFromClient ? this.#fromClient : this.#fromServer).take(segment)
  }
}
