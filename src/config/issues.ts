import type { z } from 'zod'
import { FLOW_LIMITS } from '../gateway/flows/config.ts'
import { nearest } from '../lib/suggest.ts'
import { type Located, locate, locateHolder, locateKey, type Path, type Problems, type Wording } from './places.ts'
import { type AnySchema, knownKeys, schemasAt } from './schema-walk.ts'
import type { ConfigWords } from './words.ts'

type Issue = z.core.$ZodIssue

/** What turns a schema's findings into problems at places. Paths and places are relative to the same root. */
export interface IssueContext {
  readonly at: Located
  readonly value: unknown
  readonly schemas: readonly AnySchema[]
  /** Keys besides those of the schemas that are known at the root. */
  readonly alsoKnown?: readonly string[]
  readonly problems: Problems
  readonly words: ConfigWords
}

/** Given to zod as `error`: leaves only the messages that a schema wrote itself, so that the rest can be said in the person's language. */
export const noDefaultMessage = (): string => ''

export function addIssues(issues: readonly Issue[], context: IssueContext, base: Path = []): void {
  for (const issue of issues) addIssue(issue, context, base)
}

function addIssue(issue: Issue, context: IssueContext, base: Path): void {
  const { at, problems, words } = context
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    unknownKeys(issue.keys, path, context)
    return
  }
  const whole = issue.code === 'invalid_union' && typeof valueAt(context.value, path) !== 'object' ? OWN_MESSAGES[issue.message] : undefined
  if (whole && valueAt(context.value, path) !== undefined) {
    problems.add(locate(at, path), 'E_VALUE', whole(words))
    return
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    union(issue.errors, path, context)
    return
  }
  const found = valueAt(context.value, path)
  if (found === undefined && path.length > 0) {
    problems.add(
      locate(at, path.slice(0, -1)),
      'E_MISSING_KEY',
      says(issue) ? [words.said(issue.message)] : words.missingKey(String(path.at(-1))),
    )
    return
  }
  const [code, wording] = describe(issue, found, words)
  const place = issue.code === 'invalid_key' ? locateHolder(at, path) : locate(at, path)
  const own = issue.code === 'invalid_key' ? keyWording(issue, words) : OWN_MESSAGES[issue.message]?.(words)
  problems.add(place, code, own ?? (issue.message ? [words.said(issue.message), wording[1]] : wording))
}

/** A key is refused for the reason its own schema gives. */
function keyWording(issue: z.core.$ZodIssueInvalidElement | z.core.$ZodIssueInvalidKey, words: ConfigWords): Wording {
  const given = issue.issues.map(({ message }) => OWN_MESSAGES[message]?.(words)).find((one) => one !== undefined)
  return given ?? words.badName()
}

/** Messages that the schemas give by their keys, said in the person's language here. */
const OWN_MESSAGES: Readonly<Record<string, (words: ConfigWords) => Wording>> = {
  '@duration': (words) => words.durationForm(),
  '@size': (words) => words.sizeForm(),
  '@badName': (words) => words.badName(),
  '@badField': (words) => words.badField(),
  '@badNetwork': (words) => words.badNetwork(),
  '@badPeriod': (words) => words.badPeriod(),
  '@upToDay': (words) => words.upToDay(),
  '@badZone': (words) => words.badZone(),
  '@httpsOnly': (words) => words.httpsOnly(),
  '@noNotice': (words) => words.noNotice(),
  '@badLife': (words) => words.badLife(),
  '@builtInRole': (words) => words.builtInRole(),
  '@badAddress': (words) => words.badAddress(),
  '@diodeKey': (words) => words.diodeKey(),
  '@linkFiles': (words) => words.linkFiles(),
  '@badInput': (words) => words.badInput(),
  '@badEvent': (words) => words.badEvent(),
  '@countInputs': (words) => words.countInputs(),
  '@countStates': (words) => words.countStates(),
  '@countAttributes': (words) => words.countAttributes(),
  '@badInterface': (words) => words.badInterface(),
  '@badSensor': (words) => words.badSensor(),
  '@badRange': (words) => words.badRange(),
  '@badCanary': (words) => words.badCanary(),
  '@manySensors': (words) => words.manySensors(FLOW_LIMITS.sensors),
  '@manyCanaries': (words) => words.manyCanaries(FLOW_LIMITS.canaries),
  '@badLevel': (words) => words.badLevel(),
  '@badLevels': (words) => words.badLevels(),
}

