import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  LIST,
  listValue,
  VARCHAR,
} from '@duckdb/node-api'
import type { Cell } from './rows.ts'
import { whole } from './rows.ts'

/** Inserts plain rows (numbers for whole numbers and for times in microseconds) into a table of the store, inside the open transaction. */
export async function appendRows(connection: DuckDBConnection, table: string, rows: readonly (readonly Cell[])[]): Promise<void> {
  if (rows.length === 0) return
  const appender = await connection.createAppender(table, 'store')
  try {
    const types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i))
    for (const row of rows) {
      row.forEach((cell, i) => {
        appendCell(appender, cell, types[i])
      })
      appender.endRow()
    }
    appender.flushSync()
  } catch (cause) {
    appender.clear()
    throw cause
  } finally {
    appender.closeSync()
  }
}

function appendCell(appender: DuckDBAppender, cell: Cell, type: DuckDBType | undefined): void {
  if (cell === null || type === undefined) appender.appendNull()
  else if (type.typeId === DuckDBTypeId.BIGINT) appender.appendBigInt(BigInt(whole(Number(cell))))
  else if (type.typeId === DuckDBTypeId.TIMESTAMP) appender.appendTimestamp(new DuckDBTimestampValue(BigInt(whole(Number(cell)))))
  else if (type.typeId === DuckDBTypeId.LIST) appender.appendList(listValue(cell as string[]), LIST(VARCHAR))
  else appender.appendValue(cell as string | number | boolean, type)
}
