import { MemoryHistory } from '../core/memory-history.fixture.ts'
import type { SpoolRecord } from '../core/spool.ts'
import type { Bench } from './contract-bench.ts'
import { Recorder } from './contract-records.ts'

interface Mark {
  readonly time: number
  readonly said: number
}

/** A historian and a history in memory that are told the same, and what each calls one moment. */
export class Twin {
  readonly memory = new MemoryHistory()
  readonly recorder: Recorder
  readonly #bench: Bench
  readonly #written: SpoolRecord[] = []
  readonly #marks: Mark[]

  constructor(bench: Bench, node: string) {
    this.#bench = bench
    this.recorder = new Recorder(node)
    this.#marks = [{ time: bench.clock.time, said: 0 }]
  }

  /** One commit of the historian, a little later than the one before; perhaps with records that it has already. */
  async commit(records: readonly SpoolRecord[], repeated = 0): Promise<void> {
    this.#bench.clock.time += 10
    await this.#bench.historian.write([...this.#written.slice(this.#written.length - repeated), ...records])
    this.#written.push(...records)
    const { versions, published, samples } = this.memory
    const said = versions.length + published.length + [...samples.values()].reduce((sum, of) => sum + of.length, 0)
    this.#marks.push({ time: this.#bench.clock.time, said })
  }

  /** A query for the historian, and the one that means the same in memory. `moment`: as known after that commit, counted round; absent: now. */
  asked<Q extends object>(query: Q, moment: number | undefined): [Q, Q] {
    if (moment === undefined) return [query, query]
    const { time, said } = this.#marks[moment % this.#marks.length] as Mark
    return [
      { ...query, asKnownAt: time + 9 },
      { ...query, asKnownAt: said },
    ]
  }
}
