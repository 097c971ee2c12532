import { disagreements } from '../core/authority.ts'
import { FOREVER } from '../core/derivation.ts'
import type { FactInput, FactValue, StoredFact } from '../core/facts.ts'
import { QueryRefused } from '../core/historian.ts'
import type { History } from '../core/history.ts'
import type { FieldValue, RecordKind, StoredVersion } from '../core/it-records.ts'
import { isOnePlace } from '../core/record-place.ts'
import { rank } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import type { JoinContext } from './context.ts'
import { CORRELATE_LIMITS } from './limits.ts'

/** A record as the authoritative source tells it, or an event: an interval at a place, with values. */
export interface Subject {
  readonly key: string
  /** Path under the site; undefined: not known, or it has none. */
  readonly equipment: string | undefined
  /** Its kind names equipment at all. */
  readonly isPlaced: boolean
  /** Null: since ever, for ever or still. */
  readonly from: Micros | null
  readonly to: Micros | null
  readonly values: Readonly<Record<string, FieldValue>>
  /** How much of the time its values cover, of those of which that can be said. */
  readonly coverages?: Readonly<Record<string, number>>
  /** `sources-disagree`, `input-uncertain`: why nothing Good comes of it. */
  readonly reasons: readonly string[]
  /** What it was told by; a period of the calendar is told by nobody. */
  readonly input?: FactInput
}

/** The subjects of a kind or event by key, those that are gone left out. */
export async function subjectsByKey(
  name: string,
  keys: readonly string[],
  use: string,
  history: History,
  context: JoinContext,
): Promise<Map<string, Subject>> {
  const found = new Map<string, Subject>()
  for (let at = 0; at < keys.length; at += CORRELATE_LIMITS.pageRows) {
    const some = keys.slice(at, at + CORRELATE_LIMITS.pageRows)
    const kind = context.kinds.get(name)
    if (kind) for (const one of decided(kind, await everyVersion(name, some, history), use, context)) found.set(one.key, one)
    else {
      const { facts } = await history.facts({ definition: name, keys: some, limit: some.length })
      for (const fact of facts) found.set(fact.key, ofFact(fact))
    }
  }
  return found
}

/** The subjects that may hold at some moment of [from, to], both inclusive. Rejects with QueryRefused past `most`. */
export async function subjectsWithin(
  name: string,
  { from, to, most }: { readonly from: Micros; readonly to: Micros; readonly most: number },
  use: string,
  history: History,
  context: JoinContext,
): Promise<Subject[]> {
  // An event that ends where it begins takes no time, and is found all the same.
  const overlapping = { from: from - 1, to: Math.min(FOREVER, to + 1) }
  const kind = context.kinds.get(name)
  if (!kind) {
    const { facts, truncated } = await history.facts({ definition: name, overlapping, limit: most })
    if (truncated) throw new QueryRefused(`more than ${most} of ${name}`)
    return facts.map(ofFact)
  }
  const keys = new Set<string>()
  for (let afterKey: string | undefined, more = true; more; ) {
    const answer = await history.records({
      kind: name,
      overlapping,
      ...(afterKey !== undefined && { afterKey }),
      limit: CORRELATE_LIMITS.pageRows,
    })
    for (const { key } of answer.versions) keys.add(key)
    // The last key may be cut between two of its sources; its name is all that is needed of it.
    afterKey = answer.versions.at(-1)?.key
    more = answer.truncated && afterKey !== undefined
    if (keys.size > most) throw new QueryRefused(`more than ${most} of ${name}`)
  }
  // Another source may tell another time: each record is decided from all that is told of it.
  const found = await subjectsByKey(name, [...keys], use, history, context)
  return [...found.values()]
}

/** The newest version of each source, for these keys. */
async function everyVersion(kind: string, keys: readonly string[], history: History): Promise<StoredVersion[]> {
  const versions: StoredVersion[] = []
  const asked = keys.slice()
  while (asked.length > 0) {
    const answer = await history.records({ kind, keys: asked, limit: CORRELATE_LIMITS.pageRows * 8 })
    if (!answer.truncated) return [...versions, ...answer.versions]
    // The last key may be cut: it is asked for again with those after it.
    const last = answer.versions.at(-1)?.key as string
    const whole = answer.versions.filter(({ key }) => key !== last)
    if (whole.length === 0) throw new QueryRefused(`more than ${CORRELATE_LIMITS.pageRows * 8} sources of one record`)
    versions.push(...whole)
    const rest = asked.filter((key) => key >= last)
    asked.splice(0, asked.length, ...rest)
  }
  return versions
}

/** Of each key what the source of the highest authority says, deletion included. */
function* decided(kind: RecordKind, versions: readonly StoredVersion[], use: string, context: JoinContext): Iterable<Subject> {
  const order = kind.authority[use] ?? kind.authority.default ?? []
  const place = (source: string) => (order.includes(source) ? order.indexOf(source) : order.length)
  const byKey = new Map<string, StoredVersion[]>()
  for (const version of versions) byKey.set(version.key, [...(byKey.get(version.key) ?? []), version])
  for (const [key, told] of byKey) {
    const [first, ...others] = told.sort((a, b) => place(a.source) - place(b.source) || (a.source < b.source ? -1 : 1)) as [StoredVersion]
    if (first.isDeleted) continue
    const disagrees = (others as StoredVersion[]).some((other) => !other.isDeleted && differs(first, other, kind, context))
    yield {
      ...{ key, from: first.validFrom, to: first.validTo, values: first.values, isPlaced: kind.equipment !== undefined },
      equipment: context.placeOf(first),
      reasons: disagrees ? ['sources-disagree'] : [],
      input: { record: kind.name, key, source: first.source, revision: first.revision },
    }
  }
}

/** What one says nothing of, it does not deny; and two names of one place are no disagreement. */
const differs = (a: StoredVersion, b: StoredVersion, kind: RecordKind, { fieldsUsed, placeOf }: JoinContext): boolean =>
  disagreements(a.values, b.values).some(
    (field) => fieldsUsed(kind.name).has(field) && !(field === kind.equipment?.field && isOnePlace(a, b, placeOf)),
  )

function ofFact({ key, equipment, from, to, values, definition, revision }: StoredFact): Subject {
  const isUncertain = Object.values(values).some(({ status }: FactValue) => rank(status) !== 0)
  return {
    ...{ key, equipment, from, to, isPlaced: equipment !== undefined },
    values: Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value])),
    coverages: Object.fromEntries(
      Object.entries(values).flatMap(([name, { coverage }]: [string, FactValue]) => (coverage === null ? [] : [[name, coverage]])),
    ),
    reasons: isUncertain ? ['input-uncertain'] : [],
    input: { fact: definition, key, revision },
  }
}
