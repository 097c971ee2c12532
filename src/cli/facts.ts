import { type Definition, definitionList, type FactView, factList, recomputeAnswer } from '../api/fact-schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { paint, table, writeResult } from './output.ts'

export interface FactsOptions extends CommonOptions, ClientOptions {
  readonly key?: string
  readonly equipment?: string
  readonly from?: string
  readonly to?: string
  readonly knownAt?: string
  readonly revisions?: boolean
  /** File to write instead: CSV or Parquet. */
  readonly out?: string
  readonly limit: number
}

/** `ecluse facts [NAME]`: what is computed and how far; or the results of one definition, the newest first. */
export async function facts(verb: Verb, definition: string | undefined, options: FactsOptions): Promise<Exit> {
  if (options.out !== undefined) {
    if (definition === undefined) throw new Refused(verb.words.facts.whichOne, verb.words.facts.whichOneHint)
    return (await import('./facts-export.ts')).exportFacts(verb, definition, options.out, options)
  }
  const client = await connectClient(verb, options)
  const words = verb.words.facts
  if (definition === undefined) {
    const found = await client.get('/api/v1/facts/definitions', {}, definitionList)
    writeResult(verb.io, options.output, found, () =>
      found.definitions.length === 0 ? words.noDefinitions : definitionTable(verb, found.definitions),
    )
    return found.definitions.some(({ isStopped }) => isStopped) ? EXIT.failed : EXIT.ok
  }
  const { key, equipment, from, to, knownAt, revisions, limit } = options
  const asked = { definition, key, equipment, from, to, asKnownAt: knownAt, ...(revisions && { revisions: 'all' }), limit: String(limit) }
  const query = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Record<string, string>
  const found = await client.get('/api/v1/facts', query, factList)
  writeResult(verb.io, options.output, found, () => `${factTable(verb, found.facts)}${found.truncated ? `\n${words.more(limit)}` : ''}`)
  return EXIT.ok
}

function definitionTable(verb: Verb, definitions: readonly Definition[]): string {
  const words = verb.words.facts
  const { bad } = paint(verb.io.colour.out)
  const [head, ...rows] = table<Definition>(
    [
      { title: words.name, cell: ({ name }) => name },
      { title: words.type, cell: ({ type }) => words.types[type] },
      { title: words.upTo, cell: ({ watermark }) => watermark ?? '-' },
      { title: words.waiting, cell: ({ waiting }) => String(waiting), right: true },
      { title: words.lag, cell: ({ lagSeconds }) => `${lagSeconds.toFixed(1)} s`, right: true },
      { title: words.published, cell: ({ type, published }) => (type === 'signal' ? '-' : String(published)), right: true },
      { title: words.late, cell: ({ late }) => String(late), right: true },
      { title: '', cell: ({ problem }) => problem ?? '' },
    ],
    definitions,
  ).split('\n')
  return [head, ...rows.map((row, i) => (definitions[i]?.isStopped ? bad(row) : row))].join('\n')
}

function factTable(verb: Verb, found: readonly FactView[]): string {
  const words = verb.words.facts
  if (found.length === 0) return words.none
  const names = [...new Set(found.flatMap(({ values }) => Object.keys(values)))]
  const { warn, bad, dim } = paint(verb.io.colour.out)
  const [head, ...rows] = table<FactView>(
    [
      { title: words.key, cell: ({ key }) => key },
      { title: words.equipment, cell: ({ equipment }) => equipment ?? '-' },
      { title: words.from, cell: ({ from }) => from },
      { title: words.to, cell: ({ to }) => to ?? words.goesOn },
      ...names.map((name) => ({ title: name.toUpperCase(), cell: ({ values }: FactView) => valueCell(values[name]) })),
      { title: words.revision, cell: ({ revision }) => String(revision), right: true },
      { title: words.because, cell: ({ cause, isWithdrawn }) => (isWithdrawn ? words.withdrawn : words.causes[cause]) },
    ],
    found,
  ).split('\n')
  const colour = (one: FactView | undefined) => {
    if (one?.isWithdrawn) return dim
    const statuses = Object.values(one?.values ?? {}).map(({ status }) => status)
    return statuses.includes('Bad') ? bad : statuses.includes('Uncertain') ? warn : (text: string) => text
  }
  return [head, ...rows.map((row, i) => colour(found[i])(row))].join('\n')
}

/** `6 min`, `12.5 kW.h 93 % Uncertain coverage`: what is missing or doubtful always stands beside the number. */
function valueCell(value: FactView['values'][string] | undefined): string {
  if (!value) return '-'
  const number = typeof value.value === 'number' ? String(Math.round(value.value * 1000) / 1000) : String(value.value ?? '-')
  const covered = value.coverage !== null && value.coverage < 1 ? ` ${Math.floor(value.coverage * 100)} %` : ''
  const doubt = value.status === 'Good' ? '' : ` ${value.statusCode}${value.reasons.length > 0 ? ` (${value.reasons.join(', ')})` : ''}`
  return `${number}${value.unit && value.unit !== '1' ? ` ${value.unit}` : ''}${covered}${doubt}`
}

export interface RecomputeOptions extends CommonOptions, ClientOptions {
  readonly from: string
  readonly to?: string
}

/** `ecluse recompute [NAME] --from TIME`: takes in what came later than the horizon, too. */
export async function recompute(verb: Verb, definition: string | undefined, options: RecomputeOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const { from, to } = options
  const body = { from, ...(to !== undefined && { to }), ...(definition !== undefined && { definition }) }
  const answer = await client.post('/api/v1/facts/recompute', body, recomputeAnswer)
  writeResult(verb.io, options.output, answer, () => verb.words.facts.recomputing(answer.definitions.join(', ')))
  return EXIT.ok
}
