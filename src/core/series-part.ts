import type { Series, SeriesQuery } from './history.ts'
import { rowAt } from './row-at.ts'

/** The rows of a longer series that a question is about; what its columns hold is shared, not copied. */
export function seriesPart(
  series: Series,
  { from, to, lookBackUs, lookAheadUs = 0 }: Pick<SeriesQuery, 'from' | 'to' | 'lookBackUs' | 'lookAheadUs'>,
): Series {
  const { signal, time, count, text } = series
  const [begin, end] = [rowAt(series, from), rowAt(series, Math.max(from, to))]
  const first = begin > 0 && from - (time[begin - 1] as number) <= lookBackUs ? begin - 1 : begin
  const last = lookAheadUs > 0 && end < count && (time[end] as number) - to <= lookAheadUs ? end + 1 : end
  const own = new Map<number, string>()
  for (let i = first; text && i < last; i++) {
    const of = text.get(i)
    if (of !== undefined) own.set(i - first, of)
  }
  return {
    ...{ signal, count: last - first, time: time.subarray(first, last), value: series.value.subarray(first, last) },
    ...{ status: series.status.subarray(first, last), ingest: series.ingest.subarray(first, last) },
    ...(own.size > 0 && { text: own }),
  }
}
