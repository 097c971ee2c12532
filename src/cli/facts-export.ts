import { existsSync } from 'node:fs'
import { type FactView, factList } from '../api/fact-schemas.ts'
import { type Client, connectClient } from './client.ts'
import { EXIT, type Exit, Refused, type Verb } from './context.ts'
import type { FactsOptions } from './facts.ts'
import { type Cell, type TableColumn, type TableForm, tableFile } from './table-file.ts'

interface ExportColumn extends TableColumn {
  readonly cell: (fact: FactView) => Cell
}

const PAGE = 10_000
/** Rows of one file; more is what the SQL view `facts` is for. */
const EXPORT_ROWS = 1_000_000

/** `ecluse facts NAME --out FILE`: results as CSV (RFC 4180) or Parquet, a row each; every value with its unit, status, coverage and reasons beside it. */
export async function exportFacts(verb: Verb, definition: string, out: string, options: FactsOptions): Promise<Exit> {
  const words = verb.words.facts
  const format = /\.(csv|jsonl|parquet)$/.exec(out)?.[1]
  if (format === undefined) throw new Refused(words.unknownFormat(out), words.unknownFormatHint)
  if (existsSync(out)) throw new Refused(words.isThere(out), words.isThereHint)
  const client = await connectClient(verb, options)
  const facts = await allFacts(client, definition, options)
  const columns = columnsOf(facts)
  const file = await tableFile(out, format as TableForm, columns)
  for (let i = 0; i < facts.length; i += PAGE)
    await file.write(facts.slice(i, i + PAGE).map((fact) => columns.map(({ cell }) => cell(fact))))
  await file.finish()
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
  const column = (name: string, kind: TableColumn['kind'], cell: (fact: FactView) => Cell | undefined): ExportColumn => ({
    ...{ name, kind },
    cell: (fact) => cell(fact) ?? null,
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
function kindOf(facts: readonly FactView[], name: string): TableColumn['kind'] {
  const types = new Set(facts.flatMap(({ values }) => (values[name]?.value == null ? [] : [typeof values[name].value])))
  return types.size === 1 && types.has('number') ? 'number' : types.size === 1 && types.has('boolean') ? 'boolean' : 'text'
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
