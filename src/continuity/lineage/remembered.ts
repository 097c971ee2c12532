import { createHash } from 'node:crypto'
import type { Historian, TallyRow } from '../../core/historian.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'

export type Tally = Historian['tally']

/**
 * A tally that remembers what was known at a time: samples stored later do not change it, so it is counted once, however often its figure is looked at and for
 * whatever use. The oldest are forgotten first.
 */
export function remembered(tally: Tally): Tally {
  const known = new Map<string, Promise<{ rows: TallyRow[]; truncated: boolean }>>()
  return (query) => {
    if (query.asKnownAt === undefined || query.signals.length < CONTINUITY_LIMITS.rememberedSignals) return tally(query)
    const key = createHash('sha256').update(JSON.stringify(query)).digest('hex')
    const found = known.get(key)
    if (found) return found
    const counting = tally(query)
    known.set(key, counting)
    // What failed is asked again.
    counting.catch(() => known.delete(key))
    for (const oldest of known.keys()) {
      if (known.size <= CONTINUITY_LIMITS.rememberedTallies) break
      known.delete(oldest)
    }
    return counting
  }
}
