import type { FactInput, FactValue } from '../core/facts.ts'
import type { Series } from '../core/history.ts'
import type { FieldValue } from '../core/it-records.ts'
import { isNull, Status, worst } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import type { Subject } from './subject.ts'

/** One interval that values are asked for. */
export interface Asked {
  readonly subject: Subject
  readonly equipment: string | undefined
  readonly from: Micros
  /** Its end, or the watermark while it goes on: nothing later is known. */
  readonly until: Micros
  /** Null while it goes on. */
  readonly to: Micros | null
  readonly watermark: Micros
  readonly toleranceUs: Micros
}

/** What was read for a group of intervals. */
export interface Read {
  readonly series: ReadonlyMap<string, Series>
  readonly related: ReadonlyMap<string, readonly Subject[]>
}

/** [from, to), and the newest sample before it, at most so much older. */
export interface ReadSpan {
  readonly from: Micros
  readonly to: Micros
  readonly lookBackUs: Micros
}

/** A value and what it was computed from. */
export interface Found {
  readonly value: FactValue
  readonly inputs: readonly FactInput[]
}

/** One declared value, ready to compute. */
export interface ValueMaker {
  /** Whole ids of the signals it reads at some equipment. */
  readonly signals: (equipment: string | undefined) => readonly string[]
  /** The event or kind it reads. */
  readonly related?: string
  /** How long before and after the interval something may matter to it. */
  readonly beforeUs: Micros
  readonly afterUs: Micros
  /** When it is final, for an interval that is over. */
  readonly finalAt: (subject: Subject, from: Micros, to: Micros) => Micros
  /** The time that it reads of its signals, for one interval. */
  readonly reads?: (asked: Asked) => ReadSpan | undefined
  /** It cannot be told without knowing the equipment. */
  readonly needsPlace: boolean
  readonly compute: (asked: Asked, read: Read) => Found
}

export const bad = (reason: string, status: number = Status.BadNoData, coverage: number | null = null): FactValue => ({
  ...{ value: null, status, coverage, reasons: [reason] },
})

/** A value with its status lowered to Uncertain at best for each reason; a null value where it is Bad. */
export function factValue(
  value: FieldValue,
  status: number,
  {
    unit,
    coverage = null,
    reasons = [],
  }: { readonly unit?: string | undefined; readonly coverage?: number | null; readonly reasons?: readonly string[] },
): FactValue {
  const known = typeof value === 'number' && !Number.isFinite(value) ? null : value
  const lowered = reasons.length > 0 ? worst(status, Status.UncertainDataSubNormal) : status
  const final = known === null && !isNull(lowered) ? Status.BadNoData : lowered
  return {
    value: isNull(final) ? null : known,
    ...(unit !== undefined && { unit }),
    ...{ status: final, coverage },
    ...(reasons.length > 0 && { reasons: [...new Set(reasons)].sort() }),
  }
}

/** The value with more reasons against it. */
export function lowered(value: FactValue, more: readonly string[]): FactValue {
  if (more.length === 0) return value
  const { status, unit, coverage, reasons = [] } = value
  return factValue(value.value, status, { unit, coverage, reasons: [...reasons, ...more] })
}
