/** Limits of this connector. Every one has a test that reaches it. */
export const NATS_LIMITS = {
  /** Feeds of one connection. */
  feeds: 64,
  /** Bytes of one message, at most; `maxMessage` may ask for less. What is larger is not read and goes to quarantine. */
  messageBytes: 16 * 1024 * 1024,
  /** The largest message a server may let its clients send; we do not stay with one that allows more. */
  serverMessageBytes: 64 * 1024 * 1024,
  /** Bytes of messages that wait for `read`; past it a stream is not read on, and others are dropped and counted. */
  inboxBytes: 64 * 1024 * 1024,
  /** Unacknowledged messages of one stream at a time. */
  unacknowledged: 1_000,
  /** Lists and maps inside one another. */
  depth: 64,
  /** Values of one message. */
  values: 1_000_000,
  /** Characters of a header or of a part of a subject that becomes a column. */
  columnLength: 1_024,
  /** Milliseconds of silence after which the server is asked for a sign of life, and `read` says that nothing came. */
  aliveMs: 5_000,
  /** Milliseconds the server has for a sign of life, and for its answers. */
  answerMs: 5_000,
} as const
