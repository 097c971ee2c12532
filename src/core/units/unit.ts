import type { Rational } from '../../lib/rational.ts'

/**
 * What a reading is relative to, where the dimension alone does not say it. Written as an annotation of the code (`bar{gauge}`), as UCUM
 * allows; other annotations (`{passenger}`) say what is counted and change nothing.
 */
export const KINDS = ['gauge', 'normal', 'standard', 'reactive', 'apparent'] as const
export type Kind = (typeof KINDS)[number]

export interface Unit {
  /** UCUM code, e.g. `Cel`, `kW.h`, `bar{gauge}`. */
  readonly code: string
  /** Base units with their exponents in order of code, e.g. `g.m2.s-3`; `1` for a plain number. */
  readonly dimension: string
  /** A value in base units is value × scale + offset. */
  readonly scale: Rational
  readonly offset: Rational
  readonly kind?: Kind
}

export const UNIT_LIMITS = {
  /** Longest text taken for a unit. */
  characters: 64,
  /** Parentheses inside one another. */
  depth: 8,
  /** Largest exponent, both ways. */
  exponent: 99,
  /** Digits of the scale's numerator or denominator. */
  scaleDigits: 400,
} as const
