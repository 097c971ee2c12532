import type { StoredFact } from '../../core/facts.ts'
import { HistorianBusy, QueryRefused } from '../../core/historian.ts'
import type { FactQuery, RecordQuery } from '../../core/history.ts'
import type { StoredVersion } from '../../core/it-records.ts'
import { HOUR, type Micros } from '../../core/time.ts'
import { HeldKeys, HeldTimes } from './held-stated.ts'
import type { StoreLimits } from './limits.ts'

type Limits = Pick<StoreLimits, 'recentStated' | 'recentStatedLength' | 'statedKeys'>
type Facts = { facts: StoredFact[]; truncated: boolean }
type Versions = { versions: StoredVersion[]; truncated: boolean }

const EVER: Micros = Number.MAX_SAFE_INTEGER

/**
 * What is in force of some kinds of records and definitions of facts, kept beside the database until a commit says something new of them: the same is asked at every
 * commit of samples. Bounded by `recentStated` and `recentStatedLength`.
 */
export class RecentStated {
  readonly #facts: HeldTimes<StoredFact>
  readonly #records: HeldTimes<StoredVersion>
  readonly #keys: HeldKeys<StoredVersion>
  readonly #limits: Limits

  constructor(limits: Limits) {
    const bounds = { count: limits.recentStated, length: limits.recentStatedLength }
    this.#limits = limits
    this.#facts = new HeldTimes(({ from, to }) => [from, to], bounds)
    this.#records = new HeldTimes(({ validFrom, validTo }) => [validFrom, validTo], bounds)
    this.#keys = new HeldKeys(bounds)
  }

  /** Kinds of records and definitions of facts that a commit spoke of. */
  committed(kinds: ReadonlySet<string>, definitions: ReadonlySet<string>): void {
    for (const kind of kinds) {
      this.#records.forget(kind)
      this.#keys.forget(kind)
    }
    for (const definition of definitions) this.#facts.forget(definition)
  }

  /** What was stored is not certain. */
  clear(): void {
    this.#facts.clear()
    this.#records.clear()
    this.#keys.clear()
  }

  async facts(query: FactQuery, ask: (query: FactQuery) => Promise<Facts>): Promise<Facts> {
    const { keys, asKnownAt, allRevisions, isWithdrawnToo, descending, newestRevisionFirst, equipment, overlapping, limit } = query
    const [definition, other] = [query.definition].flat()
    const isPlain = !keys && asKnownAt === undefined && !allRevisions && !isWithdrawnToo && !descending && !newestRevisionFirst
    if (!isPlain || !isSpan(overlapping) || definition === undefined || other !== undefined) return ask(query)
    const found = await this.#facts.overlapping(definition.toWellFormed(), overlapping, async (from, most) => {
      const found = await unlessRefused(ask({ definition, overlapping: { from, to: EVER }, limit: most }))
      return found?.truncated ? undefined : found?.facts
    })
    if (!found) return ask(query)
    const places = equipment === undefined ? undefined : new Set([equipment].flat().map((one) => one.toWellFormed()))
    const facts = places ? found.filter((one) => one.equipment !== undefined && places.has(one.equipment)) : found
    return { facts: facts.slice(0, Math.max(0, limit)), truncated: facts.length > limit }
  }

  async records(query: RecordQuery, ask: (query: RecordQuery) => Promise<Versions>): Promise<Versions> {
    const { kind, keys, source, overlapping, asKnownAt, allVersions, afterKey, limit } = query
    const isPlain = source === undefined && asKnownAt === undefined && !allVersions && afterKey === undefined
    if (!isPlain) return ask(query)
    const all =
      keys && !overlapping && keys.length <= this.#limits.statedKeys
        ? await this.#keys.of(kind.toWellFormed(), keys, async () => {
            const { versions, truncated } = await ask(query)
            return truncated ? undefined : versions
          })
        : !keys && isSpan(overlapping)
          ? await this.#records.overlapping(kind.toWellFormed(), overlapping, async (from, most) => {
              const found = await unlessRefused(ask({ kind, overlapping: { from, to: EVER }, limit: most }))
              return found?.truncated ? undefined : found?.versions
            })
          : undefined
    return all ? { versions: all.slice(0, Math.max(0, limit)), truncated: all.length > limit } : ask(query)
  }
}

/** A longer time may be too much where the one that is asked for is not. */
const unlessRefused = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof QueryRefused && !(error instanceof HistorianBusy)) return undefined
    throw error
  })

const isSpan = (span: { readonly from: Micros; readonly to: Micros } | undefined): span is { from: Micros; to: Micros } =>
  span !== undefined && Number.isSafeInteger(span.from) && Number.isSafeInteger(span.to) && span.from > HOUR
