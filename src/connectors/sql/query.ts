/** How a database writes what the scanner steps over. */
export interface Quoting {
  /** `\` takes the next character with it inside '...' and "...". */
  readonly backslash?: true
  /** $tag$...$tag$ and E'...'. */
  readonly dollar?: true
  /** `...` */
  readonly backtick?: true
  /** [...] */
  readonly bracket?: true
  /** # begins a comment. */
  readonly hash?: true
  /** Comments stand in each other. */
  readonly nested?: true
}

interface Token {
  readonly text: string
  readonly from: number
  /** Parentheses around it. */
  readonly depth: number
}

export interface Problem {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

const WRITES = new Set(
  'insert update delete merge into drop alter create truncate grant revoke exec attach detach install pragma vacuum'.split(' '),
)
const ORDERS = new Set(['order', 'limit', 'offset', 'fetch'])

/** What keeps a query from being one reading SELECT, with `:cursor` where it is asked for. */
export function findProblems(query: string, quoting: Quoting, incremental: boolean): Problem[] {
  const tokens = scan(query, quoting)
  if (typeof tokens === 'string') return [{ code: 'E_SQL_QUERY', message: tokens }]
  const found: Problem[] = []
  const first = tokens.find(({ text }) => text !== '(')?.text.toLowerCase()
  if (first !== 'select' && first !== 'with')
    found.push({ code: 'E_SQL_NOT_SELECT', message: 'a query is one SELECT (or WITH ... SELECT)', hint: 'Écluse only reads' })
  const end = tokens.findIndex(({ text }) => text === ';')
  if (end >= 0 && end < tokens.length - 1)
    found.push({ code: 'E_SQL_STATEMENTS', message: 'a query is one statement; something follows the ;' })
  const write = tokens.find(({ text }) => WRITES.has(text.toLowerCase()))
  if (write)
    found.push({
      code: 'E_SQL_WRITES',
      message: `${write.text.toUpperCase()} does not belong into a query that only reads`,
      hint: 'if it is the name of a column, put it in quotes',
    })
  return [...found, ...cursorProblems(tokens, incremental)]
}

function cursorProblems(tokens: readonly Token[], incremental: boolean): Problem[] {
  const at = tokens.findIndex(({ text }) => text === ':cursor')
  if (!incremental)
    return at < 0 ? [] : [{ code: 'E_SQL_CURSOR', message: ':cursor has no value', hint: 'add cursor: { column: ..., start: ... }' }]
  if (at < 0)
    return [
      {
        code: 'E_SQL_CURSOR',
        message: 'with cursor, the query says where it goes on: :cursor is missing',
        hint: 'e.g. WHERE updated_at >= :cursor',
      },
    ]
  const order = tokens.find(({ text, depth }) => depth === 0 && ORDERS.has(text.toLowerCase()))
  const found: Problem[] = []
  if (order)
    found.push({
      code: 'E_SQL_ORDER',
      message: `with cursor, ${order.text.toUpperCase()} is left out: rows are ordered by the cursor's column and read in pages`,
    })
  if (tokens[at - 1]?.text === '>')
    found.push({
      code: 'E_SQL_CURSOR_LOSES',
      message: 'rows with the same value as the last one read would be lost',
      hint: 'write >= :cursor: what was read already makes nothing new',
    })
  return found
}

/** The query with `:cursor` replaced, without its closing `;`. */
export function withCursor(query: string, quoting: Quoting, literal: string | undefined): string {
  const tokens = scan(query, quoting)
  if (typeof tokens === 'string') throw new Error(tokens)
  let text = ''
  let done = 0
  for (const token of tokens) {
    if (token.text !== ':cursor' && token.text !== ';') continue
    text += query.slice(done, token.from) + (token.text === ';' ? '' : (literal ?? 'NULL'))
    done = token.from + token.text.length
  }
  return text + query.slice(done)
}

const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy
const SPACE = /\s+/uy
const DOLLAR = /\$([\p{L}_][\p{L}\p{N}_]*)?\$/uy
const PARAMETER = /:cursor\b/y

/** Words, `:cursor` and single characters outside of texts, quoted names and comments; or what is wrong. */
function scan(query: string, quoting: Quoting): Token[] | string {
  const tokens: Token[] = []
  let depth = 0
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(query)?.[0]
  }
  while (at < query.length) {
    const space = match(SPACE)
    if (space !== undefined) {
      at += space.length
      continue
    }
    const skipped = skip(query, at, quoting, query[at - 1])
    if (typeof skipped === 'string') return skipped
    if (skipped > at) {
      at = skipped
      continue
    }
    const dollar = quoting.dollar ? match(DOLLAR) : undefined
    if (dollar !== undefined) {
      const end = query.indexOf(dollar, at + dollar.length)
      if (end < 0) return `${dollar} is not closed`
      at = end + dollar.length
      continue
    }
    const isCast = query[at] === ':' && query[at + 1] === ':'
    const text = isCast ? '::' : (match(PARAMETER) ?? match(WORD) ?? (query[at] as string))
    if (text === ')') depth--
    tokens.push({ text, from: at, depth })
    if (text === '(') depth++
    at += text.length
  }
  return tokens
}

/** Where a text, quoted name or comment that begins at `at` ends; `at` when none does; or what is wrong. */
function skip(query: string, at: number, quoting: Quoting, before: string | undefined): number | string {
  const here = query[at] as string
  const two = query.slice(at, at + 2)
  if (two === '--' || (here === '#' && quoting.hash)) {
    const end = query.indexOf('\n', at)
    return end < 0 ? query.length : end + 1
  }
  if (two === '/*') return skipComment(query, at, quoting)
  if (here === "'") {
    const escaped = quoting.backslash || (quoting.dollar && (before === 'E' || before === 'e'))
    return skipQuoted(query, at, "'", Boolean(escaped))
  }
  if (here === '"') return skipQuoted(query, at, '"', Boolean(quoting.backslash))
  if (here === '`' && quoting.backtick) return skipQuoted(query, at, '`', false)
  if (here === '[' && quoting.bracket) return skipQuoted(query, at, ']', false)
  return at
}

function skipQuoted(query: string, at: number, close: string, backslash: boolean): number | string {
  for (let i = at + 1; i < query.length; i++) {
    if (backslash && query[i] === '\\') i++
    else if (query[i] === close) {
      if (query[i + 1] !== close) return i + 1
      i++
    }
  }
  return `${query[at]} is not closed`
}

function skipComment(query: string, at: number, { nested, hash }: Quoting): number | string {
  // MySQL runs what stands in /*! ... */.
  if (hash && /[!M]/.test(query[at + 2] ?? '')) return '/*! ... */ is no comment to the server: leave it out'
  let depth = 1
  for (let i = at + 2; i < query.length - 1; i++) {
    const two = query.slice(i, i + 2)
    if (two === '*/') {
      if (--depth === 0) return i + 2
      i++
    } else if (two === '/*' && nested) {
      depth++
      i++
    }
  }
  return '/* is not closed'
}
