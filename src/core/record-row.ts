import { readField } from './field-values.ts'
import { type FieldValue, NEVER, type QuarantinedRow, type RecordKind, type RecordVersion } from './it-records.ts'
import { LIMITS } from './limits.ts'
import type { Feed } from './record-kinds.ts'
import type { Row } from './record-source.ts'
import { formatTime, type Micros } from './time.ts'

/** Between the fields of a key. */
const KEY_SEPARATOR = '\u001f'

/** A row as a version of its record; or why it is none, with its key where at least that can be read. */
export type Judged = { readonly version: RecordVersion } | { readonly malformed: QuarantinedRow; readonly key?: string }

/** Judges one row of a feed by what its kind declares. Never throws: every row is a version or goes to quarantine with its reasons. */
export function judgeRow(row: Row, kind: RecordKind, feed: Pick<Feed, 'map'>, source: string): Judged {
  const values: Record<string, FieldValue> = {}
  const wrong: string[] = []
  for (const [name, field] of Object.entries(kind.fields)) {
    const column = feed.map?.[name] ?? name
    const read = readField(at(row, column), kind.key.includes(name) ? { ...field, required: true } : field)
    values[name] = 'value' in read ? read.value : null
    if ('wrong' in read) wrong.push(`${name}${column === name ? '' : ` (${column})`} ${read.wrong}`)
  }
  const key = keyOf(kind, values)
  if (key !== undefined && key.length > LIMITS.keyLength)
    wrong.push(`the key has ${key.length} characters, the limit is ${LIMITS.keyLength}`)
  const validity = validityOf(kind, values)
  if (typeof validity === 'string') wrong.push(validity)
  if (wrong.length === 0 && key !== undefined && typeof validity !== 'string')
    return { version: { kind: kind.name, key, source, ...validity, isDeleted: false, values } }
  const malformed = { kind: kind.name, source, reason: wrong.join('; ').slice(0, 1_000), row: rowText(row) }
  return { malformed, ...(key !== undefined && key.length <= LIMITS.keyLength && { key }) }
}

/** The key a row names, for rows of which only that counts; undefined when it cannot be read. */
export function keyOfRow(row: Row, kind: RecordKind, feed: Pick<Feed, 'map'>): string | undefined {
  const values: Record<string, FieldValue> = {}
  for (const name of kind.key) {
    const field = kind.fields[name]
    const read = field && readField(at(row, feed.map?.[name] ?? name), { ...field, required: true })
    if (!read || 'wrong' in read) return undefined
    values[name] = read.value
  }
  return keyOf(kind, values)
}

/** A row as JSON, as much of it as is kept. */
export function rowText(row: unknown): string {
  const text = JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? String(row)
  return text.slice(0, LIMITS.quarantinedRow)
}

function keyOf(kind: RecordKind, values: Readonly<Record<string, FieldValue>>): string | undefined {
  const parts = kind.key.map((name) =>
    kind.fields[name]?.type === 'time' && typeof values[name] === 'number' ? formatTime(values[name]) : values[name],
  )
  if (parts.some((part) => part === null || part === undefined)) return undefined
  return parts.map(String).join(KEY_SEPARATOR)
}

function validityOf(
  { validity }: RecordKind,
  values: Readonly<Record<string, FieldValue>>,
): { validFrom: Micros | null; validTo: Micros | null } | string {
  if (!validity) return { validFrom: null, validTo: null }
  const from = values[validity.from] as Micros | null
  const to = validity.to === undefined ? null : (values[validity.to] as Micros | null)
  if (from !== null && to !== null && to < from)
    return `${validity.to} (${formatTime(to)}) is before ${validity.from} (${formatTime(from)})`
  return { validFrom: from ?? NEVER, validTo: from === null ? null : to }
}

/** The value at a path: `a.b[0].c`; a column whose own name is the path comes first. */
function at(row: Row, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path]
  let value: unknown = row
  for (const step of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}
