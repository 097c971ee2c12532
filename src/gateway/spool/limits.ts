/** Limits of the spool itself; those of the whole node are in core. Every one has a test that reaches it. */
export const SPOOL_LIMITS = {
  /** Bytes of batches that go out under one fsync; one larger batch goes alone. */
  groupBytes: 8 * 1024 * 1024,
  /** Records that go out under one fsync. Three buffers each stay below the 1,024 of one writev. */
  groupRecords: 300,
  /** Encoded bytes waiting for their fsync. Batches beyond it wait unencoded, so the callers' memory is all they hold. */
  unsyncedBytes: 64 * 1024 * 1024,
  /** Files are read through a window of this size; a larger record widens it for itself. */
  windowBytes: 1024 * 1024,
  /** A place to start reading is remembered about every so many bytes of a segment. */
  pointBytes: 1024 * 1024,
  /** JSON bytes in one dictionary record; more entries make more records. */
  dictionaryBytes: 4 * 1024 * 1024,
  /** Kept free below `maxBytes`, so that the record which declares a drop is on disk before the data goes. */
  reserveBytes: 4096,
  /** Released segments kept all the same while there is room: the dictionary's second copy when the newest segment is damaged. */
  releasedSegments: 1,
  /** Bytes kept in `quarantine/`; what is found beyond is reported but not copied. */
  quarantineBytes: 256 * 1024 * 1024,
  /** Bytes of a signed statement (`*.sig`). */
  statementBytes: 4096,
  /** Fsync durations the percentiles are taken from. */
  fsyncDurations: 1024,
  /** Consumers that may hold data back. */
  consumers: 64,
  /** Places where the last reads ended, one per consumer in practice. */
  cursors: 16,
  /** Times one group is written, each time to another file, before the overflow policy decides. */
  writeAttempts: 2,
  /** A segment is closed when its first record is older than this share of `maxAge`, so that age can be enforced by whole segments. */
  ageShare: 1 / 8,
  /** Milliseconds after a start before the wall clock is asked how old is what was found: time for it to be set right, by the network or by a person. */
  clockSettlesMs: 86_400_000,
  /** A record said to be of before this (2020) was written without a clock: its time tells no age. Microseconds. */
  earliestTime: 1_577_836_800_000_000,
  /** A segment may be at most this share of `maxBytes`, so that dropping the oldest does not drop everything. */
  segmentShare: 1 / 4,
} as const
