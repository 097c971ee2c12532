import { type Clock, DAY, MINUTE, type Micros } from '../core/time.ts'

/** How long a wall clock has stood where it is before anything is removed for its age by it. */
const SETTLES_MS = 86_400_000
/** A start this long after the last record is nothing unusual. */
const AWAY_US = 2 * DAY

/**
 * The time by which history may be removed for its age, or undefined while there is none: a wall clock that was set is believed after a day, and until then the one of before goes on.
 * `lastRecorded`: when this node wrote last before it was started.
 */
export function settledTime(clock: Clock, lastRecorded: Micros | undefined): () => Micros | undefined {
  const offset = () => clock.now() - clock.monotonicMs() * 1000
  let found = offset()
  let sinceMs = clock.monotonicMs()
  const awayUs = lastRecorded === undefined ? Number.POSITIVE_INFINITY : clock.now() - lastRecorded
  let believed = awayUs >= -MINUTE && awayUs <= AWAY_US ? found : undefined
  return () => {
    const now = offset()
    const nowMs = clock.monotonicMs()
    if (Math.abs(now - found) > MINUTE) {
      sinceMs = nowMs
      found = now
    }
    const isClose = believed !== undefined && Math.abs(found - believed) <= MINUTE
    if (isClose || nowMs - sinceMs >= SETTLES_MS) believed = now
    return believed === undefined ? undefined : believed + nowMs * 1000
  }
}
