import { AGGREGATES, type AggregateRow } from '../core/historian.ts'
import { rank } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import type { Sample } from './contract-records.ts'

/** The reasons that a node gives to what was told again, sample by sample in order of arrival: 0 none, 1 `duplicate`, 2 `same-time`, 3 `out-of-order`. */
export function toldAgain(samples: readonly Sample[]): Sample[] {
  let newest = Number.NEGATIVE_INFINITY
  return samples.map((one, i) => {
    const same = samples.slice(0, i).filter(({ time }) => time === one.time)
    const isAgain = same.some(({ value, status }) => value === one.value && status === one.status)
    const reasons = one.time > newest ? 0 : isAgain ? 1 : one.time === newest ? 2 : 3
    newest = Math.max(newest, one.time)
    return { ...one, reasons }
  })
}

/** Of each time the one that counts: the last to arrive, but no `duplicate`. Those of one `record` arrive together: then the worse, then the greater. */
function counting(samples: readonly Sample[], recordOf: (index: number) => number): Sample[] {
  const best = new Map<Micros, { readonly sample: Sample; readonly record: number }>()
  const value = (sample: Sample) => sample.value ?? Number.POSITIVE_INFINITY
  for (const [i, sample] of samples.entries()) {
    if (sample.reasons === 1) continue
    const record = recordOf(i)
    const other = best.get(sample.time)
    const isLater =
      !other || record - other.record || (sample.status ?? 0) - (other.sample.status ?? 0) || value(sample) - value(other.sample) || 0
    if (isLater === true || (typeof isLater === 'number' && isLater > 0)) best.set(sample.time, { sample, record })
  }
  return [...best.values()].map(({ sample }) => sample)
}

/**
 * The aggregates of one signal written down as the contract words them, sample by sample. `samples` in order of arrival, of which the first `early` came in one record and
 * the others in another.
 */
export function naiveAggregate(
  signal: string,
  { samples, early }: { readonly samples: readonly Sample[]; readonly early: number },
  from: Micros,
  to: Micros,
  step: Micros,
): AggregateRow[] {
  const intervals = new Map<Micros, Sample[]>()
  for (const sample of counting(samples, (i) => (i < early ? 0 : 1))
    .filter(({ time }) => time >= from && time < to)
    .sort((a, b) => a.time - b.time)) {
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
