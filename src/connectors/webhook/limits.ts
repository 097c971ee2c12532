/** Limits of this connector. Every one has a test that reaches it. */
export const WEBHOOK_LIMITS = {
  /** Feeds of one connection. */
  feeds: 256,
  /** Bytes of one body, at most; `maxBody` may ask for less. */
  bodyBytes: 64 * 1024 * 1024,
  /** Bytes of all bodies that are being received or wait for the disk; past it the answer is 503. */
  waitingBytes: 128 * 1024 * 1024,
  /** Requests that wait for the disk; past it the answer is 503. */
  waiting: 1_024,
  /** Connections at a time. */
  connections: 256,
  /** Bytes of a request's header. */
  headerBytes: 8 * 1024,
  /** Characters of an Idempotency-Key. */
  keyLength: 255,
  /** Answers that are remembered, by Idempotency-Key or signature. */
  answers: 100_000,
  /** Lists and maps inside one another. */
  depth: 64,
  /** Values of one body. */
  values: 1_000_000,
  /** Characters of a bearer token or shared secret, at least. */
  secretLength: 16,
  /** Milliseconds after which `read` says that nothing came. */
  aliveMs: 5_000,
} as const
