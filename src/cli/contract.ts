import { readContractFile } from '../config/index.ts'
import { type ContractChange, diffContracts } from '../govern/contracts/index.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { paint, table, writeResult } from './output.ts'

/** `ecluse contract diff A B`: what changed from A to B, the breaking changes first; 1 when there is any, 78 when one of the two cannot be read. */
export async function contractDiff(verb: Verb, before: string, after: string, options: CommonOptions): Promise<Exit> {
  const { io, language } = verb
  const words = verb.words.contract
  const [a, b] = [readContractFile(before, language), readContractFile(after, language)]
  const changes = diffContracts(a, b)
  const breaking = changes.filter((change) => change.breaking).length
  const value = { before: { id: a.id, version: a.version }, after: { id: b.id, version: b.version }, breaking, changes }
  writeResult(io, options.output, value, () =>
    changes.length === 0 ? words.same : `${lines(verb, changes)}\n${words.counts(breaking, changes.length - breaking)}`,
  )
  return breaking > 0 ? EXIT.failed : EXIT.ok
}

function lines(verb: Verb, changes: readonly ContractChange[]): string {
  const words = verb.words.contract
  const { bad } = paint(verb.io.colour.out)
  const [head, ...rows] = table<ContractChange>(
    [
      { title: '', cell: ({ breaking }) => (breaking ? words.breaking : words.harmless) },
      { title: words.where, cell: ({ where }) => where || words.whole },
      { title: words.change, cell: ({ kind }) => words.kinds[kind] },
      { title: words.before, cell: (change) => change.before || '-' },
      { title: words.after, cell: (change) => change.after || '-' },
    ],
    changes,
  ).split('\n')
  return [head, ...rows.map((row, index) => (changes[index]?.breaking ? bad(row) : row))].join('\n')
}
