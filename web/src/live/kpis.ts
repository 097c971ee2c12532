import type { Definition, FactView } from '../../../src/api/schemas.ts'

/** What a declaration says of a KPI, in the words of ISO 22400-1: its logical limits, and which way is better. */
export interface KpiTarget {
  readonly range: readonly [number | undefined, number | undefined]
  readonly trend: 'higher' | 'lower' | undefined
}

/** Reads `range: [low, high]` or `{ lower, upper }`, and `trend: higher-is-better`; what is not there stays undefined. */
export function targetOf({ declaration }: Pick<Definition, 'declaration'>): KpiTarget {
  const { range, trend } = (typeof declaration === 'object' && declaration !== null ? declaration : {}) as Record<string, unknown>
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined)
  const named = (range ?? {}) as Record<string, unknown>
  const limits = Array.isArray(range)
    ? ([number(range[0]), number(range[1])] as const)
    : ([number(named.lower ?? named.minimum ?? named.min), number(named.upper ?? named.maximum ?? named.max)] as const)
  const way = typeof trend === 'string' ? /^(higher|lower)/.exec(trend)?.[1] : undefined
  return { range: limits, trend: way as KpiTarget['trend'] }
}

/** The periods of one KPI at one place, oldest first. */
export interface KpiSeries {
  readonly equipment: string | undefined
  /** The value that is drawn. */
  readonly name: string
  readonly periods: readonly FactView[]
}

/** The figure itself: the value called like its definition or `value`, else the first number. */
export function mainValue(name: string, facts: readonly FactView[]): string {
  const names = [...new Set(facts.flatMap(({ values }) => Object.keys(values)))]
  const isNumber = (value: string) => facts.some(({ values }) => typeof values[value]?.value === 'number')
  return [name, 'value'].find((wanted) => names.includes(wanted)) ?? names.find(isNumber) ?? names[0] ?? 'value'
}

/** By equipment, the newest `most` periods of each. */
export function kpiSeries(name: string, facts: readonly FactView[], most: number): KpiSeries[] {
  const main = mainValue(name, facts)
  const places = [...new Set(facts.map(({ equipment }) => equipment))].toSorted((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1))
  return places.map((equipment) => ({
    ...{ equipment, name: main },
    periods: facts
      .filter((fact) => fact.equipment === equipment)
      .toSorted((a, b) => (a.from < b.from ? -1 : 1))
      .slice(-most),
  }))
}

/** Where a bar ends, from 0 to 1, and how much of its period nothing was known of. */
export interface Bar {
  readonly height: number
  readonly unknown: number
  readonly isOut: boolean
  readonly hasValue: boolean
}

export const isOut = (value: number, { range: [low, high] }: KpiTarget): boolean =>
  (low !== undefined && value < low) || (high !== undefined && value > high)

/** Between which two values bars are drawn. */
export interface Scale {
  readonly low: number
  readonly high: number
}

/** One scale for all places of a KPI, so that they can be compared: from zero, or the lowest value where that is below, to the highest value or limit. */
export function scaleOf(series: readonly KpiSeries[], { range }: KpiTarget): Scale {
  const values = series.flatMap(({ name, periods }) => periods.map((fact) => fact.values[name]?.value))
  const numbers = [...values, ...range].filter((one) => typeof one === 'number')
  const low = Math.min(0, ...numbers)
  return { low, high: Math.max(...numbers, low + Number.EPSILON) }
}

export function barsOf(
  { name, periods }: KpiSeries,
  target: KpiTarget,
  { low, high }: Scale,
): { bars: Bar[]; limits: (number | undefined)[] } {
  const height = (value: number) => (high === low ? 0 : (value - low) / (high - low))
  const bars = periods.map(({ values }) => {
    const { value, coverage } = values[name] ?? { value: null, coverage: 0 }
    const known = typeof value === 'number'
    return {
      height: known ? height(value) : 1,
      unknown: known ? 1 - (coverage ?? 1) : 1,
      isOut: known && isOut(value, target),
      hasValue: known,
    }
  })
  return { bars, limits: target.range.map((limit) => (limit === undefined ? undefined : height(limit))) }
}

/** The newest period that is over: a figure of one that goes on is no figure yet. */
export function lastEnded({ periods }: KpiSeries): number {
  const at = periods.findLastIndex(({ to }) => to !== null)
  return at < 0 ? periods.length - 1 : at
}

/** The newest period that is over against the one before it: undefined where one of them is not known. */
export function stepOf(series: KpiSeries): number | undefined {
  const { name, periods } = series
  const at = lastEnded(series)
  const [before, last] = periods.slice(Math.max(0, at - 1), at + 1).map(({ values }) => values[name]?.value)
  return typeof before === 'number' && typeof last === 'number' ? last - before : undefined
}
