/** Limits on contracts, so that a hostile or broken file costs little. Every one has a test that reaches it. */
export const CONTRACT_LIMITS = {
  /** Bytes of one contract. */
  fileBytes: 1024 * 1024,
  /** Files of one configuration. */
  files: 256,
  /** Properties of all contracts of a configuration together. */
  properties: 10_000,
  /** Properties bound by a pattern, of all contracts together: each is compared with every new signal. */
  patterns: 500,
  /** Characters of a pattern, and what its braces may stand for. */
  patternLength: 256,
  patternAlternatives: 64,
  /** Declared states of one property. */
  states: 1_000,
  /** Checks of all contracts together. */
  checks: 10_000,
  /** Findings kept across a restart; the most frequent are. */
  savedFindings: 20_000,
  /** Bytes of what is kept across a restart. */
  savedBytes: 64 * 1024 * 1024,
  /** Example samples kept per finding. */
  examples: 5,
} as const
