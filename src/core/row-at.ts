import type { Micros } from './time.ts'

/** The newest record that samples [first, last) of a series came in; 0 when there are none. */
export function newestIngest({ ingest }: { readonly ingest: Float64Array }, first: number, last: number): number {
  let newest = 0
  for (let i = first; i < last; i++) if ((ingest[i] as number) > newest) newest = ingest[i] as number
  return newest
}

/** Row of the first sample at or after a time; `count` when there is none. */
export function rowAt({ time, count }: { readonly time: Float64Array; readonly count: number }, at: Micros): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((time[middle] as number) < at) low = middle + 1
    else high = middle
  }
  return low
}
