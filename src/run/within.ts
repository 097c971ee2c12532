import type { Clock } from '../core/time.ts'

/** Waits for `work`, at most `limitMs`; leaves no timer behind. */
export async function within(work: Promise<unknown>, limitMs: number, clock: Clock): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, clock.sleep(limitMs, done.signal)])
  done.abort()
}
