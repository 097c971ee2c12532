import { isRow } from '../../core/json-rows.ts'
import type { Row } from '../../core/record-source.ts'
import { REST_LIMITS } from './limits.ts'

/** What one page of a delta answer says: rows as they are now, and rows that are gone. */
export interface Changes {
  readonly rows: readonly Row[]
  readonly deleted: readonly Row[]
  readonly unreadable: readonly { readonly row: string; readonly reason: string }[]
}

/** Parts a page's rows into changes and deletions (OData JSON 4.01, 15.3; 4.0, 14.3), and drops the control information no record needs. */
export function changesOf(rows: readonly Row[], key: readonly string[] | undefined): Changes {
  const changes = { rows: [] as Row[], deleted: [] as Row[], unreadable: [] as { row: string; reason: string }[] }
  for (const row of rows) {
    // Links between entities (14.4, 14.5) are nothing of the entity itself.
    if (isLink(row)) continue
    if (!isDeletion(row)) changes.rows.push(row)
    else {
      const gone = deletedRow(row, key)
      if (gone) changes.deleted.push(gone)
      else
        changes.unreadable.push({ row: JSON.stringify(row).slice(0, 4096), reason: 'a deletion that names no key: set `key` of the feed' })
    }
  }
  return changes
}

const contextOf = (row: Row): string => String(row['@odata.context'] ?? row['@context'] ?? '')

function isDeletion(row: Row): boolean {
  return isRow(row['@removed']) || isRow(row['@odata.removed']) || contextOf(row).endsWith('/$deletedEntity')
}

function isLink(row: Row): boolean {
  return /\/\$(deletedLink|link)$/.test(contextOf(row))
}

function deletedRow(row: Row, key: readonly string[] | undefined): Row | undefined {
  // In 4.0 a deletion is `{ id, reason }` and no more; in 4.01 it is marked by @removed, and any other name is a column.
  const old = !isRow(row['@removed']) && !isRow(row['@odata.removed'])
  const own = old ? [] : Object.entries(row).filter(([name]) => !name.includes('@'))
  const named = Object.fromEntries(own)
  if (key ? key.every((column) => Object.hasOwn(named, column)) : own.length > 0)
    return key ? Object.fromEntries(key.map((column) => [column, row[column]])) : named
  const id = row['@id'] ?? row['@odata.id'] ?? row.id
  return typeof id === 'string' && id.length <= REST_LIMITS.linkLength ? keyOfId(id, key) : undefined
}

const PART = /(?:([\p{L}_][\p{L}\p{N}_]*)=)?('(?:[^']|'')*'|[^',()=]+)(,|$)/uy

/** `Flights('AF1')`, `Legs(Flight='AF1',Number=2)` as a row of keys; the only key without a name needs `key`. */
export function keyOfId(id: string, key: readonly string[] | undefined): Row | undefined {
  const open = id.indexOf('(', id.lastIndexOf('/') + 1)
  if (open < 0 || !id.endsWith(')')) return undefined
  let text: string
  try {
    text = decodeURIComponent(id.slice(open + 1, -1))
  } catch {
    return undefined
  }
  const parts: [string, string][] = []
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const found = PART.exec(text)
    if (!found) return undefined
    const name = found[1] ?? (key?.length === 1 ? key[0] : undefined)
    if (name === undefined || parts.length >= 8) return undefined
    const value = found[2] as string
    parts.push([name, value.startsWith("'") ? value.slice(1, -1).replaceAll("''", "'") : value])
  }
  return parts.length > 0 ? Object.fromEntries(parts) : undefined
}
