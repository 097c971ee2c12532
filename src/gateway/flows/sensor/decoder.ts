import type { Observation } from '../../../core/flows.ts'

/** What a decoder says of a conversation; who talks to whom is added. */
export type Told = Partial<
  Pick<Observation, 'service' | 'unit' | 'address' | 'addresses' | 'exception' | 'identity' | 'client' | 'device' | 'isWrite'>
> &
  Pick<Observation, 'sentBytes' | 'receivedBytes'>

/** Follows one conversation of one protocol. Never throws; memory bounded. */
export interface Decoder {
  /** Bytes in their order; false when they cannot be followed. */
  take(isFromClient: boolean, bytes: Buffer): boolean
  /** Bytes are missing before the next ones. */
  lost(isFromClient: boolean): void
}
export type MakeDecoder = (tell: (told: Told) => void) => Decoder
