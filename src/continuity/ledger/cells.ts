import type { AccountUnit } from '../../core/account.ts'
import { LEDGER_LIMITS } from './limits.ts'

/** Counts by reason. */
export type Tally = Record<string, number>

/** What became of what went to one destination. */
export interface Share {
  /** Handed over: it is in the records up to the destination's checkpoint. */
  passed: number
  /** It went out of the log before the destination had it. */
  readonly lost: Tally
}

/** The counts of one connection during one hour of recorded time. */
export interface Cell {
  readonly node: string
  readonly connection: string
  readonly unit: AccountUnit
  readonly hour: number
  /** Made durable in the log: samples, or rows that became versions. */
  logged: number
  /** Rows that said nothing new. */
  known: number
  readonly quarantined: Tally
  readonly dropped: Tally
  readonly to: Record<string, Share>
}

export function emptyCell(of: Pick<Cell, 'node' | 'connection' | 'unit' | 'hour'>): Cell {
  const { node, connection, unit, hour } = of
  return { node, connection, unit, hour, logged: 0, known: 0, quarantined: {}, dropped: {}, to: {} }
}

export const shareOf = (cell: Cell, destination: string): Share => (cell.to[destination] ??= { passed: 0, lost: {} })

/** Adds to a tally; a reason beyond the limit is counted as `other`. What comes to nothing is not kept. */
export function tally(into: Tally, reason: string, count: number): void {
  if (count === 0) return
  const isKnown = Object.hasOwn(into, reason)
  const name = isKnown || Object.keys(into).length < LEDGER_LIMITS.reasons ? reason : 'other'
  const sum = (Object.hasOwn(into, name) ? (into[name] as number) : 0) + count
  if (sum === 0) delete into[name]
  else into[name] = sum
}

export const total = (of: Tally): number => Object.values(of).reduce((sum, count) => sum + count, 0)

/** Adds a cell to another, `sign` times. */
export function addCell(into: Cell, cell: Cell, sign: 1 | -1 = 1): void {
  into.logged += sign * cell.logged
  into.known += sign * cell.known
  for (const [reason, count] of Object.entries(cell.quarantined)) tally(into.quarantined, reason, sign * count)
  for (const [reason, count] of Object.entries(cell.dropped)) tally(into.dropped, reason, sign * count)
  for (const [name, share] of Object.entries(cell.to)) {
    const own = shareOf(into, name)
    own.passed += sign * share.passed
    for (const [reason, count] of Object.entries(share.lost)) tally(own.lost, reason, sign * count)
  }
}

/** The kind of a reason for which a row was set aside: what differs from row to row is left out, so that the kinds are few. */
export function reasonClass(reason: string): string {
  const [first = ''] = reason.split('; ')
  return first
    .replace(/"[^"]*"?|'[^']*'?/g, '…')
    .replace(/\d+/g, '#')
    .slice(0, 80)
}
