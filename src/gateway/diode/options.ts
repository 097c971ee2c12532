import { DIODE_LIMITS } from './limits.ts'
import { parityFor } from './parity.ts'

/** How the sending end sends; the defaults of `diodeDefaults`. */
export interface DiodeSettings {
  /** UDP payload, bytes: 1,400 goes through every Ethernet path, 8,900 where all of the path takes jumbo frames. */
  readonly datagramBytes: number
  /** Shards of data in a full block. */
  readonly dataShards: number
  /** Share of datagrams that may be lost without any loss of data, and how probable the loss of a block may then be. */
  readonly loss: number
  readonly blockLoss: number
  /** Bytes a second on the wire, parity included. */
  readonly bytesPerSecond: number
  /** Neighbouring blocks whose shards are sent in turn, so that a burst of losses is shared among them. */
  readonly interleave: number
  /** Data waits at most so long for its block to fill. */
  readonly flushMs: number
  readonly helloMs: number
  readonly dictionariesMs: number
  /** New dictionaries are sent a second time after so long. */
  readonly changedDictionariesMs: number
}

/** 5 % random loss undelivered with a probability of 7.3 · 10^-11 per full block, see `parityFor`. */
export const diodeDefaults: DiodeSettings = {
  datagramBytes: 1400,
  dataShards: 32,
  loss: 0.05,
  blockLoss: 1e-10,
  bytesPerSecond: 12_500_000,
  interleave: 4,
  flushMs: 50,
  helloMs: 1000,
  dictionariesMs: 30_000,
  changedDictionariesMs: 1000,
}

/** Parity shards by data shards, from 1 to a full block. Throws RangeError when a setting is out of its bounds. */
export function parityTable(settings: DiodeSettings): readonly number[] {
  const { min, max } = DIODE_LIMITS.datagramBytes
  if (settings.datagramBytes < min || settings.datagramBytes > max) throw new RangeError(`datagramBytes: from ${min} to ${max}`)
  if (settings.dataShards < 1 || settings.dataShards > DIODE_LIMITS.dataShards)
    throw new RangeError(`dataShards: from 1 to ${DIODE_LIMITS.dataShards}`)
  return Array.from({ length: settings.dataShards + 1 }, (_, data) => (data === 0 ? 0 : parityFor(data, settings.loss, settings.blockLoss)))
}
