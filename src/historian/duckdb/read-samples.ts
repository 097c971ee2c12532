import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import type { SampleColumns, SampleQuery } from '../../core/historian.ts'
import { coldPaths } from './cold.ts'
import type { Dictionaries } from './dictionaries.ts'
import { at, rowsOf } from './rows.ts'
import { allSamples } from './schema.ts'
import { columnOf } from './vectors.ts'

/** What a read needs to know of the store. */
export interface ReadContext {
  readonly connection: DuckDBConnection
  readonly coldDirectory: string
  readonly dictionaries: Dictionaries
  /** Newest ingest; one committed a moment later may be a little higher. */
  readonly lastIngest: number
}

/**
 * Samples of one signal by time, those of one time in order of arrival; read from the engine's vectors, no object per row.
 * A signal nobody has heard of has no samples: that is an empty answer, not an error.
 */
export async function readSamples(context: ReadContext, query: SampleQuery, maxRows: number): Promise<SampleColumns> {
  const { connection, dictionaries } = context
  const key = dictionaries.keyOf(query.signal)
  const limit = Math.min(Math.max(0, Math.floor(query.limit)), maxRows)
  if (key === undefined || !(query.from < query.to)) return gather([], limit, false, dictionaries)
  const known = query.asKnownAt === undefined ? '' : ` AND ingest <= ${await ingestAt(connection, query.asKnownAt)}`
  const hasText = dictionaries.hasText(query.signal)
  const order = query.descending ? 'DESC' : 'ASC'
  const paths = await coldPaths(connection, context.coldDirectory, query.from, query.to, [key])
  // The limit is one more than asked for, to know whether there is more.
  const result =
    await connection.run(`SELECT epoch_us(time)::DOUBLE, coalesce(value, 'nan'), status, reasons, ingest::DOUBLE${hasText ? ', text' : ''}
    FROM (${allSamples(paths)}) WHERE signal = ${key} AND time >= ${at(query.from)} AND time < ${at(query.to)}${known}
    ORDER BY time ${order}, ingest ${order} LIMIT ${limit + 1}`)
  return gather(await result.fetchAllChunks(), limit, hasText, dictionaries)
}

/** The last ingest recorded at or before a time; ingest ids and recorded times rise together. */
export async function ingestAt(connection: DuckDBConnection, time: number): Promise<number> {
  const [row] = await rowsOf(connection, `SELECT coalesce(max(ingest), 0) FROM store.ingests WHERE recorded <= ${at(time)}`)
  return (row?.[0] as number) ?? 0
}

function gather(chunks: readonly DuckDBDataChunk[], limit: number, hasText: boolean, dictionaries: Dictionaries): SampleColumns {
  const found = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
  const count = Math.min(found, limit)
  const time = new Float64Array(count)
  const value = new Float64Array(count)
  const status = new Uint32Array(count)
  const reasons = new Uint32Array(count)
  const ingest = new Float64Array(count)
  const text = new Map<number, string>()
  let to = 0
  for (const chunk of chunks) {
    const rows = Math.min(chunk.rowCount, count - to)
    if (rows <= 0) break
    time.set(columnOf(chunk, 0, Float64Array).subarray(0, rows), to)
    value.set(columnOf(chunk, 1, Float64Array).subarray(0, rows), to)
    status.set(columnOf(chunk, 2, Uint32Array).subarray(0, rows), to)
    reasons.set(columnOf(chunk, 3, Uint32Array).subarray(0, rows), to)
    ingest.set(columnOf(chunk, 4, Float64Array).subarray(0, rows), to)
    for (let i = 0; hasText && i < rows; i++) {
      const item = chunk.getColumnVector(5).getItem(i)
      if (typeof item === 'string') text.set(to + i, item)
    }
    to += rows
  }
  const reasonSets = new Map<number, readonly string[]>()
  for (const set of reasons) if (!reasonSets.has(set)) reasonSets.set(set, dictionaries.namesOf(set))
  return { count, time, value, status, reasons, reasonSets, ingest, truncated: found > limit, ...(text.size > 0 && { text }) }
}
