import type { BrowseEntry } from '../core/connector.ts'
import { choose, load, sourceContext } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, logOf, Refused, type Verb } from './context.ts'
import { table, writeResult } from './output.ts'

export interface BrowseOptions extends CommonOptions {
  readonly config?: string
  readonly match: string
  readonly limit: number
}

/** `ecluse browse NAME`: what a device offers. */
export async function browse(verb: Verb, name: string, options: BrowseOptions): Promise<Exit> {
  const { io } = verb
  const words = verb.words.browse
  const loaded = await load(verb, options.config)
  const [connection] = choose(verb, loaded, name)
  if (!connection?.connector.browse) throw new Refused(words.cannot(connection?.kind ?? name), words.cannotHint)
  const context = sourceContext(verb, loaded, name, logOf(verb, options))
  const entries: BrowseEntry[] = []
  for await (const entry of connection.connector.browse(connection.config, context, options.match, io.stopSignal())) {
    entries.push(entry)
    if (entries.length >= options.limit) break
  }
  if (entries.length === 0) throw new Refused(words.nothing(options.match), words.nothingHint)
  writeResult(io, options.output, entries, () =>
    table(
      [
        { title: words.path, cell: (entry) => entry.path },
        { title: words.address, cell: (entry) => entry.address },
        { title: words.type, cell: (entry) => entry.dataType },
        { title: words.value, cell: (entry) => entry.value ?? '', right: true },
        { title: words.unit, cell: (entry) => entry.unit ?? '' },
        {
          title: words.note,
          cell: (entry) => entry.refused ?? (entry.status === undefined || entry.status === 'Good' ? '' : entry.status),
        },
      ],
      entries,
    ),
  )
  io.err(`${entries.length >= options.limit ? words.truncated(options.limit) : words.found(entries.length)}\n`)
  return EXIT.ok
}
