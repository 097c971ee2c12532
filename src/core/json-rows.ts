import { follow, type JsonPath } from '../lib/json-path.ts'
import { LIMITS } from './limits.ts'
import type { Row } from './record-source.ts'

/** What one answer or message came to. */
export interface JsonRows {
  readonly rows: readonly Row[]
  /** Things in the list that are no row. */
  readonly unreadable: readonly { readonly row: string; readonly reason: string }[]
}

/** Characters of what is no row that are kept. */
const SHOWN = LIMITS.quarantinedRow

/**
 * The rows at a path of a parsed text: a list of maps, or one map as a list of one. A string says why there are none: a path that leads nowhere is not an
 * empty list, since an empty list may delete all there was.
 */
export function rowsAt(value: unknown, path: JsonPath, shownPath: string): JsonRows | string {
  const found = follow(value, path)
  const where = shownPath === '' ? 'the whole of it' : `what stands at ${shownPath}`
  if (found === undefined) return `there is nothing at ${shownPath}`
  if (!Array.isArray(found)) return isRow(found) ? { rows: [found], unreadable: [] } : `${where} is neither a list nor a map`
  if (found.every(isRow)) return { rows: found, unreadable: [] }
  const unreadable = found.filter((item) => !isRow(item)).map((item) => notARow(item))
  return { rows: found.filter(isRow), unreadable }
}

/** One text that was no row, as the quarantine shows it. */
export function unreadableText(text: string | Uint8Array, reason: string): { row: string; reason: string } {
  const shown = typeof text === 'string' ? text : Buffer.from(text.subarray(0, SHOWN * 4)).toString('utf8')
  return { row: shown.slice(0, SHOWN), reason }
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function notARow(item: unknown): { row: string; reason: string } {
  return { row: JSON.stringify(item).slice(0, SHOWN), reason: 'no row: a map of columns was expected' }
}

/** Pieces of at most `LIMITS.deliveryRows`; one empty piece of nothing. */
export function pieces<T>(items: readonly T[], size: number = LIMITS.deliveryRows): (readonly T[])[] {
  if (items.length <= size) return [items]
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
