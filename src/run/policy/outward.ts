import type { SampleBatch } from '../../core/batch.ts'
import { type Link, LinkRefused, type StreamId } from '../../core/link.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'

/** The policy at the sending end. */
export interface OutwardPolicy {
  /** Throws LinkRefused while the way is closed. */
  mustBeOpen(): void
  /** Records of one log, with a stand-in (`core/withheld.ts`) for each that may not leave. */
  pass(records: readonly SpoolRecord[]): readonly SpoolRecord[]
  /** Newest samples that may be shown. */
  visible(stream: StreamId, batch: SampleBatch): SampleBatch
  /** Milliseconds until the rates of the conduits have room for a record that passes; 0: it is taken off them, and goes now. */
  waitMs(record: SpoolRecord): number
}

export function isOpen(policy: OutwardPolicy): boolean {
  try {
    policy.mustBeOpen()
    return true
  } catch (error) {
    if (error instanceof LinkRefused) return false
    throw error
  }
}

interface PaceParts {
  readonly policy: OutwardPolicy | undefined
  readonly clock: Clock
  /** The link is over: what waits is sent by the next attempt. */
  readonly over: AbortSignal
}

/**
 * Sends records in order, none faster than its conduits permit. What is too much waits in the log, which keeps it: a link can be slow where a device cannot, so
 * nothing is dropped. Rejects when the link ends meanwhile.
 */
export async function sendPaced(link: Link, records: readonly SpoolRecord[], { policy, clock, over }: PaceParts): Promise<void> {
  let from = 0
  for (const [i, record] of records.entries()) {
    let waitMs = policy?.waitMs(record) ?? 0
    if (waitMs === 0) continue
    if (i > from) await link.send(records.slice(from, i))
    from = i
    while (policy && waitMs > 0) {
      await clock.sleep(waitMs, over)
      if (over.aborted) throw await link.ended
      // Cut while it waited.
      policy.mustBeOpen()
      waitMs = policy.waitMs(record)
    }
  }
  if (from < records.length) await link.send(from === 0 ? records : records.slice(from))
}
