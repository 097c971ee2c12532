import type { Sample, Signal, Trend } from '../../../src/api/schemas.ts'
import { shownNumber } from './shown.ts'

/** What the chart draws: seconds, values, severities, and minimum and maximum where points stand for several samples. */
export interface TrendColumns {
  readonly time: number[]
  readonly value: (number | null)[]
  readonly severity: number[]
  readonly minimum: (number | null)[]
  readonly maximum: (number | null)[]
}

/** Stored values as people see them. */
export function columnsOf(trend: Trend, scale: Pick<Signal, 'display'>): TrendColumns {
  const { time, severity, minimum, maximum } = trend
  const shown = (column: (number | null)[]) => column.map((value) => (value === null ? null : shownNumber(scale, value)))
  const value = shown(trend.value)
  return { time, value, severity, minimum: minimum ? shown(minimum) : value, maximum: maximum ? shown(maximum) : value }
}

/** The point nearest to a time; undefined where there is none. */
export function nearestPoint({ time }: TrendColumns, seconds: number): number | undefined {
  if (time.length === 0) return undefined
  let low = 0
  let high = time.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (time[middle] < seconds) low = middle + 1
    else high = middle
  }
  return low > 0 && seconds - time[low - 1] <= time[low] - seconds ? low - 1 : low
}

/** Periods the reader may choose, in seconds. */
export const PERIODS = { '5m': 300, '1h': 3_600, '8h': 28_800, '24h': 86_400, '7d': 604_800 } as const
export type Period = keyof typeof PERIODS
export const isPeriod = (name: string): name is Period => Object.hasOwn(PERIODS, name)

/** What a trend shows: so many seconds up to now, or up to a fixed end. */
export interface Window {
  readonly seconds: number
  /** Milliseconds; undefined: now. */
  readonly endMs: number | undefined
}

/** Room around a period that a link names, as a share of it; seconds at least. */
const ROOM = 0.25
const ROOM_FLOOR = 15
/** The longest window: longer ones end where they should and begin later. */
const LONGEST = 366 * 86_400

/** The window around [from, to) of a link, with room at both sides; undefined where they are no period. */
export function windowAround(from: string, to: string): Window | undefined {
  const [begin, end] = [Date.parse(from) / 1000, Date.parse(to) / 1000]
  if (!(end >= begin)) return undefined
  const room = Math.max(ROOM_FLOOR, (end - begin) * ROOM)
  return { seconds: Math.min(LONGEST, end - begin + 2 * room), endMs: (end + room) * 1000 }
}

/** Points added live before the trend is read again; bounds the columns. */
const LIVE_POINTS = 2_000

const SEVERITY = { Good: 0, Uncertain: 1, Bad: 2 } as const

/** Adds a live sample that is newer than the last point. True when something changed. */
export function appendLive(columns: TrendColumns, sample: Sample, scale: Pick<Signal, 'display'>): boolean {
  const seconds = Date.parse(sample.time) / 1000
  if (!(seconds > (columns.time.at(-1) ?? 0)) || columns.time.length > LIVE_POINTS * 2) return false
  const value =
    typeof sample.value === 'boolean' ? Number(sample.value) : typeof sample.value === 'number' ? shownNumber(scale, sample.value) : null
  columns.time.push(seconds)
  columns.value.push(value)
  columns.severity.push(SEVERITY[sample.status])
  if (columns.minimum !== columns.value) columns.minimum.push(value)
  if (columns.maximum !== columns.value) columns.maximum.push(value)
  return true
}

export interface Run {
  readonly from: number
  readonly to: number
  readonly severity: 1 | 2
}

/** Stretches of time whose samples were Uncertain or Bad: from the first such point to the next point of another severity, or to `end`. */
export function runsOf({ time, severity }: TrendColumns, end: number): Run[] {
  const runs: Run[] = []
  let start = -1
  for (let i = 0; i <= time.length; i++) {
    const level = severity[i]
    if (start >= 0 && level !== severity[start]) {
      runs.push({ from: time[start], to: i < time.length ? time[i] : end, severity: severity[start] as 1 | 2 })
      start = -1
    }
    if (start < 0 && (level === 1 || level === 2)) start = i
  }
  return runs
}
