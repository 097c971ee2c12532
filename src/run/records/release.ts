import { feedsOf, type LoadedConnection } from '../../config/index.ts'
import { reasonClass } from '../../continuity/ledger/index.ts'
import type { Historian } from '../../core/historian.ts'
import type { Decision, RecordBatch, RecordKind, RecordVersion, StoredQuarantine } from '../../core/it-records.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Discarded, Released } from '../../core/node-view.ts'
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
  /** Resolves when the historian has a record: until then it would say that a row still waits. */
  readonly stored: (sequence: number) => Promise<void>
  /** Ids that were decided about and that the historian may not have yet. */
  readonly settling: Set<string>
}

/** A row that somebody decides about. */
interface Settling {
  readonly row: StoredQuarantine
  readonly feed: number
  readonly version?: RecordVersion
}

/** Judges rows in quarantine by the present declaration; those that are records now are stored, and said to be released, in one record of the log. One call at a time. */
export async function releaseQuarantined(ids: readonly string[], settled: Decision, parts: ReleaseParts): Promise<Released> {
  const { ready, refused } = await settle(ids, parts, (row) => judgeAgain(row, parts))
  const released: string[] = []
  for (const [source, list] of ready) {
    const book = parts.books.get(source)
    const versions = list.flatMap(({ version }) => (version && (book?.isNews(version) ?? true) ? [version] : []))
    const own = list.map(({ row }) => row.id)
    const batch = { source, feed: list[0]?.feed ?? 0, versions, quarantined: [], released: own, settled, wereAside: reasonsOf(list) }
    await append(batch, own, parts)
    book?.learn(batch)
    released.push(...own)
  }
  return { released, refused }
}

/** Says of rows in quarantine that nobody takes them. One call at a time. */
export async function discardQuarantined(ids: readonly string[], settled: Decision, parts: ReleaseParts): Promise<Discarded> {
  const { ready, refused } = await settle(ids, parts, (row) => {
    const isOurs = parts.connections.some(({ name }) => name === row.source)
    return stateOf(row) ?? (isOurs ? { row, feed: 0 } : `no connection ${row.source} here: the node that reads it decides`)
  })
  const discarded: string[] = []
  for (const [source, list] of ready) {
    const own = list.map(({ row }) => row.id)
    const batch = { source, feed: 0, versions: [], quarantined: [], discarded: own, settled, wereAside: reasonsOf(list) }
    await append(batch, own, parts)
    discarded.push(...own)
  }
  return { discarded, refused }
}

/** Writes a decision, and waits until it can be read back. Until then the same rows are not decided about again. */
async function append(records: RecordBatch, ids: readonly string[], { spool, stored, settling }: ReleaseParts): Promise<void> {
  const { sequence } = await spool.appendContent({ kind: 'records', records })
  for (const id of ids) settling.add(id)
  await stored(sequence)
}

async function settle(ids: readonly string[], { historian, settling }: ReleaseParts, decide: (row: StoredQuarantine) => Settling | string) {
  const { rows } = await historian.quarantine({ ids, limit: ids.length })
  const found = new Map(rows.map((row) => [row.id, row]))
  const refused: { id: string; reason: string }[] = []
  const ready = new Map<string, Settling[]>()
  for (const id of new Set(ids)) {
    const row = found.get(id)
    if (row && stateOf(row) !== undefined) settling.delete(id)
    const decided = settling.has(id) ? 'somebody has just decided about it' : row ? decide(row) : 'there is no such row'
    if (typeof decided === 'string') refused.push({ id, reason: decided })
    else ready.set(decided.row.source, [...(ready.get(decided.row.source) ?? []), decided])
  }
  return { ready, refused }
}

const stateOf = ({ releasedTime, discardedTime }: StoredQuarantine): string | undefined =>
  releasedTime !== undefined ? 'it is released already' : discardedTime !== undefined ? 'it is discarded already' : undefined

/** Why the rows were set aside, as the ledger counted them. */
function reasonsOf(list: readonly Settling[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { row } of list) {
    const reason = reasonClass(row.reason)
    const name = Object.hasOwn(counts, reason) || Object.keys(counts).length < LIMITS.accountReasons - 1 ? reason : 'other'
    counts[name] = (Object.hasOwn(counts, name) ? (counts[name] as number) : 0) + 1
  }
  return counts
}

function judgeAgain(row: StoredQuarantine, { connections, kinds }: ReleaseParts): Settling | string {
  const state = stateOf(row)
  if (state !== undefined) return state
  const connection = connections.find(({ name }) => name === row.source)
  const feeds = connection ? feedsOf(connection) : []
  const at = feeds.findIndex(({ record }) => record === row.kind)
  const kind = kinds.get(row.kind)
  const feed = feeds[at]
  if (!feed || !kind) return `no connection ${row.source} brings records of the kind ${row.kind} any more`
  const parsed = parseRow(row.row)
  if (!parsed) return 'what was kept of the row is no whole row: let the source send it again'
  const judged = judgeRow(parsed, kind, feed, row.source)
  return 'version' in judged ? { row, feed: at, version: judged.version } : judged.malformed.reason
}

function parseRow(text: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : undefined
  } catch {
    return undefined
  }
}
