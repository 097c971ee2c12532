import type { ReasonSets } from '../../core/reasons.ts'
import { toMark } from '../../core/record-content.ts'
import type { SignalDefinition, SignalTable } from '../../core/signals.ts'
import type { RecordKind, StreamPosition } from '../../core/spool.ts'
import { SPOOL_LIMITS } from './limits.ts'

/** How much of the tables the log holds. */
export interface Written {
  /** Version of the signal table. */
  readonly signals: number
  /** Number of reason sets. */
  readonly reasonSets: number
}
/** Signals of different classes are never in one dictionary record: some of them may be withheld from another node. */
export type ClassOf = (id: string) => number

/** Set 0, no reason, needs no record. */
export const NOTHING: Written = { signals: 0, reasonSets: 1 }

export interface Payload {
  readonly kind: RecordKind
  readonly bytes: Uint8Array
}

/** Takes the place of an entry that damage hides, so that its index is never given to something else. Never written. */
const LOST_SIGNAL = 'lost-by-damage/signal-'
const LOST_REASON = 'lost-by-damage-'

/** Dictionary records for what the tables hold and the log does not, and the mark up to which they then agree. */
export function dictionarySince(
  written: Written,
  signals: SignalTable,
  reasons: ReasonSets,
  classOf: ClassOf = () => 0,
): { payloads: Payload[]; written: Written } {
  const changed = signals.version === written.signals ? [] : signals.changedSince(written.signals).sort((a, b) => a - b)
  const definitions = changed
    .map((index) => [index, signals.at(index)] as [number, SignalDefinition])
    .filter(([, definition]) => !definition.id.startsWith(LOST_SIGNAL))
  return {
    payloads: [
      ...[...Map.groupBy(definitions, ([, { id }]) => classOf(id)).values()].flatMap(inParts).map((part) => json('signals', part)),
      ...reasonRuns(written.reasonSets, reasons).map((run) => json('reasons', run)),
    ],
    written: { signals: signals.version, reasonSets: reasons.size },
  }
}

/** How far the log has those of other nodes, as records; none where there is nothing to say. */
export function streamRecords(streams: readonly StreamPosition[]): Payload[] {
  return inParts(streams.map(toMark)).map((part) => json('streams', part))
}

export function json(kind: RecordKind, value: unknown): Payload {
  return { kind, bytes: new TextEncoder().encode(JSON.stringify(value)) }
}

interface ReasonRun {
  readonly first: number
  readonly sets: (readonly string[])[]
}

/** Reason sets from an index on, in runs without the lost ones. */
function reasonRuns(from: number, reasons: ReasonSets): ReasonRun[] {
  const runs: ReasonRun[] = []
  let run: ReasonRun | undefined
  reasons.since(from).forEach((names, i) => {
    if (names[0]?.startsWith(LOST_REASON)) run = undefined
    else if (run) run.sets.push(names)
    else runs.push((run = { first: from + i, sets: [names] }))
  })
  return runs.flatMap((all) => {
    let first = all.first
    return inParts(all.sets).map((sets) => ({ first: (first += sets.length) - sets.length, sets }))
  })
}

/** Splits a list so that each part's JSON stays below `SPOOL_LIMITS.dictionaryBytes`. */
function inParts<T>(entries: readonly T[]): T[][] {
  const parts: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const entry of entries) {
    const size = Buffer.byteLength(JSON.stringify(entry)) + 1
    if (bytes + size > SPOOL_LIMITS.dictionaryBytes) {
      parts.push([])
      bytes = 2
    }
    parts.at(-1)?.push(entry)
    bytes += size
  }
  return parts
}

/** Collects dictionary records while a log is read, newest segment first, and puts them back into the tables. */
export class DictionaryReader {
  readonly #signals = new Map<number, SignalDefinition>()
  readonly #sets = new Map<number, readonly string[]>([[0, []]])
  #signalCount = 0
  #setCount = 1

  /** Every valid header says how long the tables were: the bound that damage cannot hide. */
  noteSizes(signals: number, reasonSets: number): void {
    this.#signalCount = Math.max(this.#signalCount, signals)
    this.#setCount = Math.max(this.#setCount, reasonSets)
  }

  /** One segment's dictionary records in order. Entries known from a newer segment stay. */
  addSegment(records: readonly { kind: RecordKind; payload: Uint8Array }[]): void {
    const signals = new Map<number, SignalDefinition>()
    const sets = new Map<number, readonly string[]>()
    for (const record of records) {
      const value: unknown = JSON.parse(new TextDecoder().decode(record.payload))
      if (record.kind === 'signals') for (const [index, definition] of value as [number, SignalDefinition][]) signals.set(index, definition)
      if (record.kind === 'reasons') {
        const run = value as ReasonRun
        run.sets.forEach((names, i) => {
          sets.set(run.first + i, names)
        })
      }
    }
    for (const [index, definition] of signals) if (!this.#signals.has(index)) this.#signals.set(index, definition)
    for (const [index, names] of sets) if (!this.#sets.has(index)) this.#sets.set(index, names)
    this.noteSizes(highest(signals) + 1, highest(sets) + 1)
  }

  get isComplete(): boolean {
    return this.#signals.size >= this.#signalCount && this.#sets.size >= this.#setCount
  }

  /** Fills empty tables with the same indices. Returns how many entries damage hides; their indices stay taken. */
  restore(signals: SignalTable, reasons: ReasonSets): { lostSignals: number; lostReasonSets: number } {
    for (let i = 0; i < this.#signalCount; i++) signals.restore(i, this.#signals.get(i) ?? lostSignal(i))
    for (let i = 0; i < this.#setCount; i++) reasons.restore(i, [this.#sets.get(i) ?? [`${LOST_REASON}${i}`]])
    return { lostSignals: this.#signalCount - this.#signals.size, lostReasonSets: this.#setCount - this.#sets.size }
  }
}

function lostSignal(index: number): SignalDefinition {
  return { id: `${LOST_SIGNAL}${index}`, connection: 'unknown', address: 'unknown', dataType: 'number' }
}

function highest(map: ReadonlyMap<number, unknown>): number {
  let max = -1
  for (const key of map.keys()) if (key > max) max = key
  return max
}
