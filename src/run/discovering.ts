import type { Discover } from '../core/discovery.ts'
import type { EquipmentConfig } from '../core/equipment.ts'
import type { Historian } from '../core/historian.ts'
import type { SignalTable } from '../core/signals.ts'
import type { Clock } from '../core/time.ts'
import { discover } from '../correlate/index.ts'

export interface DiscoveringParts {
  readonly historian: Historian
  readonly signals: SignalTable
  readonly site: string
  readonly equipment: EquipmentConfig
  readonly clock: Clock
}

/** Searches the node's own history, a moment at a time: collecting goes on in between. */
export function discovering({ historian, signals, site, equipment, clock }: DiscoveringParts): Discover {
  return async (question, { onProgress, stop }) => {
    const { oldestTime } = await historian.stats()
    return discover(question, {
      ...{ history: historian, signals: [...signals.all()], site, equipment, oldestTime, onProgress, stop },
      monotonicMs: () => clock.monotonicMs(),
      pause: () => new Promise((resolve) => setImmediate(resolve)),
    })
  }
}
