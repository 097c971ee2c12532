import type { Clock } from '../../core/time.ts'
import { IDENTITY_LIMITS } from './limits.ts'

/** Slows down who shows wrong tokens: after a few free ones each further one doubles the wait of its address. */
export interface Attempts {
  /** Milliseconds the address still has to wait; 0: none. */
  waitMs(address: string): number
  failed(address: string): void
  succeeded(address: string): void
}

export function countAttempts(clock: Clock): Attempts {
  const failures = new Map<string, { count: number; untilMs: number }>()
  return {
    waitMs: (address) => Math.max(0, (failures.get(address)?.untilMs ?? 0) - clock.monotonicMs()),
    failed: (address) => {
      const count = (failures.get(address)?.count ?? 0) + 1
      const beyond = count - IDENTITY_LIMITS.freeAttempts
      const waitMs = beyond < 0 ? 0 : Math.min(IDENTITY_LIMITS.longestWaitMs, IDENTITY_LIMITS.firstWaitMs * 2 ** beyond)
      failures.delete(address)
      if (failures.size >= IDENTITY_LIMITS.addresses) failures.delete(failures.keys().next().value as string)
      failures.set(address, { count, untilMs: clock.monotonicMs() + waitMs })
    },
    succeeded: (address) => void failures.delete(address),
  }
}
