import type { Account } from './account.ts'
import type { SampleBatch } from './batch.ts'
import type { StatedRoot } from './evidence.ts'
import type { Fact } from './facts.ts'
import type { Forwarded } from './forwarded.ts'
import type { RecordBatch } from './it-records.ts'
import type { Micros } from './time.ts'

/** Where a record stands: the node that wrote it, the life of that node's spool, and the place in it. */
export interface Position {
  readonly node: string
  /** Microseconds when the spool was created: a new spool directory is a new epoch, never a silent overwrite. */
  readonly epoch: number
  /** 1, 2, 3 ... without holes. */
  readonly sequence: number
}

/**
 * What a record's payload holds. `batch`: `encodeBatch` bytes. The dictionaries are JSON in UTF-8:
 * `signals`: `[index, SignalDefinition][]`; `reasons`: `{first: number, sets: string[][]}`;
 * `config`: `{version: string, loadedTime: number, segment: string, declared?: Declared}`, the configuration in force from here on, and the id of the segment
 * it begins.
 * `gap`: `{from: number, to: number, cause: string, samples?: number}`, sequences that are gone for good (overflow, corruption).
 * `forwarded`: records of another node's log as they came over a link (`encodeForwarded`). `streams`: how far each such log had come,
 * `{node, epoch, sequence, hash?}[]`, at the start of every segment.
 * `records`: `RecordBatch`, what one reading of a source of IT records came to. `facts`: `Fact[]`, results as they stand from here on.
 * `account`: `Account`, what was read and is not in the log, with the reasons. `root`: `StatedRoot`, the Merkle root of an hour of this log as its node computed it.
 */
export type RecordKind = (typeof RECORD_KINDS)[number]
/** In the order of their numbers on disk and on the wire; only ever added to. */
export const RECORD_KINDS = [
  'batch',
  'signals',
  'reasons',
  'config',
  'gap',
  'forwarded',
  'streams',
  'records',
  'facts',
  'account',
  'root',
] as const

/** What is appended beside batches. */
export type AppendedContent =
  | { readonly kind: 'records'; readonly records: RecordBatch }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'root'; readonly root: StatedRoot }

export interface SpoolRecord extends Position {
  readonly kind: RecordKind
  /** When the record was written, by this node's clock. */
  readonly recordedTime: Micros
  readonly payload: Uint8Array
  /** Absent on a gap that was made while reading: nothing of it is in the log, so it is in no chain. */
  readonly seal?: Seal
}

/** What a record's hash covers beside its payload. With it, a node that never saw the file can check the chain. */
export interface Seal {
  /** Samples in all records of the log up to and with this one. */
  readonly samples: number
  /** Signals and sets of reasons known by then. */
  readonly signals: number
  readonly reasonSets: number
  /** SHA-256 of the hash before, the header and the payload; the spool's layout says which bytes. */
  readonly hash: Uint8Array
}

/** An epoch of a node's log that is over, and its last record. */
export interface EndedEpoch {
  readonly epoch: number
  readonly last: number
}

/** How far a node has the log of another. */
export interface StreamPosition extends Position {
  /** Hash of the record at `sequence`; absent where a gap hides it. */
  readonly hash?: Uint8Array
  /** Ids of the segments it came from, oldest first, the newest `LIMITS.streamSegments` of them: they tell a log from an older copy of it that went on. */
  readonly segments?: readonly string[]
}

/**
 * A node's durable log. Everything is appended once, in order, checksummed and chained by hash.
 * Dictionary records stand before the first batch that needs them, and again at the start of every segment, so that any segment explains itself.
 */
export interface Spool {
  readonly node: string
  readonly epoch: number
  /**
   * Appends a batch; resolves with its record once it is on disk (fsync, shared by all that wait). Rejects with SpoolFull when the declared
   * overflow policy is `block` and there is no room: the caller keeps the batch and does not acknowledge. After a failed fsync the segment is
   * sealed and the batch is written again to a new one; nothing is resolved on the strength of a retried fsync.
   */
  append(batch: SampleBatch): Promise<SpoolRecord>
  /** Appends IT records, facts or an account, in the same order and with the same promises as `append`. */
  appendContent(content: AppendedContent): Promise<SpoolRecord>
  /**
   * Appends records of another node's log, as they are; resolves once they are on disk. They must follow what this log has of that stream, and come
   * one call after the other; the receiving end of the link sees to their content. Rejects as `append` does, and with RangeError when they do not follow.
   */
  forward(forwarded: Forwarded): Promise<SpoolRecord>
  /** The same for records that fill a gap: they lie before what this log has of the stream, and move nothing. */
  forwardMissing(forwarded: Forwarded): Promise<SpoolRecord>
  /** How far this log has those of other nodes, durable. */
  streams(): readonly StreamPosition[]
  /** Records from `sequence` on, in order, up to the last durable one; at most `maxRecords` and about `maxBytes`. Corrupt ones come as `gap` records. */
  read(sequence: number, maxRecords: number, maxBytes: number): Promise<SpoolRecord[]>
  /** A consumer needs nothing before `sequence` any more. Segments no consumer needs may go. */
  release(consumer: string, sequence: number): void
  /**
   * Asks before data goes that somebody needs, or a full log refuses: whoever needs records only until its own state is on disk saves that, as far as the
   * sequence given, and releases. What it throws is logged, and nothing waits for it.
   */
  beforeDrop(save: (sequence: number) => Promise<void>): void
  /** Calls back with each record as it becomes durable, in order (dictionaries included). Returns the way to stop. */
  follow(onDurable: (records: readonly SpoolRecord[]) => void): () => void
  /** The segments of this log, oldest first. */
  segments(): readonly { readonly id: string; readonly firstSequence: number }[]
  stats(): SpoolStats
  /** Drains what was appended, fsyncs, closes. */
  close(): Promise<void>
}

export interface SpoolStats {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly bytes: number
  readonly maxBytes: number
  readonly segments: number
  readonly oldestTime: Micros | undefined
  /** Bytes written since the start. */
  readonly appendedBytes: number
  /** What each consumer still needs, the one furthest behind first. */
  readonly held: readonly SpoolHeld[]
  /** Samples dropped by the overflow policy, and records found corrupt, since the start. */
  readonly droppedSamples: number
  readonly corruptRecords: number
  /** fsync duration in milliseconds, recent median and 99th percentile. */
  readonly fsyncP50Ms: number
  readonly fsyncP99Ms: number
  /** Why the spool cannot write just now (`ENOSPC ...`), if it cannot. */
  readonly problem: string | undefined
}

/** Records that a consumer still needs, so that they stay. Bytes and time are interpolated within the oldest segment. */
export interface SpoolHeld {
  /** `historian`, `link`, `rules`, `process`, `ledger`. */
  readonly consumer: string
  readonly records: number
  readonly bytes: number
  /** When the oldest of them was written. */
  readonly oldestTime: Micros | undefined
  /** How old that is by what this process has seen pass, milliseconds: a wall clock that is set ages nothing. 0 without any. */
  readonly oldestAgeMs: number
}

/** The spool has no room and its policy is `block`. */
export class SpoolFull extends Error {
  override name = 'SpoolFull'
}
