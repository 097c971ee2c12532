import type { DeliveredRow } from './account.ts'
import type { History } from './history.ts'
import type { QuarantineState, StoredQuarantine } from './it-records.ts'
import type { Declared } from './record-content.ts'
import type { SignalDefinition } from './signals.ts'
import type { SpoolRecord } from './spool.ts'
import type { Micros } from './time.ts'

/** Stored samples in columns; `ingest` names the record each came from, a whole number up to 2^53. */
export interface SampleColumns {
  readonly count: number
  readonly time: Float64Array
  readonly value: Float64Array
  readonly status: Uint32Array
  /** Names per row are `reasonSets[reasons[i]]`. */
  readonly reasons: Uint32Array
  readonly reasonSets: ReadonlyMap<number, readonly string[]>
  readonly text?: ReadonlyMap<number, string>
  readonly ingest: Float64Array
  /** True when more samples match than the limit let through. */
  readonly truncated: boolean
}

export interface SampleQuery {
  readonly signal: string
  /** Inclusive. */
  readonly from: Micros
  /** Exclusive. */
  readonly to: Micros
  readonly limit: number
  /** Only what was recorded up to then. */
  readonly asKnownAt?: Micros
  /** Newest first; default oldest first. */
  readonly descending?: boolean
}

/** Aggregates over samples; a value is null where nothing usable was there. OPC UA Part 13 refines these in qualify and process. */
export const AGGREGATES = ['count', 'average', 'minimum', 'maximum', 'first', 'last', 'percentGood', 'worstStatus'] as const
export type AggregateFunction = (typeof AGGREGATES)[number]

export interface AggregateQuery {
  /** One or several ids. */
  readonly signals: readonly string[]
  readonly from: Micros
  readonly to: Micros
  /** Length of one interval, aligned to the epoch. */
  readonly intervalUs: number
  readonly functions: readonly AggregateFunction[]
  readonly limit: number
}

/** One signal in one interval. Of several samples of one time the one counts that does in a series. Statistics use samples that are not Bad; `percentGood` counts Good among all; `worstStatus` is a status code. */
export interface AggregateRow {
  readonly signal: string
  readonly time: Micros
  readonly values: Readonly<Partial<Record<AggregateFunction, number | null>>>
}

export interface SqlResult {
  readonly columns: readonly { name: string; type: string }[]
  /** JSON-safe cells. */
  readonly rows: readonly (readonly unknown[])[]
  readonly truncated: boolean
}

export interface LastRow {
  readonly signal: string
  readonly sourceTime: Micros
  readonly receivedTime: Micros
  readonly value: number
  readonly status: number
  readonly reasons: readonly string[]
  readonly text?: string
}

/** How far a writer's log is stored: everything up to `sequence` is committed. */
export interface Checkpoint {
  readonly node: string
  readonly epoch: number
  readonly sequence: number
}

/** What the numbers in a node's log mean, as far as its log is stored. */
export interface WriterTables {
  readonly node: string
  readonly epoch: number
  /** Index in that log, and the signal's id. */
  readonly signals: readonly (readonly [number, string])[]
  readonly reasons: readonly (readonly [number, readonly string[]])[]
}

/** Where each stored sample came from. */
export interface IngestRow {
  readonly ingest: number
  readonly node: string
  readonly epoch: number
  readonly sequence: number
  readonly receivedTime: Micros
  readonly recordedTime: Micros
  readonly configVersion: string
}

/** One version of a signal's definition. Samples follow the newest version whose `sinceIngest` is at or below their `ingest`. */
export interface DefinitionRow {
  /** The first ingest written under this definition: that of the record which brought it. */
  readonly sinceIngest: number
  readonly recordedTime: Micros
  readonly configVersion: string
  readonly definition: SignalDefinition
}

export interface MeasureQuery {
  /** Every hour that overlaps [from, to) is measured as a whole; hours that have not begun, or lie before the oldest sample, are left out. */
  readonly from: Micros
  readonly to: Micros
  /** Absent: every signal known. */
  readonly signals?: readonly string[]
  readonly limit: number
}

/**
 * What was known of one signal during one hour (UTC).
 *
 * A sample covers the time from its source time to the next sample of the signal in source time, with the severity of its status; of several at one
 * time the worst counts. Where the definition it was written under has an `expectedPeriodUs`, it covers twice that at most, and the rest is
 * unknown. What holds at the start of the hour is the newest sample before it, if that is at most 24 h older.
 * Samples with the reason `duplicate` count in `samples` and `byReason` and nowhere else.
 */
export interface MeasureRow {
  readonly signal: string
  /** Start of the hour. */
  readonly hour: Micros
  readonly samples: number
  readonly good: number
  readonly uncertain: number
  readonly bad: number
  /** The four sum to the hour, or to the part of it that is over by the historian's clock. */
  readonly goodUs: number
  readonly uncertainUs: number
  readonly badUs: number
  readonly unknownUs: number
  /** Samples by reason, as stored (`range@3`). */
  readonly byReason: Readonly<Record<string, number>>
  /**
   * Received minus source time, nearest rank, of what a device sent in its time: without samples marked `late` (back-filled data would hide the
   * usual delay) and without the node's own marks of silence. Null when there is none; negative when the device's clock is ahead.
   */
  readonly delayP50Us: number | null
  readonly delayP95Us: number | null
  /** Smallest step other than zero between values of neighbouring samples within the hour. */
  readonly resolution?: number
}

/** Where a feed of a source of IT records was when the newest of its batches that is stored was written. */
export interface RecordCursor {
  /** The node that reads the source: another one may have a connection of the same name. */
  readonly node: string
  readonly source: string
  readonly feed: number
  /** Opaque to everybody but the source. */
  readonly cursor: string
}

