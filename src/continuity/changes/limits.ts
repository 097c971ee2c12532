/** Limits of changes that wait for approval. Every one has a test that reaches it. */
export const CHANGE_LIMITS = {
  /** Approvals a file may ask for, characters of the roles it names (the audit log takes no more), and people who may approve one change. */
  asked: 8,
  rolesLength: 250,
  approvals: 32,
  /** Changes that are kept; the oldest makes room for the next. */
  changes: 100,
  /** Bytes of a signed record, and of the files beside it. */
  recordBytes: 64 * 1024,
  filesBytes: 64 * 1024 * 1024,
} as const
