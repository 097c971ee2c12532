import type { InputSpan } from '../core/derivation.ts'
import { compile, type Expression, type ResultType, type Variable } from '../core/expression/index.ts'
import type { Series } from '../core/history.ts'
import type { FieldValue } from '../core/it-records.ts'
import { isNull, rank, Status } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import type { DeclaredInput } from './config.ts'
import type { Known, Places } from './places.ts'

/** One input of a declaration at one place. */
export interface Input {
  readonly name: string
  /** Whole id. */
  readonly signal: string
  /** `any`: text where there is one, else the number; in no expression. */
  readonly type: 'number' | 'boolean' | 'text' | 'any'
  readonly interpolation: 'previous' | 'linear' | 'none'
  /** A sample says something until it is this old, that moment included. */
  readonly toleranceUs: Micros
  readonly unit: string | undefined
}

type Declared = Readonly<Record<string, DeclaredInput>>

const written = (input: DeclaredInput) =>
  typeof input === 'string' ? ({ signal: input, type: 'number', interpolation: 'previous' } as const) : input

/** Signals of a declaration's inputs, as written. */
export const signalsOf = (inputs: Declared): string[] => [...new Set(Object.values(inputs).map((input) => written(input).signal))]

/** Where nobody said how long a reading holds, and its signal has no expected period: lint asks for one of the two. */
const UNSAID_TOLERANCE_US = 60_000_000

export function toleranceOf(milliseconds: number | undefined, signal: string, known: Known): Micros {
  if (milliseconds !== undefined) return Math.round(milliseconds * 1000)
  const period = known.signal(signal)?.expectedPeriodUs
  return period === undefined ? UNSAID_TOLERANCE_US : Math.round(2 * period)
}

export function inputsAt(place: string, inputs: Declared, tolerance: number | undefined, where: Places, known: Known): Input[] {
  return Object.entries(inputs).map(([name, declared]) => {
    const own = written(declared)
    const signal = where.id(place, own.signal)
    const toleranceUs = toleranceOf(('tolerance' in own ? own.tolerance : undefined) ?? tolerance, signal, known)
    return { name, signal, type: own.type, interpolation: own.interpolation, toleranceUs, unit: known.signal(signal)?.unit }
  })
}

/** An expression over these inputs. A declaration that lint accepted has no problems at any place whose signals have the same units. */
export function compiled(text: string, inputs: readonly Input[], result: ResultType): Expression {
  const variables: Record<string, Variable> = Object.fromEntries(
    inputs.map(({ name, type, unit }) => [name, { type: type === 'any' ? 'text' : type, unit }]),
  )
  return compile(text, { variables, result })
}

/** What an input says at one moment. */
export interface Reading {
  /** Undefined: it says nothing. */
  readonly value: FieldValue | undefined
  readonly status: number
  readonly why: 'input-bad' | 'input-missing' | 'input-uncertain' | undefined
}

const MISSING: Reading = { value: undefined, status: Status.BadNoData, why: 'input-missing' }

/** The sample itself. A status that says "no value" is Bad to whoever needs one. */
function sampleAt(series: Series, row: number, type: Input['type']): Reading {
  const status = series.status[row] as number
  if (isNull(status)) return { value: undefined, status: rank(status) === 2 ? status : Status.BadNoData, why: 'input-bad' }
  const number = series.value[row] as number
  const text = series.text?.get(row)
  const value =
    type === 'text' || (type === 'any' && text !== undefined)
      ? text
      : Number.isNaN(number)
        ? undefined
        : type === 'boolean'
          ? number !== 0
          : number
  if (value === undefined) return { value, status: Status.BadNoData, why: 'input-bad' }
  return { value, status, why: rank(status) === 1 ? 'input-uncertain' : undefined }
}

/** What inputs are read from for one moment. */
export function spansAt(inputs: readonly Input[], at: Micros): InputSpan[] {
  return inputs.map(({ signal, toleranceUs, interpolation }) => ({
    ...{ signal, from: at, to: at + 1, lookBackUs: toleranceUs, lookAheadUs: interpolation === 'linear' ? toleranceUs : 0 },
  }))
}

/** What an input says at a time; `row` is its newest sample at or before it, or -1. */
export function readAt(input: Input, series: Series, row: number, at: Micros): Reading {
  const time = series.time[row] as number
  if (row < 0 || at - time > input.toleranceUs) return MISSING
  if (time === at || input.interpolation === 'previous') return sampleAt(series, row, input.type)
  if (input.interpolation === 'none') return MISSING
  const next = row + 1 < series.count ? (series.time[row + 1] as number) : Number.POSITIVE_INFINITY
  if (next - at > input.toleranceUs) return MISSING
  const [a, b] = [sampleAt(series, row, input.type), sampleAt(series, row + 1, input.type)]
  if (typeof a.value !== 'number' || typeof b.value !== 'number') return a.value === undefined ? a : b
  const worse = rank(b.status) > rank(a.status) ? b : a
  return { ...worse, value: a.value + ((b.value - a.value) * (at - time)) / (next - time) }
}

/** The worst of several: of equally bad ones a substitute first, then the first. Of Good ones the first that says more than plain Good. */
export function worstOf(statuses: readonly number[]): number {
  let found = Status.Good
  for (const status of statuses) {
    const plain = (status & 0xffff0000) >>> 0
    const better = rank(plain) - rank(found)
    if (better > 0 || (better === 0 && (found === Status.Good || (plain === Status.UncertainSubstituteValue && rank(found) === 1)))) {
      found = plain
    }
  }
  return found
}
