import { heldShare } from '../../core/aggregates/held.ts'
import type { InputSpan } from '../../core/derivation.ts'
import type { Historian } from '../../core/historian.ts'
import type { Micros } from '../../core/time.ts'

/** The smallest share of the time of an input that went into the value; null where the sample is of a moment. */
export async function coverageOf(
  inputs: readonly InputSpan[],
  historian: Historian,
  asKnownAt: Micros | undefined,
): Promise<number | null> {
  const shares: number[] = []
  for (const { signal, from, to, lookBackUs, function: name } of inputs) {
    if (to - from <= 1) continue
    const query = { signals: [signal], from, to, lookBackUs, ...(asKnownAt !== undefined && { asKnownAt }) }
    for (const series of await historian.series(query)) shares.push(heldShare(series, from, to, lookBackUs, name))
  }
  return shares.length > 0 ? Math.min(...shares) : null
}
