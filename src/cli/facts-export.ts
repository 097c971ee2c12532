import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { type FactView, factList } from '../api/fact-schemas.ts'
import { type Client, connectClient } from './client.ts'
import { EXIT, type Exit, Refused, type Verb } from './context.ts'
import type { FactsOptions } from './facts.ts'

type Cell = string | number | boolean | null
type Kind = 'text' | 'number' | 'boolean' | 'time'

interface ExportColumn {
  readonly name: string
  readonly kind: Kind
  readonly cells: readonly Cell[]
}

const PAGE = 10_000
/** Rows of one file; more is what the SQL view `facts` is for. */
const EXPORT_ROWS = 1_000_000

/** `ecluse facts NAME --out FILE`: results as CSV (RFC 4180) or Parquet, a row each; every value with its unit, status, coverage and reasons beside it. */
export async function exportFacts(verb: Verb, definition: string, out: string, options: FactsOptions): Promise<Exit> {
  const words = verb.words.facts
  const format = /\.(csv|parquet)$/.exec(out)?.[1]
  if (format === undefined) throw new Refused(words.unknownFormat(out), words.unknownFormatHint)
  if (existsSync(out)) throw new Refused(words.isThere(out), words.isThereHint)
  const client = await connectClient(verb, options)
  const facts = await allFacts(client, definition, options)
  const columns = columnsOf(facts)
  await writeFile(out, format === 'csv' ? csvOf(columns, facts.length) : await parquetOf(columns), { flag: 'wx' })
  verb.io.out(`${words.exported(out, facts.length)}\n`)
  return EXIT.ok
}

/** Page by page, back in time. A page begins where the one before ended, so what stands at both is left out once. */
async function allFacts(client: Client, definition: string, options: FactsOptions): Promise<FactView[]> {
  const found = new Map<string, FactView>()
  for (let to = options.to; ; ) {
    const asked = { definition, key: options.key, equipment: options.equipment, from: options.from, to, asKnownAt: options.knownAt }
    const given = { ...asked, ...(options.revisions && { revisions: 'all' }), order: 'newest', limit: String(PAGE) }
    const query = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<string, string>
    const { facts, truncated } = await client.get('/api/v1/facts', query, factList)
    const before = found.size
    for (const one of facts) found.set(`${one.key}\n${one.revision}`, one)
    const oldest = facts.at(-1)
    if (!truncated || !oldest || found.size === before || found.size >= EXPORT_ROWS) break
    // `to` is exclusive: a moment later, so that others of the same beginning are not lost.
    to = new Date(Date.parse(oldest.from) + 1).toISOString()
  }
  return [...found.values()].toSorted((a, b) => order(a.from, b.from) || order(a.key, b.key) || a.revision - b.revision)
}

function columnsOf(facts: readonly FactView[]): ExportColumn[] {
  const column = (name: string, kind: Kind, cell: (fact: FactView) => Cell | undefined): ExportColumn => ({
    name,
    kind,
    cells: facts.map((fact) => cell(fact) ?? null),
  })
  const names = [...new Set(facts.flatMap(({ values }) => Object.keys(values)))]
  return [
    column('definition', 'text', (fact) => fact.definition),
    column('key', 'text', (fact) => fact.key),
    column('revision', 'number', (fact) => fact.revision),
    column('equipment', 'text', (fact) => fact.equipment),
    column('from', 'time', (fact) => fact.from),
    column('to', 'time', (fact) => fact.to),
    column('known_time', 'time', (fact) => fact.knownTime),
    column('cause', 'text', (fact) => fact.cause),
    column('is_withdrawn', 'boolean', (fact) => fact.isWithdrawn),
    column('tolerance', 'text', (fact) => fact.tolerance),
    ...names.flatMap((name) => [
      column(name, kindOf(facts, name), (fact) => fact.values[name]?.value),
      column(`${name}.unit`, 'text', (fact) => fact.values[name]?.unit),
      column(`${name}.status`, 'text', (fact) => fact.values[name]?.statusCode),
      column(`${name}.coverage`, 'number', (fact) => fact.values[name]?.coverage),
      column(`${name}.reasons`, 'text', (fact) => fact.values[name]?.reasons.join(' ')),
    ]),
  ]
}

/** Text where values of several types stand under one name. */
function kindOf(facts: readonly FactView[], name: string): Kind {
  const types = new Set(facts.flatMap(({ values }) => (values[name]?.value == null ? [] : [typeof values[name].value])))
  return types.size === 1 && types.has('number') ? 'number' : types.size === 1 && types.has('boolean') ? 'boolean' : 'text'
}

function csvOf(columns: readonly ExportColumn[], rows: number): string {
  const lines = [columns.map(({ name }) => csvCell(name)).join(',')]
  for (let row = 0; row < rows; row++) lines.push(columns.map(({ cells }) => csvCell(cells[row] ?? null)).join(','))
  return `${lines.join('\r\n')}\r\n`
}

function csvCell(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell)
  // A text from outside that a spreadsheet would take for a formula is shown as the text it is.
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

async function parquetOf(columns: readonly ExportColumn[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const types = { text: 'STRING', number: 'DOUBLE', boolean: 'BOOLEAN', time: 'TIMESTAMP' } as const
  const columnData = columns.map(({ name, kind, cells }) => ({
    ...{ name, type: types[kind], nullable: true },
    data: cells.map((cell) =>
      cell === null ? undefined : kind === 'time' ? new Date(cell as string) : kind === 'text' ? String(cell) : cell,
    ),
  }))
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
