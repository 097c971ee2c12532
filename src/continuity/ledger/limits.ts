/** What the ledger holds. Each limit has a test that reaches it. */
export const LEDGER_LIMITS = {
  /** Runs of records that some destination does not have yet; the oldest neighbours are joined beyond it, and told apart again when they are reached. */
  blocks: 16_384,
  /** The same in the saved state. */
  savedBlocks: 1_024,
  /** Reasons of one hour of one connection; more are counted as `other`. */
  reasons: 64,
  /** Connections of one node on one day; more are counted together, under no name. */
  connections: 4_096,
  /** Days that are held open; what comes for more of them is counted under no hour. */
  openDays: 400,
  /** Gaps of one log that are remembered; the oldest go. */
  holes: 1_024,
  /**
   * Holes of one destination, until it is past them: a conduit may withhold every other record. Senders wait for room; where there is none in time, the oldest are joined and what lies
   * between them counts as not told apart. What is withheld of records is joined beyond it, and counted all the same.
   */
  missed: 4_096,
  /** Bytes of a file that is read. */
  fileBytes: 64 * 1024 * 1024,
  /** Days of one question. */
  askedDays: 400,
} as const
