import type { FunctionName, Samples } from './aggregates/index.ts'
import { rank } from './status.ts'
import type { Micros } from './time.ts'

/** What differences of a counter that went down are not known for. */
export const COUNTER_FELL = 'counter-reset'

/**
 * Whether a difference over [from, to) says nothing, because the counter went down within: it was reset or rolled over, and last less first would be a number all the
 * same (OPC 10000-13 knows no counters). `Delta` is between Good samples of the interval; `DeltaBounds` begins with what held before it. `to` is exclusive.
 */
export function fallsWithin({ count, time, value, status }: Samples, from: Micros, to: Micros, name: FunctionName): boolean {
  if (name !== 'Delta' && name !== 'DeltaBounds') return false
  const worst = name === 'Delta' ? 0 : 1
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count && (time[i] as number) < to; i++) {
    const at = value[i] as number
    if ((name === 'Delta' && (time[i] as number) < from) || Number.isNaN(at) || rank(status[i] as number) > worst) continue
    if (at < last) return true
    last = at
  }
  return false
}
