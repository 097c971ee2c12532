import type { Micros } from './time.ts'

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
