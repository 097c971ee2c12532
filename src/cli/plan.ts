import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { configurationList, keptConfiguration } from '../api/lineage-schemas.ts'
import { signalPage } from '../api/schemas.ts'
import { digestOf, formatProblems, type LintResult, type LoadedConfig, lintFiles } from '../config/index.ts'
import { ConfigurationError } from '../core/errors.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { type ConfigurationPlan, compareConfigurations } from '../run/planning/index.ts'
import { toldPlan } from '../run/planning/told.ts'
import { type Client, type ClientOptions, connectClient } from './client.ts'
import { configPath } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { writeResult } from './output.ts'
import { planText } from './plan-text.ts'

export interface PlanOptions extends CommonOptions, ClientOptions {
  readonly against?: string
}

/** `ecluse plan [PATH]`: what the file would change of what runs; 1 when something breaks, 78 when the file would be refused. */
export async function plan(verb: Verb, path: string | undefined, options: PlanOptions): Promise<Exit> {
  const { io, words } = verb
  const after = await lintHere(verb, configPath(verb, path))
  if (!after.understood) throw new ConfigurationError(after.problems)
  const { before, version, live } =
    options.against === undefined ? await running(verb, after.understood, options) : await fromFile(verb, options.against)
  const found = compareConfigurations(before, { ...after, understood: after.understood }, live)
  const told: ConfigurationPlan = { ...found, ...(version !== undefined && { before: version }) }
  const digest = digestOf(after.understood)
  writeResult(io, options.output, { ...toldPlan(told, after.ok), digest }, () => `${planText(verb, told)}\n\n${words.apply.digest(digest)}`)
  if (after.ok) return told.breaks.length > 0 || told.contracts.some(({ isBroken }) => isBroken) ? EXIT.failed : EXIT.ok
  const errors = after.problems.filter(({ level }) => level === 'error')
  io.err(`${formatProblems(errors, words.hint)}\n${words.plan.refused(errors.length)}\n`)
  return EXIT.config
}

/** Lint as every command on files does it. */
export const lintHere = async (verb: Verb, path: string): Promise<LintResult> =>
  lintFiles(path, { connectors: await verb.connectors(), env: verb.io.env, language: verb.language })

interface Before {
  readonly before: { readonly loaded: LoadedConfig; readonly problems: LintResult['problems'] }
  /** As the node says it. */
  readonly version?: string
  readonly live: readonly SignalDefinition[]
}

async function fromFile(verb: Verb, path: string): Promise<Before> {
  const { understood, problems } = await lintHere(verb, path)
  if (!understood) throw new ConfigurationError(problems)
  return { before: { loaded: understood, problems }, live: [] }
}

async function running(verb: Verb, understood: LoadedConfig, options: PlanOptions): Promise<Before> {
  const { words } = verb
  const client = await connectClient(verb, options.config === undefined ? { ...options, understood } : options)
  const { running: version, configurations } = await client.get('/api/v1/configurations', {}, configurationList)
  if (!configurations.some((one) => one.version === version)) throw new Refused(words.plan.notKept, words.plan.notKeptHint)
  const kept = await client.get(`/api/v1/configurations/${version}`, {}, keptConfiguration)
  const folder = await mkdtemp(join(tmpdir(), 'ecluse-plan-'))
  try {
    for (const { name, text } of kept.files) {
      const file = inside(folder, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    }
    const { before } = await fromFile(verb, inside(folder, kept.entry))
    return { before, version, live: await liveSignals(client) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A node is trusted no further than this: its names stay in the folder. */
export function inside(folder: string, name: string): string {
  const file = resolve(folder, name)
  if (file !== folder && !file.startsWith(folder + sep)) throw new Refused(`${name}?`)
  return file
}

async function liveSignals(client: Client): Promise<SignalDefinition[]> {
  const found: SignalDefinition[] = []
  let after: string | undefined
  do {
    const page = await client.get('/api/v1/signals', { limit: '10000', ...(after !== undefined && { after }) }, signalPage)
    for (const { id, connection, address, dataType, unit } of page.signals)
      found.push({ id, connection, address, dataType, ...(unit !== undefined && { unit }) })
    after = page.next
  } while (after !== undefined)
  return found
}
