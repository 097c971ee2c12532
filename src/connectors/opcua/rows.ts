import type { DataValue, Variant } from 'node-opcua'
import { admit, FUTURE, type Reading, UNDOUBTED } from '../../core/admit.ts'
import type { BatchBuilder } from '../../core/batch.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import { Status } from '../../core/status.ts'
import { formatTime, type Micros } from '../../core/time.ts'
import type { Item } from './targets.ts'

/** Info type DataValue with the overflow bit: the server threw changes away before this one (OPC 10000-4, 7.39.1). */
const OVERFLOW = 0x0480
const INFO_BITS = 0x0c80

/** Built-in type identifiers (OPC 10000-6, 5.1.2). */
const BOOLEAN = 1
const SBYTE = 2
const UINT32 = 7
const INT64 = 8
const UINT64 = 9
const FLOAT = 10
const DOUBLE = 11
const DATE_TIME = 13
const BYTES = 15
const STATUS_CODE = 19
const LOCALIZED_TEXT = 21

/** Structures of the library as they come off the wire; any field may be missing when the server is hostile. */
export interface Notification {
  readonly clientHandle: number
  readonly value: DataValue
}

export interface Appended {
  /** Rows whose status says that the server's queue overflowed. */
  overflows: number
  /** Notifications for handles we never gave out. */
  strangers: number
  /** The first value of an item, this connection, that does not fit what the signal is. */
  problem: string | undefined
}

/**
 * Appends notifications in their order. Numbers and booleans with a plain time go straight into the columns; everything else
 * goes through `admit`. Status codes keep all 32 bits, source times whole microseconds (100 ns and picoseconds are cut).
 */
export function appendNotifications(
  into: BatchBuilder,
  reasons: ReasonSets,
  items: readonly Item[],
  notifications: readonly Notification[],
  receivedTime: Micros,
): Appended {
  const appended: Appended = { overflows: 0, strangers: 0, problem: undefined }
  const latest = receivedTime + FUTURE
  into.reserve(notifications.length)
  for (const { clientHandle, value: data } of notifications) {
    const item = items[clientHandle]
    if (!item) {
      appended.strangers++
      continue
    }
    item.heard = true
    const status = data.statusCode.value >>> 0
    if ((status & INFO_BITS) === OVERFLOW) appended.overflows++
    const time = sourceTime(data)
    const variant = data.value as Variant | null | undefined
    if (time !== undefined && time >= UNDOUBTED && time <= latest && status < 0x80000000 && variant && variant.arrayType === 0) {
      const number = plainNumber(variant, item)
      if (number - number === 0 && status >>> 16 !== NO_DATA) {
        into.push(item.signal, time, number, status)
        continue
      }
    }
    const row = admit(into, reasons, toReading(item, status, time, variant), receivedTime)
    if (!item.complained && into.status[row] !== status) {
      item.complained = true
      appended.problem ??= `${item.address}: ${reasons.names(into.reasons[row] ?? 0).join(', ')} (${typeName(variant)})`
    }
  }
  return appended
}

const NO_DATA = Status.GoodNoData >>> 16

/** The rows of signals that are not monitored, and why. */
export function appendRefusals(into: BatchBuilder, reasons: ReasonSets, items: readonly Item[], receivedTime: Micros): void {
  for (const { signal, refused } of items) {
    if (refused) into.push(signal, receivedTime, Number.NaN, refused.status, reasons.of(refused.reason))
  }
}

/** NaN for what `admit` has to look at. */
function plainNumber(variant: Variant, item: Item): number {
  const type = variant.dataType as number
  const value = variant.value as unknown
  if (item.dataType === 'number') {
    if ((type >= SBYTE && type <= UINT32) || type === DOUBLE || type === FLOAT) return typeof value === 'number' ? value : Number.NaN
    return Number.NaN
  }
  if (item.dataType === 'boolean' && type === BOOLEAN) return value === true ? 1 : value === false ? 0 : Number.NaN
  return Number.NaN
}

/** Microseconds; the library keeps milliseconds in the date and the rest of the 100 ns ticks as picoseconds. */
function sourceTime(data: DataValue): Micros | undefined {
  const date = data.sourceTimestamp
  return date ? date.getTime() * 1000 + Math.floor(data.sourcePicoseconds / 1e6) : undefined
}

function toReading(item: Item, status: number, time: Micros | undefined, variant: Variant | null | undefined): Reading {
  const { signal, dataType } = item
  const base = { signal, dataType, ...(time !== undefined && { sourceTime: time }) }
  if (variant?.dataType === BYTES && variant.arrayType === 0 && status < 0x80000000) {
    return { ...base, value: undefined, status: Status.BadTypeMismatch, reason: 'bytes-refused' }
  }
  return { ...base, status, value: variant ? plainValue(variant) : undefined }
}

/** The library's value as a number, bigint, boolean, text or, for what is refused, an array or object. */
export function plainValue(variant: Variant): unknown {
  // A null array has no value in the library: it is an array all the same.
  if (variant.arrayType !== 0) return []
  const value = variant.value as unknown
  switch (variant.dataType as number) {
    case INT64:
      return wide(value, true)
    case UINT64:
      return wide(value, false)
    case DATE_TIME:
      return value instanceof Date && !Number.isNaN(value.getTime()) ? formatTime(value.getTime() * 1000) : undefined
    case LOCALIZED_TEXT:
      return value === null || value === undefined ? undefined : ((value as { text?: string | null }).text ?? '')
    case STATUS_CODE:
      return (value as { value?: number } | null)?.value
    default:
      return value
  }
}

/** A 64-bit integer, which the library gives as two 32-bit halves, high first. */
function wide(halves: unknown, signed: boolean): bigint | undefined {
  if (!Array.isArray(halves) && !(halves instanceof Uint32Array)) return undefined
  const [high, low] = halves as unknown as number[]
  const bits = (BigInt((high ?? 0) >>> 0) << 32n) | BigInt((low ?? 0) >>> 0)
  return signed ? BigInt.asIntN(64, bits) : bits
}

const TYPE_NAMES = [
  'Null',
  'Boolean',
  'SByte',
  'Byte',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
  'Float',
  'Double',
  'String',
  'DateTime',
  'Guid',
  'ByteString',
  'XmlElement',
  'NodeId',
  'ExpandedNodeId',
  'StatusCode',
  'QualifiedName',
  'LocalizedText',
  'ExtensionObject',
  'DataValue',
  'Variant',
  'DiagnosticInfo',
]

/** `Double`, `Double[]`, or `no value`. */
export function typeName(variant: Variant | null | undefined): string {
  if (!variant) return 'no value'
  return `${TYPE_NAMES[variant.dataType as number] ?? 'unknown type'}${variant.arrayType === 0 ? '' : '[]'}`
}
