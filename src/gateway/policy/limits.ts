/** Bounds of what a file may declare. */
export const POLICY_LIMITS = {
  zones: 256,
  conduits: 1_000,
  /** Of one list of a conduit. */
  globs: 1_000,
  globLength: 256,
  tests: 1_000,
  /** Pairs of conduits and what may pass them that one simulation asks about. */
  simulated: 2_000_000,
  /** Nodes below a hub whose zones are declared. */
  nodes: 4_096,
} as const

/** What one glob of a conduit may cost. */
export const GLOB_LIMITS = { length: POLICY_LIMITS.globLength, alternatives: 64 } as const
