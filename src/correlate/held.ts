import { type Aggregate, aggregate, DEFAULT_CONFIGURATION, type FunctionName, type Samples } from '../core/aggregates/index.ts'
import type { Series } from '../core/history.ts'
import { newestIngest, rowAt } from '../core/row-at.ts'
import { isNull, rank, Status } from '../core/status.ts'
import type { Micros } from '../core/time.ts'

/** What one signal says of [from, to). */
export interface Held {
  readonly samples: Samples
  /** Share of the interval that readings with a value cover. */
  readonly coverage: number
  /** Samples read, that before the interval included, and the newest record that one of them came in. */
  readonly count: number
  readonly newestIngest: number
  readonly hasUncertain: boolean
  readonly hasBad: boolean
}

/**
 * The samples of [from, to) as held readings: each holds until the next one, but no longer than `holdUs`; the newest one before the interval holds into it
 * within the same limit. Time without a reading is Bad. What comes after the interval plays no part, so that results do not depend on it.
 */
export function held(series: Series, from: Micros, to: Micros, holdUs: Micros): Held {
  const first = rowAt(series, from)
  const last = rowAt(series, to)
  const isHeldIn = first > 0 && from - (series.time[first - 1] as number) < holdUs && (series.time[first] ?? to) > from
  const begin = isHeldIn ? first - 1 : first
  const rows: [time: Micros, value: number, status: number][] = []
  // Bad and not BadNoData: at the beginning that would be no sample at all (OPC 10000-13, A.1).
  const unknown = (at: Micros) => rows.push([at, Number.NaN, Status.BadNoCommunication])
  if (!isHeldIn && (series.time[first] ?? to) > from) unknown(from)
  let coveredUs = 0
  let hasUncertain = false
  let hasBad = false
  for (let i = begin; i < last; i++) {
    const at = series.time[i] as number
    const status = series.status[i] as number
    const until = i + 1 < last ? (series.time[i + 1] as number) : to
    const end = Math.min(until, at + holdUs)
    rows.push([at, series.value[i] as number, status])
    if (isNull(status) || Number.isNaN(series.value[i])) hasBad = true
    else {
      coveredUs += end - Math.max(at, from)
      if (rank(status) === 1) hasUncertain = true
    }
    if (end < until) unknown(end)
  }
  const closing = rows.at(-1)
  // The last reading goes on to the end: without this sample it would be the end of what is known at all.
  if (closing) rows.push([to, closing[1], closing[2]])
  return {
    samples: {
      count: rows.length,
      time: Float64Array.from(rows, ([time]) => time),
      value: Float64Array.from(rows, ([, value]) => value),
      status: Uint32Array.from(rows, ([, , status]) => status),
    },
    ...{ coverage: to > from ? Math.min(1, coveredUs / (to - from)) : 0, hasUncertain, hasBad },
    ...{ count: last - begin, newestIngest: newestIngest(series, begin, last) },
  }
}

/** One function of OPC 10000-13 over held readings. */
export function over({ samples }: Held, from: Micros, to: Micros, name: FunctionName): Aggregate {
  const configuration = { ...DEFAULT_CONFIGURATION, stepped: true }
  const { results } = aggregate(samples, { from, to, intervalUs: to - from }, [name], configuration)
  return (results[name] as Aggregate[])[0] as Aggregate
}
