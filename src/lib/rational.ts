/** A fraction in lowest terms with a positive denominator; exact, so that 25.4 mm is an inch and not nearly one. */
export interface Rational {
  readonly n: bigint
  readonly d: bigint
}

export const ZERO: Rational = { n: 0n, d: 1n }
export const ONE: Rational = { n: 1n, d: 1n }

/** The fraction n/d; d must not be 0. */
export function ratio(n: bigint, d = 1n): Rational {
  let a = n < 0n ? -n : n
  let b = d < 0n ? -d : d
  while (b !== 0n) [a, b] = [b, a % b]
  const divisor = d < 0n ? -a : a
  return { n: n / divisor, d: d / divisor }
}

export const multiply = (a: Rational, b: Rational): Rational => ratio(a.n * b.n, a.d * b.d)
export const divide = (a: Rational, b: Rational): Rational => ratio(a.n * b.d, a.d * b.n)
export const subtract = (a: Rational, b: Rational): Rational => ratio(a.n * b.d - b.n * a.d, a.d * b.d)
export const power = (a: Rational, exponent: number): Rational =>
  exponent >= 0 ? ratio(a.n ** BigInt(exponent), a.d ** BigInt(exponent)) : ratio(a.d ** BigInt(-exponent), a.n ** BigInt(-exponent))
export const equal = (a: Rational, b: Rational): boolean => a.n === b.n && a.d === b.d

/** `273.15`, `1e-3`, `459.67`: the number that is written, not the nearest double. */
export function fromDecimal(text: string): Rational {
  const [, whole = '', fraction = '', exponent = '0'] = /^(-?\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text) ?? []
  if (whole === '') throw new RangeError(`not a decimal number: ${text}`)
  return multiply(ratio(BigInt(whole + fraction)), power(ratio(10n), Number(exponent) - fraction.length))
}

/** The double nearest to n/d, ties to even. */
export function nearestDouble(n: bigint, d: bigint): number {
  if (n === 0n) return 0
  const size = n < 0n ? -n : n
  // A quotient of 60 bits and more, its last bit set when something remains, rounds to 53 bits as the exact value would.
  const shift = 64 - bits(size) + bits(d)
  const up = shift >= 0 ? size << BigInt(shift) : size
  const down = shift >= 0 ? d : d << BigInt(-shift)
  const quotient = up / down
  const sticky = quotient * down === up ? quotient : quotient | 1n
  const half = Math.trunc(shift / 2)
  const magnitude = Number(sticky) * 2 ** -half * 2 ** (half - shift)
  return n < 0n ? -magnitude : magnitude
}

/** Length in bits, up to 4 too long. */
function bits(n: bigint): number {
  const size = Number(n)
  return size === Number.POSITIVE_INFINITY ? n.toString(16).length * 4 : Math.ceil(Math.log2(size)) + 1
}

const view = () => new DataView(new ArrayBuffer(8))

/** A finite double as the fraction m × 2^e that it is. */
export function binary(value: number, scratch = view()): { m: bigint; e: number } {
  if (Number.isSafeInteger(value)) return { m: BigInt(value), e: 0 }
  scratch.setFloat64(0, value)
  const raw = scratch.getBigUint64(0)
  const exponent = Number((raw >> 52n) & 0x7ffn)
  const fraction = raw & 0xfffffffffffffn
  const m = exponent === 0 ? fraction : fraction | 0x10000000000000n
  return { m: value < 0 ? -m : m, e: Math.max(exponent, 1) - 1075 }
}
