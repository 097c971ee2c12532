import type { BatchBuilder } from './batch.ts'
import { LIMITS } from './limits.ts'
import type { ReasonSets } from './reasons.ts'
import type { DataType } from './signals.ts'
import { isNull, Status, worst } from './status.ts'
import { DAY, type Micros, parseTime } from './time.ts'
import { epochOf, isUnset } from './unset-clock.ts'

/** Source times before this are not times of a living device (1601, 1904 and 1970 epochs left unset). */
const EARLIEST: Micros = parseTime('1990-01-01T00:00:00Z')
/** Times from here to `FUTURE` need no second look; earlier ones may be a clock that starts to count at 2000. */
export const UNDOUBTED: Micros = parseTime('2000-01-02T00:00:00Z')
/** How far ahead of this node a device's clock may run before its time is refused. */
export const FUTURE: Micros = DAY

/** What a connector read for one signal, before any judgement. */
export interface Reading {
  readonly signal: number
  readonly dataType: DataType
  readonly value: unknown
  /** The device's time; absent where the protocol has none. */
  readonly sourceTime?: Micros
  readonly status?: number
  /** Reason the connector already knows, e.g. `modbus-illegal-address`. */
  readonly reason?: string
}

/**
 * Appends one reading from a hostile world and returns its row. What does not fit keeps its place in the stream
 * with a lowered status and a reason; nothing throws:
 *
 * | reading | status | reason |
 * |---|---|---|
 * | NaN or infinite number | BadOutOfRange, null | `not-a-number`, `infinite` |
 * | type other than declared, array, structure | BadTypeMismatch, null | `type-mismatch`, `array-refused`, `structure-refused` |
 * | integer beyond 2^53 | Uncertain, nearest double | `precision-lost` |
 * | text over `LIMITS.textBytes` | BadEncodingLimitsExceeded, null | `text-too-long` |
 * | null with a status that claims a value | BadNoData, null | `no-value` |
 * | source time before 1990, over a day ahead, or no number | Uncertain, received time | `source-time-implausible`, and `epoch-1970` and the like for a clock that was never set |
 * | source time on the first day of 2000, ten years ago or more | Uncertain, received time | `source-time-implausible`, `epoch-2000` |
 *
 * For columns that a connector decodes straight from bytes, `screen` applies the same number and time rules.
 */
export function admit(into: BatchBuilder, reasons: ReasonSets, reading: Reading, receivedTime: Micros): number {
  let status = reading.status ?? Status.Good
  let set = reading.reason ? reasons.of(reading.reason) : 0
  let value = Number.NaN
  let text: string | undefined
  if (!isNull(status)) {
    const got = convert(reading.value, reading.dataType)
    value = got.value
    text = got.text
    if (got.status !== undefined) status = worst(status, got.status)
    if (got.reason) set = reasons.with(set, got.reason)
    if (isNull(status)) text = undefined
  }
  const row = into.push(reading.signal, reading.sourceTime ?? receivedTime, isNull(status) ? Number.NaN : value, status, set)
  if (text !== undefined) into.setText(row, text)
  screenTime(into, reasons, row, receivedTime)
  return row
}

/** Applies the number and time rules of `admit` to rows `from .. count-1` that were written as columns. Pass rows of numeric or boolean signals only. */
export function screen(into: BatchBuilder, reasons: ReasonSets, from: number, receivedTime: Micros): void {
  const { value, status, sourceTime, count } = into
  const latest = receivedTime + FUTURE
  for (let i = from; i < count; i++) {
    const v = value[i] as number
    if (v - v !== 0 && !isNull(status[i] as number)) {
      status[i] = Status.BadOutOfRange
      into.reasons[i] = reasons.with(into.reasons[i] as number, Number.isNaN(v) ? 'not-a-number' : 'infinite')
      value[i] = Number.NaN
    }
    const t = sourceTime[i] as number
    if (!(t >= UNDOUBTED && t <= latest)) screenTime(into, reasons, i, receivedTime)
  }
}

function screenTime(into: BatchBuilder, reasons: ReasonSets, row: number, receivedTime: Micros): void {
  const t = into.sourceTime[row] as number
  if (t >= EARLIEST && t <= receivedTime + FUTURE && !isUnset(t, receivedTime)) return
  into.sourceTime[row] = receivedTime
  into.status[row] = worst(into.status[row] as number, Status.Uncertain)
  const set = reasons.with(into.reasons[row] as number, 'source-time-implausible')
  const epoch = epochOf(t)
  into.reasons[row] = epoch ? reasons.with(set, epoch) : set
}

interface Converted {
  value: number
  text?: string
  status?: number
  reason?: string
}

const bad = (status: number, reason: string): Converted => ({ value: Number.NaN, status, reason })

function convert(value: unknown, dataType: DataType): Converted {
  if (value === null || value === undefined) return bad(Status.BadNoData, 'no-value')
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return bad(Status.BadTypeMismatch, 'array-refused')
  if (typeof value === 'object') return bad(Status.BadTypeMismatch, 'structure-refused')
  switch (dataType) {
    case 'number':
      return typeof value === 'number'
        ? number(value)
        : typeof value === 'bigint'
          ? integer(value)
          : bad(Status.BadTypeMismatch, 'type-mismatch')
    case 'boolean':
      if (typeof value === 'boolean') return { value: value ? 1 : 0 }
      return value === 0 || value === 1 ? { value } : bad(Status.BadTypeMismatch, 'type-mismatch')
    case 'text':
      if (typeof value !== 'string') return bad(Status.BadTypeMismatch, 'type-mismatch')
      return value.length > LIMITS.textBytes || Buffer.byteLength(value) > LIMITS.textBytes
        ? bad(Status.BadEncodingLimitsExceeded, 'text-too-long')
        : { value: Number.NaN, text: value }
  }
}

function number(value: number): Converted {
  if (Number.isFinite(value)) return { value }
  return bad(Status.BadOutOfRange, Number.isNaN(value) ? 'not-a-number' : 'infinite')
}

function integer(value: bigint): Converted {
  const near = Number(value)
  return BigInt(near) === value ? { value: near } : { value: near, status: Status.Uncertain, reason: 'precision-lost' }
}
