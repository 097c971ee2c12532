import type { DuckDBType, DuckDBValue } from '@duckdb/node-api'

type Library = typeof import('@duckdb/node-api')

/**
 * How cells of a DuckDB column become plain values: exact numbers, or their text beyond what a double holds; decimals as text; instants as RFC 3339
 * UTC; times without zone as text without zone; lists and structures as JSON would have them. Undefined: the type is binary. Cells are never null.
 */
export function duckDbReader(
  type: DuckDBType,
  { DuckDBTypeId: T, JsonDuckDBValueConverter: toJson }: Library,
): ((cell: DuckDBValue) => unknown) | undefined {
  switch (type.typeId) {
    case T.BLOB:
    case T.BIT:
    case T.GEOMETRY:
      return undefined
    case T.BIGINT:
    case T.UBIGINT:
    case T.HUGEINT:
    case T.UHUGEINT:
    case T.BIGNUM:
      return (cell) => (Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell))
    case T.FLOAT:
    case T.DOUBLE:
      return (cell) => (Number.isFinite(cell) ? cell : String(cell))
    case T.TIMESTAMP_TZ:
      return (cell) => instant((cell as { micros: bigint }).micros)
    case T.TIMESTAMP:
    case T.TIMESTAMP_S:
    case T.TIMESTAMP_MS:
    case T.TIMESTAMP_NS:
      return (cell) => String(cell).replace(' ', 'T')
    case T.LIST:
    case T.STRUCT:
    case T.MAP:
    case T.ARRAY:
    case T.UNION:
    case T.VARIANT:
      return (cell) => toJson(cell, type, toJson)
    default:
      return (cell) => (typeof cell === 'object' && cell !== null ? String(cell) : cell)
  }
}

/** RFC 3339 UTC; `infinity` beyond what a calendar knows. */
function instant(micros: bigint): string {
  const ms = Number(micros / 1000n) - (micros % 1000n < 0n ? 1 : 0)
  if (Math.abs(ms) > 8.64e15) return micros < 0n ? '-infinity' : 'infinity'
  const rest = ((micros % 1000n) + 1000n) % 1000n
  const text = new Date(ms).toISOString()
  return rest === 0n ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
