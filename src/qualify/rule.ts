import type { ReasonSets } from '../core/reasons.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { worst } from '../core/status.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { Column } from './column.ts'

/**
 * Rows under judgement: columns of equal length, a part of a batch small enough for the processor's cache. Index 0 is row `offset` of the batch.
 * The columns from `row` on have one entry for each of the `noticed` rows, those that some rule has to look at, in row order: `row[k]` is the index of
 * the k-th. What they say of its signal is as it was before that row; NaN where nothing came before.
 */
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
  /** Source times of the oldest and the newest of these rows. */
  readonly earliest: Micros
  readonly latest: Micros
  readonly noticed: number
  readonly row: Uint16Array
  /** 1 where the reading is neither older than one already seen nor from the future: only such ones are remembered and compared with what came before. */
  readonly isInOrder: Uint8Array
  /** 1 where the value lies outside the declared `range` or `instrumentRange`: known to be wrong, it is nobody's neighbour. */
  readonly isOutside: Uint8Array
  /** Set by a rule that knows that the readings before this one were wrong and this one no longer is: the step between them says nothing of this one. */
  readonly isWayBack: Uint8Array
  /** Source time of the newest reading of the signal, null ones included. */
  readonly newest: Float64Array
  /** The newest numeric reading of the signal that was not outside its limits: its source time and value. */
  readonly previousTime: Float64Array
  readonly previousValue: Float64Array
  /** The usual size of a step, a slow mean in which a jump counts little. */
  readonly usualStep: Float64Array
  /** The level the signal stood on, within the largest `width`: since when, for how many readings. */
  readonly level: Float64Array
  readonly since: Float64Array
  readonly readings: Float64Array
  /**
   * Source time and value of the last sixteen readings in order, oldest first, in pairs: 32 numbers for each noticed row. Written only where a rule's
   * `jump` was exceeded or the reading is not newer than the newest.
   */
  readonly history: Float64Array
}

/** A device clock ahead of this node's by more than this cannot be right. */
export const AHEAD_US = 5 * SECOND

/**
 * Which readings of a signal a rule has to look at, besides those that are not newer than the newest or come from the future, which all see. It is shown at
 * least these; what other rules asked for is among them, so it looks for itself.
 */
export interface Notice {
  /** Values below, above. */
  readonly low?: number | undefined
  readonly high?: number | undefined
  /** Steps faster than this. */
  readonly perSecond?: number | undefined
  /** The first after a silence longer than this. */
  readonly silenceUs?: number | undefined
  /** Readings that were older than this when they arrived. */
  readonly ageUs?: number | undefined
  /** Steps larger than this and than four usual ones. */
  readonly jump?: number | undefined
  /** Readings within `width` of a level on which the signal has stood for longer than this. */
  readonly standUs?: number | undefined
  readonly width?: number | undefined
  /** Every reading. */
  readonly isAlways?: boolean | undefined
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
  /**
   * Takes in the declaration of a signal, new or changed, and says which of its readings are to be noticed. Every signal is declared before its first row.
   */
  declare(signal: number, definition: SignalDefinition): Notice | undefined
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
