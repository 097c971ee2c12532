import type { FieldType, FieldValue } from '../it-records.ts'

/** Values by variable. Undefined and null: not known. Numbers in the variable's unit, times in microseconds, UTC. */
export type Values = Readonly<Record<string, FieldValue | undefined>>

export interface Variable {
  readonly type: FieldType
  /** UCUM or an alias, of a number. Absent: nobody said; such a number fits any unit, and what comes of it too. */
  readonly unit?: string | undefined
}

/** What an expression must come to. */
export interface ResultType {
  readonly type: FieldType
  /** The unit that the result is declared to be in. */
  readonly unit?: string | undefined
}

export const EXPRESSION_PROBLEMS = [
  'too-long',
  'too-complex',
  'syntax',
  'unknown-name',
  'unknown-function',
  'not-allowed',
  'type',
  'arguments',
  'constant',
  'result-type',
  'unit-unknown',
  'unit-dimension',
  'unit-scale',
  'unit-factor',
  'unit-unstated',
  'unit-root',
] as const

/** One mistake in an expression. Programs read the code; sentences are made of the rest. */
export interface ExpressionProblem {
  readonly code: (typeof EXPRESSION_PROBLEMS)[number]
  /** Characters of the text that are meant: from `start`, up to `end` exclusive. */
  readonly start: number
  readonly end: number
  /** The name, type or unit that was found. */
  readonly found?: string
  /** What would do: types, units, a call's signature. */
  readonly expected?: string
  /** A known name that looks like it. */
  readonly near?: string
}

export interface Expression {
  /** The result; undefined where it is not known. Throws nothing. */
  evaluate(values: Values): string | number | boolean | undefined
  /** Of a number: the declared unit of the result, or else the one that follows from the variables where it does. */
  readonly unit: string | undefined
  /** Variables that stand in it, in the order of their names. */
  readonly variables: readonly string[]
  /** Where there is one, `evaluate` knows nothing. */
  readonly problems: readonly ExpressionProblem[]
}
