import type { LoadedConfig } from '../config/index.ts'
import type { SpoolOutlook } from '../core/node-view.ts'
import type { Spool } from '../core/spool.ts'
import type { NodeDependencies } from './node.ts'
import { RULES_CONSUMER } from './rule-memory.ts'
import { Growth, timeLeft } from './time-left.ts'

/** How fast the spool grows, and how long it lasts. */
export class Depth {
  readonly #growth = new Growth()
  readonly #loaded: LoadedConfig
  readonly #spool: Pick<Spool, 'stats'>
  readonly #deps: Pick<NodeDependencies, 'clock' | 'log' | 'diskFree'>
  #diskFreeBytes: number | undefined

  constructor(loaded: LoadedConfig, spool: Pick<Spool, 'stats'>, deps: Pick<NodeDependencies, 'clock' | 'log' | 'diskFree'>) {
    this.#loaded = loaded
    this.#spool = spool
    this.#deps = deps
  }

  async measure(): Promise<void> {
    const { clock, log, diskFree } = this.#deps
    this.#growth.note(clock.monotonicMs(), this.#spool.stats().appendedBytes)
    try {
      this.#diskFreeBytes = await diskFree?.(this.#loaded.config.data)
    } catch (error) {
      this.#diskFreeBytes = undefined
      log.debug({ error: String(error) }, 'it is not known how much of the disk is free')
    }
  }

  view(): SpoolOutlook {
    const { maxBytes, maxAge, overflow } = this.#loaded.config.spool
    const { bytes, held } = this.#spool.stats()
    // The rules need the last half minute at any time and give it up by themselves.
    const deepest = held.find(({ consumer }) => consumer !== RULES_CONSUMER)
    const { bytesPerSecond } = this.#growth
    const known = { bytesPerSecond, diskFreeBytes: this.#diskFreeBytes, overflow, maxAgeMs: maxAge }
    return {
      growthBytesPerSecond: bytesPerSecond,
      ...{ overflow, maxAgeMs: maxAge, diskFreeBytes: this.#diskFreeBytes },
      timeLeft: timeLeft({ ...known, bytes, heldBytes: deepest?.bytes ?? 0, maxBytes, oldestAgeMs: deepest?.oldestAgeMs ?? 0 }),
    }
  }
}
