import { type JsonBounds, readJson } from '../lib/exact-json.ts'
import { parsePath } from '../lib/json-path.ts'
import type { DeletedWhen } from './deleted-when.ts'
import { rowsAt, unreadableText } from './json-rows.ts'
import { LIMITS } from './limits.ts'
import { type PushedRun, type RunEnd, runsOf } from './pushed-rows.ts'
import type { Row } from './record-source.ts'

/** One message of a broker. */
export interface BrokerMessage {
  readonly feed: number
  readonly value: Uint8Array
  /** What the message says beside its value (key, headers, subject): columns of every row of it. */
  readonly columns: Row
  /** It says that its record is gone, whatever its value. */
  readonly isDeletion: boolean
  readonly end?: RunEnd | undefined
}

export interface MessageReading {
  /** Where the rows are in the value. */
  readonly rows?: string | undefined
  readonly deletedWhen?: DeletedWhen | undefined
  readonly maxBytes: number
  readonly bounds: JsonBounds
}

/** The rows of a message, in their order. What cannot be read goes with its reason, and is acknowledged as rows are: it would come again for ever. */
export function runsOfMessage(message: BrokerMessage, reading: MessageReading): PushedRun[] {
  const { feed, value, columns, isDeletion, end = {} } = message
  const refuse = (reason: string): PushedRun[] => [
    { feed, rows: [], isDeletion: false, unreadable: [unreadableText(value, reason)], ...end },
  ]
  if (value.length > reading.maxBytes) return refuse(`a message of ${value.length} bytes; at most ${reading.maxBytes} are read`)
  if (value.length === 0) {
    if (!isDeletion) return refuse('an empty message')
    return Object.keys(columns).length > 0
      ? [{ feed, rows: [columns], isDeletion, ...end }]
      : refuse('an empty message that says nothing of what is gone: set `columns` of the feed')
  }
  const read = readJson(value, reading.bounds)
  if ('problem' in read) return refuse(read.problem)
  const path = reading.rows ?? ''
  const found = rowsAt(read.value, parsePath(path) ?? [], path)
  if (typeof found === 'string') return refuse(found)
  const count = found.rows.length + found.unreadable.length
  if (count > LIMITS.deliveryRows) return refuse(`a message of ${count} rows; at most ${LIMITS.deliveryRows} are read`)
  const own = Object.keys(columns).length > 0
  const rows = own ? found.rows.map((row) => ({ ...row, ...columns })) : found.rows
  if (isDeletion) return [{ feed, rows, isDeletion, unreadable: found.unreadable, ...end }]
  if (found.unreadable.length === 0) return runsOf(feed, rows, reading.deletedWhen, end)
  return [...runsOf(feed, rows, reading.deletedWhen), { feed, rows: [], isDeletion: false, unreadable: found.unreadable, ...end }]
}