/** What one source has brought of one kind. */
export interface RecordCount {
  readonly kind: string
  readonly source: string
  /** Records that its newest version does not call deleted. */
  readonly records: number
  /** When the newest version became known; undefined when there are rows in quarantine only. */
  readonly changedTime: Micros | undefined
  /** Rows that wait for their release. */
  readonly quarantined: number
}

export interface QuarantineQuery {
  readonly kind?: string
  readonly source?: string
  /** Absent: all. */
  readonly state?: QuarantineState
  readonly ids?: readonly string[]
  readonly limit: number
}

export interface TallyQuery {
  readonly signals: readonly string[]
  /** Inclusive. */
  readonly from: Micros
  /** Exclusive. */
  readonly to: Micros
  /** Besides: of each signal the newest sample before `from`, at most this much older. */
  readonly lookBackUs?: Micros
  readonly asKnownAt?: Micros
  readonly limit: number
}

/** The stored samples of one signal that have the same status and the same reasons, those included that later ones of their time replaced. */
export interface TallyRow {
  readonly signal: string
  readonly status: number
  readonly reasons: readonly string[]
  readonly samples: number
  /** Source times. */
  readonly oldest: Micros
  readonly newest: Micros
  readonly newestIngest: number
}

export interface HistorianStats {
  readonly samples: number
  readonly hotBytes: number
  readonly coldBytes: number
  readonly oldestTime: Micros | undefined
  readonly newestTime: Micros | undefined
  /** Last problem of the writer, compaction or retention. */
  readonly problem: string | undefined
}

/** UTC days of which samples are stored, by their beginnings in order; and from when on a record of any kind is valid. */
export interface HeldDays {
  readonly samples: readonly Micros[]
  readonly oldestRecord: Micros | undefined
}

/**
 * Long-term memory. One owner writes; queries may run beside it. One suite (`src/historian/contract.ts`) holds every implementation to this.
 */
export interface Historian extends History {
  /** Checkpoints of every writer known, for resuming. */
  checkpoints(): Promise<Checkpoint[]>
  /**
   * Stores records in order. Resolves when they are committed and queries see them. Exactly once in effect: a record at or below its
   * writer's checkpoint changes nothing, unless a gap was declared for its place: then it is stored, once, and the gap is that much smaller. All of one call is committed together, or nothing is (then it rejects and the caller retries).
   */
  write(records: readonly SpoolRecord[]): Promise<void>
  samples(query: SampleQuery): Promise<SampleColumns>
  aggregate(query: AggregateQuery): Promise<{ rows: AggregateRow[]; truncated: boolean }>
  /** What the samples of a period came to, by the order of the signals asked for. Rejects with QueryRefused past its limit of signals. */
  tally(query: TallyQuery): Promise<{ rows: TallyRow[]; truncated: boolean }>
  /** The newest stored sample (by arrival) of every signal, to seed the node's last values at start. */
  lastAll(): Promise<LastRow[]>
  /** Read-only SQL over the documented views, bounded in rows and time. Rejects with QueryRefused. */
  sql(text: string, limits: { maxRows: number; timeoutMs: number }): Promise<SqlResult>
  ingests(ids: readonly number[]): Promise<IngestRow[]>
  /** The tables of every node heard of, in the newest epoch of each: for going on in the middle of their logs. */
  writers(): Promise<WriterTables[]>
  /** What a version of a configuration declared beside its signals; undefined when it is not known, or said nothing. */
  declared(configVersion: string): Promise<Declared | undefined>
  /**
   * What was committed, by node, connection and unit, and by hour within a period of whole hours (all as one without it); and how far each writer's log is
   * committed at that moment. Counted from what was stored, once, with it; what retention removes stays counted.
   */
  accounts(period?: { readonly from: Micros; readonly to: Micros }): Promise<{ checkpoints: Checkpoint[]; rows: DeliveredRow[] }>
  /** How much there is of each kind from each source, by kind and source. */
  recordCounts(): Promise<RecordCount[]>
  /** Every version of a signal's definition, oldest first. A definition that is repeated as it was adds none. */
  definitions(signal: string): Promise<DefinitionRow[]>
  /** The newest cursor of every source and feed. A batch that says none leaves the one before. */
  recordCursors(): Promise<RecordCursor[]>
  /** Rows that are no records of their kind, those that came last first. A batch can release rows of its own source only. */
  quarantine(query: QuarantineQuery): Promise<{ rows: StoredQuarantine[]; truncated: boolean }>
  /**
   * Quality measures per signal and hour, by hour and then in the order of the signals. Late samples change the hours they belong to. `truncated`:
   * the limit of rows or of time was reached; ask on from the hour of the last row.
   */
  measures(query: MeasureQuery): Promise<{ rows: MeasureRow[]; truncated: boolean }>
  /** Moves closed days to sorted columnar files as of `now`, and applies retention as of `settled`: a time that may be believed when something is removed by it; undefined: nothing is. */
  compact(now: Micros, settled?: Micros): Promise<{ days: number; samples: number; bytes: number; removedDays: number }>
  stats(): Promise<HistorianStats>
  /** Where there is something to compute from. */
  days(): Promise<HeldDays>
  close(): Promise<void>
}

/** A query that is not allowed, not valid, or over its limits; the message is meant for the person who wrote it. */
export class QueryRefused extends Error {
  override name = 'QueryRefused'
}

/** Too many queries wait: nothing is wrong with this one, and a moment later it may be answered. */
export class HistorianBusy extends QueryRefused {
  override name = 'HistorianBusy'
}
