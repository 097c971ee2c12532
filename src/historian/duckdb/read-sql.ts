import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBListVector,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  type DuckDBVector,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api'
import { QueryRefused, type SqlResult } from '../../core/historian.ts'
import { formatTime } from '../../core/time.ts'
import type { StoreLimits } from './limits.ts'
import { checkStatement } from './sql-guard.ts'

const OPAQUE: ReadonlySet<DuckDBTypeId> = new Set([DuckDBTypeId.MAP, DuckDBTypeId.ARRAY, DuckDBTypeId.UNION, DuckDBTypeId.VARIANT])

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
    const opaque = columns.find((_, i) => isOpaque(types[i] as DuckDBType))
    if (opaque) throw new QueryRefused(`${opaque.name} is a ${opaque.type}: select what is in it, or CAST(${opaque.name} AS VARCHAR)`)
    const rows: unknown[][] = []
    let bytes = 0
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      const elements = Array.from({ length: chunk.columnCount }, (_, i) => elementsOf(chunk.getColumnVector(i)))
      const longest = elements.findIndex((count) => count > limits.sqlElements)
      if (longest >= 0)
        throw new QueryRefused(`${names[longest]} holds lists of ${elements[longest]} elements: make rows of them with unnest`)
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

/** How much is in it cannot be told before it is made: it may hold a list of any length. */
function isOpaque(type: DuckDBType): boolean {
  if (type.typeId === DuckDBTypeId.LIST) return isOpaque(type.valueType)
  if (type.typeId === DuckDBTypeId.STRUCT) return type.entryTypes.some((one) => one.typeId === DuckDBTypeId.LIST || isOpaque(one))
  return OPAQUE.has(type.typeId)
}

/** A list is one cell to the engine, and minutes of work to make in one go: nothing would be written meanwhile. */
function elementsOf(vector: DuckDBVector): number {
  return vector instanceof DuckDBListVector ? vector.childVector.itemCount + elementsOf(vector.childVector) : 0
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
