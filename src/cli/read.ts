import { lastPage } from '../api/schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { age, table, writeResult } from './output.ts'
import { ageSeconds, paintStatus, sampleColumns } from './samples.ts'

export interface ReadOptions extends CommonOptions, ClientOptions {
  readonly limit: number
}

/** `ecluse read MATCH`: last values of a running node. */
export async function read(verb: Verb, match: string, options: ReadOptions): Promise<Exit> {
  const { io } = verb
  const words = verb.words.values
  const client = await connectClient(verb, options)
  const page = await client.get('/api/v1/last', { match, limit: String(options.limit) }, lastPage)
  if (page.samples.length === 0 && options.output === 'table') throw new Refused(words.none(match), words.noneHint)
  writeResult(io, options.output, page, () => {
    const columns = sampleColumns(verb, (sample) => age(ageSeconds(verb, sample.time)))
    const [head, ...lines] = table(columns, page.samples).split('\n')
    return [head, ...lines.map((line, index) => (page.samples[index] ? paintStatus(verb, page.samples[index], line) : line))].join('\n')
  })
  if (page.truncated) io.err(`${words.truncated(page.samples.length, page.total)}\n`)
  return page.samples.length > 0 ? EXIT.ok : EXIT.failed
}
