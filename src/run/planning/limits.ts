/** What a candidate may be that is offered over HTTP. Each limit has a test that reaches it. */
export const PLANNING_LIMITS = {
  files: 64,
  nameLength: 256,
  /** Characters of all files offered. */
  characters: 4 * 1024 * 1024,
  /** Milliseconds and memory of one comparison, in a thread of its own. */
  planMs: 30_000,
  memoryMiB: 1_024,
} as const
