/** Limits of this connector. Every one has a test that reaches it. */
export const KAFKA_LIMITS = {
  /** Feeds of one connection. */
  feeds: 64,
  /** Brokers to begin with. */
  brokers: 64,
  /** Partitions of one topic: their offsets stand in one cursor. */
  partitions: 256,
  /** Bytes of one message's value, at most; `maxMessage` may ask for less. What is larger is not read and goes to quarantine. */
  messageBytes: 16 * 1024 * 1024,
  /** Bytes asked for at a time, of all partitions of a broker. */
  fetchBytes: 16 * 1024 * 1024,
  /** Bytes of one answer of a broker; who announces more is left. A batch larger than what was asked for comes alone, and whole. */
  answerBytes: 64 * 1024 * 1024,
  /** Bytes of one batch, unpacked. */
  unpackedBytes: 64 * 1024 * 1024,
  /** Bytes of messages that wait for `read`; past it the brokers are not asked for more. */
  inboxBytes: 64 * 1024 * 1024,
  /** Lists and maps inside one another. */
  depth: 64,
  /** Values of one message. */
  values: 1_000_000,
  /** Bytes of a key or a header that becomes a column. */
  columnBytes: 1_024,
  /** Milliseconds of silence after which `read` says that nothing came. */
  aliveMs: 5_000,
} as const
