import type { Row } from '../../core/record-source.ts'
import { formatTime, parseTime } from '../../core/time.ts'
import { follow, type JsonPath } from '../../lib/json-path.ts'
import { REST_LIMITS } from './limits.ts'

/** A value a cursor can stand at. */
export type CursorValue = string | number

/** The highest value of a column; `from` when no row has a higher one. Values that are neither text nor number, or too long, do not count. */
export function highest(rows: readonly Row[], field: JsonPath, from: CursorValue | undefined): CursorValue | undefined {
  let best = from
  for (const row of rows) {
    const value = follow(row, field)
    if (!isCursorValue(value)) continue
    if (best === undefined || isAbove(value, best)) best = value
  }
  return best
}

export function isCursorValue(value: unknown): value is CursorValue {
  return (typeof value === 'string' && value !== '' && value.length <= REST_LIMITS.cursorValue) || typeof value === 'number'
}

const WHOLE = /^-?\d+$/

/** Numbers as numbers, times as times, everything else as text. */
function isAbove(a: CursorValue, b: CursorValue): boolean {
  const [left, right] = [String(a), String(b)]
  if (WHOLE.test(left) && WHOLE.test(right)) return BigInt(left) > BigInt(right)
  if (typeof a === 'number' && typeof b === 'number') return a > b
  const [from, to] = [parseTime(left), parseTime(right)]
  if (!Number.isNaN(from) && !Number.isNaN(to) && from !== to) return from > to
  return left > right
}

/** A time so many milliseconds before; anything else stays. */
export function goBack(value: CursorValue, ms: number): CursorValue {
  const time = typeof value === 'string' ? parseTime(value) : Number.NaN
  return Number.isNaN(time) ? value : formatTime(time - ms * 1000)
}

/** OData 4.01 URL conventions, 5.1.1.14: numbers and times as they are, text in quotes. */
export function odataLiteral(value: CursorValue): string {
  const isBare = typeof value === 'number' || WHOLE.test(value) || !Number.isNaN(parseTime(value)) || /^\d{4}-\d\d-\d\d$/.test(value)
  return isBare ? String(value) : `'${value.replaceAll("'", "''")}'`
}
