import type { Sample, Signal } from '../../../src/api/schemas.ts'

/**
 * How much a signal wants to be looked at. 1 Bad, 2 Uncertain and outside its range, 3 Uncertain, 4 never heard of (the alarm tokens of the same
 * numbers); 5 sound but near a limit; 6 normal.
 */
export type Level = 1 | 2 | 3 | 4 | 5 | 6

/** Part of the range, at each end, that counts as near the limit. */
const NEAR = 0.05

/** Where a value stands in its range: 0 at the low limit, 1 at the high one, below and above outside; undefined without number or range. */
export function place(signal: Signal, sample: Sample | undefined): number | undefined {
  if (!signal.range || typeof sample?.value !== 'number') return undefined
  const [low, high] = signal.range
  return high > low ? (sample.value - low) / (high - low) : undefined
}

/** Distance from the middle of the range: 0 in the middle, 1 at a limit, above 1 outside. */
function deviation(signal: Signal, sample: Sample | undefined): number {
  const at = place(signal, sample)
  return at === undefined ? 0 : Math.abs(at - 0.5) * 2
}

export function levelOf(signal: Signal, sample: Sample | undefined): Level {
  if (!sample) return 4
  if (sample.status === 'Bad') return 1
  const far = deviation(signal, sample)
  if (far > 1) return 2
  if (sample.status === 'Uncertain') return 3
  // A quantity that rests at one end (a stopped motor at 0 A) is not near a limit that anybody fears.
  return far > 1 - 2 * NEAR && !restsAtZero(signal, sample) ? 5 : 6
}

function restsAtZero(signal: Signal, sample: Sample): boolean {
  return typeof sample.value === 'number' && signal.range?.[0] === 0 && sample.value < (signal.range[1] - signal.range[0]) / 2
}

export interface Ranked {
  readonly index: number
  readonly level: Level
  readonly far: number
}

/** The signals that want to be looked at first, worst first; ties by id, so that rows do not dance. `keep` bounds the list. */
export function rank(indices: readonly number[], of: (index: number) => readonly [Signal, Sample | undefined], keep: number): Ranked[] {
  const found: Ranked[] = []
  for (const index of indices) {
    const [signal, sample] = of(index)
    const level = levelOf(signal, sample)
    const far = deviation(signal, sample)
    if (level < 6 || far > 0) found.push({ index, level, far: Math.round(Math.min(far, 3) * 10) })
  }
  return found.sort((a, b) => a.level - b.level || b.far - a.far || a.index - b.index).slice(0, keep)
}
