import type { DuckDBConnection } from '@duckdb/node-api'
import type { Micros } from '../../core/time.ts'
import { appendRows } from './append-rows.ts'
import type { Dictionaries } from './dictionaries.ts'
import type { PackedRecord } from './protocol.ts'
import { rowsOf, whole } from './rows.ts'

/** The record at this place is stored, without the samples whose signal nobody defined: there is nothing to fill. */
export const UNDEFINED_SIGNALS = 'signals without a definition'

export interface Gap {
  readonly writer: number
  readonly first: number
  readonly last: number
  readonly cause: string
  readonly samples: number | null
  readonly recorded: Micros
}

/** The gaps that one commit touches: those it declares, and those stored before into which its records may fall. */
export class Gaps {
  #added: Gap[] = []
  #stored: Gap[]
  readonly #gone: Gap[] = []
  /** Ingests that filled a gap. */
  readonly fills: number[] = []

  private constructor(stored: Gap[]) {
    this.#stored = stored
  }

  /** Looks stored gaps up where records stand at or below what is there of their writer, and only then. */
  static async load(connection: DuckDBConnection, dictionaries: Dictionaries, records: readonly PackedRecord[]): Promise<Gaps> {
    const reached = new Map<number, number>()
    const early = new Map<number, { from: number; to: number }>()
    for (const { node, epoch, sequence } of records) {
      const { key, sequence: checkpoint } = dictionaries.writer(node, epoch)
      const highest = Math.max(reached.get(key) ?? checkpoint, sequence)
      if (sequence <= (reached.get(key) ?? checkpoint)) {
        const { from, to } = early.get(key) ?? { from: sequence, to: sequence }
        early.set(key, { from: Math.min(from, sequence), to: Math.max(to, sequence) })
      }
      reached.set(key, highest)
    }
    const stored: Gap[] = []
    for (const [key, { from, to }] of early) {
      const sql = `SELECT writer, first, last, cause, samples, epoch_us(recorded) FROM store.gaps
        WHERE writer = ${key} AND first <= ${whole(to)} AND last >= ${whole(from)}`
      for (const [writer, first, last, cause, samples, recorded] of await rowsOf(connection, sql))
        stored.push({ writer, first, last, cause, samples, recorded } as Gap)
    }
    return new Gaps(stored)
  }

  declare(gap: Gap): void {
    this.#added.push(gap)
  }

  /** Takes one sequence out of the gap it lies in; false when it lies in none. What is left of the gap no longer says how many samples it had. */
  fill(writer: number, sequence: number): boolean {
    const around = (gap: Gap) => gap.writer === writer && gap.first <= sequence && sequence <= gap.last && gap.cause !== UNDEFINED_SIGNALS
    const stored = this.#stored.find(around)
    const gap = stored ?? this.#added.find(around)
    if (!gap) return false
    if (stored) this.#gone.push(stored)
    this.#stored = this.#stored.filter((other) => other !== gap)
    this.#added = this.#added.filter((other) => other !== gap)
    for (const [first, last] of [[gap.first, sequence - 1] as const, [sequence + 1, gap.last] as const])
      if (first <= last) this.#added.push({ ...gap, first, last, samples: null })
    return true
  }

  /** Writes what changed, inside the open transaction. */
  async flush(connection: DuckDBConnection): Promise<void> {
    for (const { writer, first, last } of this.#gone)
      await connection.run(
        `DELETE FROM store.gaps WHERE writer = ${writer} AND first = ${whole(first)} AND last = ${whole(last)} AND cause <> '${UNDEFINED_SIGNALS}'`,
      )
    const rows = this.#added.map(({ writer, first, last, cause, samples, recorded }) => [writer, first, last, cause, samples, recorded])
    await appendRows(connection, 'gaps', rows)
    await appendRows(
      connection,
      'fills',
      this.fills.map((ingest) => [ingest]),
    )
  }
}
