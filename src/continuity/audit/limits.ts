/** Limits of the audit log. Every one has a test that reaches it. */
export const AUDIT_LIMITS = {
  /** Bytes of a file; as many are reserved on disk for the file after it. */
  fileBytes: 1024 * 1024,
  /** Bytes of an entry. */
  lineBytes: 4096,
  /** Characters of a text in an entry, and fields of its detail. */
  textLength: 256,
  detailFields: 16,
  /** Entries that wait for the disk at once. */
  waiting: 1024,
  /** Kept free in each file, for the signature that closes it. */
  signatureBytes: 1024,
  /** Bytes of a signed head. */
  headBytes: 2048,
  /** Refusals written one by one within a minute, from one address and in all; further ones are counted. */
  notesPerAddress: 10,
  notesPerMinute: 60,
  /** Addresses counted apart within a minute. */
  addresses: 1000,
  /** Entries one question brings. */
  answerEntries: 10_000,
  /** Places to forward to. */
  forwards: 4,
  /** Entries read from the file at once for one place, and bytes handed to the network and not yet taken. */
  forwardEntries: 256,
  forwardBytes: 256 * 1024,
} as const
