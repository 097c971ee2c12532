import type { DuckDBConnection } from '@duckdb/node-api'
import type { Fact } from '../../core/facts.ts'
import type { QuarantinedRow, RecordBatch, RecordVersion } from '../../core/it-records.ts'
import type { Logger } from '../../core/log.ts'
import type { AppendedContent } from '../../core/spool.ts'
import type { Micros } from '../../core/time.ts'
import { appendRows } from './append-rows.ts'
import { appendRevisions, FACTS, isBefore, type Place, RECORDS, type Statement } from './revisions.ts'
import { at, type Cell, rowsOf, whole } from './rows.ts'

/** The record that says it. */
export interface Origin {
  readonly node: string
  readonly writer: number
  readonly sequence: number
  readonly ingest: number
  /** It came later, into a gap that had been declared. */
  readonly isFill: boolean
}

/** What is kept beside the samples. */
export type StatedContent = Exclude<AppendedContent, { kind: 'account' | 'root' }>

/** What one commit brings of IT records and facts. Thrown away when the commit fails. */
export class Stated {
  readonly #taken: { readonly origin: Origin; readonly content: StatedContent }[] = []

  take(content: StatedContent, origin: Origin): void {
    this.#taken.push({ content, origin })
  }

  /** Kinds of records and definitions of facts that it speaks of. */
  names(): { readonly kinds: ReadonlySet<string>; readonly definitions: ReadonlySet<string> } {
    const kinds = new Set<string>()
    const definitions = new Set<string>()
    for (const { content } of this.#taken)
      if (content.kind === 'facts') for (const { definition } of content.facts) definitions.add(definition.toWellFormed())
      else for (const { kind } of content.records.versions) kinds.add(kind.toWellFormed())
    return { kinds, definitions }
  }

  /** Writes it inside the open transaction, when the ingests are in their table. */
  async flush(connection: DuckDBConnection, known: Micros, cursorsOfNode: number, log: Logger): Promise<void> {
    const versions: Statement[] = []
    const facts: Statement[] = []
    const cursors = new Map<string, Cursor>()
    for (const { content, origin } of this.#taken) {
      const common = { ingest: origin.ingest, place: await placeOf(connection, origin) }
      if (content.kind === 'facts') {
        facts.push(...content.facts.map((fact) => ({ ...common, ...ofFact(fact) })))
        continue
      }
      const { records } = content
      versions.push(...records.versions.map((version) => ({ ...common, ...ofVersion(version) })))
      await setAside(connection, records, origin.ingest, known)
      const { source, feed, cursor } = records
      const name = JSON.stringify([origin.node, source, feed])
      const before = cursors.get(name)
      if (cursor === undefined || (before && isBefore(common.place, before.place))) continue
      cursors.set(name, { node: origin.node, source, feed, cursor, place: common.place })
    }
    await appendRevisions(connection, RECORDS, versions, known)
    await appendRevisions(connection, FACTS, facts, known)
    for (const cursor of cursors.values()) {
      if (await keepCursor(connection, cursor, cursorsOfNode)) continue
      const { node, source, feed } = cursor
      log.warn({ node, source, feed }, `a cursor is not kept: this node has ${cursorsOfNode} of them already`)
    }
  }
}

/** Rows in quarantine: those that came, and those that are released or discarded. */
async function setAside(
  connection: DuckDBConnection,
  { source, quarantined, released, discarded, settled }: RecordBatch,
  ingest: number,
  known: Micros,
): Promise<void> {
  await appendRows(
    connection,
    'quarantine',
    quarantined.map((row, i) => ofQuarantine(row, ingest, i + 1, known)),
  )
  for (const [column, ids] of [
    ['released', released],
    ['discarded', discarded],
  ] as const) {
    const parts = (ids ?? []).map(partsOfId).filter((id) => id !== undefined)
    if (parts.length === 0) continue
    const list = parts.map(([of, number]) => `(${of}, ${number})`).join(', ')
    const own = `released IS NULL AND discarded IS NULL AND source = $1 AND (ingest, number) IN (${list})`
    await connection.run(`UPDATE store.quarantine SET ${column} = ${at(known)}, settled_by = $2, settled_reason = $3 WHERE ${own}`, [
      source.toWellFormed(),
      settled?.by.toWellFormed() ?? null,
      settled?.reason.toWellFormed() ?? null,
    ])
  }
}

/** See `Place`. Ingests that retention removed are older than any gap that can still be filled. */
async function placeOf(connection: DuckDBConnection, { writer, sequence, ingest, isFill }: Origin): Promise<Place> {
  if (!isFill) return { base: ingest, sequence }
  const [row] = await rowsOf(
    connection,
    `SELECT coalesce(max(ingest), 0) FROM store.ingests WHERE writer = ${writer} AND sequence < ${whole(sequence)} AND ingest NOT IN (SELECT ingest FROM store.fills)`,
  )
  return { base: (row?.[0] as number) ?? 0, sequence }
}

/** Half of a pair of surrogates is no text that can be stored: the same key must have the same name here and in the table. */
const named = (...names: string[]): string[] => names.map((name) => name.toWellFormed())

function ofVersion({ kind, key, source, validFrom, validTo, isDeleted, values }: RecordVersion): Pick<Statement, 'identity' | 'cells'> {
  return { identity: named(kind, key, source), cells: [validFrom, validTo, isDeleted, JSON.stringify(values)] }
}

function ofFact(fact: Fact): Pick<Statement, 'identity' | 'cells'> {
  const { definition, type, version, key, equipment, from, to, isWithdrawn, toleranceUs, values, inputs, cause } = fact
  return {
    identity: named(definition, key),
    cells: [
      ...[type, version, equipment ?? null, from, to, isWithdrawn ?? null, toleranceUs ?? null, cause],
      ...[JSON.stringify(values), JSON.stringify(inputs)],
    ],
  }
}

const ofQuarantine = ({ kind, source, reason, row }: QuarantinedRow, ingest: number, number: number, known: Micros): Cell[] => [
  ingest,
  number,
  ...named(kind, source),
  ...[reason, row, known, null, null, null, null],
]

/** Ingest and number of a row in quarantine; undefined for what is no such id. */
export function partsOfId(id: string): readonly [number, number] | undefined {
  const found = /^(\d{1,16})\.(\d{1,9})$/.exec(id)
  return found ? [Number(found[1]), Number(found[2])] : undefined
}

interface Cursor {
  readonly node: string
  readonly source: string
  readonly feed: number
  readonly cursor: string
  readonly place: Place
}

/** Keeps the newest cursor of each feed; false when the node has too many feeds. */
async function keepCursor(connection: DuckDBConnection, { node, source, feed, cursor, place }: Cursor, most: number): Promise<boolean> {
  const of = [node, source.toWellFormed()]
  const rows = await rowsOf(
    connection,
    `SELECT base, sequence, source = $2 AND feed = ${whole(feed)} AS is_own FROM store.record_cursors WHERE node = $1 ORDER BY is_own DESC`,
    { values: of },
  )
  const [base, sequence, isOwn] = rows[0] ?? []
  if (!isOwn) {
    if (rows.length >= most) return false
    await appendRows(connection, 'record_cursors', [[...of, feed, cursor, place.base, place.sequence]])
  } else if (!isBefore(place, { base: base as number, sequence: sequence as number })) {
    const set = `cursor = $3, base = ${whole(place.base)}, sequence = ${whole(place.sequence)}`
    await connection.run(`UPDATE store.record_cursors SET ${set} WHERE node = $1 AND source = $2 AND feed = ${whole(feed)}`, [
      ...of,
      cursor,
    ])
  }
  return true
}
