import { userInfo } from 'node:os'
import {
  discardAnswer,
  quarantineList,
  type RecordView,
  recordKindList,
  recordList,
  releaseAnswer,
  unknownEquipmentList,
} from '../api/record-schemas.ts'
import { type Client, type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { paint, table, writeResult } from './output.ts'

export interface RecordsOptions extends CommonOptions, ClientOptions {
  readonly key?: string
  readonly source?: string
  readonly from?: string
  readonly to?: string
  readonly knownAt?: string
  readonly versions?: boolean
  readonly limit: number
}

/** `ecluse records [KIND]`: the kinds of records, or the records of one kind. */
export async function records(verb: Verb, kind: string | undefined, options: RecordsOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const words = verb.words.records
  if (kind === undefined) {
    const found = await client.get('/api/v1/records/kinds', {}, recordKindList)
    writeResult(verb.io, options.output, found, () =>
      found.kinds.length === 0
        ? words.noKinds
        : table<(typeof found.kinds)[number]>(
            [
              { title: words.kind, cell: ({ name }) => name },
              { title: words.key, cell: ({ key }) => key.join(', ') },
              { title: words.fields, cell: ({ fields }) => fields.map((field) => `${field.name}${field.required ? '*' : ''}`).join(', ') },
              { title: words.sources, cell: ({ sources }) => sources.join(', ') || '-' },
            ],
            found.kinds,
          ),
    )
    return EXIT.ok
  }
  const { key, source, from, to, knownAt, versions, limit } = options
  const asked = { kind, key, source, from, to, asKnownAt: knownAt, ...(versions && { versions: 'all' }), limit: String(limit) }
  const query = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Record<string, string>
  const found = await client.get('/api/v1/records', query, recordList)
  writeResult(verb.io, options.output, found, () => `${recordTable(verb, found.records)}${found.truncated ? `\n${words.more(limit)}` : ''}`)
  return EXIT.ok
}

function recordTable(verb: Verb, found: readonly RecordView[]): string {
  const words = verb.words.records
  if (found.length === 0) return words.none
  const fields = [...new Set(found.flatMap(({ values }) => Object.keys(values)))]
  const { warn, dim } = paint(verb.io.colour.out)
  const [head, ...rows] = table<RecordView>(
    [
      ...fields.map((name) => ({ title: name.toUpperCase(), cell: ({ values }: RecordView) => String(values[name] ?? '-') })),
      { title: words.source, cell: ({ source, authoritative }) => (authoritative === true ? `${source} ✓` : source) },
      { title: words.revision, cell: ({ revision }) => String(revision), right: true },
      { title: words.known, cell: ({ knownTime }) => knownTime },
      { title: '', cell: (one) => remarks(verb, one) },
    ],
    found,
  ).split('\n')
  return [head, ...rows.map((row, i) => (found[i]?.isDeleted ? dim(row) : found[i]?.disagrees ? warn(row) : row))].join('\n')
}

function remarks(verb: Verb, { isDeleted, disagrees, equipment }: RecordView): string {
  const words = verb.words.records
  return [
    ...(isDeleted ? [words.deleted] : []),
    ...(equipment === null ? [words.noEquipment] : []),
    ...(disagrees ? [words.disagrees(disagrees.join(', '))] : []),
  ].join('; ')
}

/** `ecluse records quarantine`: rows that are no record of their kind, and why. */
export async function recordsQuarantine(verb: Verb, options: CommonOptions & ClientOptions & { readonly limit: number }): Promise<Exit> {
  const client = await connectClient(verb, options)
  const words = verb.words.records
  const found = await client.get('/api/v1/records/quarantine', { limit: String(options.limit) }, quarantineList)
  writeResult(verb.io, options.output, found, () =>
    found.rows.length === 0
      ? words.noQuarantine
      : `${table<(typeof found.rows)[number]>(
          [
            { title: 'ID', cell: ({ id }) => id },
            { title: words.kind, cell: ({ kind }) => kind },
            { title: words.source, cell: ({ source }) => source },
            { title: words.reason, cell: ({ reason }) => reason },
            { title: words.row, cell: ({ row }) => row },
          ],
          found.rows,
        )}\n${words.releaseHint}`,
  )
  return EXIT.ok
}

export interface DecisionOptions extends CommonOptions, ClientOptions {
  readonly reason: string
  readonly by?: string
}

const decisionOf = ({ reason, by }: DecisionOptions) => ({ reason, by: by ?? userInfo().username })

/** `ecluse records release ID...`: 1 when a row stays in quarantine. */
export async function recordsRelease(verb: Verb, ids: readonly string[], options: DecisionOptions): Promise<Exit> {
  const client: Client = await connectClient(verb, options)
  const words = verb.words.records
  const answer = await client.post('/api/v1/records/quarantine/release', { ids, ...decisionOf(options) }, releaseAnswer)
  writeResult(verb.io, options.output, answer, () =>
    [
      ...(answer.released.length > 0 ? [words.released(answer.released.length)] : []),
      ...answer.refused.map(({ id, reason }) => `${id}: ${reason}`),
    ].join('\n'),
  )
  return answer.refused.length > 0 ? EXIT.failed : EXIT.ok
}

/** `ecluse records discard ID...`: 1 when a row cannot be discarded. */
export async function recordsDiscard(verb: Verb, ids: readonly string[], options: DecisionOptions): Promise<Exit> {
  const client: Client = await connectClient(verb, options)
  const words = verb.words.records
  const answer = await client.post('/api/v1/records/quarantine/discard', { ids, ...decisionOf(options) }, discardAnswer)
  writeResult(verb.io, options.output, answer, () =>
    [
      ...(answer.discarded.length > 0 ? [words.discarded(answer.discarded.length)] : []),
      ...answer.refused.map(({ id, reason }) => `${id}: ${reason}`),
    ].join('\n'),
  )
  return answer.refused.length > 0 ? EXIT.failed : EXIT.ok
}

/** `ecluse records equipment`: names of equipment that nobody has declared; 1 when there are any. */
export async function recordsEquipment(verb: Verb, options: CommonOptions & ClientOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const words = verb.words.records
  const { names } = await client.get('/api/v1/records/equipment', {}, unknownEquipmentList)
  writeResult(verb.io, options.output, { names }, () =>
    names.length === 0
      ? words.allKnown
      : `${table<(typeof names)[number]>(
          [
            { title: words.kind, cell: ({ kind }) => kind },
            { title: words.system, cell: ({ system }) => system ?? '-' },
            { title: words.name, cell: ({ name }) => name },
            { title: words.records, cell: ({ records: count }) => String(count), right: true },
            { title: words.perhaps, cell: ({ suggestions }) => suggestions.map(({ path }) => path).join(', ') || '-' },
          ],
          names,
        )}\n${words.aliasHint}`,
  )
  return names.length === 0 ? EXIT.ok : EXIT.failed
}
