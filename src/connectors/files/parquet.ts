import { dirname } from 'node:path'
import type { Row } from '../../core/record-source.ts'
import { duckDbReader } from '../../lib/duckdb-values.ts'
import { FILES_LIMITS } from './limits.ts'
import { BrokenFile, PartBuilder, type Parts } from './part.ts'

/** Rows of a Parquet file, by an engine of its own that can reach nothing but the file's folder. */
export async function* readParquet(path: string, { parquetMemoryMiB }: { readonly parquetMemoryMiB: number } = FILES_LIMITS): Parts {
  const library = await import('@duckdb/node-api')
  const settings = { threads: '1', memory_limit: `${parquetMemoryMiB}MiB`, temp_directory: '' }
  const instance = await library.DuckDBInstance.create(':memory:', settings)
  const connection = await instance.connect()
  try {
    await connection.run("SET GLOBAL TimeZone = 'UTC'")
    await connection.run(`SET allowed_directories = [${quote(`${dirname(path)}/`)}]`)
    await connection.run('SET enable_external_access = false')
    await connection.run('SET lock_configuration = true')
    // A name is a pattern to the engine: what would be one is taken as it is.
    const result = await connection.stream(`SELECT * FROM read_parquet(${quote(path.replace(/[[\]*?]/g, '[$&]'))})`)
    const names = result.columnNames()
    const readers = names.map((_, i) => duckDbReader(result.columnType(i), library))
    const part = new PartBuilder()
    for (let first = 1; ; ) {
      const chunk = await result.fetchChunk()
      if (!chunk || chunk.rowCount === 0) break
      chunk.getRows().forEach((cells, row) => {
        const binary = names.find((_, i) => !readers[i] && cells[i] !== null)
        if (binary !== undefined) part.refuse('', `row ${first + row}: ${binary} is binary`)
        else part.add(toRow(names, cells, readers), 8 * names.length)
      })
      first += chunk.rowCount
      yield part.take()
    }
    yield part.take()
  } catch (error) {
    throw new BrokenFile(`no Parquet that can be read: ${(error as Error).message.split('\n')[0]}`)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function toRow(names: readonly string[], cells: readonly unknown[], readers: readonly (((cell: never) => unknown) | undefined)[]): Row {
  return Object.fromEntries(names.map((name, i) => [name, cells[i] === null ? null : readers[i]?.(cells[i] as never)]))
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
