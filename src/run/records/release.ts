import { feedsOf, type LoadedConnection } from '../../config/index.ts'
import type { Historian } from '../../core/historian.ts'
import type { RecordKind, RecordVersion, StoredQuarantine } from '../../core/it-records.ts'
import type { Released } from '../../core/node-view.ts'
import { judgeRow } from '../../core/record-row.ts'
import type { Row } from '../../core/record-source.ts'
import type { Spool } from '../../core/spool.ts'
import type { RecordBook } from './book.ts'

export interface ReleaseParts {
  readonly historian: Pick<Historian, 'quarantine'>
  readonly spool: Pick<Spool, 'appendContent'>
  readonly connections: readonly LoadedConnection[]
  readonly kinds: ReadonlyMap<string, RecordKind>
  readonly books: ReadonlyMap<string, RecordBook>
}

/** Judges rows in quarantine by the present declaration; those that are records now are stored, and said to be released, in one record of the log. */
export async function releaseQuarantined(ids: readonly string[], parts: ReleaseParts): Promise<Released> {
  const { historian, spool, books } = parts
  const { rows } = await historian.quarantine({ ids, limit: ids.length })
  const found = new Map(rows.map((row) => [row.id, row]))
  const released: string[] = []
  const refused: { id: string; reason: string }[] = []
  const ready = new Map<string, { id: string; feed: number; version: RecordVersion }[]>()
  for (const id of new Set(ids)) {
    const row = found.get(id)
    const judged = row ? judgeAgain(row, parts) : 'there is no such row'
    if (typeof judged === 'string') refused.push({ id, reason: judged })
    else ready.set(judged.version.source, [...(ready.get(judged.version.source) ?? []), { id, ...judged }])
  }
  for (const [source, list] of ready) {
    const book = books.get(source)
    const versions = list.flatMap(({ version }) => (book?.isNews(version) ? [version] : []))
    const batch = { source, feed: list[0]?.feed ?? 0, versions, quarantined: [], released: list.map(({ id }) => id) }
    await spool.appendContent({ kind: 'records', records: batch })
    book?.learn(batch)
    released.push(...batch.released)
  }
  return { released, refused }
}

function judgeAgain(row: StoredQuarantine, { connections, kinds }: ReleaseParts): { feed: number; version: RecordVersion } | string {
  if (row.releasedTime !== undefined) return 'it is released already'
  const connection = connections.find(({ name }) => name === row.source)
  const feeds = connection ? feedsOf(connection) : []
  const at = feeds.findIndex(({ record }) => record === row.kind)
  const kind = kinds.get(row.kind)
  const feed = feeds[at]
  if (!feed || !kind) return `no connection ${row.source} brings records of the kind ${row.kind} any more`
  const parsed = parseRow(row.row)
  if (!parsed) return 'what was kept of the row is no whole row: let the source send it again'
  const judged = judgeRow(parsed, kind, feed, row.source)
  return 'version' in judged ? { feed: at, version: judged.version } : judged.malformed.reason
}

function parseRow(text: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : undefined
  } catch {
    return undefined
  }
}
