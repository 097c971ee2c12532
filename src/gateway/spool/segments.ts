import type { Micros } from '../../core/time.ts'
import { SPOOL_LIMITS } from './limits.ts'
import type { Place } from './scan.ts'

const NAME = /^(\d{10})\.seg$/

export function segmentName(ordinal: number): string {
  return `${String(ordinal).padStart(10, '0')}.seg`
}

/** The number in a segment's file name; undefined for other files. */
export function ordinalOf(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** What a segment is known by on other nodes: its number, and the random number that a copy of the log made later does not share. */
export function segmentId(ordinal: number, salt: number): string {
  return `${ordinal}-${salt.toString(16).padStart(8, '0')}`
}

/** One segment file as known in memory. Only durable records count. */
export interface Segment {
  readonly ordinal: number
  readonly path: string
  readonly salt: number | undefined
  readonly firstSequence: number
  readonly createdTime: Micros
  lastSequence: number
  /** Bytes it takes on disk. */
  bytes: number
  /** Where its last durable record ends. */
  end: number
  /** Samples in all records of the log up to its last. */
  samples: number
  /** When its last record was written, or a little later. */
  lastTime: Micros
  /** When this process wrote its last record, by the monotonic clock; undefined while its age is only what the wall clock said. */
  agedFromMs?: number
  /** Places to start reading, in order; the first is behind the header. */
  readonly points: Place[]
}

/** The segments of a log, oldest first. */
export class Catalogue {
  readonly #segments: Segment[]
  /** The one being written, if any; it is the last. */
  active: Segment | undefined

  constructor(segments: readonly Segment[]) {
    this.#segments = [...segments]
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get sealed(): readonly Segment[] {
    return this.active ? this.#segments.slice(0, -1) : this.#segments
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  add(segment: Segment): void {
    this.#segments.push(segment)
    this.active = segment
  }

  remove(segment: Segment): void {
    const at = this.#segments.indexOf(segment)
    if (at >= 0) this.#segments.splice(at, 1)
    if (this.active === segment) this.active = undefined
  }

  /** The first segment that ends at or after `sequence`. */
  find(sequence: number): Segment | undefined {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#segments[middle] as Segment).lastSequence < sequence) low = middle + 1
      else high = middle
    }
    return this.#segments[low]
  }
}

/** Remembers a place to start reading, when it is far enough from the last one. */
export function notePlace(segment: Segment, place: Place): void {
  const last = segment.points.at(-1)
  if (last && place.offset - last.offset >= SPOOL_LIMITS.pointBytes) segment.points.push(place)
}

/** The nearest remembered place before the record `sequence`. */
export function placeBefore(segment: Segment, sequence: number): Place {
  const place = segment.points.findLast((point) => point.chain.sequence < sequence) ?? segment.points[0]
  if (!place) throw new Error(`segment ${segment.path} has no place to start reading`)
  return place
}
