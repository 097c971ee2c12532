import type { OnExchange } from './flows.ts'
import type { Logger } from './log.ts'
import type { Clock } from './time.ts'

/** A row as the source has it. Numbers beyond 2^53 and decimals come as text; times as RFC 3339 text or as `Date`; a nested value is addressed by a path. */
export type Row = Readonly<Record<string, unknown>>

/** Rows of one feed and the way to acknowledge them. */
export interface RecordDelivery {
  /** Which of the connection's feeds, by its place in the file's list. */
  readonly feed: number
  /** At most `LIMITS.deliveryRows`. */
  readonly rows: readonly Row[]
  /** Rows that the source says are gone: only their key fields count. */
  readonly deleted?: readonly Row[]
  /**
   * These rows are part of everything there is. `last` ends the snapshot: records of this feed that were in none of its parts are deleted. A snapshot
   * that breaks off (the source throws or is closed) deletes nothing.
   */
  readonly snapshot?: { readonly last: boolean }
  /** Where to go on after a restart once these rows are durable. Absent: as before. */
  readonly cursor?: string
  /** Rows the source itself could not read (a line that is no CSV, a cell that is no text), each with its reason. */
  readonly unreadable?: readonly { readonly row: string; readonly reason: string }[]
  /** The address of whoever pushed these rows; absent where this program asked for them. */
  readonly from?: string
  /** Called once, after all of it is durable on this node's disk. */
  readonly ack?: () => void
}

/** What the runner gives a connection's record source. */
export interface RecordContext {
  readonly connection: string
  readonly clock: Clock
  readonly log: Logger
  /** 0 <= n < 1. */
  readonly random: () => number
  /** The last durable cursor of a feed; undefined when there is none. */
  readonly cursor: (feed: number) => string | undefined
  /** The file's directory: relative paths start there. */
  readonly directory: string
  /**
   * For sources that listen: why rows of a caller are not taken, of a feed or of any; undefined when they are. What is not taken is counted by the answer, so that it is
   * asked once for each request. Absent: all are.
   */
  readonly against?: (caller: string, feed?: number) => string | undefined
  /** As that of a `SourceContext`. */
  readonly onExchange?: OnExchange
}

/**
 * One connection's IT records. The runner is the only caller and owns the loop, the back-off, the health and the shutdown, as for a `Source`:
 * `connect`, then `read` again and again, then `close`, never two at once except `close`, which may come at any time and must make a pending call settle.
 *
 * A source may hand over the same row as often as it likes: a row that says nothing new makes no version. So it need not remember what it delivered; after
 * a reconnection it may begin again at its last cursor or with a new snapshot.
 */
export interface RecordSource {
  /** One attempt. Throws NotConnected (the runner retries) or ConfigurationError (the runner stops this connection). */
  connect(stop: AbortSignal): Promise<void>
  /** Waits for the next delivery. An empty one says "alive, nothing new". Throws NotConnected when the line drops. */
  read(stop: AbortSignal): Promise<RecordDelivery>
  /** For polling sources: the monotonic millisecond at which `read` wants to be called; the runner waits. */
  nextReadMs?(): number
  /** Idempotent; never throws. */
  close(): Promise<void>
  readonly counters: RecordCounters
}

export interface RecordCounters {
  /** Rows, by reason, that the source had to drop. */
  readonly dropped: Record<string, number>
  /** Of the last answer. */
  readonly latencyMs?: number | undefined
}
