import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { duckDbReader } from '../../lib/duckdb-values.ts'
import { readText, refuseBinary } from './cells.ts'
import type { DatabaseFileConfig } from './config.ts'
import { explainFile } from './explain.ts'
import { SQL_LIMITS } from './limits.ts'
import type { Column, Dialect, Explained, Page, Session } from './session.ts'

/** A file of DuckDB, opened to read only. */
export const duckdb: Dialect<DatabaseFileConfig> = {
  quoting: { dollar: true, nested: true },
  place: ({ file }) => file,
  open,
  literal: (kind, text) => (kind === 'number' ? text : `'${text.replaceAll("'", "''")}'`),
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  explain,
}

/** The file belongs to a historian. */
class HistorianFile extends Error {
  override name = 'HistorianFile'
}

async function open({ file, queryTimeout }: DatabaseFileConfig, directory: string): Promise<Session> {
  const path = resolve(directory, file)
  // Closed a second time in one process, a file that is being written loses rows: the historian's is never opened here.
  if (existsSync(join(dirname(path), 'historian.lock'))) throw new HistorianFile('this is the file of a historian')
  const library = await import('@duckdb/node-api')
  const settings = {
    access_mode: 'READ_ONLY',
    threads: '1',
    memory_limit: `${SQL_LIMITS.duckdbMemoryMiB}MiB`,
    enable_external_access: 'false',
  }
  const instance = await library.DuckDBInstance.create(path, settings)
  const connection = await instance.connect()
  let isOpen = true
  const close = () => {
    if (!isOpen) return
    isOpen = false
    connection.interrupt()
    connection.closeSync()
    instance.closeSync()
  }
  await connection.run("SET GLOBAL TimeZone = 'UTC'; SET lock_configuration = true")
  return {
    tls: undefined,
    read: (query) => read(connection, query, queryTimeout, library),
    destroy: close,
  }
}

async function* read(
  connection: DuckDBConnection,
  query: string,
  timeoutMs: number,
  library: typeof import('@duckdb/node-api'),
): AsyncGenerator<Page, void, undefined> {
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => connection.interrupt(), timeoutMs)
    try {
      return await work
    } finally {
      clearTimeout(timer)
    }
  }
  const result = await timed(connection.stream(query))
  const columns = result.columnNames().map((name, i): Column => {
    const type = result.columnType(i)
    const readCell = duckDbReader(type, library) ?? refuseBinary(String(type))
    const isNumber = type.typeId === library.DuckDBTypeId.DECIMAL || type.typeId === library.DuckDBTypeId.BIGINT
    return {
      name,
      kind: isNumber ? 'number' : 'text',
      read: (raw) => {
        if (raw === null) return null
        const value = readCell(raw as never)
        return typeof value === 'string' ? readText(value) : value
      },
    }
  })
  for (;;) {
    const chunk = await timed(result.fetchChunk())
    if (!chunk || chunk.rowCount === 0) return yield { columns, rows: [] }
    yield { columns, rows: chunk.getRows() }
  }
}

function explain(error: unknown, config: DatabaseFileConfig): Explained {
  const { message } = error as Error
  const hint = 'name the file that another program writes for this purpose'
  if (error instanceof HistorianFile) return { step: 'sign-in', message, hint }
  if (/Conflicting lock/.test(message))
    return {
      step: 'sign-in',
      message: 'another program has the file open to write',
      hint: 'DuckDB lets nobody read meanwhile: let it write a copy',
    }
  if (/Out of Memory/i.test(message))
    return {
      step: 'query',
      message: `the query needs more than ${SQL_LIMITS.duckdbMemoryMiB} MiB`,
      hint: 'read less, or let DuckDB write a smaller table',
    }
  if (/INTERRUPT/i.test(message)) return { step: 'query', message: 'no rows within queryTimeout', hint: 'raise queryTimeout' }
  return explainFile(message, config.file, /^(Catalog|Binder|Parser|Permission|Invalid|Conversion|Out of Memory) /i.test(message))
}
