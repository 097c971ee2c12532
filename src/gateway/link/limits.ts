import { LIMITS } from '../../core/limits.ts'

/** Limits of a link. Every one has a test that reaches it. */
export const LINK_LIMITS = {
  /** Bytes of one frame: a record of the largest size, with what surrounds it. */
  frameBytes: LIMITS.recordBytes + 65_536,
  /** Bytes of a frame that is only words: hello, welcome, a refusal. */
  wordsBytes: 1024 * 1024,
  /** Bytes of records in one frame, before compression; a larger record goes alone. */
  blockBytes: 2 * 1024 * 1024,
  /** Bytes on the wire that are not durable at the other end yet; then the sender waits. */
  windowBytes: 8 * 1024 * 1024,
  /** Bytes of records, uncompressed, that one sender may have waiting for the receiver's disk; then it is not read. */
  pendingBytes: 32 * 1024 * 1024,
  /** Newest values are not sent when more than this waits to leave. */
  showBehindBytes: 256 * 1024,
  /** For dialling and the first exchange. */
  helloMs: 10_000,
  /** A question every so often; the line is dead after twice as much silence again. */
  pingMs: 5_000,
  silenceMs: 15_000,
  /** How long a node that is connected has to show that it still is, when another one comes with its identity. */
  probeMs: 2_000,
  /** How often a node looks whether its certificate is due to be renewed. */
  renewLookMs: 600_000,
  /** New epochs of one node within an hour. More are no restored backups but two programs with one identity. */
  newEpochsPerHour: 3,
} as const
