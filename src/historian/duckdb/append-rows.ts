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
import { type Cell, whole } from './rows.ts'

/** Appends plain rows (numbers for whole numbers and for times in microseconds) to one small table of the store. */
export class RowAppender {
  readonly #appender: DuckDBAppender
  readonly #types: readonly DuckDBType[]

  private constructor(appender: DuckDBAppender) {
    this.#appender = appender
    this.#types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i))
  }

  static async create(connection: DuckDBConnection, table: string): Promise<RowAppender> {
    return new RowAppender(await connection.createAppender(table, 'store'))
  }

  /** The rows are in the table when this returns, inside the open transaction. */
  append(rows: readonly (readonly Cell[])[]): void {
    if (rows.length === 0) return
    for (const row of rows) {
      row.forEach((cell, i) => {
        appendCell(this.#appender, cell, this.#types[i])
      })
      this.#appender.endRow()
    }
    this.#appender.flushSync()
  }

  /** Forgets what was not flushed and closes. */
  discard(): void {
    this.#appender.clear()
    this.#appender.closeSync()
  }
}

/** Inserts rows into a table that seldom changes. */
export async function appendRows(connection: DuckDBConnection, table: string, rows: readonly (readonly Cell[])[]): Promise<void> {
  if (rows.length === 0) return
  const appender = await RowAppender.create(connection, table)
  try {
    appender.append(rows)
  } finally {
    appender.discard()
  }
}

function appendCell(appender: DuckDBAppender, cell: Cell, type: DuckDBType | undefined): void {
  if (cell === null || type === undefined) appender.appendNull()
  else if (type.typeId === DuckDBTypeId.BIGINT) appender.appendBigInt(BigInt(whole(Number(cell))))
  else if (type.typeId === DuckDBTypeId.TIMESTAMP) appender.appendTimestamp(new DuckDBTimestampValue(BigInt(whole(Number(cell)))))
  else if (type.typeId === DuckDBTypeId.LIST) appender.appendList(listValue(cell as string[]), LIST(VARCHAR))
  else appender.appendValue(cell as string | number | boolean, type)
}
