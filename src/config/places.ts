import type { ConfigProblem } from '../core/errors.ts'

/** One file's text as places: what offset is which line and column, both from 1. */
export interface SourceText {
  readonly file: string
  at(offset: number): { line: number; column: number }
}

/** Where one value of the file stands; keeps the shape of the value, so that a path finds its place. */
export interface Located {
  readonly source: SourceText
  readonly offset: number
  readonly keys?: Map<string, LocatedKey>
  readonly items?: readonly Located[]
}

export interface LocatedKey {
  readonly source: SourceText
  readonly offset: number
  readonly value: Located
}

export type Path = readonly PropertyKey[]

/** The place of the value at `path`; the nearest enclosing one where the path goes beyond what was written. */
export function locate(root: Located, path: Path): Located {
  let at = root
  for (const step of path) {
    const next = typeof step === 'number' ? at.items?.[step] : at.keys?.get(String(step))?.value
    if (!next) return at
    at = next
  }
  return at
}

/** The place of a key in the map at `path`; the map's own place when the key is not written. */
export function locateKey(root: Located, path: Path, key: string): { source: SourceText; offset: number } {
  const map = locate(root, path)
  return map.keys?.get(key) ?? map
}

/** The place of the key that holds `path`, or of the list item. */
export function locateHolder(root: Located, path: Path): { source: SourceText; offset: number } {
  const last = path.at(-1)
  return typeof last === 'string' ? locateKey(root, path.slice(0, -1), last) : locate(root, path)
}

/** `file:line`, for people. */
export const placeText = ({ source, offset }: { source: SourceText; offset: number }): string => `${source.file}:${source.at(offset).line}`

/** The path of the value or key that stands at a place, the outermost of several; undefined where none does. */
export function pathAt(root: Located, place: { readonly file: string; readonly line: number; readonly column: number }): Path | undefined {
  const isThere = ({ source, offset }: { source: SourceText; offset: number }) => {
    if (source.file !== place.file) return false
    const { line, column } = source.at(offset)
    return line === place.line && column === place.column
  }
  const open: { readonly at: Located; readonly path: Path }[] = [{ at: root, path: [] }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { at, path } = next
    if (path.length > 0 && isThere(at)) return path
    for (const [name, key] of at.keys ?? []) {
      if (isThere(key)) return [...path, name]
      open.push({ at: key.value, path: [...path, name] })
    }
    at.items?.forEach((item, index) => {
      open.push({ at: item, path: [...path, index] })
    })
  }
  return undefined
}

/** A message and what to do about it. */
export type Wording = readonly [message: string, hint?: string]

/** Collects problems; the same problem at the same place counts once. */
export class Problems {
  readonly #found = new Map<string, ConfigProblem>()

  add(at: { source: SourceText; offset: number }, code: string, [message, hint]: Wording, level?: ConfigProblem['level']): void {
    const place = at.source.at(at.offset)
    const problem = {
      file: at.source.file,
      ...place,
      code,
      message,
      ...(hint !== undefined && { hint }),
      level: level ?? (code.startsWith('W_') ? 'warning' : 'error'),
    }
    this.#found.set(`${problem.file}\n${place.line}\n${place.column}\n${code}\n${message}`, problem)
  }

  /** True when this was already found at this place. */
  has(at: { source: SourceText; offset: number }, code: string): boolean {
    const { line, column } = at.source.at(at.offset)
    return [...this.#found.values()].some(
      (known) => known.code === code && known.line === line && known.column === column && known.file === at.source.file,
    )
  }

  get failed(): boolean {
    return [...this.#found.values()].some((problem) => problem.level === 'error')
  }

  /** By file, line and column. */
  all(): ConfigProblem[] {
    return [...this.#found.values()].sort((a, b) =>
      a.file === b.file ? a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1) : a.file < b.file ? -1 : 1,
    )
  }
}
