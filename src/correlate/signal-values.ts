import { isOfQuality, overHeld, takesEnd } from '../core/aggregates/held.ts'
import { resultUnit } from '../core/aggregates/index.ts'
import { COUNTER_FELL, fallOf } from '../core/counter.ts'
import { type FactInput, PERIOD_UNKNOWN } from '../core/facts.ts'
import type { Series } from '../core/history.ts'
import { newestIngest, rowAt } from '../core/row-at.ts'
import { isNull, rank, Status } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import { type Asked, bad, factValue, type ValueMaker } from './asked.ts'
import { clockOver } from './clocks.ts'
import type { AggregateValue, AsOfValue } from './config.ts'
import type { CorrelateContext } from './context.ts'
import { CORRELATE_LIMITS } from './limits.ts'
import { inUnit } from './units.ts'

/** The whole id that a file's id means at some equipment; undefined where that is needed and not known. */
export function wholeId(signal: string, site: string, equipment: string | undefined): string | undefined {
  if (!signal.startsWith('./')) return `${site}/${signal}`
  return equipment === undefined ? undefined : `${site}/${equipment}/${signal.slice(2)}`
}

/** A pattern of every whole id that a file's id may mean. */
export const idPattern = (signal: string, site: string): string =>
  signal.startsWith('./') ? `${site}/**/${signal.slice(2)}` : `${site}/${signal}`

/** How long a reading of a signal holds: twice its declared period, or else as long as the correlation says. */
export function holdOf(id: string, lookBackUs: Micros, context: CorrelateContext): Micros {
  const period = context.definitionOf?.(id)?.expectedPeriodUs
  return Math.min(period === undefined ? lookBackUs : 2 * period, CORRELATE_LIMITS.reachUs)
}

/**
 * Of a signal of which nobody said how often it comes, a lost reading cannot be seen: the one before it holds over it, and what looks covered may not have been. A
 * `lookBack` shorter than the longest is somebody's word for how long a reading holds.
 */
export function periodReasons(id: string, lookBackUs: Micros, context: CorrelateContext): string[] {
  return context.definitionOf?.(id)?.isUnpaced && lookBackUs >= CORRELATE_LIMITS.reachUs ? [PERIOD_UNKNOWN] : []
}

/**
 * A function over the interval. Coverage is the share of it covered by readings that went into the value. Good only when that is all of it; Uncertain
 * with a reason otherwise; Bad where nothing is known, or less than `minimumCoverage`.
 */
export function aggregateMaker(declared: AggregateValue, lookBackUs: Micros, context: CorrelateContext): ValueMaker {
  const { signal, function: name, unit, minimumCoverage } = declared
  const id = (equipment: string | undefined) => wholeId(signal, context.site, equipment)
  const afterUs = takesEnd(name) ? 1 : 0
  return {
    signals: (equipment) => [id(equipment) ?? []].flat(),
    ...{
      beforeUs: Math.min(lookBackUs, CORRELATE_LIMITS.reachUs),
      afterUs,
      needsPlace: signal.startsWith('./'),
      finalAt: (_subject, _from, to) => to,
    },
    reads: ({ from, until }) =>
      until > from ? { from, to: until + afterUs, lookBackUs: Math.min(lookBackUs, CORRELATE_LIMITS.reachUs) } : undefined,
    compute: ({ equipment, from, until, toleranceUs }, { series }) => {
      const whole = id(equipment) as string
      const found = series.get(whole)
      if (!found || until <= from) return { value: bad(until <= from ? 'empty-interval' : 'no-samples', Status.BadNoData, 0), inputs: [] }
      const holdUs = holdOf(whole, lookBackUs, context)
      const result = overHeld(found, from, until, { name, holdUs, stepped: true, percentDataGood: 100 })
      const clock = clockOver(whole, { from, to: until }, toleranceUs, series, context)
      const inputs = [{ signal: whole, from, to: until, samples: result.count, newestIngest: result.newestIngest }, ...clock.inputs]
      const { coverage } = result
      if (result.count === 0) return { value: bad('no-samples', Status.BadNoData, 0), inputs }
      if (coverage < minimumCoverage) return { value: bad('coverage', Status.BadNoData, coverage), inputs }
      const definition = context.definitionOf?.(whole)
      const fall = result.hasFallen ? fallOf(definition) : undefined
      if (fall === COUNTER_FELL) return { value: bad(COUNTER_FELL, Status.BadNoData, coverage), inputs }
      const own = resultUnit(name, definition?.unit)
      const converted = inUnit(result.value, own, unit)
      if (!converted) return { value: bad('unit', Status.BadConfigurationError, coverage), inputs }
      const reasons = [
        ...(coverage < 1 ? ['coverage'] : []),
        ...(result.hasUncertain && !isOfQuality(name) ? ['input-uncertain'] : []),
        ...(result.hasBad && !isOfQuality(name) ? ['input-bad'] : []),
        ...(fall === undefined ? [] : [fall]),
        ...periodReasons(whole, lookBackUs, context),
        ...clock.reasons,
        ...(converted.value === null ? ['no-value'] : []),
      ]
      return { value: factValue(converted.value, result.status, { unit: converted.unit, coverage, reasons }), inputs }
    },
  }
}

