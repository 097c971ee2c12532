import type { FieldValue, RecordKind, RecordVersion } from './it-records.ts'

/** Which of several sources counts for a use: the order of the declaration, then the names of those that are not in it. */
export function rankOf(source: string, { authority }: Pick<RecordKind, 'authority'>, use = 'default'): readonly [number, string] {
  const order = (Object.hasOwn(authority, use) ? authority[use] : authority.default) ?? []
  const at = order.indexOf(source)
  return [at < 0 ? order.length : at, source]
}

/** Newest versions of one record from its sources, the one that counts for the use first; sources that deleted it come after those that have it. */
export function byAuthority<V extends RecordVersion>(versions: readonly V[], kind: Pick<RecordKind, 'authority'>, use?: string): V[] {
  return [...versions].sort((a, b) => {
    const [rankA, nameA] = rankOf(a.source, kind, use)
    const [rankB, nameB] = rankOf(b.source, kind, use)
    return Number(a.isDeleted) - Number(b.isDeleted) || rankA - rankB || (nameA < nameB ? -1 : 1)
  })
}

/** Fields that both sources have and tell differently; what one of them does not say is no disagreement. */
export function disagreements(a: Readonly<Record<string, FieldValue>>, b: Readonly<Record<string, FieldValue>>): string[] {
  return Object.keys(a).filter((field) => a[field] !== null && (b[field] ?? null) !== null && a[field] !== b[field])
}
