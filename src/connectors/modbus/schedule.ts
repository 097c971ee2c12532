/** One period's place on the absolute time line: polls are due at start + k × period, however long each took. */
export class Schedule {
  readonly periodMs: number
  #dueMs: number

  constructor(periodMs: number, startMs: number) {
    this.periodMs = periodMs
    this.#dueMs = startMs
  }

  /** Monotonic millisecond of the next poll. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** A new connection polls at once; its time line starts then. */
  startAt(nowMs: number): void {
    this.#dueMs = nowMs
  }

  /** Takes the due poll, and returns how many polls went by unmade: they are missed, not made up for. */
  take(nowMs: number): number {
    const missed = Math.max(0, Math.floor((nowMs - this.#dueMs) / this.periodMs))
    this.#dueMs += (missed + 1) * this.periodMs
    return missed
  }
}
