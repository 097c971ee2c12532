import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api'
import { QueryRefused, type SqlResult } from '../../core/historian.ts'
import { formatTime } from '../../core/time.ts'
import type { StoreLimits } from './limits.ts'
import { checkStatement } from './sql-guard.ts'

/**
 * Runs one checked SELECT and reads its result as it is made, up to the limit, so that a result of any size costs no more than what is kept.
 * Cells are JSON-safe: times as RFC 3339, whole numbers beyond 2^53 and decimals as text, infinities as text.
 */
export async function readSql(connection: DuckDBConnection, text: string, maxRows: number, limits: StoreLimits): Promise<SqlResult> {
  await checkStatement(connection, text, limits.sqlLength)
  try {
    const result = await connection.stream(text)
    const names = result.columnNames()
    const types = result.columnTypes()
    const columns = names.map((name, i) => ({ name, type: String(types[i]) }))
    const rows: unknown[][] = []
    let bytes = 0
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      for (const row of toRows(chunk)) {
        bytes += sizeOf(row)
        if (rows.length >= maxRows || bytes > limits.sqlBytes) return { columns, rows, truncated: true }
        rows.push(row)
      }
    }
    return { columns, rows, truncated: false }
  } catch (cause) {
    if (cause instanceof QueryRefused) throw cause
    throw new QueryRefused(explain(cause), { cause })
  }
}

function toRows(chunk: DuckDBDataChunk): unknown[][] {
  return chunk.convertRows(toJson)
}

const toJson: DuckDBValueConverter<Json> = (value: DuckDBValue, type: DuckDBType) => {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return formatTime(Number(value.micros))
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return JsonDuckDBValueConverter(value, type, toJson)
}

/** About how many bytes a row takes as JSON. */
function sizeOf(row: readonly unknown[]): number {
  let bytes = 0
  for (const cell of row)
    bytes += typeof cell === 'string' ? cell.length + 3 : typeof cell === 'object' && cell !== null ? JSON.stringify(cell).length : 8
  return bytes
}

/** The engine's message, without its pointers into internal statements. */
function explain(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (message.includes('Out of Memory')) return 'the query needs more memory than the historian may use; ask for less at once'
  return `the query failed: ${message.split('\n\n')[0]}`
}
