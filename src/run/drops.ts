import type { Account, AccountUnit } from '../core/account.ts'
import { LIMITS } from '../core/limits.ts'

/** What a source has dropped, each count told once: it becomes part of the log as an account. */
export class Drops {
  readonly #of: Pick<Account, 'connection' | 'unit'>
  readonly #dropped: () => Readonly<Record<string, number>>
  readonly #told = new Map<string, number>()
  #known = 0

  constructor(connection: string, unit: AccountUnit, dropped: () => Readonly<Record<string, number>>) {
    this.#of = { connection, unit }
    this.#dropped = dropped
  }

  /** Rows that said nothing new. */
  addKnown(rows: number): void {
    this.#known += rows
  }

  /** What is new since the last call; undefined when nothing is. */
  take(): Account | undefined {
    const dropped: Record<string, number> = {}
    for (const [reason, count] of Object.entries(this.#dropped())) {
      const more = count - (this.#told.get(reason) ?? 0)
      this.#told.set(reason, count)
      if (more <= 0) continue
      const name = Object.keys(dropped).length < LIMITS.accountReasons - 1 ? reason : 'other'
      dropped[name] = (dropped[name] ?? 0) + more
    }
    const known = this.#known
    this.#known = 0
    const isDropped = Object.keys(dropped).length > 0
    if (!isDropped && known === 0) return undefined
    return { ...this.#of, ...(isDropped && { dropped }), ...(known > 0 && { known }) }
  }
}
