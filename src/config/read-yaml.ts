import { Alias, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import { surelyMoreThan } from './count-yaml.ts'
import { CONFIG_LIMITS } from './limits.ts'
import type { Located, LocatedKey, Problems, SourceText } from './places.ts'
import type { ConfigWords } from './words.ts'

/** One file as a plain value with the place of everything in it. */
export interface YamlFile {
  readonly value: unknown
  readonly at: Located
}

/**
 * Reads YAML 1.2 (core schema: no dates, no `yes`/`no` booleans, no tags). What is wrong goes to `problems`; undefined when nothing can be made of the text.
 * The parser's own messages are not used, because they may quote the text, and the text may hold a secret.
 */
export function readYaml(text: string, file: string, problems: Problems, words: ConfigWords): YamlFile | undefined {
  const lines = new LineCounter()
  const source: SourceText = {
    file,
    at: (offset) => {
      const { line, col } = lines.linePos(offset)
      return { line: Math.max(1, line), column: Math.max(1, col) }
    },
  }
  const start = { source, offset: 0 }
  const tooMany = surelyMoreThan(CONFIG_LIMITS.nodes, text)
  if (tooMany !== undefined) {
    problems.add({ source, offset: tooMany }, 'E_YAML_LIMIT', words.tooManyNodes())
    return undefined
  }
  let document: Document
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
      schema: 'core',
      resolveKnownTags: false,
      logLevel: 'error',
    })
  } catch (error) {
    // The parser recurses: thousands of nested brackets end in a stack overflow.
    if (!(error instanceof RangeError)) throw error
    problems.add(start, 'E_YAML_LIMIT', words.tooDeep())
    return undefined
  }
  // Only the first: after it the parser is lost, and what follows would send people to the wrong place.
  const [error] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  if (error) {
    const offset = error.pos[0]
    const reference = referenceBefore(text, offset)
    if (error.code === 'RESOURCE_EXHAUSTION') problems.add({ source, offset }, 'E_YAML_LIMIT', words.tooDeep())
    else if (reference !== undefined) problems.add({ source, offset: reference }, 'E_YAML_SYNTAX', words.syntaxReference())
    else problems.add({ source, offset }, 'E_YAML_SYNTAX', words.syntax(bracketOpenBefore(text, offset) ? 'MISSING_CHAR' : error.code))
    return undefined
  }
  if (!document.contents) {
    problems.add(start, 'E_EMPTY', words.empty())
    return undefined
  }
  if (!isMap(document.contents)) {
    problems.add({ source, offset: offsetOf(document.contents) ?? 0 }, 'E_TYPE', words.rootNotMap())
    return undefined
  }
  try {
    return new Conversion(source, problems, words).node(document.contents, 0, 0)
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    problems.add({ source, offset: error.offset }, 'E_YAML_LIMIT', error.wording)
    return undefined
  }
}

/** An unquoted `${...}` inside `{ }` or `[ ]` just before an error: its braces are what the parser stumbled over. */
function referenceBefore(text: string, offset: number): number | undefined {
  const line = text.lastIndexOf('\n', offset - 1) + 1
  const found = /[:,[{] *\$\{/.exec(text.slice(line, offset + 2))
  return found ? line + found.index + found[0].length - 2 : undefined
}

/** True when the line before the error opens a bracket and does not close it: that is what is wrong, whatever the parser noticed first. */
function bracketOpenBefore(text: string, offset: number): boolean {
  const before = text.slice(0, text.lastIndexOf('\n', offset - 1) + 1).trimEnd()
  const line = before.slice(before.lastIndexOf('\n') + 1).replace(/"[^"]*"|'[^']*'|\s#.*$/g, '')
  const count = (bracket: RegExp): number => line.match(bracket)?.length ?? 0
  return count(/[{[]/g) > count(/[}\]]/g)
}

/** A limit was reached: the walk ends, wherever it is. */
class TooMuch extends Error {
  readonly offset: number
  readonly wording: readonly [string, string?]
  constructor(offset: number, wording: readonly [string, string?]) {
    super('limit')
    this.offset = offset
    this.wording = wording
  }
}

const offsetOf = (node: Node): number | undefined => node.range?.[0]

class Conversion {
  readonly #source: SourceText
  readonly #problems: Problems
  readonly #words: ConfigWords
  readonly #anchors = new Map<string, Node>()
  #nodes = 0
  #aliased = 0
  #insideAlias = 0

  constructor(source: SourceText, problems: Problems, words: ConfigWords) {
    this.#source = source
    this.#problems = problems
    this.#words = words
  }

  node(node: Node | null, fallback: number, depth: number): YamlFile {
    const offset = (node && offsetOf(node)) ?? fallback
    this.#count(offset, depth)
    if (node && 'anchor' in node && node.anchor && !(node instanceof Alias)) this.#anchors.set(node.anchor, node)
    if (isAlias(node)) return this.#alias(node, offset, depth)
    if (isMap(node)) return this.#map(node.items, offset, depth)
    if (isSeq(node)) {
      const items = node.items.map((item) => this.node(item as Node | null, offset, depth + 1))
      return { value: items.map((item) => item.value), at: { source: this.#source, offset, items: items.map((item) => item.at) } }
    }
    return { value: isScalar(node) ? node.value : null, at: { source: this.#source, offset } }
  }

  #count(offset: number, depth: number): void {
    if (depth > CONFIG_LIMITS.depth) throw new TooMuch(offset, this.#words.tooDeep())
    if (this.#insideAlias > 0 && ++this.#aliased > CONFIG_LIMITS.aliasedNodes) throw new TooMuch(offset, this.#words.tooManyAliases())
    if (++this.#nodes > CONFIG_LIMITS.nodes) throw new TooMuch(offset, this.#words.tooManyNodes())
  }

  #alias(alias: Alias, offset: number, depth: number): YamlFile {
    const target = this.#anchors.get(alias.source)
    if (!target) {
      this.#problems.add({ source: this.#source, offset }, 'E_YAML_SYNTAX', this.#words.syntax('BAD_ALIAS'))
      return { value: null, at: { source: this.#source, offset } }
    }
    this.#insideAlias++
    const found = this.node(target, offset, depth)
    this.#insideAlias--
    return found
  }

  #map(pairs: readonly Pair[], offset: number, depth: number): YamlFile {
    const value: Record<string, unknown> = {}
    const keys = new Map<string, LocatedKey>()
    for (const pair of pairs) {
      const key = pair.key as Node | null
      const at = { source: this.#source, offset: (key && offsetOf(key)) ?? offset }
      const name = keyName(key)
      if (name === undefined || name === '__proto__') {
        this.#problems.add(at, 'E_KEY_REFUSED', this.#words.keyRefused())
        continue
      }
      const before = keys.get(name)
      if (before) {
        this.#problems.add(at, 'E_DUPLICATE_KEY', this.#words.duplicateKey(name, String(this.#source.at(before.offset).line)))
        continue
      }
      const inner = this.node(pair.value as Node | null, at.offset, depth + 1)
      value[name] = inner.value
      keys.set(name, { ...at, value: inner.at })
    }
    return { value, at: { source: this.#source, offset, keys } }
  }
}

/** A key as it is written: `8480:` and `true:` are the words `8480` and `true`. */
function keyName(key: Node | null): string | undefined {
  if (!isScalar(key)) return undefined
  if (typeof key.value === 'string') return key.value
  return typeof key.value === 'number' || typeof key.value === 'boolean' ? (key.source ?? String(key.value)) : undefined
}
