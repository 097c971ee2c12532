import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Connector } from '../core/connector.ts'
import type { Contract } from '../core/contracts.ts'
import { type ConfigProblem, ConfigurationError } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import { eventVariables } from '../process/config.ts'
import { checkRole } from './checks.ts'
import { type LoadedConnection, readConnection } from './connections.ts'
import { readContracts } from './contracts.ts'
import { checkCorrelations } from './correlate.ts'
import { checkDeclarations } from './declarations.ts'
import { checkDifferences } from './differences.ts'
import { addIssues, noDefaultMessage } from './issues.ts'
import { knownSignals, periodsOf, templatesOf } from './known-signals.ts'
import { CONFIG_LIMITS } from './limits.ts'
import { mergeFiles } from './merge.ts'
import { checkPeople } from './people.ts'
import { type Located, locate, locateHolder, locateKey, type Path, Problems, pathAt, placeText } from './places.ts'
import { checkPolicy } from './policy.ts'
import { checkProcess } from './process-checks.ts'
import { readYaml, type YamlFile } from './read-yaml.ts'
import { checkRecordRules, checkRecords } from './records.ts'
import { errorCode, pathKey, type ReferenceContext, resolveReferences, secretReader } from './references.ts'
import { type EcluseConfig, ecluseConfig } from './schema.ts'
import { checkUnits } from './units.ts'
import { checkDeclaredUses } from './uses.ts'
import { type ConfigWords, configWords, type Language } from './words.ts'

export type { LoadedConnection } from './connections.ts'

export interface LoadOptions {
  readonly connectors: readonly Connector[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads a file named by `${file:path}`; default: from the disk, relative to the configuration. Throws when it cannot. */
  readonly readSecret?: (path: string) => string
  /** For what lasts until a day: reviews of conduits. Default: the machine's clock. */
  readonly now?: Micros
  /** Language of the messages; default `en`. */
  readonly language?: Language
  /** Contracts are read in the configuration’s own folder only: for files that nobody trusts. */
  readonly isConfined?: boolean
}

export interface LoadedConfig {
  readonly config: EcluseConfig
  readonly connections: readonly LoadedConnection[]
  readonly contracts: readonly Contract[]
  /** First 16 hex digits of the SHA-256 of the content in canonical form; secrets take part as their references only. */
  readonly version: string
  readonly files: readonly string[]
  /** The text of each, by its whole path; secrets are references. */
  readonly sources: readonly SourceFile[]
  readonly warnings: readonly ConfigProblem[]
  /** Where the file says something, `ecluse.yaml:12`: the nearest enclosing place where it is not written. */
  placeOf(path: Path): string
  /** The whole file as written, references but secrets filled in; a signal has the keys of its model, too. For comparing two files. */
  readonly canonical: Readonly<Record<string, unknown>>
}

/** A file as it was read. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly isContract: boolean
}

export interface LintResult {
  /** Sorted by place. Empty: nothing to say. */
  readonly problems: readonly ConfigProblem[]
  readonly files: readonly string[]
  /** True when no problem is an error. */
  readonly ok: boolean
  /** What was understood; undefined when there are errors. */
  readonly loaded: LoadedConfig | undefined
  /** The same where there are errors, as far as they let it be read: for comparing, never for running. */
  readonly understood: LoadedConfig | undefined
  /** Path in the configuration of what stands at a problem's place; undefined in other files. */
  pathOf(problem: ConfigProblem): Path | undefined
}

/** Reads `ecluse.yaml`, or a directory of YAML files as one, ready to run. Throws ConfigurationError with every problem at once. */
export async function loadConfig(path: string, options: LoadOptions): Promise<LoadedConfig> {
  const result = readFiles(path, options, false)
  if (!result.loaded) throw new ConfigurationError(result.problems)
  return result.loaded
}

/** Checks files without running anything and without the network. What only the running machine has (variables, secret files) is a warning. */
export async function lintFiles(path: string, options: LoadOptions): Promise<LintResult> {
  return readFiles(path, options, true)
}

/** Checks one text as if it were the file `file`. */
export function lintText(text: string, options: LoadOptions & { readonly file?: string }): LintResult {
  const file = options.file ?? 'ecluse.yaml'
  const words = configWords[options.language ?? 'en']
  const problems = new Problems()
  const parsed = readYaml(text, file, problems, words)
  return finish(parsed && [{ ...parsed, text }], [file], dirname(resolve(file)), options, problems, words, true)
}

