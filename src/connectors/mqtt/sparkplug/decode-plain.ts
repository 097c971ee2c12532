import { UNDOUBTED } from '../../../core/admit.ts'
import type { BatchBuilder } from '../../../core/batch.ts'
import type { Micros } from '../../../core/time.ts'
import { MQTT_LIMITS } from '../limits.ts'
import type { EdgeNode } from './edge-node.ts'
import { Kind } from './types.ts'
import type { WireReader } from './wire.ts'

/** Fewest bytes of a metric with alias and value, its own tag and length included. */
const METRIC_BYTES = 6
const TWO28 = 2 ** 28

/** What the fast way needs to know of a message. */
export interface PlainRun {
  node: EdgeNode
  /** Index of the member that speaks. */
  owner: number
  /** Time of metrics that have none of their own. */
  time: Micros
  /** Latest plausible time. */
  latest: Micros
}

/**
 * The fast way: reads one metric after the other, straight from the bytes to the columns, for as long as they are what nearly all are: a known
 * alias below `directAlias`, perhaps a time of this century, perhaps a type, and a value that fits. Stops in front of the first metric that is
 * anything else, or that is not sound; the careful way takes it from there. What it writes needs no screening.
 */
export function readPlainRun(reader: WireReader, into: BatchBuilder, run: PlainRun): void {
  const { bytes, view, end } = reader
  const { direct, ownerOf, kindOf, signalOf } = run.node
  const { owner, latest } = run
  const first = into.count
  into.reserve(Math.min(MQTT_LIMITS.messageSamples, Math.floor((end - reader.pos) / METRIC_BYTES) + 1))
  const { signal, sourceTime, value: values } = into
  const room = Math.min(signal.length, first + MQTT_LIMITS.messageSamples)
  let pos = reader.pos
  let row = first
  while (row < room && pos + METRIC_BYTES <= end && bytes[pos] === 0x12) {
    const until = pos + 2 + (bytes[pos + 1] as number)
    if (until > end || (bytes[pos + 1] as number) >= 0x80 || bytes[pos + 2] !== 0x10) break
    let alias = bytes[pos + 3] as number
    let at = pos + 4
    if (alias >= 0x80) {
      alias = (alias & 0x7f) | ((bytes[at] as number) << 7)
      if ((bytes[at++] as number) >= 0x80) {
        alias = (alias & 0x3fff) | ((bytes[at] as number) << 14)
        if ((bytes[at++] as number) >= 0x80) break
      }
    }
    const slot = alias < direct.length ? (direct[alias] as number) : -1
    if (slot < 0 || ownerOf[slot] !== owner) break
    let time = run.time
    if (bytes[at] === 0x18) {
      time = timeAt(bytes, at + 1)
      at += 7
    }
    if (!(time >= UNDOUBTED && time <= latest)) break
    if (bytes[at] === 0x20) {
      if ((bytes[at + 1] as number) >= 0x80) break
      at += 2
    }
    const tag = bytes[at++] as number
    const kind = kindOf[slot] as number
    let value: number
    if (kind === Kind.Real) {
      if (tag === 0x65 && at + 4 === until) value = view.getFloat32(at, true)
      else if (tag === 0x69 && at + 8 === until) value = view.getFloat64(at, true)
      else break
      if (value - value !== 0) break
    } else {
      if (kind === Kind.Boolean ? tag !== 0x70 : tag !== 0x50 || kind > Kind.Unsigned) break
      value = smallAt(bytes, at, until)
      if (value < 0 || value > (LARGEST[kind] as number)) break
    }
    signal[row] = signalOf[slot] as number
    sourceTime[row] = time
    values[row] = value
    row++
    pos = until
  }
  // Status and reasons stay 0, Good: the builder's columns are fresh, or were used only up to here.
  if (row > first) {
    into.status.fill(0, first, row)
    into.reasons.fill(0, first, row)
  }
  into.count = row
  reader.pos = pos
}

/** Largest value by kind that is the same whatever its sign bit means; by index of `Kind`. */
const LARGEST: readonly number[] = [-1, 0x7f, 0x7fff, 0x0fff_ffff, 0x0fff_ffff, 0x0fff_ffff, -1, 1]

/** A time in milliseconds of six bytes, as all are from 1971 to 2109, in microseconds; NaN when it is of another length. */
function timeAt(bytes: Uint8Array, at: number): Micros {
  const a = bytes[at] as number
  const b = bytes[at + 1] as number
  const c = bytes[at + 2] as number
  const d = bytes[at + 3] as number
  const e = bytes[at + 4] as number
  const f = bytes[at + 5] as number
  if ((a & b & c & d & e) < 0x80 || !(f < 0x80)) return Number.NaN
  return (((a & 0x7f) | ((b & 0x7f) << 7) | ((c & 0x7f) << 14) | ((d & 0x7f) << 21)) + ((e & 0x7f) | (f << 7)) * TWO28) * 1000
}

/** A number of at most four bytes that ends exactly at `until`; -1 when it does not. */
function smallAt(bytes: Uint8Array, at: number, until: number): number {
  const size = until - at
  if (size < 1 || size > 4) return -1
  let value = 0
  for (let i = 0; i < size; i++) {
    const byte = bytes[at + i] as number
    if (byte < 0x80 !== (i === size - 1)) return -1
    value |= (byte & 0x7f) << (7 * i)
  }
  return value
}
