import type { DuckDBConnection } from '@duckdb/node-api'
import { type QuarantineQuery, QueryRefused, type RecordCount, type RecordCursor } from '../../core/historian.ts'
import type { RecordQuery } from '../../core/history.ts'
import type { FieldValue, StoredQuarantine, StoredVersion } from '../../core/it-records.ts'
import { Conditions, mostOf } from './conditions.ts'
import type { StoreLimits } from './limits.ts'
import { rowsOf, rowsWithin } from './rows.ts'
import { partsOfId } from './stated.ts'

/** Versions by key, source and revision. */
export async function readRecords(
  connection: DuckDBConnection,
  query: RecordQuery,
  limits: StoreLimits,
): Promise<{ versions: StoredVersion[]; truncated: boolean }> {
  const where = new Conditions()
  where.compare('kind', '=', query.kind)
  where.compare('source', '=', query.source)
  where.compare('key', '>', query.afterKey)
  where.oneOf('key', query.keys, limits)
  where.overlapping('valid_from', 'valid_to', query.overlapping)
  where.known(query.asKnownAt, query.allVersions)
  const { rows, truncated } = await rowsWithin(
    connection,
    {
      columns: 'kind, key, source, epoch_us(valid_from), epoch_us(valid_to), is_deleted, content, revision, epoch_us(known), ingest',
      ...{ table: 'store.records', order: 'key, source, revision', where: where.sql, parameters: where.parameters, isNamed: !!query.keys },
    },
    mostOf(query.limit, limits),
  )
  const versions = rows.map(([kind, key, source, validFrom, validTo, isDeleted, content, revision, knownTime, ingest]): StoredVersion => {
    const values = JSON.parse(content as string) as Record<string, FieldValue>
    return { kind, key, source, validFrom, validTo, isDeleted, values, revision, knownTime, ingest } as StoredVersion
  })
  return { versions, truncated }
}

/** Rows in quarantine, those that came last first. */
export async function readQuarantine(
  connection: DuckDBConnection,
  query: QuarantineQuery,
  limits: StoreLimits,
): Promise<{ rows: StoredQuarantine[]; truncated: boolean }> {
  const where = new Conditions()
  where.compare('kind', '=', query.kind)
  where.compare('source', '=', query.source)
  if (query.state === 'waiting') where.add('released IS NULL AND discarded IS NULL')
  else if (query.state !== undefined) where.add(`${query.state} IS NOT NULL`)
  if (query.ids) {
    if (query.ids.length > limits.statedKeys)
      throw new QueryRefused(`${query.ids.length} ids in one query, the limit is ${limits.statedKeys}`)
    const ids = query.ids.map(partsOfId).filter((id) => id !== undefined)
    where.add(ids.length === 0 ? 'false' : `(ingest, number) IN (${ids.map(([ingest, number]) => `(${ingest}, ${number})`).join(', ')})`)
  }
  const { rows, truncated } = await rowsWithin(
    connection,
    {
      columns:
        "ingest || '.' || number, kind, source, reason, content, epoch_us(known), epoch_us(released), epoch_us(discarded), settled_by, settled_reason",
      ...{
        table: 'store.quarantine',
        order: 'ingest DESC, number DESC',
        where: where.sql,
        parameters: where.parameters,
        isNamed: !!query.ids,
      },
    },
    mostOf(query.limit, limits),
  )
  const found = rows.map(([id, kind, source, reason, row, knownTime, released, discarded, by, why]) => {
    const times = { knownTime, releasedTime: released ?? undefined, discardedTime: discarded ?? undefined }
    return { id, kind, source, reason, row, ...times, settled: by === null ? undefined : { by, reason: why } } as StoredQuarantine
  })
  return { rows: found, truncated }
}

/** How much there is of each kind from each source: a scan of the narrow columns. */
export async function readCounts(connection: DuckDBConnection, limits: StoreLimits): Promise<RecordCount[]> {
  const rows = await rowsOf(
    connection,
    `SELECT kind, source, sum(records)::DOUBLE, epoch_us(max(changed)), sum(quarantined)::DOUBLE FROM (
       SELECT kind, source, count(*) FILTER (NOT is_deleted) AS records, max(known) AS changed, 0 AS quarantined
       FROM store.records WHERE until IS NULL GROUP BY ALL
       UNION ALL SELECT kind, source, 0, NULL, count(*) FROM store.quarantine WHERE released IS NULL AND discarded IS NULL GROUP BY ALL
     ) GROUP BY ALL ORDER BY kind, source LIMIT ${limits.statedRows}`,
  )
  return rows.map(([kind, source, records, changed, quarantined]) => {
    return { kind, source, records, changedTime: changed ?? undefined, quarantined } as RecordCount
  })
}

export async function readCursors(connection: DuckDBConnection): Promise<RecordCursor[]> {
  const rows = await rowsOf(connection, 'SELECT node, source, feed, cursor FROM store.record_cursors ORDER BY ALL')
  return rows.map(([node, source, feed, cursor]) => ({ node, source, feed, cursor }) as RecordCursor)
}
