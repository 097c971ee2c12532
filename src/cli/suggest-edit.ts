import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'

/** What one signal's declaration would gain. */
export interface Addition {
  /** Id as in the file: without the site. */
  readonly id: string
  readonly connection: string
  /** Keys and values as YAML flow text: `range`, `[0, 9]`. */
  readonly keys: readonly (readonly [string, string])[]
  /** Where it comes from, a line each. */
  readonly evidence: readonly string[]
}

/** What becomes of a line of the file, by its index: lines before it, its own text, lines after it. */
export interface LineEdit {
  before: string[]
  text: string | undefined
  after: string[]
}

export interface Edited {
  readonly edits: ReadonlyMap<number, LineEdit>
  /** Ids whose keys became part of the file; the others of its connections are notes, or declare everything already. */
  readonly written: ReadonlySet<string>
  readonly noted: ReadonlySet<string>
}

/** Notes on signals that are not named in the file, per connection. */
export const NOTES = 50

interface Place {
  readonly map: YAMLMap
  readonly offset: number
}

/**
 * Where the additions go in one file: keys that a signal named there lacks, with the evidence as comments. Signals of a model or found by browsing get a
 * comment only. Nothing else of the text changes: places come from the parsed document, the text is edited by line.
 */
export function editFile(text: string, additions: readonly Addition[]): Edited {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: false, logLevel: 'error' })
  const edits = new Map<number, LineEdit>()
  const [written, noted] = [new Set<string>(), new Set<string>()]
  const connections = isMap(document.contents) && document.errors.length === 0 ? document.contents.get('connections', true) : undefined
  if (!isMap(connections)) return { edits, written, noted }
  const lines = new Lines(text, edits)
  for (const pair of connections.items as Pair<Node, Node>[]) {
    const own = additions.filter(({ connection }) => isScalar(pair.key) && pair.key.value === connection)
    if (own.length === 0 || !isMap(pair.value)) continue
    const places = placesOf(pair.value)
    const without: Addition[] = []
    for (const addition of own) {
      const place = places.get(addition.id)
      if (!place) without.push(addition)
      else if (place.map.has('model')) {
        lines.comment(place.offset, [...addition.evidence, noteOf(addition)])
        noted.add(addition.id)
      } else {
        const keys = addition.keys.filter(([key]) => !place.map.has(key))
        if (keys.length === 0) continue
        lines.comment(place.offset, addition.evidence)
        lines.insert(place.map, keys)
        written.add(addition.id)
      }
    }
    const shown = without.slice(0, NOTES)
    for (const { id } of shown) noted.add(id)
    lines.comment(
      startOf(pair.key),
      shown.flatMap((addition) => [`${addition.id}: ${addition.evidence.join('; ')}`, noteOf(addition)]),
    )
  }
  return { edits, written, noted }
}

const noteOf = ({ keys }: Addition): string =>
  `  ${keys
    .filter(([key]) => key !== 'unit')
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')}`
const startOf = (node: Node): number => node.range?.[0] ?? 0

/** Signals the file names one by one, wherever the connector keeps them. */
function placesOf(node: unknown, found = new Map<string, Place>()): Map<string, Place> {
  if (isSeq(node)) {
    for (const item of node.items) {
      const id = isMap(item) ? item.get('id') : undefined
      if (isMap(item) && typeof id === 'string' && !id.includes('{')) found.set(id, { map: item, offset: startOf(item) })
      else placesOf(item, found)
    }
  } else if (isMap(node)) {
    for (const { value } of node.items) placesOf(value, found)
  }
  return found
}

/** A text by its lines, and what is to become of them. */
class Lines {
  readonly #text: string
  readonly #edits: Map<number, LineEdit>
  readonly #starts: number[] = [0]

