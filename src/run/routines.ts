import { DAY } from '../core/time.ts'
import type { Depth } from './depth.ts'
import type { Foundation } from './foundation.ts'
import type { Judges } from './judges.ts'
import type { Remotes } from './remotes.ts'
import { repeatedly } from './repeatedly.ts'
import { settledTime } from './settled.ts'
import type { StuckLog } from './stuck-log.ts'

const GROWTH_EVERY_MS = 5_000
const SIGN_EVERY_MS = 60_000
const FLOWS_EVERY_MS = 1_000
const STUCK_EVERY_MS = 1_000
const COMPACT_EVERY_MS = 3_600_000
const MEASURE_ROWS = 250_000

/** What a node does at its own pace, whatever comes in. Each resolves after the stop. */
export function startRoutines(
  foundation: Foundation,
  { contracts, memory }: Judges,
  remotes: Remotes,
  stuckLog: StuckLog,
  depth: Depth,
  stop: AbortSignal,
): Promise<void>[] {
  const { clock, log, historian, flows, evidence, stores } = foundation
  const every = (ms: number, work: () => Promise<void>) => repeatedly(clock, ms, stop, work)
  const settled = settledTime(clock, stores.lastRecordedTime)
  return [
    every(FLOWS_EVERY_MS, () => flows.tick(evidence.takeDifferences())),
    every(COMPACT_EVERY_MS, async () => {
      await historian
        .compact(clock.now(), settled())
        .catch((error) => log.error({ error: String(error) }, 'compaction failed; it is tried again'))
      // Measured once an hour, so that the scoreboard of a day finds its closed hours ready.
      const day = { from: clock.now() - DAY, to: clock.now(), limit: MEASURE_ROWS }
      await historian
        .measures(day)
        .catch((error) => log.warn({ error: String(error) }, 'the hours could not be measured; they are when asked for'))
    }),
    every(GROWTH_EVERY_MS, () => depth.measure()),
    every(SIGN_EVERY_MS, () => evidence.tick()),
    every(remotes.tickMs, async () => remotes.tick()),
    every(STUCK_EVERY_MS, async () => stuckLog.tick()),
    every(memory.tickMs, () => {
      contracts.tick(clock.now())
      return memory.tick()
    }),
  ]
}