function readFiles(path: string, options: LoadOptions, offline: boolean): LintResult {
  const words = configWords[options.language ?? 'en']
  const problems = new Problems()
  const { files, directory } = findFiles(path, problems, words)
  const parsed = files.map((file) => readFile(file, problems, words))
  const complete = files.length > 0 && parsed.every((file) => file !== undefined)
  return finish(complete ? (parsed as ReadFile[]) : undefined, files, directory, options, problems, words, offline)
}

const startOf = (file: string) => ({ source: { file, at: () => ({ line: 1, column: 1 }) }, offset: 0 })

function findFiles(path: string, problems: Problems, words: ConfigWords): { files: string[]; directory: string } {
  try {
    if (!statSync(path).isDirectory()) return { files: [path], directory: dirname(resolve(path)) }
    const names = readdirSync(path).filter((name) => /(?<!\.odcs)\.ya?ml$/i.test(name) && !name.startsWith('.'))
    if (names.length === 0) problems.add(startOf(path), 'E_NO_FILES', words.noFiles())
    if (names.length > CONFIG_LIMITS.files) problems.add(startOf(path), 'E_NO_FILES', words.tooManyFiles())
    const files = names.length > CONFIG_LIMITS.files ? [] : names.sort().map((name) => join(path, name))
    return { files, directory: resolve(path) }
  } catch (error) {
    const code = errorCode(error)
    problems.add(startOf(path), 'E_FILE', code === 'ENOENT' ? words.fileMissing() : words.fileUnreadable(code))
    return { files: [], directory: dirname(resolve(path)) }
  }
}

type ReadFile = YamlFile & { readonly text: string }

function readFile(file: string, problems: Problems, words: ConfigWords): ReadFile | undefined {
  let bytes: Buffer
  try {
    if (statSync(file).size > CONFIG_LIMITS.fileBytes) {
      problems.add(startOf(file), 'E_FILE_TOO_LARGE', words.fileTooLarge())
      return undefined
    }
    bytes = readFileSync(file)
  } catch (error) {
    problems.add(startOf(file), 'E_FILE', words.fileUnreadable(errorCode(error)))
    return undefined
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const yaml = readYaml(text, file, problems, words)
    return yaml && { ...yaml, text }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    problems.add(startOf(file), 'E_ENCODING', words.encoding())
    return undefined
  }
}

function finish(
  parsed: readonly ReadFile[] | undefined,
  files: readonly string[],
  directory: string,
  options: LoadOptions,
  problems: Problems,
  words: ConfigWords,
  offline: boolean,
): LintResult {
  const merged = parsed && mergeFiles(parsed, problems, words)
  const readSecret = options.readSecret ?? secretReader(directory)
  const { language = 'en', isConfined = false, now = Date.now() * 1000 } = options
  const folder = { folder: dirname(files[0] ?? '.'), directory, language, now, isConfined } as const
  const read = merged && readWhole(merged, options.connectors, { env: options.env, readSecret, offline, problems, words }, folder)
  const allFiles = [...files, ...(read?.files ?? [])]
  const all = problems.all()
  const ok = !problems.failed
  const own = files.map((file, i): SourceFile => ({ path: resolve(file), text: parsed?.[i]?.text ?? '', isContract: false }))
  const sources = [...own, ...(read?.sources ?? [])]
  const placeOf = (path: Path) => (merged ? placeText(locateHolder(merged.at, path)) : '')
  const connections = read?.connections.map((one) => withConnectionPaths(one, directory)) ?? []
  const understood = read && {
    ...read,
    connections,
    config: withPaths(read.config, directory),
    files: allFiles,
    sources,
    warnings: all,
    placeOf,
  }
  const pathOf = (problem: ConfigProblem) => merged && pathAt(merged.at, problem)
  return { problems: all, files: allFiles, ok, loaded: ok ? understood : undefined, understood, pathOf }
}

/** Paths of the file are relative to it; those of the program are absolute. */
function withPaths(config: EcluseConfig, directory: string): EcluseConfig {
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(directory, path))
  const { link } = config
  const own = link && { ...link, ca: absolute(link.ca), certificate: absolute(link.certificate), key: absolute(link.key) }
  return { ...config, data: resolve(directory, config.data), ...(own && { link: own }) }
}

function withConnectionPaths(one: LoadedConnection, directory: string): LoadedConnection {
  const { connector } = one
  return connector.withPaths
    ? { ...one, config: connector.withPaths(one.config, (path) => (path.includes('-----BEGIN') ? path : resolve(directory, path))) }
    : one
}

interface ReadWhole {
  readonly config: EcluseConfig
  readonly connections: LoadedConnection[]
  readonly contracts: readonly Contract[]
  readonly version: string
  readonly canonical: Readonly<Record<string, unknown>>
  /** Those of the contracts. */
  readonly files: readonly string[]
  readonly sources: readonly SourceFile[]
}

