import { globSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, normalize, resolve } from 'node:path'
import type { Contract } from '../core/contracts.ts'
import { ConfigurationError } from '../core/errors.ts'
import { CONTRACT_LIMITS, contractWords, isPattern, type KnownSignals, odcs, toContract } from '../govern/contracts/config.ts'
import { ContractChecks } from './contract-checks.ts'
import { addIssues, noDefaultMessage } from './issues.ts'
import { type Located, locate, Problems, type SourceText, type Wording } from './places.ts'
import { readYaml } from './read-yaml.ts'
import { errorCode } from './references.ts'
import { configWords, type Language } from './words.ts'

export interface ContractContext {
  /** The configuration's folder as it was given, for messages, and in full. */
  readonly folder: string
  readonly directory: string
  readonly known: KnownSignals
  readonly problems: Problems
  readonly language: Language
  /** Only contracts in that folder are read. */
  readonly isConfined: boolean
}

export interface ReadContracts {
  readonly contracts: readonly Contract[]
  readonly files: readonly string[]
  /** The contents, for the version of the configuration. */
  readonly contents: readonly unknown[]
  readonly sources: readonly { readonly path: string; readonly text: string; readonly isContract: true }[]
}

/** Reads and checks the contracts that `contracts:` names. `at` is the place of that list. */
export function readContracts(patterns: readonly string[], at: Located, context: ContractContext): ReadContracts {
  const { problems, folder, directory, known, language } = context
  const words = contractWords[language]
  const files = findContracts(patterns, at, context)
  const seen = new Map<string, string>()
  const contracts: Contract[] = []
  const contents: unknown[] = []
  const sources: ReadContracts['sources'][number][] = []
  let properties = 0
  let globs = 0
  let checks = 0
  for (const file of files) {
    const read = readContract(shownAs(folder, file), resolve(directory, file), problems, language, known)
    if (!read) continue
    const { contract, place } = read
    const idPlace = locate(place, ['id'])
    const before = seen.get(contract.id)
    if (before !== undefined) problems.add(idPlace, 'E_CONTRACT_DUPLICATE', words.duplicateContract(contract.id, before))
    else seen.set(contract.id, `${contract.file}:${idPlace.source.at(idPlace.offset).line}`)
    properties += contract.properties.length
    globs += contract.properties.filter(({ signal }) => signal !== undefined && isPattern(signal)).length
    checks += contract.properties.reduce((sum, property) => sum + property.checks.length, 0)
    if (checks > CONTRACT_LIMITS.checks) {
      problems.add(place, 'E_CONTRACT_LIMIT', words.tooManyChecks())
      break
    }
    if (properties > CONTRACT_LIMITS.properties || globs > CONTRACT_LIMITS.patterns) {
      problems.add(place, 'E_CONTRACT_LIMIT', words.tooManyProperties())
      break
    }
    contracts.push(contract)
    contents.push(read.value)
    sources.push({ path: resolve(directory, file), text: read.text, isContract: true })
  }
  return { contracts, files: files.map((file) => shownAs(folder, file)), contents, sources }
}

/** One contract by itself, without the signals it binds. Throws ConfigurationError with every problem at once. */
export function readContractFile(path: string, language: Language = 'en'): Contract {
  const problems = new Problems()
  const read = readContract(path, resolve(path), problems, language, undefined)
  if (!read || problems.failed) throw new ConfigurationError(problems.all())
  return read.contract
}

function findContracts(patterns: readonly string[], at: Located, { problems, directory, language, isConfined }: ContractContext): string[] {
  const words = contractWords[language]
  const files = new Set<string>()
  patterns.forEach((pattern, index) => {
    const place = at.items?.[index] ?? at
    const isAsked = !isConfined || !(isAbsolute(pattern) || pattern.includes('..'))
    // Braces can spell what a pattern does not show: what was found is looked at again.
    const isAllowed = (file: string) => !isConfined || (!isAbsolute(file) && !normalize(file).startsWith('..'))
    const matching = isAsked ? globSync(pattern, { cwd: directory }) : []
    const found = matching.filter((file) => isAllowed(file) && isFile(resolve(directory, file)))
    if (found.length === 0) problems.add(place, 'E_CONTRACT_FILE', words.noFile())
    for (const file of found) files.add(normalize(file))
  })
  if (files.size <= CONTRACT_LIMITS.files) return [...files].sort()
  problems.add(at, 'E_CONTRACT_LIMIT', words.tooManyFiles())
  return []
}

const shownAs = (folder: string, file: string): string => (isAbsolute(file) ? file : join(folder, file))

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

interface ReadContract {
  readonly contract: Contract
  readonly value: unknown
  readonly place: Located
  readonly text: string
}

function readContract(
  shown: string,
  path: string,
  problems: Problems,
  language: Language,
  known: KnownSignals | undefined,
): ReadContract | undefined {
  const words = configWords[language]
  const text = readText(shown, path, problems, language)
  const yaml = text === undefined ? undefined : readYaml(text, shown, problems, words)
  if (!yaml || text === undefined) return undefined
  const { value, at } = yaml
  const parsed = odcs.safeParse(value, { error: noDefaultMessage })
  addIssues(parsed.error?.issues ?? [], { at, value, schemas: [odcs], problems, words })
  if (!parsed.data) return undefined
  const contract = toContract(parsed.data, shown)
  new ContractChecks(parsed.data, contract, { at, value, problems, language }).all(known)
  return { contract, value, place: at, text }
}

function readText(shown: string, path: string, problems: Problems, language: Language): string | undefined {
  const source: SourceText = { file: shown, at: () => ({ line: 1, column: 1 }) }
  const fail = (code: string, wording: Wording): undefined => {
    problems.add({ source, offset: 0 }, code, wording)
    return undefined
  }
  const words = configWords[language]
  try {
    if (statSync(path).size > CONTRACT_LIMITS.fileBytes) return fail('E_CONTRACT_LIMIT', contractWords[language].fileTooLarge())
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    if (error instanceof TypeError) return fail('E_ENCODING', words.encoding())
    const code = errorCode(error)
    return fail('E_FILE', code === 'ENOENT' ? words.fileMissing() : words.fileUnreadable(code))
  }
}
