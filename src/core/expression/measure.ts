import { divide, equal, multiply, nearestDouble, ONE, type Rational, ZERO } from '../../lib/rational.ts'
import { UNIT_LIMITS, type Unit } from '../units/unit.ts'

/**
 * What is known of a number's unit.
 *
 * `literal`: numbers of the text alone; beside a quantity in a sum or a comparison they are in its unit. `unstated`: a variable without unit is in it;
 * it fits anything. `unit`: in that unit; where it is `scaled` a plain number was multiplied in, which may be a factor between units
 * (`/ 1000`), so that only the dimension is known, and the `factor` that came of such numbers where that is; where it is `relative` it is a difference or a product: zero points (`Cel`, gauge
 * pressure) and kinds of power do not matter any more.
 */
export type Measure =
  | { readonly is: 'unstated' }
  | { readonly is: 'literal'; readonly factor?: number }
  | { readonly is: 'unit'; readonly unit: Unit; readonly scaled: boolean; readonly relative: boolean; readonly factor?: number }

const LITERAL: Measure = { is: 'literal' }
export const literalOf = (value: number): Measure => ({ is: 'literal', factor: value })
export const UNSTATED: Measure = { is: 'unstated' }
export const measureOf = (unit: Unit): Measure => ({ is: 'unit', unit, scaled: false, relative: false })

/** Why two numbers cannot be added, compared or said to be the same. */
export type Mismatch = 'unit-dimension' | 'unit-scale' | 'unit-factor'

export function mismatch(a: Measure, b: Measure): Mismatch | undefined {
  if (a.is !== 'unit' || b.is !== 'unit') return undefined
  if (a.unit.dimension !== b.unit.dimension || !kindsAgree(a, b)) return 'unit-dimension'
  if (a.scaled || b.scaled) return lacksChange(a, b) ? 'unit-factor' : undefined
  const sameZero = a.relative || b.relative || equal(a.unit.offset, b.unit.offset)
  return equal(a.unit.scale, b.unit.scale) && sameZero ? undefined : 'unit-scale'
}

type InUnit = Extract<Measure, { is: 'unit' }>

/** What one of a has to be multiplied by to be in the unit of b. */
export const changeOf = (a: InUnit, b: InUnit): number => {
  const { n, d } = divide(a.unit.scale, b.unit.scale)
  return nearestDouble(n, d)
}

/**
 * True where the plain numbers that were multiplied in cannot hold the change of unit: `current * voltage * 1.732` called kW is a thousand times too much, `... / 1000`
 * may be right. A factor below ten (three phases, an efficiency) says nothing; beyond it the numbers have to come nearer to the change than to none.
 */
function lacksChange(a: InUnit, b: InUnit): boolean {
  const own = (a.factor ?? 1) / (b.factor ?? 1)
  const change = changeOf(a, b)
  const far = (x: number) => Math.abs(Math.log10(Math.abs(x)))
  return far(change) >= 1 && far(own) < far(own / change)
}

function kindsAgree(a: InUnit, b: InUnit): boolean {
  if (a.unit.kind === b.unit.kind) return true
  const gas = [a.unit.kind, b.unit.kind].some((kind) => kind === 'normal' || kind === 'standard')
  return (a.relative || b.relative) && !gas
}

/** The measure of a sum, or of either of two values: the one that says more. */
export function joined(a: Measure, b: Measure): Measure {
  if (a.is === 'unstated' || b.is === 'unstated') return a.is === 'unit' ? a : b.is === 'unit' ? b : UNSTATED
  if (a.is === 'literal') return b.is === 'literal' ? LITERAL : b
  if (b.is === 'literal') return a
  const [one, other] = [a as InUnit, b as InUnit]
  if (one.scaled !== other.scaled) return one.scaled ? b : a
  return one.relative ? b : a
}

/** The measure of a difference: between two temperatures, or two gauge pressures, the zero does not matter. */
export function difference(a: Measure, b: Measure): Measure {
  const measure = joined(a, b)
  const both = a.is === 'unit' && b.is === 'unit' && !a.relative && !b.relative
  return both && measure.is === 'unit' ? { ...measure, relative: true } : measure
}

