import { AGGREGATES, type AggregateRow } from '../core/historian.ts'
import { rank } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import type { Sample } from './contract-records.ts'

/** The aggregates of one signal written down as the contract words them, sample by sample. `samples` in order of arrival. */
export function naiveAggregate(signal: string, samples: readonly Sample[], from: Micros, to: Micros, step: Micros): AggregateRow[] {
  const intervals = new Map<Micros, Sample[]>()
  for (const sample of samples.filter(({ time }) => time >= from && time < to).sort((a, b) => a.time - b.time)) {
    const start = Math.floor(sample.time / step) * step
    intervals.set(start, [...(intervals.get(start) ?? []), sample])
  }
  return [...intervals].map(([time, all]) => {
    const usable = all.filter(({ status = 0 }) => rank(status) < 2)
    const values = usable.map(({ value }) => value).filter((value) => value !== undefined)
    const some = values.length > 0
    const worst = Math.max(...all.map(({ status = 0 }) => rank(status)))
    return {
      signal,
      time,
      values: {
        count: usable.length,
        average: some ? values.reduce((a, b) => a + b, 0) / values.length : null,
        minimum: some ? Math.min(...values) : null,
        maximum: some ? Math.max(...values) : null,
        first: values[0] ?? null,
        last: values.at(-1) ?? null,
        percentGood: (100 * all.filter(({ status = 0 }) => rank(status) === 0).length) / all.length,
        worstStatus: all.find(({ status = 0 }) => rank(status) === worst)?.status ?? 0,
      },
    }
  })
}

/** Equal but for the last bits of an average, whose order of adding is free. */
export function isSameAggregate(a: readonly AggregateRow[], b: readonly AggregateRow[]): boolean {
  if (a.length !== b.length) return false
  return a.every((row, i) => {
    const other = b[i]
    if (row.signal !== other?.signal || row.time !== other.time) return false
    return AGGREGATES.every((name) => {
      const x = row.values[name]
      const y = other.values[name]
      return typeof x === 'number' && typeof y === 'number' ? Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x)) : x === y
    })
  })
}