  constructor(text: string, edits: Map<number, LineEdit>) {
    this.#text = text
    this.#edits = edits
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  /** Comments above the line of a place, as far in as that line. */
  comment(offset: number, comments: readonly string[]): void {
    if (comments.length === 0) return
    const line = this.#lineAt(offset)
    const indent = /^ */.exec(this.#lineText(line))?.[0] ?? ''
    this.#edit(line).before.push(...comments.map((comment) => `${indent}# ${comment}`))
  }

  /** Keys at the end of a map, in its own style. */
  insert(map: YAMLMap, keys: readonly (readonly [string, string])[]): void {
    const last = map.items.at(-1) as Pair<Node, Node | null>
    let end = (map.flow ? map.range?.[1] : (last.value ?? last.key).range?.[1]) ?? 0
    if (map.flow) {
      // Before the closing brace.
      end--
      while (/\s/.test(this.#text[end - 1] ?? '')) end--
      const line = this.#lineAt(end)
      const edit = this.#edit(line)
      // Several maps on one line: the text so far has grown by what was inserted left of this.
      const text = edit.text ?? this.#lineText(line)
      const column = end - (this.#starts[line] as number) + (text.length - this.#lineText(line).length)
      const comma = this.#text[end - 1] === ',' ? ' ' : ', '
      edit.text = `${text.slice(0, column)}${comma}${keys.map(([key, value]) => `${key}: ${value}`).join(', ')}${text.slice(column)}`
      return
    }
    while (end > 0 && /\s/.test(this.#text[end - 1] as string)) end--
    const column = startOf((map.items[0] as Pair<Node>).key) - (this.#starts[this.#lineAt(startOf(map))] as number)
    this.#edit(this.#lineAt(end - 1)).after.push(...keys.map(([key, value]) => `${' '.repeat(column)}${key}: ${value}`))
  }

  #edit(line: number): LineEdit {
    const edit = this.#edits.get(line) ?? { before: [], text: undefined, after: [] }
    this.#edits.set(line, edit)
    return edit
  }

  #lineAt(offset: number): number {
    let [low, high] = [0, this.#starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] as number) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  #lineText(line: number): string {
    return this.#text.slice(this.#starts[line], (this.#starts[line + 1] ?? this.#text.length + 1) - 1)
  }
}

const CONTEXT = 3

/** The edits as a unified diff that `patch` and `git apply` take; empty when there are none. */
export function unifiedDiff(path: string, text: string, edits: ReadonlyMap<number, LineEdit>): string {
  if (edits.size === 0) return ''
  const lines = text.split('\n')
  const hasEnd = lines.at(-1) === ''
  if (hasEnd) lines.pop()
  const changed = [...edits.keys()].sort((a, b) => a - b)
  const out = [`--- a/${path}`, `+++ b/${path}`]
  let shift = 0
  // As much context before as after, or `patch` takes a hunk for the end of the file: lines put before or after a line do not change it.
  const rangeOf = (k: number): [number, number] => {
    const line = changed[k] as number
    const { before, text, after } = edits.get(line) as LineEdit
    return [before.length > 0 || text !== undefined ? line : line + 1, after.length > 0 || text !== undefined ? line + 1 : line]
  }
  for (let k = 0; k < changed.length; ) {
    const from = Math.max(0, rangeOf(k)[0] - CONTEXT)
    let to = 0
    for (; k < changed.length && (to === 0 || rangeOf(k)[0] - CONTEXT <= to); k++) to = Math.min(lines.length, rangeOf(k)[1] + CONTEXT)
    const body: string[] = []
    for (let i = from; i < to; i++) {
      const { before = [], text: own, after = [] } = edits.get(i) ?? {}
      const line = lines[i] as string
      const cr = line.endsWith('\r') ? '\r' : ''
      const isLast = i === lines.length - 1 && !hasEnd
      // The last line of a file without an end of line changes when lines come after it.
      const isKept = own === undefined && !(isLast && after.length > 0)
      if (!isKept) body.push(`-${line}`, ...(isLast ? [NO_END] : []))
      body.push(...before.map((one) => `+${one}${cr}`), isKept ? ` ${line}` : `+${own ?? line}`)
      body.push(...after.map((one) => `+${one}${cr}`))
      if (isLast) body.push(NO_END)
    }
    const count = (mark: string) => body.filter((line) => line[0] === ' ' || line[0] === mark).length
    const [old, now] = [count('-'), count('+')]
    out.push(`@@ -${from + 1},${old} +${from + 1 + shift},${now} @@`, ...body)
    shift += now - old
  }
  return `${out.join('\n')}\n`
}

const NO_END = '\\ No newline at end of file'
