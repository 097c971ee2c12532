import { isRow, rowsAt } from '../../core/json-rows.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Row } from '../../core/record-source.ts'
import { readJson } from '../../lib/exact-json.ts'
import { parsePath } from '../../lib/json-path.ts'
import { WEBHOOK_LIMITS } from './limits.ts'

/** What a request says is gone comes after what it says is. */
export interface Sent {
  readonly rows: readonly Row[]
  readonly deleted: readonly Row[]
}

interface Reading {
  readonly rows?: string | undefined
}

/** The rows of a body; a string says what is wrong with it. All of it is taken or nothing, so that the sender knows. */
export function readBody(body: Buffer, reading: Reading): Sent | string {
  const read = readJson(body, WEBHOOK_LIMITS)
  if ('problem' in read) return `the body cannot be read: ${read.problem}`
  const sent = reading.rows === undefined && isEnvelope(read.value) ? envelope(read.value) : listed(read.value, reading)
  if (typeof sent === 'string') return sent
  const count = sent.rows.length + sent.deleted.length
  return count > LIMITS.deliveryRows ? `more than ${LIMITS.deliveryRows} rows in one request: send several` : sent
}

/** `{ rows, deleted }`: either may be absent, and there is nothing else, so that a row with a column `rows` remains one. */
function isEnvelope(value: unknown): value is { rows?: unknown[]; deleted?: unknown[] } {
  return (
    isRow(value) &&
    Object.keys(value).length > 0 &&
    Object.entries(value).every(([name, list]) => /^(rows|deleted)$/.test(name) && Array.isArray(list))
  )
}

function envelope({ rows = [], deleted = [] }: { rows?: unknown[]; deleted?: unknown[] }): Sent | string {
  for (const [name, list] of Object.entries({ rows, deleted })) {
    const odd = list.findIndex((item) => !isRow(item))
    if (odd >= 0) return `item ${odd} of ${name} is no row: a map of columns was expected`
  }
  return { rows: rows as Row[], deleted: deleted as Row[] }
}

function listed(value: unknown, { rows: path = '' }: Reading): Sent | string {
  const found = rowsAt(value, parsePath(path) ?? [], path)
  if (typeof found === 'string') return found
  if (found.unreadable.length > 0) return `${found.unreadable.length} items of the list are no rows: maps of columns were expected`
  return { rows: found.rows, deleted: [] }
}
