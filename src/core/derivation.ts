import type { Fact, RevisionCause } from './facts.ts'
import type { History } from './history.ts'
import type { Micros } from './time.ts'

/**
 * Something came into the history, so that what was computed from it may be another now. Times are inclusive.
 * A record moved in time or to another place is two changes: where it was, and where it is.
 */
export type Change =
  | { readonly signal: string; readonly from: Micros; readonly to: Micros }
  | { readonly record: string; readonly key: string; readonly equipment?: string; readonly from: Micros; readonly to: Micros }
  | { readonly fact: string; readonly key: string; readonly equipment?: string; readonly from: Micros; readonly to: Micros }

/** The smallest thing that is computed at once: a record's join, a window of a signal, a stretch of one equipment's events. */
export interface Unit {
  readonly definition: string
  /** Names the unit within its definition. */
  readonly key: string
  /** The time it depends on. Units of one key that touch or overlap are merged. */
  readonly from: Micros
  /** Inclusive. It can be final when the watermark of its inputs has passed this. */
  readonly to: Micros
}

/** A sample of a derived signal. One at a time that has a sample already takes its place. */
export interface DerivedSample {
  readonly signal: string
  readonly time: Micros
  /** NaN: null. */
  readonly value: number
  readonly status: number
  readonly reasons: readonly string[]
  readonly text?: string
}

/** What a unit comes to, whole: what was published of it before and is not in here is withdrawn. */
export interface Outcome {
  readonly unit: Unit
  readonly facts: readonly Fact[]
  readonly samples: readonly DerivedSample[]
}

/**
 * One declaration of `derive`, `windows`, `events`, `correlations` or `kpis`, ready to compute. It keeps nothing between calls that history does not hold:
 * results follow from history alone, whatever the order in which it came to be. So a correction needs no more than knowing what it touches.
 */
export interface Derivation {
  readonly name: string
  /** Hash of the declaration: another one makes other facts. */
  readonly version: string
  /** Ids or globs of whole signal ids, kinds of records and names of facts whose changes matter. */
  readonly inputs: { readonly signals: readonly string[]; readonly records: readonly string[]; readonly facts: readonly string[] }
  /** The units that a change touches; never fewer. `history` is only for what cannot be known otherwise (which records overlap). */
  touched(change: Change, history: History): Promise<readonly Unit[]>
  /**
   * Computes units from history up to `watermark`: what happened after it is not known yet. Neighbouring units come together, so that they can share what they
   * read. `cause` goes into the facts.
   */
  compute(
    units: readonly Unit[],
    history: History,
    at: { readonly watermark: Micros; readonly cause: RevisionCause },
  ): Promise<readonly Outcome[]>
}
