import { dirname, join, resolve } from 'node:path'
import { formatProblems, type LoadedConfig, type LoadedConnection, lintFiles, loadConfig } from '../config/index.ts'
import type { SourceContext } from '../core/connector.ts'
import type { ConfigProblem } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import { finishReplacingAbove } from '../lib/replace-files.ts'
import { Refused, type Verb } from './context.ts'

/** The configuration a verb works on: what was said, else the environment, else the file in this directory. */
export function configPath(verb: Verb, given: string | undefined): string {
  return given ?? (verb.io.env.ECLUSE_CONFIG || 'ecluse.yaml')
}

/** Ready to run, or ConfigurationError. */
export async function load(verb: Verb, given: string | undefined): Promise<LoadedConfig> {
  const { io, language } = verb
  // An import of several files that was cut off is ended before any of them is read.
  await finishReplacingAbove(configPath(verb, given))
  const loaded = await loadConfig(configPath(verb, given), { connectors: await verb.connectors(), env: io.env, language })
  // That there is no policy is for `lint` and the findings of the node to say, not for every command.
  const warnings = loaded.warnings.filter(({ code }) => code !== 'W_NO_ZONES')
  if (warnings.length > 0) io.err(`${formatProblems(warnings, verb.words.hint)}\n`)
  return loaded
}

/** As `load`, for verbs that only need to know where the running node is: missing secrets do not matter. Undefined when the file cannot be used. */
export async function loadLoosely(
  verb: Verb,
  given: string | undefined,
): Promise<{ loaded: LoadedConfig | undefined; problems: readonly ConfigProblem[] }> {
  const { loaded, problems } = await lintFiles(configPath(verb, given), {
    connectors: await verb.connectors(),
    env: verb.io.env,
    language: verb.language,
  })
  return { loaded, problems }
}

/** The connections to work on; refuses a name that is not there. */
export function choose(verb: Verb, loaded: LoadedConfig, name: string | undefined): readonly LoadedConnection[] {
  if (name === undefined) return loaded.connections
  const found = loaded.connections.filter((connection) => connection.name === name)
  const { check } = verb.words
  if (found.length === 0)
    throw new Refused(check.unknownConnection(name), check.known(loaded.connections.map((connection) => connection.name).join(', ')))
  return found
}

/** What a connector needs for one conversation outside a running node. */
export function sourceContext(verb: Verb, loaded: LoadedConfig, connection: string, log: Logger): SourceContext {
  const { connector } = loaded.connections.find(({ name }) => name === connection) ?? {}
  // Sources of IT records name files beside the configuration; sources of samples keep certificates in a folder of their own.
  const directory = connector?.source ? join(loaded.config.data, 'connections', connection) : dirname(resolve(loaded.files[0] ?? '.'))
  const { clock } = verb
  return {
    connection,
    site: loaded.config.site.id,
    signals: new SignalTable(),
    reasons: new ReasonSets(),
    clock,
    log,
    directory,
    random: Math.random,
  }
}
