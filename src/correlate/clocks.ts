import type { Series } from '../core/history.ts'
import { rowAt } from '../core/row-at.ts'
import { DAY, type Micros } from '../core/time.ts'
import type { ReadSpan } from './asked.ts'
import type { CorrelateContext } from './context.ts'

/** How long a measurement that was stored counts for. */
const HELD_US = DAY

/** What has to be read to know how far the clock behind a signal was off. */
export function clockSpans(id: string, { from, to }: ReadSpan, { clockOf }: CorrelateContext): [id: string, span: ReadSpan][] {
  const clock = clockOf?.(id)
  const span = { from, to, lookBackUs: HELD_US }
  return clock
    ? [
        [clock.offset, span],
        [clock.uncertainty, span],
      ]
    : []
}

/**
 * Why the clock behind a signal could not tell times as finely as the tolerance asks, at one of the moments that decide which readings count: it may have been off by
 * as much as it was known to be, and as that was uncertain. What was measured then counts, not what is measured now.
 */
export function clockReasons(
  id: string,
  moments: readonly Micros[],
  toleranceUs: Micros,
  series: ReadonlyMap<string, Series>,
  { clockOf }: CorrelateContext,
): string[] {
  const clock = clockOf?.(id)
  if (!clock) return []
  const [offset, uncertainty] = [series.get(clock.offset), series.get(clock.uncertainty)]
  const mayBeOffUs = (at: Micros) => (Math.abs(inForce(offset, at)) + inForce(uncertainty, at)) * 1e6
  return moments.some((at) => mayBeOffUs(at) > toleranceUs) ? ['clock-uncertainty'] : []
}

/** The value in force at a moment; before the first the first, for a clock is measured a little after its first reading; 0 where none is known. */
function inForce(series: Series | undefined, at: Micros): number {
  if (!series) return 0
  const before = rowAt(series, at + 1) - 1
  const isHeld = before >= 0 && at - (series.time[before] as number) <= HELD_US
  return series.value[isHeld ? before : before + 1] ?? 0
}
