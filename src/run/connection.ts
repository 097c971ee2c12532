import type { SampleBatch } from '../core/batch.ts'
import type { Source } from '../core/source.ts'
import type { ContractWatch } from '../govern/contracts/index.ts'
import type { Qualify } from '../qualify/index.ts'
import { type AttemptParts, keepConnected } from './attempts.ts'
import type { ClockWatch } from './clock-watch.ts'
import type { Drops } from './drops.ts'
import type { Lane } from './lane.ts'
import type { Liveness } from './liveness.ts'
import type { RuleMemory } from './rule-memory.ts'

export interface ConnectionParts extends AttemptParts {
  readonly source: Source
  readonly liveness: Liveness
  readonly lane: Lane
  /** What the source and the limit of floods have dropped: durable before what came with it is acknowledged. */
  readonly drops: Drops
  readonly qualify: Qualify
  /** Judges after the rules, what the substitutes added too. */
  readonly contracts: Pick<ContractWatch, 'judge'>
  readonly memory: Pick<RuleMemory, 'enter'>
  /** Looks for values that repeat themselves, and for a device's time that stands still. */
  readonly onJudged?: (batch: SampleBatch) => void
  /** Absent: times are taken as they are. */
  readonly clockWatch?: Pick<ClockWatch, 'take'>
}

/** One connection's samples, from the source through the rules to the lane. Resolves when there will be none any more; liveness goes on telling. */
export function runConnection(parts: ConnectionParts): Promise<void> {
  return keepConnected(parts, () => readOnce(parts))
}

async function readOnce(parts: ConnectionParts): Promise<void> {
  const { source, health, liveness, lane, drops, qualify, contracts, memory, clockWatch, onJudged, backOff, stop } = parts
  const delivery = await source.read(stop)
  liveness.heard()
  backOff.reset()
  if (delivery.batch.count === 0) {
    const account = drops.take()
    if (account) await lane.put({ ...delivery, account })
    else delivery.ack?.()
    return
  }
  health.countRead(delivery.batch.count)
  const settled = await memory.enter()
  clockWatch?.take(delivery.batch)
  const { receipt } = delivery.batch
  const { batch: judged, flooded } = qualify.judge(delivery.batch)
  // A batch made shorter or longer still answers for the same messages of the peer.
  const batch = receipt && !judged.receipt ? { ...judged, receipt } : judged
  contracts.judge(batch)
  onJudged?.(batch)
  if (flooded > 0) source.counters.dropped.flood = (source.counters.dropped.flood ?? 0) + flooded
  const ack = () => {
    settled()
    delivery.ack?.()
  }
  const account = drops.take()
  if (batch.count > 0 || account) await lane.put({ batch, ack, ...(account && { account }) })
  else ack()
}
