import { divide, fromDecimal, multiply, ONE, power, type Rational, ratio, ZERO } from '../../lib/rational.ts'
import { METRIC, PLAIN, PREFIXES, SCALES } from './atoms.ts'
import { KINDS, type Kind, UNIT_LIMITS, type Unit } from './unit.ts'

/** A term while it is read. */
interface Term {
  readonly scale: Rational
  readonly offset: Rational
  readonly exponents: ReadonlyMap<string, number>
  readonly kinds: ReadonlySet<Kind>
}

interface Cursor {
  readonly text: string
  at: number
  depth: number
}

/** Not a code; caught here and nowhere else. */
class NoUnit extends Error {}
const refuse = (): never => {
  throw new NoUnit()
}

const NOTHING: Term = { scale: ONE, offset: ZERO, exponents: new Map(), kinds: new Set() }
const LARGEST = 10n ** BigInt(UNIT_LIMITS.scaleDigits)

/**
 * A unit from its case-sensitive UCUM code (sections 6 to 12 of the standard); undefined when it is none, or is one `atoms.ts` leaves out.
 * In a product or quotient a scale with its own zero counts as its step (`Cel/min` is a rise, not a temperature).
 */
export function parseCode(code: string): Unit | undefined {
  if (code.length === 0 || code.length > UNIT_LIMITS.characters || !/^[\x21-\x7e]+$/.test(code.replaceAll(/\{[^{}]*\}/g, '{}')))
    return undefined
  try {
    const cursor = { text: code, at: 0, depth: 0 }
    const term = readTerm(cursor)
    if (cursor.at < code.length || term.kinds.size > 1) return undefined
    const [kind] = term.kinds
    const dimension = [...term.exponents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([base, n]) => (n === 1 ? base : `${base}${n}`))
    return { code, dimension: dimension.join('.') || '1', scale: term.scale, offset: term.offset, ...(kind && { kind }) }
  } catch (error) {
    if (error instanceof NoUnit) return undefined
    throw error
  }
}

/** `/a`, `a.b/c`: from left to right, each operator for the one component after it (section 7). */
function readTerm(cursor: Cursor): Term {
  let term = cursor.text[cursor.at] === '/' ? NOTHING : readComponent(cursor)
  for (let operator = cursor.text[cursor.at]; operator === '.' || operator === '/'; operator = cursor.text[cursor.at]) {
    cursor.at++
    const next = readComponent(cursor)
    term = joined(term, operator === '.' ? next : raised(next, -1))
  }
  return term
}

function readComponent(cursor: Cursor): Term {
  let term: Term
  if (cursor.text[cursor.at] === '(') {
    cursor.at++
    if (++cursor.depth > UNIT_LIMITS.depth) refuse()
    term = readTerm(cursor)
    if (cursor.text[cursor.at++] !== ')') refuse()
    cursor.depth--
  } else {
    const symbol = readSymbol(cursor)
    if (symbol === '' && cursor.text[cursor.at] !== '{') refuse()
    term = symbol === '' ? NOTHING : simple(symbol)
  }
  const annotation = /^\{([^{}]*)\}/.exec(cursor.text.slice(cursor.at))
  if (!annotation) return term
  cursor.at += annotation[0].length
  const kind = KINDS.find((known) => known === annotation[1])
  return kind ? { ...term, kinds: new Set([...term.kinds, kind]) } : term
}

/** Up to the next operator, brace or parenthesis; what stands in square brackets belongs to the symbol. */
function readSymbol(cursor: Cursor): string {
  const symbol = /^(?:\[[^[\]]*\]|[^[\]./(){}])*/.exec(cursor.text.slice(cursor.at))?.[0] ?? ''
  cursor.at += symbol.length
  return symbol
}

/** A whole number, or an atom with its prefix and exponent. */
function simple(symbol: string): Term {
  if (/^\d{1,30}$/.test(symbol)) return symbol.match(/[1-9]/) ? { ...NOTHING, scale: ratio(BigInt(symbol)) } : refuse()
  const [, name = '', digits] = /^(.*?)([+-]?\d+)?$/.exec(symbol) ?? []
  const exponent = digits === undefined ? 1 : Number(digits)
  if (Math.abs(exponent) > UNIT_LIMITS.exponent || exponent === 0) refuse()
  return raised(atom(name) ?? prefixed(name) ?? refuse(), exponent)
}

function prefixed(name: string): Term | undefined {
  for (const length of [1, 2]) {
    const prefix = name.slice(0, length)
    const rest = name.slice(length)
    if (!Object.hasOwn(PREFIXES, prefix) || !(Object.hasOwn(METRIC, rest) || scaleOf(rest)?.metric)) continue
    const term = atom(rest)
    if (term) return { ...term, scale: multiply(term.scale, fromDecimal(PREFIXES[prefix] as string)) }
  }
  return undefined
}

const scaleOf = (name: string) => (Object.hasOwn(SCALES, name) ? SCALES[name] : undefined)

function atom(name: string): Term | undefined {
  const scale = scaleOf(name)
  if (scale) return { ...defined(scale.step), offset: defined(scale.zero).scale }
  const definition = Object.hasOwn(METRIC, name) ? METRIC[name] : Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined
  if (definition === undefined) return undefined
  return definition === '' ? { ...NOTHING, exponents: new Map([[name, 1]]) } : defined(definition)
}

/** `2.54 cm`: a number and a code. */
function defined(definition: string): Term {
  const [number = '', code = ''] = definition.split(' ')
  const term = readTerm({ text: code, at: 0, depth: 0 })
  return { ...term, scale: multiply(term.scale, fromDecimal(number)) }
}

function joined(a: Term, b: Term): Term {
  const exponents = new Map(a.exponents)
  for (const [base, n] of b.exponents) {
    const sum = (exponents.get(base) ?? 0) + n
    if (sum === 0) exponents.delete(base)
    else exponents.set(base, sum)
  }
  return bounded({ scale: multiply(a.scale, b.scale), offset: ZERO, exponents, kinds: new Set([...a.kinds, ...b.kinds]) })
}

function raised(term: Term, exponent: number): Term {
  if (exponent === 1) return term
  const exponents = new Map([...term.exponents].map(([base, n]) => [base, n * exponent] as const))
  const scale = exponent === -1 ? divide(ONE, term.scale) : power(term.scale, exponent)
  return bounded({ scale, offset: ZERO, exponents, kinds: term.kinds })
}

function bounded(term: Term): Term {
  return term.scale.n > LARGEST || term.scale.d > LARGEST ? refuse() : term
}
