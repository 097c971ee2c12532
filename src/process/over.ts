import { isOfQuality, overHeld } from '../core/aggregates/held.ts'
import type { FunctionName } from '../core/aggregates/index.ts'
import { COUNTER_FELL, type Fall } from '../core/counter.ts'
import type { Series } from '../core/history.ts'
import { isNull, rank, Status, worst } from '../core/status.ts'
import type { Micros } from '../core/time.ts'

/** One function over one stretch of one signal. */
export interface Asked {
  readonly name: FunctionName
  readonly toleranceUs: Micros
  readonly stepped: boolean
  /** 0 to 100. */
  readonly minimumCoverage: number
  /** What it means for a difference where the signal went down. */
  readonly fall?: Fall
}

export interface Found {
  readonly value: number | null
  readonly status: number
  /** Share of the time covered by samples that went into the value. */
  readonly coverage: number
  readonly reasons: readonly string[]
}

/**
 * A function of OPC UA Part 13 over [from, to), each sample holding no longer than its tolerance. With less than the minimum covered the result is Uncertain,
 * with nothing covered Bad. `series` reaches back by the tolerance, and forward by it where values slope.
 */
export function over(series: Series, from: Micros, to: Micros, { name, toleranceUs, stepped, minimumCoverage, fall }: Asked): Found {
  const asked = { name, holdUs: toleranceUs, stepped, percentDataGood: minimumCoverage }
  const { coverage, hasUncertain, hasBad, hasFallen, ...found } = overHeld(series, from, to, asked)
  if (isOfQuality(name)) return { value: isNull(found.status) ? null : found.value, status: found.status, coverage, reasons: [] }
  const inputs = [...(hasBad ? ['input-bad'] : []), ...(hasUncertain ? ['input-uncertain'] : [])]
  if (coverage === 0) {
    return { value: null, status: Status.BadNoData, coverage, reasons: inputs.length > 0 ? inputs : ['input-missing'] }
  }
  if (hasFallen && fall === COUNTER_FELL) return { value: null, status: Status.BadNoData, coverage, reasons: [COUNTER_FELL] }
  const doubt = hasFallen && fall !== undefined ? [fall] : []
  const isShort = coverage * 100 < minimumCoverage
  const status = worst(found.status, isShort || doubt.length > 0 ? Status.UncertainSubNormal : Status.Good)
  const reasons = [...doubt, ...(isShort ? ['coverage'] : []), ...(rank(status) > 0 ? inputs : [])]
  // Known, but not where the function needs it: at an edge.
  if (isNull(status) && reasons.length === 0) reasons.push('input-missing')
  return { value: isNull(status) ? null : found.value, status, coverage, reasons: reasons.sort() }
}
