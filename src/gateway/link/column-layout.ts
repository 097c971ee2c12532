/**
 * Bytes of a body taken apart. Little-endian: u32 1 for one batch, 0 for a block of records; u32 elements of each stream below; then the streams.
 *
 *   heads    u32 words: header words minus those of the header before
 *   plain    bytes as they are
 *   steps    varints: differences of neighbouring words, zigzag
 *   runs     varints: how often each of these comes again
 *   misses   varint of values since the last one, u8 form: values that do not have the form expected of their signal
 *   wholes   varints: values in decimal forms, minus the one before of the same signal, zigzag
 *   planes   8 × as many bytes: values as bits, XOR the one before of the same signal; all lowest bytes, then all second bytes ...
 */
export const STREAMS = 7
export const HEADER = 4 + 4 * STREAMS
/** Forms of a value beside the decimal ones: its bits, and the one NaN that stands for null. */
export const BITS = 32
export const NULL = 33
export const NULL_HIGH = 0x7ff80000
const MOST_SLOTS = 65_536

/** What is expected of each signal's next value. Signals share slots when there are more; that costs bytes, nothing else. */
export interface Expected {
  readonly mask: number
  readonly forms: Uint8Array
  readonly wholes: Int32Array
  readonly low: Uint32Array
  readonly high: Uint32Array
}

/** For a body of so many bytes: no more signals can be in it than values. */
export function nothingExpected(size: number): Expected {
  let slots = 16
  while (slots < MOST_SLOTS && slots * 8 < size) slots *= 2
  return {
    mask: slots - 1,
    forms: new Uint8Array(slots),
    wholes: new Int32Array(slots),
    low: new Uint32Array(slots),
    high: new Uint32Array(slots),
  }
}
