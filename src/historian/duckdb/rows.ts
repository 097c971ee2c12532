import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api'

/** What stands for `$1`, `$2` ... */
export interface Parameters {
  readonly values: DuckDBValue[]
  readonly types?: DuckDBType[]
}

/** Rows of a small result as plain values: times as microseconds, whole numbers as numbers. Ask for columns instead where there may be many rows. */
export async function rowsOf(connection: DuckDBConnection, sql: string, parameters?: Parameters): Promise<Cell[][]> {
  const result = await connection.run(sql, parameters?.values, parameters?.types)
  return (await result.getRows()).map((row) => row.map(toCell))
}

/** A question to one table that may have a large answer. */
export interface Selection {
  readonly columns: string
  readonly table: string
  /** With WHERE, or empty. */
  readonly where: string
  readonly order: string
  readonly parameters: Parameters
}

/**
 * At most so many rows, and at most so many characters in all of their texts (but always one row). `truncated` when there are more. The rows are found by
 * the columns that the question names; only of those found the others are read.
 */
export async function rowsWithin(
  connection: DuckDBConnection,
  { columns, table, where, order, parameters }: Selection,
  most: { readonly rows: number; readonly length: number },
): Promise<{ rows: Cell[][]; truncated: boolean }> {
  const found = `SELECT rowid FROM ${table} ${where} ORDER BY ${order} LIMIT ${most.rows + 1}`
  const sql = `SELECT ${columns} FROM ${table} WHERE rowid IN (${found}) ORDER BY ${order}`
  const result = await connection.stream(sql, parameters.values, parameters.types)
  const rows: Cell[][] = []
  let length = 0
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk())
    for (const row of chunk.getRows()) {
      length += row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 0), 0)
      if (rows.length >= most.rows || (length > most.length && rows.length > 0)) return { rows, truncated: true }
      rows.push(row.map(toCell))
    }
  return { rows, truncated: false }
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
