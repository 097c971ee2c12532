import type { StoredFact } from './facts.ts'
import type { StoredVersion } from './it-records.ts'
import type { Micros } from './time.ts'

/** Reading back what is stored, for everything that is computed from it. The historian is one; tests have one in memory. */
export interface History {
  /** One series per signal asked for, in that order, empty ones included. Rejects with QueryRefused past its limit of rows: ask for less time at once. */
  series(query: SeriesQuery): Promise<Series[]>
  /** Versions by kind, key, source and revision. */
  records(query: RecordQuery): Promise<{ versions: StoredVersion[]; truncated: boolean }>
  /** By start, then key, then revision. */
  facts(query: FactQuery): Promise<{ facts: StoredFact[]; truncated: boolean }>
}

export interface SeriesQuery {
  readonly signals: readonly string[]
  /** Inclusive. */
  readonly from: Micros
  /** Exclusive. */
  readonly to: Micros
  /** Besides: the newest sample before `from`, at most this much older. */
  readonly lookBackUs: Micros
  /** Besides: the oldest sample from `to` on, at most this much younger. */
  readonly lookAheadUs?: Micros
  readonly asKnownAt?: Micros
}

/**
 * Samples of one signal by rising time, one per time: of several the last to arrive (of one record the worse, then the greater), without those marked `duplicate`. Null values are NaN.
 */
export interface Series {
  readonly signal: string
  readonly count: number
  readonly time: Float64Array
  readonly value: Float64Array
  readonly status: Uint32Array
  readonly text?: ReadonlyMap<number, string>
  /** The record each came in. */
  readonly ingest: Float64Array
}

export interface RecordQuery {
  readonly kind: string
  readonly keys?: readonly string[]
  readonly source?: string
  /** Valid at some moment of [from, to); deleted ones too, by their last validity. */
  readonly overlapping?: { readonly from: Micros; readonly to: Micros }
  readonly asKnownAt?: Micros
  /** Every version; default: of each key and source the newest known, deleted ones included. */
  readonly allVersions?: boolean
  /** Only after this key, for paging. */
  readonly afterKey?: string
  readonly limit: number
}

export interface FactQuery {
  /** One, or several. */
  readonly definition: string | readonly string[]
  readonly keys?: readonly string[]
  readonly equipment?: string | readonly string[]
  /** Begun before `to` and not ended before `from`. */
  readonly overlapping?: { readonly from: Micros; readonly to: Micros }
  readonly asKnownAt?: Micros
  /** Every revision; default: of each key the newest known, without those withdrawn. */
  readonly allRevisions?: boolean
  /** Of each key the newest known, withdrawn or not. */
  readonly isWithdrawnToo?: boolean
  /** Newest start first; default oldest first. */
  readonly descending?: boolean
  /** By key, then the newest revision first, whenever they begin. */
  readonly newestRevisionFirst?: boolean
  readonly limit: number
}
