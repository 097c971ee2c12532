import { createHash } from 'node:crypto'
import { type Change, FOREVER } from '../core/derivation.ts'
import { versionBy } from '../core/facts.ts'
import type { History } from '../core/history.ts'
import type { Micros } from '../core/time.ts'

/** Raised when the same declaration over the same history comes to something else. */
const ENGINE = 'process@1'

/** The hash of a declaration: what is declared otherwise computes otherwise. */
export function versionOf(declaration: object): string {
  return versionBy(createHash('sha256').update(JSON.stringify(declaration)).digest('hex').slice(0, 16), ENGINE)
}

export type SignalChange = Extract<Change, { signal: string }>
export const isSignalChange = (change: Change): change is SignalChange => 'signal' in change

/** The part of a range in which places have samples. Of a range for ever that is up to the newest sample. */
export async function unitsWithin(
  places: readonly string[],
  { from, to }: { readonly from: Micros; readonly to: Micros },
  history: History,
  signalsAt: (place: string) => readonly string[],
): Promise<{ place: string; from: Micros; to: Micros }[]> {
  if (to < FOREVER) return places.map((place) => ({ place, from, to }))
  const signals = [...new Set(places.flatMap((place) => signalsAt(place)))]
  const newest = new Map<string, Micros>()
  for (const { signal, count, time } of await history.series({ signals, from, to, lookBackUs: 0 }))
    if (count > 0) newest.set(signal, time[count - 1] as number)
  return places.flatMap((place) => {
    const last = Math.max(...signalsAt(place).map((signal) => newest.get(signal) ?? Number.NEGATIVE_INFINITY))
    return last >= from ? [{ place, from, to: last }] : []
  })
}
