import type { LastValues } from '../core/last-values.ts'
import type { Link } from '../core/link.ts'
import type { Logger } from '../core/log.ts'
import type { EndedEpoch, Spool, SpoolRecord, StreamPosition } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'
import type { OutwardPolicy } from './policy/outward.ts'

/** The log keeps what the other end has not confirmed. */
export const LINK_CONSUMER = 'link'

export interface UplinkParts {
  readonly spool: Spool
  /** A link that will send from `next` on. */
  readonly link: (next: number) => Link | Promise<Link>
  readonly endpoint: string
  readonly version: string
  /** New at every start of the process. */
  readonly instance: string
  /** Earlier epochs of this node's log; absent: none. What the other end lacks of them is declared there. */
  readonly ended?: readonly EndedEpoch[] | undefined
  /** A relay hands over what it received; every other node its own log. */
  readonly isRelay: boolean
  readonly last: LastValues
  readonly signalCount: () => number
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  readonly stop: AbortSignal
  /** Where a one-way link stood, and where that is kept. */
  readonly cursor?: Cursor
  /** What may leave this node by the link; absent: all may. */
  readonly policy?: OutwardPolicy | undefined
  /** Called before what the other end has turns out to be more than was known here: records up to there were sent before, by this program or an earlier one. */
  readonly onResumed?: ((sequence: number) => Promise<void>) | undefined
  /** Records of our log that were taken to be sent, behind the record `before`; they go when it resolves. `over`: the link has ended. */
  readonly onTaken?: (records: readonly SpoolRecord[], before: number, over: AbortSignal) => Promise<void>
  /** At a relay, before it is sent: a record of our log, the other nodes' records in it, and each of them as it may go; `isSent`: not all of it is there yet. */
  readonly onRelayed?: (relayed: Relayed, over: AbortSignal) => Promise<void>
  /** The other end has our log up to there; one way, it was sent. */
  readonly onConfirmed?: (sequence: number) => void
  /** The other end knows a later part of this log, or another one: a copy of it was restored. Begins a new epoch. */
  readonly onForked: (position: StreamPosition) => Promise<void>
}

/** How far a one-way link has sent: what was sent once more than was noted does no harm. */
export interface Cursor {
  read(): Promise<number>
  write(sequence: number): Promise<void>
}

export interface Relayed {
  readonly record: SpoolRecord
  readonly inner: readonly SpoolRecord[]
  /** In the order of `inner`: a stand-in for each that may not leave. */
  readonly passed: readonly SpoolRecord[]
  readonly isSent: boolean
}
