import type { Change } from '../core/derivation.ts'
import type { FactInput } from '../core/facts.ts'
import type { History, Series } from '../core/history.ts'
import { newestIngest, rowAt } from '../core/row-at.ts'
import { DAY, HOUR, type Micros } from '../core/time.ts'
import type { ReadSpan } from './asked.ts'
import type { CorrelateContext } from './context.ts'

/** How long a measurement that was stored counts for. */
const HELD_US = DAY

/** What has to be read to know how far the clock behind a signal was off. */
export function clockSpans(id: string, { from, to }: ReadSpan, { clockOf }: CorrelateContext): [id: string, span: ReadSpan][] {
  const clock = clockOf?.(id)
  const span = { from, to: to + 1, lookBackUs: HELD_US }
  return clock
    ? [
        [clock.offset, span],
        [clock.uncertainty, span],
      ]
    : []
}

/** Moments that decide which readings count, and all between them; both inclusive. */
export interface Moments {
  readonly from: Micros
  readonly to: Micros
  /** A first measurement so late still counts; absent: `to`. */
  readonly first?: Micros
}

/**
 * Why the clock behind a signal could not tell times as finely as the tolerance asks, at some moment of those whose readings count: it may have been off by as much as it
 * was known to be, and as that was uncertain. What was measured then counts, not what is measured now. And the measurements that say so, or deny it.
 */
export function clockOver(
  id: string,
  { from, to, first = to }: Moments,
  toleranceUs: Micros,
  series: ReadonlyMap<string, Series>,
  { clockOf }: CorrelateContext,
): { readonly reasons: string[]; readonly inputs: FactInput[] } {
  const clock = clockOf?.(id)
  if (!clock) return { reasons: [], inputs: [] }
  const measured = [clock.offset, clock.uncertainty].map((one) => ({ signal: one, ...inForce(series.get(one), { from, to, first }) }))
  const [offset, uncertainty] = measured.map(({ at }) => at) as [At, At]
  const mayBeOffUs = (at: Micros) => (Math.abs(offset(at)) + uncertainty(at)) * 1e6
  const moments = [from, to, ...measured.flatMap(({ times }) => times)]
  return {
    reasons: moments.some((at) => mayBeOffUs(at) > toleranceUs) ? ['clock-uncertainty'] : [],
    inputs: measured.flatMap(({ signal, samples, newest }) =>
      samples > 0 ? [{ signal, from, to: to + 1, samples, newestIngest: newest }] : [],
    ),
  }
}

type At = (at: Micros) => number

/** What was in force over [from, to], and when it became so; before the first the first, for a clock is measured a little after its first reading; 0 where none is known. */
function inForce(
  series: Series | undefined,
  { from, to, first: until }: Required<Moments>,
): { at: At; times: number[]; samples: number; newest: number } {
  if (!series) return { at: () => 0, times: [], samples: 0, newest: 0 }
  const rowOf = (at: Micros) => {
    const before = rowAt(series, at + 1) - 1
    if (before >= 0 && at - (series.time[before] as number) <= HELD_US) return before
    // What was read beyond that is read for others.
    return (series.time[before + 1] ?? Number.POSITIVE_INFINITY) <= until ? before + 1 : series.count
  }
  const first = rowOf(from)
  const last = Math.min(series.count, Math.max(first, rowOf(to)) + 1)
  return {
    at: (at) => series.value[rowOf(at)] ?? 0,
    times: [...series.time.subarray(first, last)].filter((time) => time > from && time < to),
    samples: Math.max(0, last - first),
    newest: last > first ? newestIngest(series, first, last) : 0,
  }
}

/** Whether a signal is one that tells how far a clock is off. */
const isClock = (id: string): boolean => /^[^/]+\/ecluse\/.*\/clock-(offset|uncertainty)$/.test(id)

/** Every signal of a site that tells how far a clock is off, as globs. */
export const clockGlobs = (site: string): string[] => ['clock-offset', 'clock-uncertainty'].map((name) => `${site}/ecluse/**/${name}`)

/** The signals with those that tell how far their clocks are off. */
export function withClocks(ids: readonly string[], { clockOf }: CorrelateContext): string[] {
  const clocks = ids.flatMap((id) => {
    const clock = clockOf?.(id)
    return clock ? [clock.offset, clock.uncertainty] : []
  })
  return [...new Set([...ids, ...clocks])]
}

/**
 * How long after its last sample a change matters: of a clock until it is measured again, and the newest measurement for an hour, in which another one comes or nothing does;
 * of anything else not at all by this.
 */
export async function clockHoldUs(change: Change, history: History): Promise<Micros> {
  if (!('signal' in change) || !isClock(change.signal)) return 0
  const after = change.to + 1
  const [next] = await history.series({ signals: [change.signal], from: after, to: after, lookBackUs: 0, lookAheadUs: HELD_US })
  const time = next && next.count > 0 ? (next.time[0] as number) : undefined
  return time === undefined ? HOUR : time - change.to
}
