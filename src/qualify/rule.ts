import type { ReasonSets } from '../core/reasons.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { worst } from '../core/status.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { Column } from './column.ts'

/** Rows under judgement: columns of equal length, a part of a batch small enough for the processor's cache. Index 0 is row `offset` of the batch. */
export interface Rows {
  readonly count: number
  readonly offset: number
  readonly signal: Uint32Array
  readonly sourceTime: Float64Array
  readonly value: Float64Array
  readonly status: Uint32Array
  readonly reasons: Uint32Array
  readonly text: ReadonlyMap<number, string> | undefined
  readonly receivedTime: Micros
  /** Source time of the newest reading of the signal before this row, null ones included; -Infinity before the first. */
  readonly newest: Float64Array
  /** The newest numeric reading of the signal before this row that was not outside its limits: its source time (-Infinity before the first) and value (NaN). */
  readonly previousTime: Float64Array
  readonly previousValue: Float64Array
  /** 1 where the value lies outside the declared `range` or `instrumentRange`: known to be wrong, it is nobody's neighbour. */
  readonly outside: Uint8Array
}

/** A device clock ahead of this node's by more than this cannot be right. */
export const AHEAD_US = 5 * SECOND

/** True for a reading from the future: it says nothing of the order of what follows, and no memory may keep its time. */
export function isAhead(rows: Pick<Rows, 'sourceTime' | 'receivedTime'>, row: number): boolean {
  return (rows.sourceTime[row] as number) - rows.receivedTime > AHEAD_US
}

/**
 * One judgement over rows, in place. It may lower `status` to Uncertain and add to `reasons`; it never touches values or times, never
 * raises a status, and never makes a reading Bad, because a Bad one has no value and the raw value is never lost. Its memory is per signal
 * and moves in row order, so that how samples are cut into batches changes nothing.
 */
export interface Rule {
  /** False while no signal declares anything for it: its pass is left out. */
  readonly isActive: boolean
  /** What it must remember from one batch to the next, by name: saved with the node's state and put back at its start. */
  readonly memory?: Readonly<Record<string, Column>>
  /** Takes in the declaration of a signal, new or changed. Every signal is declared before its first row. */
  declare(signal: number, definition: SignalDefinition): void
  judge(rows: Rows): void
}

/** A kind of rule, as people know it. */
export interface RuleKind {
  readonly id: string
  /** Raised when the same declaration would judge differently. */
  readonly version: number
  /** The reasons it gives. */
  readonly reasons: readonly string[]
  /** What a signal's declaration says of it; undefined: it does not apply. Times in seconds. */
  parametersOf(definition: SignalDefinition): Readonly<Record<string, unknown>> | undefined
  create(reasons: ReasonSets): Rule
}

/** Lowers a row to `status` unless it is as bad already, and adds the reason. */
export function mark(rows: Rows, row: number, reasons: ReasonSets, reason: string, status: number): void {
  rows.status[row] = worst(rows.status[row] as number, status)
  note(rows, row, reasons, reason)
}

/** Adds a reason and leaves the status. */
export function note(rows: Rows, row: number, reasons: ReasonSets, reason: string): void {
  rows.reasons[row] = reasons.with(rows.reasons[row] as number, reason)
}
