import { Lexer } from 'yaml'

const STARTS_VALUE = new Set(['\u{1f}', '-', ':', ',', '[', '{'])
/** Marks of the lexer that stand for no character of the text. */
const MARKS = new Set(['\u{1f}', '\u{2}', '\u{18}'])

/** What announces one value: at most the mark of its key, its colon or comma, and its own. */
const PER_VALUE = 3

/**
 * Where a text certainly holds more than so many values, found before any of them is made: a parsed value takes about a kilobyte, its text two bytes.
 * Undefined where it may hold no more; it is then parsed and counted exactly.
 */
export function surelyMoreThan(values: number, text: string): number | undefined {
  // A value takes two characters at least.
  if (text.length < 2 * values) return undefined
  let found = 0
  let offset = 0
  let isText = false
  for (const token of new Lexer().lex(text)) {
    if (!isText && (STARTS_VALUE.has(token) || /^["'*]/.test(token)) && ++found > PER_VALUE * values) return offset
    isText = token === '\u{1f}'
    if (!MARKS.has(token)) offset += token.length
  }
  return undefined
}
