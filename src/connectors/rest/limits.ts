/** Limits of this connector. Every one has a test that reaches it. */
export const REST_LIMITS = {
  /** Feeds of one connection. */
  feeds: 256,
  /** Bytes of one answer's body, at most; `maxBody` may ask for less. */
  bodyBytes: 64 * 1024 * 1024,
  /** Bytes of one answer's header. */
  headerBytes: 16 * 1024,
  /** Lists and maps inside one another. */
  depth: 64,
  /** Values of one answer. */
  values: 4_000_000,
  /** Pages of one reading, at most; `maxPages` may ask for less. */
  pages: 100_000,
  /** Characters of a link to a next page, and of a delta link. */
  linkLength: 8_192,
  /** Characters of the value a cursor stands at. */
  cursorValue: 1_024,
  /** Redirections that are followed, within one host. */
  redirects: 3,
  /** The longest pause a server may ask for (`Retry-After`), in milliseconds. */
  retryAfterMs: 3_600_000,
  /** The shortest time between two readings of a feed, in milliseconds. */
  everyMs: 100,
  /** Bytes of the answer of a token address. */
  tokenBytes: 64 * 1024,
} as const
