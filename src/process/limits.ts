/** What one configuration may ask to be computed, and what one computation may read. */
export const PROCESS_LIMITS = {
  /** Declarations of one kind. */
  declarations: 1_000,
  /** Inputs of one declaration. */
  inputs: 32,
  /** States of one machine. */
  states: 64,
  /** Attributes of one event. */
  attributes: 32,
  /** Characters of a glob, and patterns that its braces may stand for. */
  globLength: 256,
  globAlternatives: 64,
  /** Places that one declaration may stand for. */
  places: 10_000,
  /** Windows that one moment is in, of sliding ones. */
  overlapping: 100,
  /** Windows that one change may touch; more are computed a piece at a time. */
  windows: 10_000,
  /** Times that one computation looks further, each four times as far as before, until nothing depends on what came before. */
  steps: 16,
} as const
