import { decodeForwarded } from '../core/forwarded.ts'
import type { Link, StreamId } from '../core/link.ts'
import type { SpoolRecord, StreamPosition } from '../core/spool.ts'
import { sendPaced } from './policy/outward.ts'
import type { UplinkParts } from './uplink-parts.ts'

/** One record of our log that is on its way: done when its last inner record is durable there. */
interface OnItsWay {
  readonly outer: number
  readonly key: string
  readonly inner: number
}

/** A relay hands over what it received, each stream from where the other end has it, and is done with a record of its own log when all that is in it is there. */
export class Relaying {
  readonly #parts: UplinkParts
  readonly #done: (sequence: number) => void
  #onItsWay: OnItsWay[] = []
  /** What the other end has of each stream, and what it was handed in this attempt. */
  #there = new Map<string, number>()
  #handed = new Map<string, number>()

  /** `done` hears of the last record of our log that is there, and all before it. */
  constructor(parts: UplinkParts, done: (sequence: number) => void) {
    this.#parts = parts
    this.#done = done
  }

  /** Goes on where the other end stands. True when it has less than it had before. */
  resume(streams: readonly StreamPosition[]): boolean {
    const before = this.#there
    this.#onItsWay = []
    this.#there = new Map(streams.map((position) => [keyOf(position), position.sequence]))
    this.#handed = new Map(this.#there)
    return [...before].some(([key, sequence]) => (this.#there.get(key) ?? 0) < sequence)
  }

  /** One way: nobody says where the other end stands. */
  goOn(): void {
    this.#handed = new Map()
  }

  async send(link: Link, records: readonly SpoolRecord[], over: AbortSignal): Promise<void> {
    for (const record of records) {
      if (record.kind === 'forwarded') await this.#hand(link, record, over)
      else if (!link.isOneWay) this.#note(record.sequence, '', 0)
    }
  }

  settle(position: StreamPosition): void {
    this.#there.set(keyOf(position), position.sequence)
    this.#release()
  }

  async #hand(link: Link, record: SpoolRecord, over: AbortSignal): Promise<void> {
    const { policy, clock, onRelayed } = this.#parts
    const inner = decodeForwarded(record.payload).records
    const last = inner.at(-1) as SpoolRecord
    const key = keyOf(last)
    const handed = this.#handed.get(key)
    if (!link.isOneWay) this.#note(record.sequence, key, last.sequence)
    const missing = inner.filter(({ sequence }) => sequence > (handed ?? 0))
    const sent = policy?.pass(missing) ?? missing
    // Also of what is there already: an earlier process may have sent it and not have lived to count it.
    if (policy) {
      const passed = missing.length === inner.length ? sent : policy.pass(inner)
      await onRelayed?.({ record, inner, passed, isSent: missing.length > 0 }, over)
    }
    if (missing.length === 0) return
    // One way, nobody says where a stream stood: what is missing before its first record is for the receiving end to find.
    const before = handed === undefined && link.isOneWay ? [] : gapBefore(missing[0] as SpoolRecord, handed ?? 0)
    this.#handed.set(key, last.sequence)
    await sendPaced(link, [...before, ...sent], { policy, clock, over })
  }

  #note(outer: number, key: string, inner: number): void {
    this.#onItsWay.push({ outer, key, inner })
    this.#release()
  }

  /** Tells of our records up to the first one that is not wholly there. */
  #release(): void {
    let done = 0
    for (const { key, inner } of this.#onItsWay) {
      if (key !== '' && (this.#there.get(key) ?? 0) < inner) break
      done++
    }
    const last = this.#onItsWay.splice(0, done).at(-1)
    if (last) this.#done(last.outer)
  }
}

/** What was dropped here, or released before the other end lost it, is declared: nobody waits for it. */
function gapBefore(record: SpoolRecord, handed: number): SpoolRecord[] {
  const { node, epoch, sequence, recordedTime } = record
  if (sequence <= handed + 1 || record.kind === 'gap') return []
  const gap = { from: handed + 1, to: sequence - 1, cause: 'no longer kept' }
  return [{ node, epoch, sequence: gap.to, kind: 'gap', recordedTime, payload: new TextEncoder().encode(JSON.stringify(gap)) }]
}

const keyOf = ({ node, epoch }: StreamId): string => `${epoch} ${node}`
