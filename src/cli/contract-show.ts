import { statSync } from 'node:fs'
import { tellContract } from '../api/contracts.ts'
import { contractList } from '../api/contract-schemas.ts'
import { type Contract } from '../api/schemas.ts'
import { readContractFile } from '../config/index.ts'
import type { Contract as WrittenContract } from '../core/contracts.ts'
import { ConfigurationError } from '../core/errors.ts'
import { isEnforced } from '../govern/contracts/index.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { loadLoosely } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { paint, printable, table, writeResult } from './output.ts'

/** What a running node says of a contract. */
interface Today extends Pick<Contract, 'version' | 'enforced' | 'violations'> {
  readonly url: string
}

/**
 * `ecluse contract show FILE|ID`: a contract for people, as it is written in a file, else as the node keeps it, else as the configuration names it; with what broke
 * it where a node runs that has it. 78 when the file cannot be read, 1 when nobody knows the id.
 */
export async function contractShow(verb: Verb, target: string, options: CommonOptions & ClientOptions): Promise<Exit> {
  const written = isFile(target) ? told(readContractFile(target, verb.language)) : undefined
  const asked = await askNode(verb, written?.id ?? target, options)
  const found = written ?? ('contract' in asked ? asked.contract : await configured(verb, target, options))
  if (!found) throw 'refused' in asked ? asked.refused : new Refused(target)
  const today = 'contract' in asked ? todayOf(asked) : undefined
  const { violations: _, ...contract } = found
  writeResult(verb.io, options.output, { ...contract, today: today ?? null }, () => describe(verb, found, today))
  return EXIT.ok
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

const told = (contract: WrittenContract): Contract =>
  tellContract({ contract, enforced: isEnforced(contract), bound: new Map(), findings: [] }, () => undefined)

type Asked = { readonly contract: Contract; readonly url: string } | { readonly refused: Error }

const todayOf = ({ contract: { version, enforced, violations }, url }: Extract<Asked, { contract: Contract }>): Today => ({
  ...{ version, enforced, violations, url },
})

async function askNode(verb: Verb, id: string, options: ClientOptions): Promise<Asked> {
  try {
    const client = await connectClient(verb, options)
    const { contracts } = await client.get('/api/v1/contracts', { id }, contractList)
    return { contract: contracts[0] as Contract, url: client.url }
  } catch (error) {
    // A contract is shown without its state too: what refuses it here is told only when nothing else is left to show.
    if (error instanceof Refused || error instanceof ConfigurationError) return { refused: error }
    throw error
  }
}

async function configured(verb: Verb, id: string, options: ClientOptions): Promise<Contract | undefined> {
  const { loaded } = await loadLoosely(verb, options.config)
  const contract = loaded?.contracts.find((one) => one.id === id)
  return contract && told(contract)
}

function describe(verb: Verb, contract: Contract, today: Today | undefined): string {
  const words = verb.words.contract
  const { bold, bad } = paint(verb.io.colour.out)
  const { id, version, status } = contract
  const facts = [
    [words.otOwner, contract.otOwner ?? words.nobody],
    [words.itOwner, contract.itOwner ?? words.nobody],
    [words.meaning, contract.meaning],
    [words.timestampRule, contract.timestampRule],
    [words.evidence, contract.acceptanceEvidence],
    [words.changeProcess, contract.changeProcess],
    [words.language, contract.language],
    [words.file, contract.file],
  ].flatMap(([name, value]) => (value === undefined ? [] : [[name as string, value] as const]))
  const width = Math.max(...facts.map(([name]) => name.length))
  const list = (uses: readonly string[]) => (uses.length > 0 ? uses.map((use) => `  - ${printable(use)}`) : [`  ${words.none}`])
  const service = contract.service.map(({ property, element, value, unit }) =>
    [element, property, String(value), unit].filter((part) => part !== undefined && part !== '').join(' '),
  )
  return [
    bold(words.title(printable(contract.name ?? id), printable(id), printable(version), printable(status))),
    ...facts.map(([name, value]) => `  ${name.padEnd(width)}  ${printable(value)}`),
    words.permitted,
    ...list(contract.permittedUses),
    bold(words.forbidden),
    ...list(contract.forbiddenUses),
    '',
    properties(verb, contract),
    ...(service.length > 0 ? ['', words.service, ...list(service)] : []),
    '',
    ...(today ? state(verb, today, bad) : [words.noNode]),
  ].join('\n')
}

type Property = Contract['properties'][number]

function properties(verb: Verb, contract: Contract): string {
  const words = verb.words.contract
  return table<Property>(
    [
      { title: words.property, cell: ({ name }) => name },
      { title: words.signal, cell: ({ signal }) => signal ?? '-' },
      { title: words.type, cell: ({ type }) => type ?? '-' },
      { title: words.unit, cell: ({ unit }) => unit ?? '-' },
      { title: words.promise, cell: (property) => promise(verb, property) },
    ],
    contract.properties,
  )
}

function promise(verb: Verb, property: Property): string {
  const words = verb.words.contract
  const { minimum, maximum, exclusive, states, required, minimumStatus, maxDelaySeconds, maxSilenceSeconds, checks } = property
  const limits = [
    ...(minimum === undefined ? [] : [`${exclusive?.minimum ? '>' : '≥'} ${minimum}`]),
    ...(maximum === undefined ? [] : [`${exclusive?.maximum ? '<' : '≤'} ${maximum}`]),
  ]
  const said = [
    ...limits,
    ...(states ? [words.oneOf(states.join(' '))] : []),
    ...(required ? [words.required] : []),
    ...(minimumStatus ? [words.minimumStatus(minimumStatus)] : []),
    ...(maxDelaySeconds === undefined ? [] : [words.maxDelay(maxDelaySeconds)]),
    ...(maxSilenceSeconds === undefined ? [] : [words.maxSilence(maxSilenceSeconds)]),
    ...(checks ? [words.eachHour(checks.join(', '))] : []),
  ]
  return said.join('; ') || '-'
}

function state(verb: Verb, { version, url, enforced, violations }: Today, bad: (text: string) => string): string[] {
  const words = verb.words.contract
  const title = words.today(printable(version), url)
  if (violations.length === 0) return [`${title} ${enforced ? words.kept : words.notEnforced}`]
  const rows = table<Contract['violations'][number]>(
    [
      { title: words.property, cell: ({ property }) => property },
      { title: words.what, cell: ({ kind, check }) => (check === undefined ? words.breaches[kind] : `${words.breaches[kind]} ${check}`) },
      { title: words.count, cell: ({ count }) => String(count), right: true },
      { title: words.lastHour, cell: ({ lastHour }) => String(lastHour), right: true },
      { title: words.first, cell: ({ firstTime }) => firstTime },
      { title: words.last, cell: ({ lastTime }) => lastTime },
      { title: words.example, cell: ({ examples }) => newest(examples) },
    ],
    violations,
  ).split('\n')
  return [title, ...rows.map((row, i) => ((violations[i - 1]?.lastHour ?? 0) > 0 ? bad(row) : row))]
}

function newest(examples: Contract['violations'][number]['examples']): string {
  const last = examples.at(-1)
  return last ? `${last.value ?? '-'} ${last.signal}` : '-'
}