function unknownKeys(keys: readonly string[], path: Path, context: IssueContext): void {
  const { at, value, schemas, problems, words } = context
  const known = [...knownKeys(schemasAt(schemas, path)), ...(path.length === 0 ? (context.alsoKnown ?? []) : [])]
  const used = new Set(Object.keys((valueAt(value, path) ?? {}) as object))
  const free = known.filter((key) => !used.has(key))
  for (const key of keys) {
    problems.add(locateKey(at, path, key), 'E_UNKNOWN_KEY', words.unknownKey(key, nearest(key, free), known.join(', ')))
  }
}

/** Of a union, the branch that the person most likely meant: the one whose complaints lie deepest, then the shortest list. */
function union(branches: readonly (readonly Issue[])[], path: Path, context: IssueContext): void {
  const depth = (issues: readonly Issue[]): number =>
    Math.max(...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)))
  const [best] = [...branches].sort((a, b) => depth(b) - depth(a) || a.length - b.length)
  if (best && depth(best) > 0) {
    addIssues(best, context, path)
    return
  }
  const { at, problems, words } = context
  const expected = branches.flat().flatMap((issue) => (issue.code === 'invalid_type' ? [typeWord(issue.expected, words)] : []))
  const written = branches.flat().find((issue) => issue.message)?.message
  const found = valueAt(context.value, path)
  if (expected.length === 0 || written)
    problems.add(locate(at, path), 'E_VALUE', written ? (OWN_MESSAGES[written]?.(words) ?? [words.said(written)]) : words.badValue())
  else problems.add(locate(at, path), 'E_TYPE', words.wrongType([...new Set(expected)].join(words.or()), foundWord(found, words)))
}

/** It has a message of its own that tells more than what kind of value is wanted. */
const says = ({ message }: Issue): boolean => message !== '' && OWN_MESSAGES[message] === undefined

function describe(issue: Issue, found: unknown, words: ConfigWords): readonly [code: string, Wording] {
  switch (issue.code) {
    case 'invalid_type': {
      // A schema that says itself what it wants knows better than "expected a text".
      if (issue.message) return ['E_VALUE', [words.said(issue.message)]]
      const [message] = words.wrongType(typeWord(issue.expected, words), foundWord(found, words))
      const hint =
        issue.expected === 'string' && (typeof found === 'number' || typeof found === 'boolean')
          ? words.quoteHint()
          : typeof found === 'string' && /^(number|int|boolean)$/.test(issue.expected) && looksBare(found)
            ? words.unquoteHint()
            : undefined
      return ['E_TYPE', [message, hint]]
    }
    case 'invalid_value':
      return ['E_VALUE', oneOf(issue.values, found, words)]
    case 'invalid_union':
      // No matching discriminator: zod lists what would have matched.
      return ['E_VALUE', 'options' in issue && Array.isArray(issue.options) ? oneOf(issue.options, found, words) : words.badValue()]
    case 'too_small':
      return ['E_VALUE', words.tooSmall(String(issue.minimum), measure(issue.origin, words))]
    case 'too_big':
      return ['E_VALUE', words.tooBig(String(issue.maximum), measure(issue.origin, words))]
    case 'invalid_format':
      return ['E_VALUE', words.badFormat(issue.format)]
    default:
      return ['E_VALUE', words.badValue()]
  }
}

function oneOf(values: readonly unknown[], found: unknown, words: ConfigWords): Wording {
  const known = values.map(String)
  return words.oneOf(known.join(', '), typeof found === 'string' ? nearest(found, known) : undefined)
}

function measure(origin: string, words: ConfigWords): string {
  return origin === 'string' ? words.length() : origin === 'array' || origin === 'set' ? words.items() : words.value()
}

function typeWord(expected: string, words: ConfigWords): string {
  const known: Record<string, () => string> = {
    string: words.text,
    number: words.number,
    int: words.wholeNumber,
    boolean: words.boolean,
    object: words.map,
    record: words.map,
    array: words.list,
    tuple: words.list,
  }
  return known[expected]?.() ?? expected
}

function foundWord(found: unknown, words: ConfigWords): string {
  if (found === null || found === undefined) return words.nothing()
  return typeWord(Array.isArray(found) ? 'array' : typeof found, words)
}

const looksBare = (text: string): boolean => text === 'true' || text === 'false' || (text.trim() !== '' && Number.isFinite(Number(text)))

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (here, step) => (typeof here === 'object' && here !== null ? (here as Record<PropertyKey, unknown>)[step] : undefined),
    root,
  )
}