export function product(a: Measure, b: Measure, operator: '*' | '/'): Measure {
  if (a.is === 'unstated' || b.is === 'unstated') return UNSTATED
  const factor = operator === '*' ? factorOf(a) * factorOf(b) : factorOf(a) / factorOf(b)
  if (a.is === 'literal' && b.is === 'literal') return literalOf(factor)
  if (b.is === 'literal' && a.is === 'unit') return { ...a, scaled: true, factor }
  if (a.is === 'literal' && b.is === 'unit' && operator === '*') return { ...b, scaled: true, factor }
  const left = a.is === 'unit' ? a.unit : NUMBER
  const right = (b as InUnit).unit
  const kind = [left.kind, right.kind].find((one) => one === 'normal' || one === 'standard')
  const scale = operator === '*' ? multiply(left.scale, right.scale) : divide(left.scale, right.scale)
  const unit: Unit = {
    code: joinedCode(left, right, operator),
    dimension: joinedDimension(left.dimension, right.dimension, operator === '*' ? 1 : -1),
    scale: isLarge(scale) ? ONE : scale,
    offset: ZERO,
    ...(kind && { kind }),
  }
  const scaled = isLarge(scale) || (a.is === 'unit' ? a.scaled : true) || (b as InUnit).scaled
  return { is: 'unit', unit, scaled, relative: true, factor: isLarge(scale) ? Number.NaN : factor }
}

/** Numbers of the text alone: what they come to, or that nobody knows. */
const factorOf = (measure: Measure): number =>
  measure.is === 'unit' ? (measure.factor ?? 1) : measure.is === 'literal' ? (measure.factor ?? Number.NaN) : Number.NaN

/** The measure of a square root; undefined where the dimension has none. */
export function root(a: Measure): Measure | undefined {
  if (a.is !== 'unit') return a.is === 'literal' ? literalOf(Math.sqrt(factorOf(a))) : a
  const exponents = readDimension(a.unit.dimension)
  if ([...exponents.values()].some((n) => n % 2 !== 0)) return undefined
  const half = written(new Map([...exponents].map(([base, n]) => [base, n / 2])))
  const n = integerRoot(a.unit.scale.n)
  const d = integerRoot(a.unit.scale.d)
  const exact = n !== undefined && d !== undefined
  const { kind: _, ...plain } = a.unit
  const unit = { ...plain, code: half, dimension: half, scale: exact ? { n, d } : ONE, offset: ZERO }
  return { is: 'unit', unit, scaled: a.scaled || !exact, relative: true, factor: exact ? Math.sqrt(factorOf(a)) : Number.NaN }
}

const NUMBER: Unit = { code: '1', dimension: '1', scale: ONE, offset: ZERO }
const LARGEST = 10n ** BigInt(UNIT_LIMITS.scaleDigits)
const isLarge = ({ n, d }: Rational): boolean => n > LARGEST || d > LARGEST

function joinedCode(a: Unit, b: Unit, operator: '*' | '/'): string {
  if (operator === '*' && a.code === '1') return b.code
  if (b.code === '1') return a.code
  const right = /[./]/.test(b.code) && operator === '/' ? `(${b.code})` : b.code
  return `${a.code}${operator === '*' ? '.' : '/'}${right}`
}

function joinedDimension(a: string, b: string, sign: 1 | -1): string {
  const exponents = readDimension(a)
  for (const [base, n] of readDimension(b)) exponents.set(base, (exponents.get(base) ?? 0) + sign * n)
  return written(exponents)
}

/** `g.m2.s-3`. A base may hold digits and brackets of its own: `B[10.nV]`; those with an exponent end in it. */
function readDimension(dimension: string): Map<string, number> {
  if (dimension === '1') return new Map()
  return new Map(
    dimension.split('.').map((part) => {
      const [, base = part, n = '1'] = /^(.*?[^\d-])(-?\d+)$/.exec(part) ?? []
      return [base, Number(n)]
    }),
  )
}

function written(exponents: ReadonlyMap<string, number>): string {
  const parts = [...exponents].filter(([, n]) => n !== 0).sort(([a], [b]) => (a < b ? -1 : 1))
  return parts.map(([base, n]) => (n === 1 ? base : `${base}${n}`)).join('.') || '1'
}

/** The whole number whose square this is, by Newton's method; undefined where there is none. */
function integerRoot(n: bigint): bigint | undefined {
  if (n < 2n) return n
  let x = BigInt(Math.floor(Math.sqrt(Number(n)))) || 1n
  for (let step = 0; step < 64 && x * x !== n; step++) x = (x + n / x) / 2n
  return x * x === n ? x : undefined
}
