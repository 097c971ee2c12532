import { BatchBuilder, type SampleBatch } from '../../core/batch.ts'
import type { Anew, Change, DerivedSample } from '../../core/derivation.ts'
import type { Fact, StoredFact } from '../../core/facts.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import type { Revised } from './compare.ts'
import { HistoryProblem } from './guarded.ts'
import { DERIVING_LIMITS } from './limits.ts'
import type { Stored } from './stored.ts'
import { ToldAnew } from './told-anew.ts'
import type { Unstored } from './unstored.ts'
import type { Publish } from './worker.ts'

export interface PublishingParts {
  readonly spool: Spool
  /** Makes a batch of derived samples durable as `Lane.put` does for a device's: last values and subscribers follow. */
  readonly append: (batch: SampleBatch) => Promise<SpoolRecord>
  /** What two facts have in common that may share a record of the log; absent: all may. */
  readonly apart?: ((fact: Fact) => string) | undefined
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly clock: Clock
}

/** So many facts, and no more than about this many characters of them, make one record. */
const CHUNK_CHARACTERS = 8 * 1024 * 1024
const BATCH_ROWS = 100_000

/** What was computed, on its way into the log; and what of it is told to what is computed from it before it is stored. */
export class Publishing {
  readonly #parts: PublishingParts
  readonly #unstored: Unstored
  readonly #stored: Stored
  readonly #anew = new ToldAnew()
  /** Records of this log that were told already. */
  readonly #told = new Set<number>()
  #fresh: { readonly sequence: number; readonly facts: readonly StoredFact[] }[] = []

  constructor(parts: PublishingParts, unstored: Unstored, stored: Stored) {
    this.#parts = parts
    this.#unstored = unstored
    this.#stored = stored
  }

  readonly publish: Publish = async (_name, computed, samples, anew) => {
    try {
      const last = Math.max(await this.#facts(computed), await this.#samples(samples, anew))
      // At the end it never comes: then nobody waits for it any more.
      return last > 0 ? { readable: this.#stored.past(last).catch(() => {}) } : {}
    } catch (error) {
      // Beyond a limit of what can be stored: the derivation's own fault. Anything else is the log's, and passes.
      if (error instanceof RangeError) throw error
      throw new HistoryProblem(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }

  /** Tells what was published since, before history has it. */
  async tell(
    changesOf: (facts: readonly StoredFact[]) => Promise<Change[]>,
    absorb: (changes: readonly Change[]) => Promise<void>,
  ): Promise<void> {
    if (this.#fresh.length === 0) return
    await absorb(await changesOf(this.#fresh.flatMap(({ facts }) => facts)))
    for (const { sequence } of this.#fresh) this.#told.add(sequence)
    this.#fresh = []
  }

  isTold(record: SpoolRecord): boolean {
    return this.#isOwn(record) && this.#told.has(record.sequence)
  }

  /** Why the samples of a record are others, where no sample below them is. */
  anewOf(record: SpoolRecord): Anew | undefined {
    return this.#isOwn(record) ? this.#anew.of(record.sequence) : undefined
  }

  /** Records up to this sequence are taken in: nobody asks for them again. */
  takenIn(position: number): void {
    for (const sequence of this.#told) if (sequence <= position) this.#told.delete(sequence)
    this.#anew.takenIn(position)
  }

  #isOwn({ node, epoch }: SpoolRecord): boolean {
    const { spool } = this.#parts
    return node === spool.node && epoch === spool.epoch
  }

  /** The last record that has to be read back; 0: none, they are told as they are. */
  async #facts(computed: readonly Revised[]): Promise<number> {
    const { spool, apart } = this.#parts
    let last = 0
    // What may not pass alike never shares a record: a record is withheld whole.
    const groups = apart ? [...Map.groupBy(computed, ({ fact }) => apart(fact)).values()] : [computed]
    for (const some of groups.flatMap((alike) => [...chunks(alike)])) {
      const { sequence, recordedTime } = await spool.appendContent({ kind: 'facts', facts: some.map(({ fact }) => fact) })
      const known = some.map(({ fact, revision }) => ({ ...fact, revision, knownTime: recordedTime, ingest: Number.MAX_SAFE_INTEGER }))
      if (this.#unstored.add(sequence, known)) this.#fresh.push({ sequence, facts: known })
      else last = sequence
    }
    return last
  }

  async #samples(samples: readonly DerivedSample[], anew: Anew | undefined): Promise<number> {
    let last = 0
    for (let at = 0; at < samples.length; at += BATCH_ROWS) {
      last = (await this.#parts.append(batchOf(samples.slice(at, at + BATCH_ROWS), this.#parts))).sequence
      if (anew) this.#anew.note(last, anew)
    }
    return last
  }
}

function* chunks(facts: readonly Revised[]): Iterable<readonly Revised[]> {
  let some: Revised[] = []
  let characters = 0
  for (const fact of facts) {
    const size = JSON.stringify(fact.fact).length
    if (some.length > 0 && (some.length >= DERIVING_LIMITS.publishedFacts || characters + size > CHUNK_CHARACTERS)) {
      yield some
      some = []
      characters = 0
    }
    some.push(fact)
    characters += size
  }
  if (some.length > 0) yield some
}

/** Derived samples by rising time. Throws RangeError for a signal that nobody declared. */
function batchOf(samples: readonly DerivedSample[], { signals, reasons, clock }: PublishingParts): SampleBatch {
  const builder = new BatchBuilder(samples.length)
  for (const { signal, time, value, status, reasons: names, text } of [...samples].sort((a, b) => a.time - b.time)) {
    const index = signals.indexOf(signal)
    if (index === undefined) throw new RangeError(`the derived signal ${signal} is not declared`)
    const row = builder.push(index, time, value, status, reasons.of(...names))
    if (text !== undefined) builder.setText(row, text)
  }
  return builder.build(clock.now())
}
