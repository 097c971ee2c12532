import type { FunctionName } from './aggregates/index.ts'
import type { Fact, RevisionCause } from './facts.ts'
import type { History } from './history.ts'
import type { Micros } from './time.ts'

/**
 * Something came into the history, so that what was computed from it may be another now. Times are inclusive.
 * A record moved in time or to another place is two changes: where it was, and where it is.
 */
export type Change =
  | { readonly signal: string; readonly from: Micros; readonly to: Micros; readonly anew?: Anew }
  | { readonly record: string; readonly key: string; readonly equipment?: string; readonly from: Micros; readonly to: Micros }
  | { readonly fact: string; readonly key: string; readonly equipment?: string; readonly from: Micros; readonly to: Micros }

/** Why samples that a declaration writes are others, where no sample below them is. */
export type Anew = 'declaration' | 'engine' | 'recompute'

/** The end of what has none yet. A number like any other, so that it can be stored and asked for. */
export const FOREVER: Micros = Number.MAX_SAFE_INTEGER

/** The smallest thing that is computed at once: a record's join, a window of a signal, a stretch of one equipment's events. */
export interface Unit {
  readonly definition: string
  /** Names the unit within its definition. */
  readonly key: string
  /** The time it depends on. Of a key that names one fact the end told last counts; otherwise units of one key that touch or overlap are merged. */
  readonly from: Micros
  /** Inclusive; FOREVER while nobody knows. It can be final when the watermark of its inputs has passed this. */
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

/** Samples that one sample of a derived signal came of: those of [from, to), and the nearest before and after as far as they reach. */
export interface InputSpan {
  /** Whole id. */
  readonly signal: string
  readonly from: Micros
  readonly to: Micros
  /** How long a sample holds, so that an older one may still have had its say. */
  readonly lookBackUs: Micros
  readonly lookAheadUs: Micros
  /** The function of OPC 10000-13 over them, where it is one. */
  readonly function?: FunctionName
}

/** What a unit comes to, whole: what was published of it before and is not in here is withdrawn. */
export interface Outcome {
  /** As it turned out: it may be wider than the one asked for, or end earlier. */
  readonly unit: Unit
  readonly facts: readonly Fact[]
  readonly samples: readonly DerivedSample[]
  /** Signals that the unit writes: their samples of [unit.from, unit.to] that are not in here hold no more. */
  readonly signals?: readonly string[]
  /** Units to be computed when their time comes, although nothing changes: the period after this one. */
  readonly next?: readonly Unit[]
}

/**
 * One declaration of `derive`, `windows`, `events`, `correlations` or `kpis`, ready to compute. It keeps nothing between calls that history does not hold:
 * results follow from history alone, whatever the order in which it came to be. So a correction needs no more than knowing what it touches.
 */
export interface Derivation {
  readonly name: string
  /** Hash of the declaration and what computes it (`versionBy`): another one makes other facts. */
  readonly version: string
  /** Ids or globs of whole signal ids, kinds of records and names of facts whose changes matter. */
  readonly inputs: {
    readonly signals: readonly string[]
    readonly records: readonly string[]
    readonly facts: readonly string[]
    /** Globs of signals whose changes matter, too, and which nobody waits for: how far clocks are off. */
    readonly clocks?: readonly string[]
  }
  /**
   * Which published facts are a unit's: `keyed`: the one whose key is the unit's. `started`: those whose key begins with the unit's and `@`, begun within
   * [from, to] of the unit. `none`: it has none, only samples.
   */
  readonly facts: 'keyed' | 'started' | 'none'
  /**
   * Units of one key nearer than this are one, and may be computed up to the watermark first and the rest later: for what is computed along time, where every batch of
   * samples touches a little. Absent: each unit is computed whole.
   */
  readonly stretchUs?: Micros
  /**
   * A unit that goes on is computed meanwhile, at most this often; absent: only when the watermark has passed its end, and what was
   * published of it while it was shorter stays until then.
   */
  readonly progressUs?: Micros
  /** What a sample of a signal that it writes came of; undefined: that signal is none of its own. Absent: it writes none. */
  origin?(signal: string, at: Micros): readonly InputSpan[] | undefined
  /** The units that changes touch; never fewer. `history` is only for what cannot be known otherwise (which records overlap). */
  touched(changes: readonly Change[], history: History): Promise<readonly Unit[]>
  /**
   * Every unit that depends on something in [from, to], to compute it all anew. `to` may be FOREVER: then those known already to come or to go on (records),
   * and none for time that nothing is known of.
   */
  within(range: { readonly from: Micros; readonly to: Micros }, history: History): Promise<readonly Unit[]>
  /**
   * Computes units from history up to `watermark`: what happened after it is not known yet. Neighbouring units come together, so that they can share what they
   * read; what each comes to does not depend on which came together. A unit that nobody knows any more comes to nothing. `cause` goes into the facts; the
   * engine replaces it where it knows better. Rejects with QueryRefused when the units together are too much for the history: then fewer are asked for.
   */
  compute(
    units: readonly Unit[],
    history: History,
    at: { readonly watermark: Micros; readonly cause: RevisionCause },
  ): Promise<readonly Outcome[]>
}
