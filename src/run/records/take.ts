import type { QuarantinedRow, RecordKind, RecordVersion } from '../../core/it-records.ts'
import type { Feed } from '../../core/record-kinds.ts'
import { judgeRow, keyOfRow, rowText } from '../../core/record-row.ts'
import type { RecordDelivery } from '../../core/record-source.ts'
import { contentDigest, type RecordBook } from './book.ts'

/** A snapshot on its way: the keys that were in its parts. */
export interface Snapshot {
  readonly seen: Set<string>
  /** A row whose key nobody could read: it may be any record, so that none can be said to be gone. */
  isBlurred: boolean
}

/** What a delivery comes to. */
export interface Taken {
  readonly versions: readonly RecordVersion[]
  readonly quarantined: readonly QuarantinedRow[]
  /** Keys of records that are gone. */
  readonly gone: readonly string[]
  /** Rows that said what was known already. */
  readonly known: number
  /** True when a snapshot ended and its deletions could not be told. */
  readonly isBlurred: boolean
}

/** Judges a delivery against what the source has said before. `snapshot` is the one of its feed, where it is part of one. */
export function takeDelivery(
  delivery: RecordDelivery,
  kind: RecordKind,
  feed: Feed,
  book: RecordBook,
  snapshot: Snapshot | undefined,
): Taken {
  const { source } = book
  const versions: RecordVersion[] = []
  const latest = new Map<string, string>()
  const quarantined: QuarantinedRow[] = []
  let known = 0
  const quarantine = (row: QuarantinedRow) => {
    if (book.isNewsQuarantine(row)) quarantined.push(row)
    else known++
  }
  for (const row of delivery.rows) {
    const judged = judgeRow(row, kind, feed, source)
    if ('malformed' in judged) {
      quarantine(judged.malformed)
      if (snapshot && judged.key === undefined) snapshot.isBlurred = true
      if (judged.key !== undefined) snapshot?.seen.add(judged.key)
      continue
    }
    const { version } = judged
    snapshot?.seen.add(version.key)
    const before = latest.get(version.key)
    const content = contentDigest(version)
    if (before === undefined ? book.isNews(version) : before !== content) versions.push(version)
    else known++
    latest.set(version.key, content)
  }
  for (const { row, reason } of delivery.unreadable ?? []) {
    quarantine({ kind: kind.name, source, reason, row: rowText(row) })
    if (snapshot) snapshot.isBlurred = true
  }
  const gone = new Set<string>()
  for (const row of delivery.deleted ?? []) {
    const key = keyOfRow(row, kind, feed)
    if (key === undefined) quarantine({ kind: kind.name, source, reason: 'its deletion names no key', row: rowText(row) })
    else if (book.has(kind.name, key) || latest.has(key)) gone.add(key)
    else known++
  }
  const isEnd = delivery.snapshot?.last === true && snapshot !== undefined
  if (isEnd && !snapshot.isBlurred) for (const key of book.missing(kind.name, snapshot.seen)) gone.add(key)
  return { versions, quarantined, gone: [...gone], known, isBlurred: isEnd && snapshot.isBlurred }
}
