/** Limits of the one-way transport. Every one has a test that reaches it. */
export const DIODE_LIMITS = {
  /** Smallest and largest UDP payload: the least that IPv4 hosts must take, and what an Ethernet jumbo frame carries. */
  datagramBytes: { min: 576, max: 8_972 },
  /** Shards of data in one block: putting one together takes a matrix of the square of it. */
  dataShards: 64,
  /** Codes (numbers of data and parity shards) whose tables are kept. */
  codes: 80,
  /** Blocks that are put together at one time, of one sender: what comes for a block further ahead gives up the oldest. */
  windowBlocks: 64,
  /** Shards held of one sender, in bytes, over all blocks of the window. */
  windowBytes: 32 * 1024 * 1024,
  /** Bytes of messages of one sender that wait: for what explains them, or for the disk. What comes beyond is given up and declared. */
  waitingBytes: 64 * 1024 * 1024,
  /** Bytes of one message, compressed or not: one record of the largest size and what goes with it. */
  messageBytes: 64 * 1024 * 1024 + 64 * 1024,
  /**
   * Bytes of records that share a message, before compression; one larger record goes alone. Packed, that is about a full block: a quarter of it takes 27 % more
   * bytes per sample, and more of it would lose more with each lost block.
   */
  packBytes: 256 * 1024,
  /** Sealed bytes that may wait when live samples are shown. */
  showRoomBytes: 256 * 1024,
  /** Bytes of live samples in one message; more are not shown. */
  showBytes: 4 * 1024 * 1024,
  /** Bytes of dictionaries in one message. */
  dictionariesBytes: 8 * 1024 * 1024,
  /** Messages that the dictionaries of one stream may take: those of a million signals take twenty. */
  dictionariesParts: 32,
  /** Bytes sealed into blocks and not yet sent; `send` waits beyond it. */
  queuedBytes: 4 * 1024 * 1024,
  /** Gaps remembered; beyond it the two nearest of a stream are joined into one that covers both. */
  gaps: 10_000,
  /** Logs remembered of which an older copy went on; beyond it the oldest is forgotten. */
  forked: 256,
  /** Refused files carried by hand that are told of; the rest when these are taken away. Bytes of what is kept of one. */
  refusedFiles: 100,
  outcomeBytes: 8 * 1024,
  /** Bytes of the file that remembers gaps. */
  gapFileBytes: 8 * 1024 * 1024,
} as const
