import { LIMITS } from './limits.ts'

/**
 * Why a status is not plain Good. A reason is a short kebab-case name, with the id and version of the rule that
 * gave it where there is one (`range@3`). Samples carry one number: the index of a *set* of reasons, 0 for none.
 * Sets are interned and append-only, so an index means the same for as long as the node's epoch lasts.
 */
export class ReasonSets {
  readonly #sets: (readonly string[])[] = [[]]
  readonly #index = new Map<string, number>([['', 0]])
  readonly #steps = new Map<string, Map<number, number>>()

  /** Number of sets; sets `0 .. size-1` are valid. */
  get size(): number {
    return this.#sets.length
  }

  /** The names in a set, in order of name. */
  names(set: number): readonly string[] {
    return this.#sets[set] ?? ['unknown-reasons']
  }

  /** The set with exactly these reasons. When the table is full: the set of `reasons-overflow` alone. */
  of(...reasons: string[]): number {
    const names = [...new Set(reasons)].sort()
    const key = names.join(' ')
    const known = this.#index.get(key)
    if (known !== undefined) return known
    if (this.#sets.length >= LIMITS.reasonSets && key !== OVERFLOW) return this.of(OVERFLOW)
    this.#sets.push(Object.freeze(names))
    this.#index.set(key, this.#sets.length - 1)
    return this.#sets.length - 1
  }

  /** The set with one reason more; memoised, so that it costs two map look-ups per abnormal sample. */
  with(set: number, reason: string): number {
    let steps = this.#steps.get(reason)
    if (!steps) this.#steps.set(reason, (steps = new Map()))
    let next = steps.get(set)
    if (next === undefined) steps.set(set, (next = this.of(...this.names(set), reason)))
    return next
  }

  /** Sets from `from` on, as stored in the spool's dictionary records. */
  since(from: number): readonly (readonly string[])[] {
    return this.#sets.slice(from)
  }

  /** Restores sets at their indices (start of a node from its spool). Throws when they contradict what is known. */
  restore(first: number, sets: readonly (readonly string[])[]): void {
    sets.forEach((names, i) => {
      const at = this.of(...names)
      if (at !== first + i) throw new Error(`reason set ${first + i} is already ${at}: the dictionary contradicts itself`)
    })
  }
}

const OVERFLOW = 'reasons-overflow'

/** Reasons of samples that say what is no longer known, given by the node itself and not by a device. */
const LIVENESS = new Set(['source-silent', 'overdue', 'never-heard', 'node-stopped', 'link-silent', 'log-stuck'])

/** True when a set of reasons belongs to such a mark. */
export function isLivenessMark(names: readonly string[]): boolean {
  return names.some((name) => LIVENESS.has(name))
}
