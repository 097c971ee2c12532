import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { CONFIG_LIMITS } from './limits.ts'
import { type Located, locateHolder, type Path, type Problems } from './places.ts'
import { type AnySchema, SchemaMemo, takesText } from './schema-walk.ts'
import type { ConfigWords } from './words.ts'

/** What references (`${env:NAME}`, `${file:/path}`) are resolved with. */
export interface ReferenceContext {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Text of a file named by `${file:...}`; throws when it cannot be read. */
  readonly readSecret: (path: string) => string
  /** Offline: what is not there on this machine is a warning, because the file may be checked elsewhere than where it runs. */
  readonly offline: boolean
  readonly problems: Problems
  readonly words: ConfigWords
}

export interface Resolved {
  readonly value: unknown
  /** The same with secrets as they are written, for the version of the configuration: no secret goes into the hash. */
  readonly canonical: unknown
  /** Paths whose value is not known here; what the schema says of them is not worth showing. */
  readonly unknown: ReadonlySet<string>
}

export const pathKey = (path: Path): string => JSON.stringify(path)

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g
const WHOLE = /^\$\{(env|file):([^}]+)\}$/
const PLACEHOLDER = 'unset'
/** user:password@ in an address, unless the password is a reference. */
const SECRET_IN_ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:(?!\$\{)[^/@\s]+@/i

/** Replaces references everywhere in a value, and refuses secrets that are written out. Never puts a value into a message. */
export function resolveReferences(value: unknown, at: Located, schemas: readonly AnySchema[], context: ReferenceContext): Resolved {
  const unknown = new Set<string>()
  const memo = new SchemaMemo()
  const walk = (here: unknown, under: readonly AnySchema[], steps: Path): { value: unknown; canonical: unknown } => {
    if (Array.isArray(here)) {
      const items = here.map((item, index) => walk(item, memo.inside(under, index), [...steps, index]))
      return { value: items.map((item) => item.value), canonical: items.map((item) => item.canonical) }
    }
    if (typeof here === 'object' && here !== null) {
      const entries = Object.entries(here).map(([key, item]) => [key, walk(item, memo.inside(under, key), [...steps, key])] as const)
      return {
        value: Object.fromEntries(entries.map(([key, item]) => [key, item.value])),
        canonical: Object.fromEntries(entries.map(([key, item]) => [key, item.canonical])),
      }
    }
    const text = resolveText(here, { schemas: under, secret: memo.isSecret(under) }, at, steps, context)
    if (text.unknown) unknown.add(pathKey(steps))
    return text
  }
  return { ...walk(value, schemas, []), unknown }
}

interface ResolvedText {
  readonly value: unknown
  readonly canonical: unknown
  readonly unknown: boolean
}

interface Field {
  readonly schemas: readonly AnySchema[]
  readonly secret: boolean
}

function resolveText(here: unknown, { schemas, secret }: Field, at: Located, path: Path, context: ReferenceContext): ResolvedText {
  const { problems, words } = context
  const holder = () => locateHolder(at, path)
  const known = (value: unknown): ResolvedText => ({ value, canonical: value, unknown: false })
  if (secret) {
    if (here === null || typeof here === 'object') return known(here)
    if (typeof here !== 'string' || !WHOLE.test(here)) {
      problems.add(holder(), 'E_SECRET_LITERAL', words.secretLiteral(String(path.at(-1) ?? '')))
      return { value: here, canonical: '', unknown: true }
    }
    const found = lookUp(here, holder, context)
    return { value: found ?? PLACEHOLDER, canonical: here, unknown: found === undefined }
  }
  if (typeof here !== 'string') return known(here)
  if (SECRET_IN_ADDRESS.test(here)) problems.add(holder(), 'E_SECRET_LITERAL', words.secretInAddress())
  if (!here.includes('${')) return known(here)
  let unknown = false
  const text = here.replace(REFERENCE, (reference) => {
    if (reference === '$${') return '${'
    const found = lookUp(reference, holder, context)
    unknown ||= found === undefined
    return found ?? PLACEHOLDER
  })
  const value = WHOLE.test(here) && !takesText(schemas) ? asScalar(text) : text
  return { value, canonical: value, unknown }
}

/** The text a reference stands for; undefined, with a problem, when there is none. */
function lookUp(reference: string, holder: () => ReturnType<typeof locateHolder>, context: ReferenceContext): string | undefined {
  const { env, readSecret, offline, problems, words } = context
  const [, kind, name] = WHOLE.exec(reference) ?? []
  if (!kind || !name) {
    problems.add(holder(), 'E_REFERENCE', words.reference())
    return undefined
  }
  if (kind === 'env') {
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (value === undefined) problems.add(holder(), offline ? 'W_ENV_MISSING' : 'E_ENV_MISSING', words.envMissing(name))
    return value
  }
  try {
    return readSecret(name)
  } catch (error) {
    const why = error instanceof SecretTooLarge ? words.secretFileSize(name) : words.secretFile(name, errorCode(error))
    problems.add(holder(), offline ? 'W_SECRET_FILE' : 'E_SECRET_FILE', why)
    return undefined
  }
}

class SecretTooLarge extends Error {}

/** Only the system's code (`ENOENT`), never a message that might quote something. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'
}

/** Reads secret files relative to the configuration's directory; one newline at the end is not part of the secret. */
export function secretReader(directory: string): (path: string) => string {
  return (path) => {
    const file = resolve(directory, path)
    if (statSync(file).size > CONFIG_LIMITS.secretBytes) throw new SecretTooLarge()
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  }
}

/** `port: ${env:PORT}`: the text as the number or boolean the field wants. */
function asScalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return text.trim() !== '' && Number.isFinite(number) ? number : text
}
