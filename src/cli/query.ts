import { readFile } from 'node:fs/promises'
import { type SqlPage, sqlResult } from '../api/schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { table, writeResult } from './output.ts'
import { type Cell, csvLine } from './table-file.ts'

export interface QueryOptions extends CommonOptions, ClientOptions {
  readonly limit: number
  /** File with the statement. */
  readonly file?: string
  readonly csv?: boolean
}

/** `ecluse query SQL`: one read-only statement over the views of a running node's history; what was cut, and what says no status, is said beside the result. */
export async function query(verb: Verb, given: string | undefined, options: QueryOptions): Promise<Exit> {
  const { io } = verb
  const words = verb.words.taking
  const sql = options.file === undefined ? given : await readFile(options.file, 'utf8')
  if (sql === undefined || (given !== undefined && options.file !== undefined)) throw new Refused(words.whichSql, words.whichSqlHint)
  const client = await connectClient(verb, options)
  const page = await client.post('/api/v1/query', { sql, limit: options.limit }, sqlResult)
  if (options.csv) {
    io.out(csvLine(page.columns.map(({ name }) => name)))
    for (const row of page.rows) io.out(csvLine(row.map(cellOf)))
  } else writeResult(io, options.output, page, () => tableOf(page))
  if (page.truncated) io.err(`${words.cut(page.rows.length)}\n`)
  if (saysNoStatus(sql, page)) io.err(`${words.noStatus}\n`)
  return EXIT.ok
}

function tableOf({ columns, rows }: SqlPage): string {
  const isNumber = (type: string) => /INT|DOUBLE|FLOAT|DECIMAL/.test(type)
  return table(
    columns.map(({ name, type }, i) => ({ title: name, cell: (row: readonly unknown[]) => textOf(row[i]), right: isNumber(type) })),
    rows,
  )
}

const textOf = (cell: unknown): string => {
  const plain = cellOf(cell)
  return plain === null ? '-' : typeof plain === 'object' ? plain.join(', ') : String(plain)
}

function cellOf(cell: unknown): Cell {
  if (cell === null || cell === undefined) return null
  if (typeof cell === 'number' || typeof cell === 'boolean' || typeof cell === 'string') return cell
  return Array.isArray(cell) && cell.every((one) => typeof one === 'string') ? cell : JSON.stringify(cell)
}

/** Numbers of samples or results without a word of how good they are: an Uncertain one looks like a Good one. */
function saysNoStatus(sql: string, { columns }: SqlPage): boolean {
  const isOfValues = /\b(samples|facts)\b/i.test(sql) && /\b(value|values)\b/i.test(sql)
  return isOfValues && !/\bstatus(_code)?\b/i.test(sql) && !columns.some(({ name }) => /status|severity|values/i.test(name))
}
