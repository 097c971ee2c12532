/** True for the ids that a glob names. */
export type Glob = (id: string) => boolean

/** What a glob may cost. */
export interface GlobLimits {
  readonly length: number
  /** Patterns that its braces may stand for. */
  readonly alternatives: number
}

/** Why a glob cannot be read, and the words that complete "the pattern ...". */
const WHY = {
  empty: () => 'is empty',
  long: (limit: number) => `has more than ${limit} characters`,
  'not-opened': () => 'closes a brace } that was not opened',
  'not-closed': () => 'opens a brace { that is not closed',
  nested: () => 'has braces within braces',
  alternatives: (limit: number) => `has braces that stand for more than ${limit} patterns`,
  bracket: () => 'opens a bracket [ that is not closed',
}

/** The glob cannot be read; the message completes "the pattern ...". `limit`: the one it is over, 0 where it is none. */
export class GlobError extends Error {
  override name = 'GlobError'
  readonly why: keyof typeof WHY
  readonly limit: number
  constructor(why: keyof typeof WHY, limit = 0) {
    super(WHY[why](limit))
    this.why = why
    this.limit = limit
  }
}

const STAR = Symbol('*')
const ANY = Symbol('?')
const GLOBSTAR = Symbol('**')
type Piece = string | typeof STAR | typeof ANY | { readonly not: boolean; readonly ranges: readonly (readonly [string, string])[] }
type Segment = readonly Piece[] | typeof GLOBSTAR

/**
 * Compiles a glob over signal ids: `*` within a segment, `**` any number of segments (none too), `?`, `[a-c]`, `[!a]`, `{a,b}`.
 * It never backtracks past the last star, so a hostile pattern costs at most pattern × id; the regular expressions that glob libraries
 * make take minutes for a dozen stars that almost match, and this one runs on the thread that collects. Throws GlobError.
 */
export function compileGlob(glob: string, limits: GlobLimits): Glob {
  if (glob === '') throw new GlobError('empty')
  if (glob.length > limits.length) throw new GlobError('long', limits.length)
  if (glob === '**') return () => true
  const patterns = parse(glob, limits)
  return (id) => {
    const path = id.split('/')
    return patterns.some((pattern) => matchPath(pattern, path))
  }
}

const parse = (glob: string, limits: GlobLimits): (readonly Segment[])[] =>
  alternatives(glob, limits.alternatives).map((pattern) => pattern.split('/').map(segment))

/**
 * True when some id is named by both globs. Decided on the globs alone, so that it holds for ids nobody has seen yet; where classes of characters are negated it
 * may say true for two that share none. Costs at most one glob's length × the other's. Throws GlobError.
 */
export function globsOverlap(a: string, b: string, limits: GlobLimits): boolean {
  for (const glob of [a, b]) compileGlob(glob, limits)
  const others = parse(b, limits)
  return parse(a, limits).some((one) => others.some((other) => meets(one, other, GLOBSTAR, meetSegments)))
}

const meetSegments = (a: Segment, b: Segment): boolean => meets(a as readonly Piece[], b as readonly Piece[], STAR, meetPieces)

function meetPieces(a: Piece, b: Piece): boolean {
  if (typeof a === 'string') return matchPiece(b, a)
  if (typeof b === 'string') return matchPiece(a, b)
  if (typeof a === 'symbol' || typeof b === 'symbol' || a.not || b.not) return true
  return a.ranges.some(([low, high]) => b.ranges.some(([from, to]) => low <= to && from <= high))
}

/** True when some sequence fits both patterns: a table of which rests of the two can still meet, from the ends. */
function meets<P>(a: readonly P[], b: readonly P[], star: P, meet: (a: P, b: P) => boolean): boolean {
  let below: boolean[] = []
  for (let i = a.length; i >= 0; i--) {
    const row: boolean[] = []
    for (let j = b.length; j >= 0; j--) {
      if (i === a.length && j === b.length) row[j] = true
      else if (a[i] === star) row[j] = below[j] === true || row[j + 1] === true
      else if (b[j] === star) row[j] = row[j + 1] === true || below[j] === true
      else row[j] = i < a.length && j < b.length && below[j + 1] === true && meet(a[i] as P, b[j] as P)
    }
    below = row
  }
  return below[0] === true
}

/** The beginning that every id named by the glob has. */
export function literalStart(glob: string): string {
  return glob.slice(0, /[*?[{]/.exec(glob)?.index ?? glob.length)
}

/** `a{b,c}d` as `abd` and `acd`; braces do not nest. */
function alternatives(glob: string, most: number): string[] {
  let out = ['']
  for (let at = 0; at < glob.length; ) {
    const open = glob.indexOf('{', at)
    const until = open < 0 ? glob.length : open
    if (glob.slice(at, until).includes('}')) throw new GlobError('not-opened')
    out = out.map((text) => text + glob.slice(at, until))
    if (open < 0) break
    const close = glob.indexOf('}', open)
    if (close < 0) throw new GlobError('not-closed')
    const inside = glob.slice(open + 1, close)
    if (inside.includes('{')) throw new GlobError('nested')
    const choices = inside.split(',')
    if (out.length * choices.length > most) throw new GlobError('alternatives', most)
    out = out.flatMap((text) => choices.map((choice) => text + choice))
    at = close + 1
  }
  return out
}

function segment(text: string): Segment {
  if (text === '**') return GLOBSTAR
  const pieces: Piece[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === '*') {
      if (pieces.at(-1) !== STAR) pieces.push(STAR)
    } else if (char === '?') pieces.push(ANY)
    else if (char === '[') {
      const close = text.indexOf(']', at + 2)
      if (close < 0) throw new GlobError('bracket')
      pieces.push(charset(text.slice(at + 1, close)))
      at = close
    } else pieces.push(char)
  }
  return pieces
}

function charset(inside: string): Piece {
  const not = inside[0] === '!' || inside[0] === '^'
  const ranges: [string, string][] = []
  for (let at = not ? 1 : 0; at < inside.length; at++) {
    const low = inside[at] as string
    const high = inside[at + 1] === '-' && at + 2 < inside.length ? (inside[(at += 2)] as string) : low
    ranges.push([low, high])
  }
  return { not, ranges }
}

const matchPath = (pattern: readonly Segment[], path: readonly string[]): boolean => covers(pattern, path, GLOBSTAR, matchSegment)
const matchSegment = (pattern: Segment, text: string): boolean => covers(pattern as readonly Piece[], text, STAR, matchPiece)

/** A sequence against a pattern of it; on a mismatch only the last star takes one item more. */
function covers<P, T>(pattern: readonly P[], items: ArrayLike<T>, star: P, fits: (piece: P, item: T) => boolean): boolean {
  let p = 0
  let i = 0
  let starAt = -1
  let starTook = 0
  while (i < items.length) {
    const piece = pattern[p]
    if (piece === star) {
      starAt = p++
      starTook = i
    } else if (piece !== undefined && fits(piece, items[i] as T)) {
      p++
      i++
    } else if (starAt >= 0) {
      p = starAt + 1
      i = ++starTook
    } else return false
  }
  while (pattern[p] === star) p++
  return p === pattern.length
}

function matchPiece(piece: Piece, char: string): boolean {
  if (typeof piece === 'string') return piece === char
  if (piece === ANY) return true
  if (typeof piece === 'symbol') return false
  return piece.ranges.some(([low, high]) => char >= low && char <= high) !== piece.not
}
