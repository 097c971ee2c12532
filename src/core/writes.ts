/** What somebody wants a device to take. */
export interface WriteIntent {
  readonly signal: string
  readonly value: number | boolean | string
}

/** Who asks, and from where. */
export interface WriteAsker {
  readonly who?: string
  readonly from?: string
}

/** Why nothing was written. `writes-off`: this program writes to no device. `no-such-signal`: nothing by that name is known here. */
export const WRITE_REFUSALS = ['no-such-signal', 'writes-off'] as const
export type WriteRefusal = (typeof WRITE_REFUSALS)[number]

/** The one place through which anything could ever be written to a device. It only refuses. */
export interface WriteGate {
  /** Counts and records the attempt, then says why it was refused. */
  ask(intent: WriteIntent, asker: WriteAsker): Promise<WriteRefusal>
  /** Attempts refused since the start, by reason. */
  refused(): Readonly<Record<WriteRefusal, number>>
}
