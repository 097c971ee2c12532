/** Limits of this connector. Every one has a test that reaches it. */
export const MQTT_LIMITS = {
  /** Bytes of one message; a larger one is skipped on the wire, acknowledged and counted as `message-too-large`. */
  messageBytes: 16 * 1024 * 1024,
  /** Bytes of messages waiting for `read`; past it the socket is not read. */
  inboxBytes: 32 * 1024 * 1024,
  /** Unacknowledged QoS 1 messages we let the broker send (MQTT 5 receive maximum). */
  inFlight: 4_096,
  /** Durable messages of an earlier process that are known again: fewer than the identifiers there are by the most that may be in flight. */
  receipts: 57_344,
  /** `read` stops adding messages to a batch at this many samples. */
  batchSamples: 131_072,
  /** Metrics of one message; one with more is undecodable. */
  messageSamples: 262_144,
  /** Edge nodes one connection remembers. */
  nodes: 10_000,
  /** Devices of one edge node. */
  devices: 2_000,
  /** Metrics of one edge node, those of its devices included. */
  metrics: 200_000,
  /** UTF-8 bytes of a metric's name. */
  nameBytes: 1_024,
  /** Templates inside templates. */
  templateDepth: 8,
  /** Aliases up to this one are found in an array; higher ones in a map. */
  directAlias: 65_536,
  /** Rebirth requests sent per second, over all edge nodes. */
  rebirthsPerSecond: 100,
  /** Topics whose rules are remembered (format plain). */
  topics: 100_000,
  /** Bytes of one JSON message. */
  jsonBytes: 1024 * 1024,
  /** Entries `browse` lists. */
  browseEntries: 50_000,
} as const
