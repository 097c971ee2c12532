import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'

/** Rows of a small result as plain values: times as microseconds, whole numbers as numbers. Ask for columns instead where there may be many rows. */
export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<Cell[][]> {
  const result = await connection.run(sql)
  return (await result.getRows()).map((row) => row.map(toCell))
}

export type Cell = number | string | boolean | null | Cell[]

function toCell(value: DuckDBValue): Cell {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'object' && 'micros' in value) return Number(value.micros)
  if (typeof value === 'object' && 'items' in value) return value.items.map(toCell)
  return String(value)
}

/** SQL of a time in microseconds. */
export function at(time: number): string {
  return `make_timestamp(${whole(time)})`
}

/** A number as a whole SQL literal; what is out of reach is brought to the nearest the engine can hold. */
export function whole(value: number): string {
  if (Number.isNaN(value)) return '0'
  return String(Math.max(-LIMIT, Math.min(LIMIT, Math.floor(value))))
}
const LIMIT = Number.MAX_SAFE_INTEGER
