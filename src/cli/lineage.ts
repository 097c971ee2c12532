import { lineage as shape } from '../api/lineage-schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { table, writeResult } from './output.ts'

export interface LineageOptions extends CommonOptions, ClientOptions {
  readonly backward?: boolean
  readonly depth?: number
  readonly limit: number
}

/** `ecluse lineage KIND:ID`: what depends on it at the running node, or what it depends on, nearest first. */
export async function lineage(verb: Verb, name: string, options: LineageOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const direction = options.backward ? 'backward' : 'forward'
  const query = { of: name, direction, depth: String(options.depth ?? 64), limit: String(options.limit) }
  const found = await client.get('/api/v1/lineage', query, shape)
  const words = verb.words.plan
  writeResult(verb.io, options.output, found, () => {
    const head = words.of(`${found.of.kind}:${found.of.id}`, direction)
    if (found.total === 0) return `${head} ${words.none}`
    const counts = found.counts.map(({ kind, count }) => words.counted(count, kind)).join(', ')
    const rows = table(
      [
        { title: words.hops, cell: ({ hops }) => String(hops), right: true },
        { title: words.kind, cell: ({ kind }) => words.kinds[kind] },
        { title: words.id, cell: ({ id }) => id },
        { title: words.by, cell: ({ from }) => from },
      ],
      found.items,
    )
    const left = found.matching - found.items.length
    return [`${head} ${counts}`, rows, ...(left > 0 ? [words.more(left)] : [])].join('\n')
  })
  return EXIT.ok
}
