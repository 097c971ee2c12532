/** Limits of identities. Every one has a test that reaches it. */
export const IDENTITY_LIMITS = {
  /** Characters of an enrolment token, of a certificate request, and of a file of certificates or a key. */
  tokenLength: 1024,
  requestLength: 4096,
  pemLength: 64 * 1024,
  /** Bytes of a file that holds nodes or tokens. */
  stateBytes: 16 * 1024 * 1024,
  /** Tokens remembered, used and expired ones included, and for how long after their end. */
  tokens: 1000,
  tokenMemoryMs: 7 * 86_400_000,
  /** A token may live this long. */
  tokenLifetimeMs: 7 * 86_400_000,
  /** Certificates of one node that are in force at once: the newest, the one in use, and answers that were lost on their way. */
  certificatesPerNode: 4,
  /** Revoked serial numbers remembered of one node that was admitted again. */
  withdrawnPerNode: 16,
  /** A node may ask for a new certificate this often. */
  renewEveryMs: 10_000,
  /** Characters of a reason, of who gave it, and of what the other end says. */
  textLength: 256,
  /** Wrong tokens one address may show before it has to wait, the first wait, the longest, and addresses remembered. */
  freeAttempts: 5,
  firstWaitMs: 1_000,
  longestWaitMs: 300_000,
  addresses: 10_000,
  /** How long to wait for another process that is writing the same file. */
  lockMs: 5_000,
  /** Days a certificate may be in force. */
  certificateDays: 825,
} as const
