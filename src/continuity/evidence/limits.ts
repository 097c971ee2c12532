/** Limits of what is kept for proofs. Every one has a test that reaches it. */
export const EVIDENCE_LIMITS = {
  /** Logs of nodes, this one's included, whose hours are followed at once; of the others, the one known longest makes room. */
  streams: 1024,
  /** Closed hours that wait for the audit log to take them. */
  pending: 4096,
  /** Hours whose roots differ that wait for the audit log, or to be told; more stand with their hours, while these are remembered. */
  differences: 64,
  /** Bytes of record hashes kept for proofs; the oldest hours go first. */
  leafBytes: 256 * 1024 * 1024,
  /** Record hashes kept in memory until they are written, over all streams. */
  unwrittenLeaves: 65_536,
  /** Records of one hour that a proof can be made of. */
  provableRecords: 4_000_000,
  /** Bytes of the file that says where each hour stands: all streams with all the hours that are remembered of each. */
  stateBytes: 32 * 1024 * 1024,
  /** Files of an evidence folder, and bytes of one that is read whole. */
  folderFiles: 100_000,
  documentBytes: 64 * 1024 * 1024,
} as const
