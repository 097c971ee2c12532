import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import type { Link } from '../core/link.ts'
import { Newest } from './newest.ts'
import { isOpen } from './policy/outward.ts'
import type { UplinkParts } from './uplink-parts.ts'

/** Newest values go ahead of history when it is further behind than this. */
const BEHIND_RECORDS = 50
const SHOW_MS = 1_000

/**
 * Says every second that this node lives, with its newest values when history is behind or the log takes nothing; a relay passes on what others say of themselves. Closes the link when it
 * may no longer be open: cut, or its review is due. The next attempt says so.
 */
export async function keepShowing(parts: UplinkParts, link: Link, confirmed: () => number, over: AbortSignal): Promise<void> {
  const { clock, spool, isRelay, last, signalCount, policy } = parts
  const { node, epoch } = spool
  const newest = new Newest(last, signalCount, clock)
  const newestOf = (batch: SampleBatch) => policy?.visible({ node, epoch }, batch) ?? batch
  let wasStuck = false
  while (!over.aborted && (policy || !isRelay)) {
    if (policy && !isOpen(policy)) await link.close()
    if (!isRelay) {
      const { lastSequence, problem } = spool.stats()
      const isBehind = !link.isOneWay && lastSequence - confirmed() > BEHIND_RECORDS
      // What the log does not take comes no other way, and once more when it takes again.
      const isStuck = problem !== undefined
      const isAhead = isBehind || isStuck || wasStuck
      const batch = isAhead ? newestOf(newest.take()) : new BatchBuilder().build(clock.now())
      link.show({ node, epoch }, batch, isAhead ? lastSequence : 0)
      wasStuck = isStuck
    }
    await clock.sleep(SHOW_MS, over)
  }
}
