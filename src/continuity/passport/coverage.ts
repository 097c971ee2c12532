import type { InputSpan } from '../../core/derivation.ts'
import type { Historian } from '../../core/historian.ts'
import type { Series } from '../../core/history.ts'
import { isNull } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'

/** Share of [from, to) that samples with a value cover, each until the next one and no longer than it holds. */
function covered({ count, time, value, status, text }: Series, from: Micros, to: Micros, holdUs: Micros): number {
  let us = 0
  for (let i = 0; i < count; i++) {
    const at = time[i] as number
    if (isNull(status[i] as number) || (Number.isNaN(value[i]) && !text?.has(i))) continue
    const end = Math.min(to, i + 1 < count ? (time[i + 1] as number) : to, at + holdUs)
    us += Math.max(0, end - Math.max(from, at))
  }
  return us / (to - from)
}

/** The smallest coverage of the inputs of a window; null where the sample is of a moment. */
export async function coverageOf(
  inputs: readonly InputSpan[],
  historian: Historian,
  asKnownAt: Micros | undefined,
): Promise<number | null> {
  const shares: number[] = []
  for (const { signal, from, to, lookBackUs } of inputs) {
    if (to - from <= 1) continue
    const query = { signals: [signal], from, to, lookBackUs, ...(asKnownAt !== undefined && { asKnownAt }) }
    for (const series of await historian.series(query)) shares.push(covered(series, from, to, lookBackUs))
  }
  return shares.length > 0 ? Math.min(...shares) : null
}
