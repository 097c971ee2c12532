import type { Codes } from './blocks.ts'
import type { Datagram } from './datagram.ts'
import { DIODE_LIMITS } from './limits.ts'

interface Partial {
  readonly data: number
  readonly parity: number
  readonly blockBytes: number
  shards: (Uint8Array | undefined)[]
  have: number
  readonly firstMs: number
  lastMs: number
  whole?: Uint8Array
}

/** A block in its turn, or the lack of one or more. */
export type Turn = Uint8Array | 'lost'

/**
 * The blocks of one boot on their way to being whole, in a window of bounded size. Blocks leave in order; one that is not whole is given up when a
 * later one has been seen and it has been silent for `reorderMs`, or when the window must move on.
 */
export class Window {
  readonly #codes: Codes
  readonly #reorderMs: number
  readonly #blocks = new Map<number, Partial>()
  #next: number
  #bytes = 0
  #turns: Turn[] = []
  readonly counters = { surplus: 0, stale: 0, contradicting: 0, blocks: 0, lostBlocks: 0 }

  /** Who starts at a later block than the first may have missed some of those in flight: they are waited for like others. */
  constructor(first: number, codes: Codes, reorderMs: number) {
    this.#next = Math.max(1, first - 8)
    this.#codes = codes
    this.#reorderMs = reorderMs
  }

  /** True when there is something in turn without waiting. */
  get isReady(): boolean {
    return this.#turns.length > 0 || this.#blocks.get(this.#next)?.whole !== undefined
  }

  get bytes(): number {
    return this.#bytes
  }

  add(datagram: Datagram, nowMs: number): void {
    const { block, shard } = datagram
    if (block < this.#next) {
      // Parity that was not needed, duplicates, and what was given up; further back: played again.
      if (block >= this.#next - DIODE_LIMITS.windowBlocks) this.counters.surplus++
      else this.counters.stale++
      return
    }
    if (block >= this.#next + DIODE_LIMITS.windowBlocks) this.#moveTo(block - DIODE_LIMITS.windowBlocks + 1)
    const partial = this.#partial(datagram, nowMs)
    if (!partial) {
      this.counters.contradicting++
      return
    }
    if (partial.whole || partial.shards[shard]) {
      this.counters.surplus++
      return
    }
    partial.shards[shard] = datagram.bytes
    partial.have++
    partial.lastMs = nowMs
    this.#bytes += datagram.bytes.length
    if (partial.have === partial.data) this.#complete(partial)
    while (this.#bytes > DIODE_LIMITS.windowBytes) this.#moveTo(this.#next + 1)
  }

  /** What is in turn by now. */
  take(nowMs: number): Turn[] {
    for (;;) {
      const partial = this.#blocks.get(this.#next)
      if (!partial?.whole && !this.#isGivenUp(partial, nowMs)) break
      this.#moveTo(this.#next + 1)
    }
    return this.#turns.splice(0)
  }

  #isGivenUp(partial: Partial | undefined, nowMs: number): boolean {
    let passedMs = Number.POSITIVE_INFINITY
    for (const [block, { firstMs }] of this.#blocks) if (block > this.#next) passedMs = Math.min(passedMs, firstMs)
    return nowMs - Math.max(passedMs, partial?.lastMs ?? 0) >= this.#reorderMs
  }

  #partial({ block, data, parity, blockBytes }: Datagram, nowMs: number): Partial | undefined {
    const known = this.#blocks.get(block)
    if (known) return known.data === data && known.parity === parity && known.blockBytes === blockBytes ? known : undefined
    const partial = { data, parity, blockBytes, shards: [], have: 0, firstMs: nowMs, lastMs: nowMs }
    this.#blocks.set(block, partial)
    return partial
  }

  #complete(partial: Partial): void {
    const { data, parity, blockBytes, shards } = partial
    const whole = new Uint8Array(blockBytes)
    let at = 0
    for (const shard of this.#codes.get(data, parity).reconstruct(shards)) {
      whole.set(shard.subarray(0, blockBytes - at), at)
      at = Math.min(blockBytes, at + shard.length)
    }
    this.#bytes += blockBytes - bytesIn(partial)
    partial.whole = whole
    partial.shards = []
  }

  /** Hands over or gives up everything before `next`. A long way is one loss, whatever its length. */
  #moveTo(next: number): void {
    const before = this.#next
    this.#next = next
    const passed = Array.from(this.#blocks.keys(), (block) => block)
      .filter((block) => block < next)
      .sort((a, b) => a - b)
    let expected = before
    for (const block of passed) {
      const partial = this.#blocks.get(block) as Partial
      this.#blocks.delete(block)
      if (block > expected || !partial.whole) this.#turns.push('lost')
      this.counters.lostBlocks += block - expected + (partial.whole ? 0 : 1)
      this.#bytes -= partial.whole?.length ?? bytesIn(partial)
      if (partial.whole) {
        this.counters.blocks++
        this.#turns.push(partial.whole)
      }
      expected = block + 1
    }
    if (expected < next) {
      this.counters.lostBlocks += next - expected
      this.#turns.push('lost')
    }
  }
}

function bytesIn({ shards }: Partial): number {
  return shards.reduce((sum, shard) => sum + (shard?.length ?? 0), 0)
}
