import type { StoredFact } from '../../core/facts.ts'
import type { FactQuery, History } from '../../core/history.ts'
import { DERIVING_LIMITS } from './limits.ts'

interface Entry {
  /** Of the record of this log that says it. */
  readonly sequence: number
  readonly fact: StoredFact
}

/**
 * Facts that are durable in the log and not yet in the history: what is computed from them need not wait for the historian's next commit. A history that answers
 * as if it held them already; they are forgotten as it comes to.
 */
export class Unstored {
  /** By definition, in the order of the log. */
  readonly #entries = new Map<string, Entry[]>()
  #count = 0

  /** False when there is no room: then they are known when they are stored. */
  add(sequence: number, facts: readonly StoredFact[]): boolean {
    if (this.#count + facts.length > DERIVING_LIMITS.unstoredFacts) return false
    this.#count += facts.length
    for (const one of facts) {
      const fact = { ...one, key: one.key.toWellFormed() }
      const list = this.#entries.get(fact.definition)
      if (list) list.push({ sequence, fact })
      else this.#entries.set(fact.definition, [{ sequence, fact }])
    }
    return true
  }

  /** The history has everything up to this sequence. */
  stored(upTo: number): void {
    for (const [definition, list] of this.#entries) {
      const left = list.filter(({ sequence }) => sequence > upTo)
      this.#count -= list.length - left.length
      if (left.length > 0) this.#entries.set(definition, left)
      else this.#entries.delete(definition)
    }
  }

  over(history: History): History {
    return {
      series: (query) => history.series(query),
      records: (query) => history.records(query),
      facts: (query) => this.#facts(query, history),
    }
  }

  async #facts(query: FactQuery, history: History): Promise<{ facts: StoredFact[]; truncated: boolean }> {
    const keys = query.keys && new Set(query.keys.map((key) => key.toWellFormed()))
    // Before the history is asked: what it comes to hold meanwhile is there twice, never missing.
    const own = [query.definition]
      .flat()
      .flatMap((name) => this.#entries.get(name) ?? [])
      .flatMap(({ fact }) => (!keys || keys.has(fact.key) ? [fact] : []))
    if (own.length === 0 || query.asKnownAt !== undefined) return history.facts(query)
    // Each of them may take the place of one that is found.
    const { facts, truncated } = await history.facts({ ...query, limit: query.limit + own.length })
    const merged = query.allRevisions ? withRevisions(facts, own) : withNewest(facts, own, query.isWithdrawnToo === true)
    const found = merged.filter((fact) => fits(fact, query)).sort(orderOf(query))
    return { facts: found.slice(0, query.limit), truncated: truncated || found.length > query.limit }
  }
}

const nameOf = ({ definition, key }: StoredFact): string => `${definition}\n${key}`

function withRevisions(facts: readonly StoredFact[], own: readonly StoredFact[]): StoredFact[] {
  const known = new Set(facts.map((fact) => `${nameOf(fact)}\n${fact.revision}`))
  return [...facts, ...own.filter((fact) => !known.has(`${nameOf(fact)}\n${fact.revision}`))]
}

function withNewest(facts: readonly StoredFact[], own: readonly StoredFact[], isWithdrawnToo: boolean): StoredFact[] {
  const newest = new Map(own.map((fact) => [nameOf(fact), fact]))
  const older = facts.filter((fact) => {
    const other = newest.get(nameOf(fact))
    if (other && fact.revision >= other.revision) newest.delete(nameOf(fact))
    return !other || fact.revision >= other.revision
  })
  return [...older, ...[...newest.values()].filter(({ isWithdrawn }) => isWithdrawnToo || !isWithdrawn)]
}

function fits({ equipment, from, to }: StoredFact, { equipment: wanted, overlapping }: FactQuery): boolean {
  const isThere = wanted === undefined || (equipment !== undefined && [wanted].flat().includes(equipment))
  return isThere && (!overlapping || (from < overlapping.to && (to ?? Number.POSITIVE_INFINITY) > overlapping.from))
}

/** As the history orders them. */
function orderOf({ newestRevisionFirst, descending }: FactQuery): (a: StoredFact, b: StoredFact) => number {
  const byKey = (a: StoredFact, b: StoredFact) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
  if (newestRevisionFirst) return (a, b) => byKey(a, b) || b.revision - a.revision
  const sign = descending ? -1 : 1
  return (a, b) => sign * (a.from - b.from) || byKey(a, b) || a.revision - b.revision
}
