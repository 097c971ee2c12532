import type { StoredFact } from '../../core/facts.ts'
import type { SampleColumns, SampleQuery } from '../../core/historian.ts'
import type { NodeView } from '../../core/node-view.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { DAY, type Micros } from '../../core/time.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'

/** A stored version of a sample: what was said of one time, and when that was known. */
export interface SampleVersion {
  readonly time: Micros
  /** NaN: null. */
  readonly value: number
  readonly text?: string
  readonly status: number
  readonly reasons: readonly string[]
  /** 0: it is not in the historian yet. */
  readonly ingest: number
}

/** How far back the reading in force is looked for. */
const LOOK_BACK: Micros = 31 * DAY
const EARLIEST: Micros = Date.parse('0001-01-01T00:00:00Z') * 1000

/** Whatever names a value. Without `at` the newest. */
export interface Moment {
  readonly at?: Micros
  readonly asKnownAt?: Micros
}

/** The sample in force at a time, and what was stored of its time, oldest first; of very much the newest. Nothing: no sample is known. */
export async function sampleAt(
  { id }: Pick<SignalDefinition, 'id'>,
  { at, asKnownAt }: Moment,
  view: NodeView,
): Promise<{ readonly shown: SampleVersion | undefined; readonly versions: readonly SampleVersion[] }> {
  const last = at === undefined && asKnownAt === undefined ? lastOf(id, view) : undefined
  const time = last?.time ?? (await newestTime(id, at ?? view.clock.now(), asKnownAt, view))
  if (time === undefined) return { shown: undefined, versions: [] }
  const query = { signal: id, from: time, to: time + 1, limit: CONTINUITY_LIMITS.versions, descending: true }
  const versions = versionsIn(await view.historian.samples(query))
  const known = asKnownAt === undefined ? versions : await knownBy(versions, asKnownAt, query, view)
  const shown = known.findLast(({ reasons }) => !reasons.includes('duplicate')) ?? known.at(-1)
  return { shown: shown ?? last, versions }
}

/** Oldest first, of samples that come newest first. */
function versionsIn(columns: SampleColumns): SampleVersion[] {
  const versions = Array.from({ length: columns.count }, (_, row): SampleVersion => {
    const text = columns.text?.get(row)
    return {
      ...{ time: columns.time[row] as number, value: columns.value[row] as number, status: columns.status[row] as number },
      ...{ reasons: columns.reasonSets.get(columns.reasons[row] as number) ?? [], ingest: columns.ingest[row] as number },
      ...(text !== undefined && { text }),
    }
  })
  return versions.reverse()
}

function lastOf(id: string, { signals, last, reasons }: NodeView): SampleVersion | undefined {
  const index = signals.indexOf(id)
  if (index === undefined || !last.has(index)) return undefined
  const text = last.text.get(index)
  return {
    ...{ time: last.sourceTime[index] as number, value: last.value[index] as number, status: last.status[index] as number },
    ...{ reasons: reasons.names(last.reasons[index] as number), ingest: 0, ...(text !== undefined && { text }) },
  }
}

async function newestTime(id: string, at: Micros, asKnownAt: Micros | undefined, { historian }: NodeView): Promise<Micros | undefined> {
  const query = { signal: id, from: at - LOOK_BACK, to: at + 1, limit: 1, descending: true }
  const { count, time } = await historian.samples({ ...query, ...(asKnownAt !== undefined && { asKnownAt }) })
  return count > 0 ? time[0] : undefined
}

/** Those of the versions, in order of arrival, that were known by a time; where all that are told came after it, as it was known then all the same. */
async function knownBy(
  versions: readonly SampleVersion[],
  asKnownAt: Micros,
  query: SampleQuery,
  { historian }: NodeView,
): Promise<readonly SampleVersion[]> {
  const rows = await historian.ingests(versions.map(({ ingest }) => ingest))
  const recorded = new Map(rows.map(({ ingest, recordedTime }) => [ingest, recordedTime]))
  const known = versions.filter(({ ingest }) => (recorded.get(ingest) ?? 0) <= asKnownAt)
  if (known.length > 0 || versions.length < query.limit) return known
  return versionsIn(await historian.samples({ ...query, asKnownAt }))
}

/** One fact, and its revisions, newest first. Without a key the newest that has begun by `at`. */
export async function factAt(
  definition: string,
  keys: readonly string[] | undefined,
  { at, asKnownAt }: Moment,
  { historian, clock }: NodeView,
): Promise<{ readonly shown: StoredFact | undefined; readonly versions: readonly StoredFact[] }> {
  const known = asKnownAt === undefined ? {} : { asKnownAt }
  let named = keys
  if (!named) {
    const overlapping = { from: EARLIEST, to: (at ?? clock.now()) + 1 }
    const { facts } = await historian.facts({ definition, overlapping, descending: true, limit: 1, ...known })
    if (facts.length === 0) return { shown: undefined, versions: [] }
    named = facts.map(({ key }) => key)
  }
  const all = { definition, keys: named, allRevisions: true, newestRevisionFirst: true, limit: CONTINUITY_LIMITS.versions }
  const { facts } = await historian.facts(all)
  const versions = facts.filter(({ key }) => key === facts[0]?.key)
  const shown = asKnownAt === undefined ? versions[0] : versions.find(({ knownTime }) => knownTime <= asKnownAt)
  if (shown || versions.length < CONTINUITY_LIMITS.versions) return { shown, versions }
  // Older than the versions that are told: as it was known then, all the same.
  const { facts: older } = await historian.facts({ definition, keys: named, limit: 1, ...known })
  return { shown: older[0], versions }
}
