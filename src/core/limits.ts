/** Limits on what one node holds or accepts. Every one has a test that reaches it. */
export const LIMITS = {
  /** Signals in one node's table. */
  signals: 1_000_000,
  /** Distinct combinations of reasons per epoch; more are recorded as `reasons-overflow`. */
  reasonSets: 65_536,
  /** UTF-8 bytes of one text value; longer text is refused with Bad status. */
  textBytes: 4_096,
  /** Samples in one batch; sources split what is larger. */
  batchSamples: 1_048_576,
  /** Bytes of one encoded batch, spool record or link frame. */
  recordBytes: 64 * 1024 * 1024,
  /** Bytes of one encoded batch: with what a link or a log adds to it, it still is one record. */
  batchBytes: 64 * 1024 * 1024 - 8192,
  /** Earlier epochs of its log that a node names to the next one, the newest: what that one lacks of them is then a gap there. */
  endedEpochs: 16,
  /** Logs of other nodes that one node keeps. */
  streams: 4096,
  /** Segments of another node's log that are remembered by their ids. */
  streamSegments: 64,
  /** Characters of a node's name. */
  nodeLength: 64,
  /** Characters of a signal id. */
  idLength: 512,
  /** Rows in one delivery of a record source; sources split what is larger. */
  deliveryRows: 10_000,
  /** Fields of one kind of record. */
  recordFields: 256,
  /** Connections of a kind of record whose names of equipment are said one by one. */
  recordSystems: 64,
  /** Characters of one text in a record. */
  fieldText: 65_536,
  /** Characters of a record's or a fact's key. */
  keyLength: 512,
  /** Characters of a row in quarantine that are kept. */
  quarantinedRow: 4_096,
  /** Characters of a cursor. */
  cursorLength: 65_536,
  /** Values of one fact, and inputs that one fact names. */
  factValues: 256,
  factInputs: 4_096,
  /** Characters of the name of who releases or discards rows in quarantine, and of the reason. */
  settledText: 500,
  /** Reasons in one account of what was dropped. */
  accountReasons: 64,
} as const
