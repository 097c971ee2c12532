import type { Refusal } from './exceptions.ts'

/** The longest that a silent unit is left alone. */
const REST_MAX_MS = 30_000

interface Absence {
  readonly refusal: Refusal
  readonly inARow: number
  readonly retryMs: number
}

/**
 * Which units behind the connection are away. A silent unit costs its neighbours one time-out, so after the first it is asked once per poll,
 * then rests longer and longer, up to 30 s; its signals stay Bad meanwhile.
 */
export class Units {
  readonly #away = new Map<number, Absence>()

  /** Why the unit is not to be asked now; undefined when it may be. */
  resting(unitId: number, nowMs: number): Refusal | undefined {
    const absence = this.#away.get(unitId)
    return absence && nowMs < absence.retryMs ? absence.refusal : undefined
  }

  isAway(unitId: number): boolean {
    return this.#away.has(unitId)
  }

  /** The unit could not be reached. `pollEndMs`: it is not asked again before. */
  lost(unitId: number, refusal: Refusal, nowMs: number, pollEndMs: number, timeoutMs: number): void {
    const inARow = (this.#away.get(unitId)?.inARow ?? 0) + 1
    const rest = inARow < 2 ? 0 : Math.min(REST_MAX_MS, timeoutMs * 2 ** (inARow - 1))
    this.#away.set(unitId, { refusal, inARow, retryMs: Math.max(pollEndMs, nowMs + rest) })
  }

  answered(unitId: number): void {
    this.#away.delete(unitId)
  }

  clear(): void {
    this.#away.clear()
  }
}
