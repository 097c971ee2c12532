import type { Anew } from '../../core/derivation.ts'
import { DERIVING_LIMITS } from './limits.ts'

/** Why the computed samples of a record of this log are others, where no sample below them is; known until the record is taken in. Bounded: of more it is not known. */
export class ToldAnew {
  readonly #bySequence = new Map<number, Anew>()

  note(sequence: number, anew: Anew): void {
    if (this.#bySequence.size < DERIVING_LIMITS.anewRecords) this.#bySequence.set(sequence, anew)
  }

  of(sequence: number): Anew | undefined {
    return this.#bySequence.get(sequence)
  }

  /** Everything up to this sequence is taken in. */
  takenIn(upTo: number): void {
    for (const sequence of this.#bySequence.keys()) if (sequence <= upTo) this.#bySequence.delete(sequence)
  }
}