function readWhole(
  { value, at }: YamlFile,
  connectors: readonly Connector[],
  context: ReferenceContext,
  folder: {
    readonly folder: string
    readonly directory: string
    readonly language: Language
    readonly now: Micros
    readonly isConfined: boolean
  },
): ReadWhole | undefined {
  const { problems, words } = context
  const { connections, ...rest } = value as Record<string, unknown>
  // A key with nothing but comments below it: none yet.
  const rawConnections = connections ?? {}
  const resolved = resolveReferences(rest, at, [ecluseConfig], context)
  const whole: Record<string, unknown> = {
    ...(resolved.value as object),
    ...('connections' in (value as object) && { connections: rawConnections }),
  }
  const parsed = ecluseConfig.safeParse(whole, { error: noDefaultMessage })
  const issues = (parsed.error?.issues ?? []).filter((issue) => !resolved.unknown.has(pathKey(issue.path)))
  const versionWrong = issues.some((issue) => issue.path[0] === 'version')
  if (versionWrong) problems.add(locateKey(at, [], 'version'), 'E_VERSION', words.version())
  checkUnits(resolved.value, at, [ecluseConfig], problems, words)
  const others = issues.filter((issue) => issue.path[0] !== 'version')
  addIssues(others, { at, value: whole, schemas: [ecluseConfig], problems, words })

  const declared = new Map<string, Located>()
  const entries = isMap(rawConnections) ? Object.entries(rawConnections) : []
  const read = entries.map(([name, raw]) => ({
    name,
    ...readConnection(name, raw, locate(at, ['connections', name]), declared, connectors, { ...context, models: whole.models }),
  }))
  const collects = parsed.data?.node.role !== 'hub' && parsed.data?.node.role !== 'relay'
  if (collects && entries.length === 0 && isMap(rawConnections)) {
    problems.add(locateKey(at, [], 'connections'), 'W_NO_CONNECTIONS', words.noConnections())
  }
  if (parsed.data)
    checkDeclarations(parsed.data, { at, declared, isComplete: entries.every(([, raw]) => namesItsSignals(raw)), problems, words })
  const loaded = read.flatMap((one) => one.loaded ?? [])
  const unread = read.flatMap((one) => (one.loaded ? [] : [one.name]))
  if (parsed.data) checkRecords(parsed.data, loaded, { at, problems, words, unread })
  if (parsed.data) checkRecordRules(parsed.data, { at, problems, words })
  if (parsed.data) checkDeclaredUses(parsed.data, at, problems, words)
  if (parsed.data) checkPeople(parsed.data, at, problems, words)
  if (parsed.data) checkRole(parsed.data, entries.length, at, problems, words)
  if (!parsed.data) return undefined
  const { connections: _, ...config } = parsed.data
  const each = read.map((one) => one.loaded)
  const known = knownSignals(each, config.models, config.substitutes)
  const periods = periodsOf(each, known, config.substitutes)
  const computed = checkProcess(config, { at, problems, words, declared: periods, open: known.open, templates: templatesOf(each) })
  checkCorrelations(
    config,
    eventVariables(config),
    { ...known, declared: new Map([...known.declared, ...computed]) },
    { at, problems, words },
  )
  checkDifferences(
    config,
    read.map((one) => one.loaded),
    { at, problems, words },
  )
  // A contract may promise what is computed, too.
  const promised = { ...known, declared: new Map([...known.declared, ...computed]) }
  const { contracts, files, contents, sources } = readContracts(config.contracts, locate(at, ['contracts']), {
    ...folder,
    known: promised,
    problems,
  })
  checkPolicy(config, loaded, {
    at,
    problems,
    words,
    now: folder.now,
    isComplete: loaded.length === entries.length,
    isLint: context.offline,
  })
  const canonical = {
    ...(resolved.canonical as object),
    connections: Object.fromEntries(read.map((one) => [one.name, one.canonical])),
    // What is judged depends on what the contracts say, not only on which files they are.
    ...(contents.length > 0 && { contractContents: contents }),
  }
  return { config, connections: loaded, contracts, files, sources, version: fingerprint(canonical), canonical }
}

/** False where signals come from the device: found by browsing, or a list that leaves ids to be made. */
function namesItsSignals(connection: unknown): boolean {
  if (!isMap(connection) || !Array.isArray(connection.signals)) return false
  return connection.signals.every(
    (item: unknown) => isMap(item) && typeof item.id === 'string' && !item.id.includes('{') && !('browse' in item),
  )
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The same content in another order, with other comments, or spread over other files, is the same version. */
function fingerprint(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 16)
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isMap(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) : inner,
  )
}
