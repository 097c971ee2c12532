import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api'
import type { Micros } from '../../core/time.ts'
import { appendRows } from './append-rows.ts'
import { at, type Cell, rowsOf } from './rows.ts'

/**
 * Where something was said, to tell which of two statements about one thing is the newer one: first by `base`, then by sequence. What comes in order
 * has its own ingest for a base. What fills a gap later has the ingest of the last record before it in its writer's log: so it stands behind what was
 * said before it there, and before all that was said since.
 */
export interface Place {
  readonly base: number
  readonly sequence: number
}

export const isBefore = (a: Place, b: Place): boolean => a.base < b.base || (a.base === b.base && a.sequence < b.sequence)

/** A version of a record, or a fact, that this commit brings. */
export interface Statement {
  /** What it is about: values of the columns that `Revisions` names. */
  readonly identity: readonly string[]
  /** The other columns of its table, but those of the revision. */
  readonly cells: readonly Cell[]
  readonly ingest: number
  readonly place: Place
}

/** The table, and the columns that name one thing. They come first, the key second. */
export interface Revisions {
  readonly table: string
  readonly identity: readonly string[]
}

export const RECORDS: Revisions = { table: 'records', identity: ['kind', 'key', 'source'] }
export const FACTS: Revisions = { table: 'facts', identity: ['definition', 'key'] }

/** What is said of one thing so far. */
interface State {
  revisions: number
  /** Of the newest statement: its place, and its row in the table or its number in this commit. */
  newest: { readonly place: Place; readonly row?: number; readonly added?: number } | undefined
}

/**
 * Appends statements inside the open transaction, numbered as they came, and ends the time of those they take the place of. Costs one query for
 * the things the commit speaks of, and nothing stays in memory.
 */
export async function appendRevisions(
  connection: DuckDBConnection,
  revisions: Revisions,
  statements: readonly Statement[],
  known: Micros,
): Promise<void> {
  if (statements.length === 0) return
  const states = await load(connection, revisions, statements)
  const gone: number[] = []
  const numbers: number[] = []
  const until: (Micros | null)[] = []
  statements.forEach(({ identity, place }, i) => {
    const state = states.get(nameOf(identity)) ?? { revisions: 0, newest: undefined }
    states.set(nameOf(identity), state)
    numbers.push(++state.revisions)
    const { newest } = state
    const isNewest = !newest || !isBefore(place, newest.place)
    until.push(isNewest ? null : known)
    if (!isNewest) return
    if (newest?.added !== undefined) until[newest.added] = known
    else if (newest?.row !== undefined) gone.push(newest.row)
    state.newest = { place, added: i }
  })
  const rows = statements.map(({ identity, cells, ingest, place }, i) => [
    ...identity,
    ...cells,
    ...[numbers[i] as number, known, until[i] ?? null, ingest, place.base, place.sequence],
  ])
  if (gone.length > 0)
    await connection.run(`UPDATE store.${revisions.table} SET until = ${at(known)} WHERE rowid IN (SELECT unnest([${gone.join(', ')}]))`)
  await appendRows(connection, revisions.table, rows)
}

async function load(
  connection: DuckDBConnection,
  { table, identity }: Revisions,
  statements: readonly Statement[],
): Promise<Map<string, State>> {
  const asked = [...new Map(statements.map((one) => [nameOf(one.identity), one.identity])).values()]
  const lists = identity.map((_, i) => listValue(asked.map((values) => values[i] as string)))
  const newest = ['base', 'sequence', 'rowid'].map((column) => `max(${column}) FILTER (until IS NULL)`)
  const rows = await rowsOf(
    connection,
    `SELECT ${identity.join(', ')}, max(revision), ${newest.join(', ')} FROM store.${table}
     JOIN (SELECT ${identity.map((column, i) => `unnest($${i + 1}) AS ${column}`).join(', ')}) USING (${identity.join(', ')}) GROUP BY ALL`,
    { values: lists, types: lists.map(() => LIST(VARCHAR)) },
  )
  const states = new Map<string, State>()
  for (const row of rows) {
    const [last, base, sequence, at] = row.slice(identity.length) as number[]
    const stored = { place: { base: base as number, sequence: sequence as number }, row: at as number }
    states.set(nameOf(row.slice(0, identity.length) as string[]), { revisions: last as number, newest: stored })
  }
  return states
}

const nameOf = (identity: readonly string[]): string => JSON.stringify(identity)
