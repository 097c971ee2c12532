/** Bounds of what a file may declare. */
export const POLICY_LIMITS = {
  zones: 256,
  conduits: 1_000,
  /** Of one list of a conduit. */
  globs: 1_000,
} as const
