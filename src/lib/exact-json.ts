/** What a text may hold at most. */
export interface JsonBounds {
  /** Lists and maps inside one another. */
  readonly depth: number
  /** Values and names, more or less: counted before anything is allocated for them. */
  readonly values: number
}

/** A number of up to 15 digits and a small exponent is exact as a double; only where this matches is each number looked at. */
const NEEDS_CARE = /\d[\d.]{15}|\d[eE][+-]?\d{2}/

/**
 * Reads JSON of strangers. A number that no double holds exactly (beyond 2^53, or with more digits than a double has) comes as its text.
 * The problem says what and where, and quotes nothing: the text may hold what is not for logs.
 */
export function readJson(text: string | Uint8Array, bounds: JsonBounds): { readonly value: unknown } | { readonly problem: string } {
  const decoded = typeof text === 'string' ? text : decodeUtf8(text)
  if (decoded === undefined) return { problem: 'no UTF-8 text' }
  const excess = measure(decoded, bounds)
  if (excess) return { problem: excess }
  try {
    return { value: NEEDS_CARE.test(decoded) ? JSON.parse(decoded, keepExact) : JSON.parse(decoded) }
  } catch (error) {
    const at = /at position (\d+)/.exec((error as Error).message)?.[1]
    return { problem: at === undefined ? 'no JSON, or cut off' : `no JSON at character ${Number(at) + 1}` }
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** What is too much about it; undefined when nothing is. */
function measure(text: string, { depth, values }: JsonBounds): string | undefined {
  let open = 0
  let count = 1
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = endOfString(text, at)
    else if (code === 0x5b || code === 0x7b) {
      if (++open > depth) return `more than ${depth} lists and maps inside one another`
      count++
    } else if (code === 0x5d || code === 0x7d) open--
    else if (code === 0x2c) count++
    if (count > values) return `more than ${values} values`
  }
  return undefined
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return text.length
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return quote
    at = quote + 1
  }
}

function keepExact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  const { source } = context
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : source
  return Number.isFinite(value) && digits(String(value)) === digits(source) ? value : source
}

/** The digits that count: without sign, point, exponent, leading and trailing zeros. */
function digits(number: string): string {
  return number
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '')
}
