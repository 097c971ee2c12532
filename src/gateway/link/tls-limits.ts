import { LIMITS } from '../../core/limits.ts'

/** Limits of the TLS transport; a part of them may be given otherwise. Every one has a test that reaches it. */
export interface TlsLimits {
  /** Bytes of one frame between programs that know each other: a record, and what the link adds to it. */
  readonly frameBytes: number
  /** Bytes of a frame from, or to, a stranger. */
  readonly strangerBytes: number
  /** Bytes on their way out above which `send` waits. */
  readonly sendBytes: number
  /** Bytes that arrived and wait to be received above which the socket is not read. */
  readonly receiveBytes: number
  /** Milliseconds for the TLS handshake, and from the first byte until both know each other or the enrolment is answered. */
  readonly handshakeMs: number
  readonly admissionMs: number
  /** The other end has taken nothing of what waits for it. */
  readonly stallMs: number
  /** After a clean close, for the other end to close too. */
  readonly closeMs: number
  /** Sockets not known yet: of one address, and in all. */
  readonly strangersPerAddress: number
  readonly strangers: number
  /** Channels of one node at once (an old one that nobody closed yet, and a new one), and in all. */
  readonly channelsPerNode: number
  readonly channels: number
}

export const TLS_LIMITS: TlsLimits = {
  frameBytes: LIMITS.recordBytes + 64 * 1024,
  strangerBytes: 16 * 1024,
  sendBytes: 1024 * 1024,
  receiveBytes: 8 * 1024 * 1024,
  handshakeMs: 5_000,
  admissionMs: 8_000,
  stallMs: 60_000,
  closeMs: 1_000,
  strangersPerAddress: 20,
  strangers: 512,
  channelsPerNode: 4,
  channels: LIMITS.streams + 512,
}