/** A single reading at a moment: of the samples within the tolerance the one before, after or nearest; with its own status. */
export function asOfMaker(declared: AsOfValue, toleranceUs: Micros, context: CorrelateContext): ValueMaker {
  const { signal, at, asOf, unit } = declared
  const within = Math.min(declared.tolerance === undefined ? toleranceUs : declared.tolerance * 1000, CORRELATE_LIMITS.reachUs)
  const id = (equipment: string | undefined) => wholeId(signal, context.site, equipment)
  const isField = at !== 'from' && at !== 'to'
  const momentOf = ({ subject, from, to }: Pick<Asked, 'subject' | 'from' | 'to'>): Micros | null => {
    if (at === 'from') return from
    if (at === 'to') return to
    const value = subject.values[at]
    return typeof value === 'number' ? value : null
  }
  const waitsUs = asOf === 'before' ? 0 : within
  return {
    signals: (equipment) => [id(equipment) ?? []].flat(),
    ...{ beforeUs: isField ? CORRELATE_LIMITS.reachUs : within, afterUs: isField ? CORRELATE_LIMITS.reachUs : within },
    needsPlace: signal.startsWith('./'),
    reads: (asked) => {
      const moment = momentOf(asked)
      if (moment === null || (isField && outOfReach(asked, moment, within))) return undefined
      return { from: moment - within, to: moment + within + 1, lookBackUs: 0 }
    },
    finalAt: (subject, from, to) => {
      const moment = momentOf({ subject, from, to })
      return moment === null || (isField && outOfReach({ from, until: to }, moment, within)) ? to : Math.max(to, moment + waitsUs)
    },
    compute: (asked, { series }) => {
      const whole = id(asked.equipment) as string
      const moment = momentOf(asked)
      if (moment === null) return { value: bad(isField ? 'no-time' : 'not-yet'), inputs: [] }
      if (isField && outOfReach(asked, moment, within)) return { value: bad('out-of-reach'), inputs: [] }
      if (moment + waitsUs > asked.watermark) return { value: bad('not-yet'), inputs: [] }
      const found = series.get(whole)
      const row = found ? rowNear(found, moment, within, asOf) : undefined
      if (!found || row === undefined) return { value: bad('no-sample'), inputs: [] }
      const at = found.time[row] as number
      const clock = clockOver(whole, { from: at, to: at, first: Math.max(at, moment + waitsUs) }, within, series, context)
      const inputs: FactInput[] = [
        { signal: whole, from: at, to: at + 1, samples: 1, newestIngest: newestIngest(found, row, row + 1) },
        ...clock.inputs,
      ]
      const status = found.status[row] as number
      const text = found.text?.get(row)
      const converted =
        text !== undefined
          ? { value: text, unit: undefined }
          : inUnit(found.value[row] as number, context.definitionOf?.(whole)?.unit, unit)
      if (!converted) return { value: bad('unit', Status.BadConfigurationError), inputs }
      const severity = rank(status)
      const reasons = [...(severity === 1 ? ['input-uncertain'] : severity === 2 || isNull(status) ? ['input-bad'] : []), ...clock.reasons]
      return { value: factValue(converted.value, status, { unit: converted.unit, reasons }), inputs }
    },
  }
}

/** Too far from the interval for samples there to be known to matter to it. */
const outOfReach = ({ from, until }: Pick<Asked, 'from' | 'until'>, moment: Micros, within: Micros): boolean =>
  moment - within < from - CORRELATE_LIMITS.reachUs || moment + within > until + CORRELATE_LIMITS.reachUs

function rowNear(series: Series, moment: Micros, within: Micros, asOf: 'before' | 'after' | 'nearest'): number | undefined {
  const next = rowAt(series, moment)
  const isExact = series.time[next] === moment
  const before = isExact ? next : next - 1
  const beforeUs = before >= 0 ? moment - (series.time[before] as number) : Number.POSITIVE_INFINITY
  const afterUs = next < series.count ? (series.time[next] as number) - moment : Number.POSITIVE_INFINITY
  const takesBefore = asOf === 'before' || (asOf === 'nearest' && beforeUs <= afterUs)
  return (takesBefore ? beforeUs : afterUs) > within ? undefined : takesBefore ? before : next
}
