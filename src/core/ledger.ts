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
