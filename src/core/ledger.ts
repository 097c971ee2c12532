import type { AccountUnit } from './account.ts'
import type { Micros } from './time.ts'

/** What became, on the way to one destination, of what a connection read: `read = delivered + known + quarantined + dropped + pending + off`. */
export interface DestinationLine {
  /** `historian`, or `link` for the next node. */
  readonly destination: string
  readonly delivered: number
  /** By reason, what was dropped before the log included. */
  readonly dropped: Readonly<Record<string, number>>
  /** In the log, and not there yet. */
  readonly pending: number
  /** What the sum lacks; 0: it closes. */
  readonly off: number
  /** `delivered` is what the destination itself has counted; false: what it has confirmed by its place in the log. */
  readonly isOwnWord: boolean
}

/** One connection of one node. */
export interface LedgerLine {
  readonly node: string
  /** '' for what was lost before anybody knew whose it was. */
  readonly connection: string
  readonly unit: AccountUnit
  readonly read: number
  /** Rows that said nothing new. */
  readonly known: number
  /** By kind of reason; what was released or discarded since is taken away. */
  readonly quarantined: Readonly<Record<string, number>>
  readonly destinations: readonly DestinationLine[]
}

export interface LedgerView {
  /** Absent: all since the ledger began. Whole hours of recorded time. */
  readonly period: { readonly from: Micros; readonly to: Micros } | undefined
  readonly lines: readonly LedgerLine[]
}

/** The samples of some signals of one connection: those in a part of the log, and those of the same records that the historian has. */
export interface SignalSum {
  readonly node: string
  readonly connection: string
  readonly signals: number
  /** In the log's records, as they were read again. */
  readonly logged: number
  /** Of these records, as the historian's own rows say. */
  readonly delivered: number
  /** In records that the historian does not have yet. */
  readonly pending: number
  /** What the sum lacks, and at how many signals anything does; signals may be off while the sum is not. */
  readonly off: number
  readonly signalsOff: number
  readonly examples: readonly string[]
  /** Dropped since the ledger began, before the log or out of it before the historian had it, by the whole connection: nobody knows of which signals. */
  readonly droppedOfConnection: number
  /** `not-told-apart`: what is in the log is delivered or pending, and what was dropped before it may have been of these signals. */
  readonly state: 'closed' | 'off' | 'not-told-apart'
}

export interface SignalLedger {
  /** Records of this node's log that were counted. */
  readonly from: number
  readonly to: number
  /** When the first of them was written. */
  readonly fromTime?: Micros
  /** Recorded time that was asked about, in whole hours; absent: all of it. */
  readonly period?: { readonly from: Micros; readonly to: Micros }
  readonly sums: readonly SignalSum[]
}
