import type { FunctionName, Samples } from './aggregates/index.ts'
import { rank } from './status.ts'
import type { Micros } from './time.ts'

/** What differences of a counter that went down are not known for. */
export const COUNTER_FELL = 'counter-reset'

/** What differences are Uncertain for over a fall of a signal of which nobody said whether it may: it may be a meter that was reset, and then they are wrong. */
const MAY_HAVE_RESET = 'may-have-reset'

/** What a fall within does to a difference: of a counter there is none, of what may fall it is what it is, of all others it is in doubt. */
export type Fall = typeof COUNTER_FELL | typeof MAY_HAVE_RESET | undefined

export function fallOf(signal: { readonly counter?: object | undefined; readonly mayFall?: boolean | undefined } | undefined): Fall {
  if (signal?.counter) return COUNTER_FELL
  return signal?.mayFall ? undefined : MAY_HAVE_RESET
}

/** Where a signal went down from one reading that a difference is made of to the next: when it was higher, and when lower; both rise. */
export interface Falls {
  readonly before: readonly Micros[]
  readonly at: readonly Micros[]
}

/** Of `Delta` and `DeltaBounds`; of every other function none. `Delta` is between Good samples, `DeltaBounds` between those that have a value. */
export function fallsOf({ count, time, value, status }: Samples, name: FunctionName): Falls {
  const falls = { before: [] as Micros[], at: [] as Micros[] }
  if (name !== 'Delta' && name !== 'DeltaBounds') return falls
  const worst = name === 'Delta' ? 0 : 1
  let previous = -1
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(value[i] as number) || rank(status[i] as number) > worst) continue
    if (previous >= 0 && (value[i] as number) < (value[previous] as number)) {
      falls.before.push(time[previous] as Micros)
      falls.at.push(time[i] as Micros)
    }
    previous = i
  }
  return falls
}

/**
 * Whether a difference over [from, to) says nothing of a counter, because it went down within: it was reset or rolled over, and last less first would be a number all
 * the same (OPC 10000-13 knows no counters). `Delta` is between samples of the interval; `DeltaBounds` between what holds at `from` and at `to`, on the way to the
 * next sample where values slope.
 */
export function fallsWithin({ before, at }: Falls, from: Micros, to: Micros, name: FunctionName, stepped = true): boolean {
  const first = name === 'Delta' ? firstOf(before, (time) => time >= from) : firstOf(at, (time) => time > from)
  if (first === at.length) return false
  if (name === 'Delta') return (at[first] as Micros) < to
  return stepped ? (at[first] as Micros) <= to : (before[first] as Micros) < to
}

function firstOf(times: readonly Micros[], isMeant: (time: Micros) => boolean): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isMeant(times[middle] as Micros)) high = middle
    else low = middle + 1
  }
  return low
}
