import type { RecordKindView, RecordView } from '../../../src/api/schemas.ts'
import { termsOf } from './terms.ts'

export type FieldValue = RecordView['values'][string]

/** One record as the table shows it: what counts, and what other sources say of the same. */
export interface RecordRow {
  readonly id: string
  readonly main: RecordView
  readonly others: readonly RecordView[]
  /** Fields in which some source says something else than the one that counts. */
  readonly disagrees: readonly string[]
  readonly equipment: 'none' | 'unknown' | 'known'
}

/** The parts of a key as people read them. */
export const keyText = (key: readonly string[]): string => key.join(' · ')

/** The newest versions of a kind by record, in the order in which they came. */
export function recordRows(records: readonly RecordView[], kind: Pick<RecordKindView, 'equipment'>): RecordRow[] {
  const byKey = new Map<string, RecordView[]>()
  for (const record of records) {
    const id = JSON.stringify(record.key)
    byKey.set(id, [...(byKey.get(id) ?? []), record])
  }
  return [...byKey].map(([id, all]) => {
    const main = all.find(({ authoritative }) => authoritative) ?? all[0]
    const others = all.filter((one) => one !== main)
    return { id, main, others, disagrees: [...new Set(others.flatMap((one) => one.disagrees ?? []))], equipment: standingOf(main, kind) }
  })
}

/** Whether the record names equipment, and whether anybody has declared that name. */
export function standingOf({ equipment, values }: RecordView, kind: Pick<RecordKindView, 'equipment'>): RecordRow['equipment'] {
  if (typeof equipment === 'string') return 'known'
  const named = kind.equipment && values[kind.equipment.field]
  return named === undefined || named === null || named === '' ? 'none' : 'unknown'
}

/** Rows whose fields, key, sources or equipment hold every word of the query. */
export function findRows(rows: readonly RecordRow[], query: string): readonly RecordRow[] {
  const terms = termsOf(query)
  if (terms.length === 0) return rows
  return rows.filter(({ main, others }) => {
    const text = [...main.key, main.equipment, ...Object.values(main.values), ...[main, ...others].map(({ source }) => source)]
      .join(' ')
      .toLowerCase()
    return terms.every((term) => text.includes(term))
  })
}

/** Changes whenever a version of the kind becomes known: until then what was read stands. */
export const stateOf = ({ counts }: Pick<RecordKindView, 'counts'>): string =>
  counts.map(({ source, records, changedTime }) => `${source} ${records} ${changedTime}`).join('\n')

/** What a column of the table is sorted by. */
export function sortKey(row: RecordRow, column: string): FieldValue {
  if (column === 'key') return keyText(row.main.key)
  if (column === 'equipment') return row.main.equipment ?? null
  if (column === 'source') return row.main.source
  if (column === 'known') return row.main.knownTime
  if (column === 'state') return row.disagrees.length + (row.equipment === 'unknown' ? 1_000 : 0)
  return row.main.values[column.replace(/^field:/, '')] ?? null
}

/** Sorted rows; equals keep their order, what is empty comes last either way. */
export function sorted<T>(rows: readonly T[], of: (row: T) => FieldValue | undefined, descending: boolean): T[] {
  const sign = descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const [x, y] = [of(a) ?? null, of(b) ?? null]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return x === y ? 0 : (x < y ? -1 : 1) * sign
  })
}

export interface Change {
  /** Name of a field; `validFrom`, `validTo` and `isDeleted` are of the record itself. */
  readonly field: string
  readonly before: FieldValue | undefined
  readonly after: FieldValue | undefined
}

/** What one version says otherwise than the one before it. */
export function changesOf(before: RecordView, after: RecordView): Change[] {
  const names = new Set([...Object.keys(before.values), ...Object.keys(after.values)])
  const fields = [...names].map((field) => ({ field, before: before.values[field], after: after.values[field] }))
  const own = (['isDeleted', 'validFrom', 'validTo'] as const).map((field) => ({ field, before: before[field], after: after[field] }))
  // The validity comes from fields as a rule; said once it is enough.
  const changed = fields.filter((one) => (one.before ?? null) !== (one.after ?? null))
  const said = new Set(changed.map(({ after: value }) => value))
  return [...own.filter((one) => one.before !== one.after && (one.field === 'isDeleted' || !said.has(one.after))), ...changed]
}

/** Versions of each source, oldest first; sources in the order given, others after them. */
export function bySource(records: readonly RecordView[], order: readonly string[]): { source: string; versions: RecordView[] }[] {
  const sources = [...new Set(records.map(({ source }) => source))]
  const place = (source: string) => (order.includes(source) ? order.indexOf(source) : order.length)
  return sources
    .toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
    .map((source) => ({ source, versions: records.filter((one) => one.source === source).toSorted((a, b) => a.revision - b.revision) }))
}
