import type { DuckDBConnection } from '@duckdb/node-api'
import { QueryRefused } from '../../core/historian.ts'
import { rowsOf } from './rows.ts'
import { PUBLIC_VIEWS, quote } from './schema.ts'
import { SQL_FUNCTIONS, SQL_TABLE_FUNCTIONS } from './sql-functions.ts'

/**
 * Refuses what is not one SELECT over the public views and known functions. The engine's own parser reads the text, so that nothing depends on
 * guessing at quotes and comments; then every table and every function of the tree must be on a list. The lists are what is allowed, not what
 * is forbidden: functions that read files, change settings, or build values of any size at once (`range(1e9)`, `repeat`) are simply not there.
 */
export async function checkStatement(connection: DuckDBConnection, text: string, maxLength: number): Promise<void> {
  if (text.length > maxLength) throw new QueryRefused(`the statement has ${text.length} characters, the limit is ${maxLength}`)
  if (text.includes('\0')) throw new QueryRefused('the statement holds a null character')
  const [row] = await rowsOf(connection, `SELECT json_serialize_sql(${quote(text)})`)
  const tree = JSON.parse(row?.[0] as string) as Tree
  if (tree.error) {
    if (tree.error_type === 'not implemented') throw new QueryRefused('only a SELECT is allowed here: the history is read, never changed')
    throw new QueryRefused(`the statement is not valid: ${tree.error_message ?? 'it cannot be read'}${near(text, tree.position)}`)
  }
  const statements = tree.statements ?? []
  if (statements.length !== 1) throw new QueryRefused(`one SELECT at a time: this text holds ${statements.length} statements`)
  const tables = new Set<string>()
  collectNames(statements, tables)
  checkNode(statements, tables, 0)
}

interface Tree {
  readonly error: boolean
  readonly error_type?: string
  readonly error_message?: string
  readonly position?: string
  readonly statements?: readonly unknown[]
}

type Node = Readonly<Record<string, unknown>>

/** Deeper trees are refused, so that checking one needs no more stack than there is. */
const MAX_DEPTH = 400

function collectNames(node: unknown, names: Set<string>, depth = 0): void {
  if (depth > MAX_DEPTH) throw new QueryRefused('the statement is nested too deeply')
  if (Array.isArray(node)) for (const child of node) collectNames(child, names, depth + 1)
  if (!isNode(node)) return
  const map = isNode(node.cte_map) ? node.cte_map.map : undefined
  if (Array.isArray(map)) for (const entry of map) if (isNode(entry) && typeof entry.key === 'string') names.add(entry.key.toLowerCase())
  for (const child of Object.values(node)) if (typeof child === 'object') collectNames(child, names, depth + 1)
}

function checkNode(node: unknown, ctes: ReadonlySet<string>, depth: number): void {
  if (Array.isArray(node)) for (const child of node) checkNode(child, ctes, depth + 1)
  if (!isNode(node)) return
  if (node.type === 'BASE_TABLE') checkTable(node, ctes)
  if (node.type === 'TABLE_FUNCTION' && isNode(node.function)) {
    checkFunction(node.function, SQL_TABLE_FUNCTIONS, 'as a table')
    checkNode(node.function.children, ctes, depth + 1)
  } else if (typeof node.function_name === 'string' && typeof node.class === 'string') checkFunction(node, SQL_FUNCTIONS, 'here')
  for (const [name, child] of Object.entries(node)) {
    if (typeof child === 'object' && !(node.type === 'TABLE_FUNCTION' && name === 'function')) checkNode(child, ctes, depth + 1)
  }
}

function checkTable(node: Node, ctes: ReadonlySet<string>): void {
  const name = String(node.table_name).toLowerCase()
  const schema = String(node.schema_name ?? '').toLowerCase()
  const plain = !node.catalog_name && (schema === '' || schema === 'main')
  if (plain && (PUBLIC_VIEWS.includes(name) || (schema === '' && ctes.has(name)))) return
  throw new QueryRefused(`there is no table ${name} to read; a SELECT may use ${PUBLIC_VIEWS.join(', ')}`)
}

function checkFunction(node: Node, allowed: ReadonlySet<string>, where: string): void {
  const name = String(node.function_name).toLowerCase()
  if (!/^[a-z_]/.test(name) || allowed.has(name)) return
  throw new QueryRefused(`the function ${name} is not available ${where}`)
}

const isNode = (node: unknown): node is Node => typeof node === 'object' && node !== null && !Array.isArray(node)

function near(text: string, position: string | undefined): string {
  const start = Number(position)
  return Number.isInteger(start) && start < text.length ? `, near "${text.slice(start, start + 40)}"` : ''
}
