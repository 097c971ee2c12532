import { type Fact, type StoredFact, saysTheSame } from './facts.ts'
import type { RecordCount } from './historian.ts'
import type { FactQuery, History, RecordQuery, Series, SeriesQuery } from './history.ts'
import type { RecordVersion, StoredVersion } from './it-records.ts'
import type { Micros } from './time.ts'

interface StoredSample {
  readonly time: Micros
  readonly value: number
  readonly status: number
  readonly text?: string
  readonly ingest: number
}

/** A history in memory, told what to hold: for tests of what is computed from one. `knownTime` is the ingest itself. */
export class MemoryHistory implements History {
  readonly samples = new Map<string, StoredSample[]>()
  readonly versions: StoredVersion[] = []
  readonly published: StoredFact[] = []
  #ingest = 0

  sample(signal: string, time: Micros, value: number | string, status = 0): void {
    const list = this.samples.get(signal) ?? []
    this.samples.set(signal, list)
    const text = typeof value === 'string' && { text: value }
    list.push({ time, value: typeof value === 'number' ? value : Number.NaN, status, ingest: ++this.#ingest, ...text })
  }

  record(version: RecordVersion): void {
    const revision = this.versions.filter((one) => sameRecord(one, version)).length + 1
    this.versions.push({ ...version, revision, knownTime: ++this.#ingest, ingest: this.#ingest })
  }

  /** Stores it when it says something new. */
  publish(fact: Fact): void {
    const before = this.published.filter((one) => one.definition === fact.definition && one.key === fact.key)
    const last = before.at(-1)
    if (last ? saysTheSame(last, fact) : fact.isWithdrawn) return
    this.published.push({ ...fact, revision: before.length + 1, knownTime: ++this.#ingest, ingest: this.#ingest })
  }

  async series({ signals, from, to, lookBackUs, lookAheadUs = 0, asKnownAt = Number.POSITIVE_INFINITY }: SeriesQuery): Promise<Series[]> {
    return signals.map((signal) => {
      const known = (this.samples.get(signal) ?? []).filter(({ ingest }) => ingest <= asKnownAt)
      const newest = new Map(known.map((one) => [one.time, one]))
      const rows = [...newest.values()].sort((a, b) => a.time - b.time)
      const before = rows.findLast(({ time }) => time < from && time >= from - lookBackUs)
      const after = rows.find(({ time }) => time >= to && time <= to + lookAheadUs && lookAheadUs > 0)
      const found = [before, ...rows.filter(({ time }) => time >= from && time < to), after].filter((one) => one !== undefined)
      const text = new Map(found.flatMap((one, i) => (one.text === undefined ? [] : [[i, one.text] as const])))
      return {
        ...{
          signal,
          count: found.length,
          time: Float64Array.from(found, ({ time }) => time),
          value: Float64Array.from(found, ({ value }) => value),
        },
        ...{ status: Uint32Array.from(found, ({ status }) => status), ingest: Float64Array.from(found, ({ ingest }) => ingest) },
        ...(text.size > 0 && { text }),
      }
    })
  }

  async records(query: RecordQuery): Promise<{ versions: StoredVersion[]; truncated: boolean }> {
    const { kind, keys, source, overlapping, asKnownAt = Number.POSITIVE_INFINITY, allVersions, afterKey, limit } = query
    const known = this.versions.filter(
      (one) => one.kind === kind && one.ingest <= asKnownAt && (source === undefined || one.source === source),
    )
    const current = allVersions
      ? known
      : known.filter((one) => !known.some((other) => sameRecord(one, other) && other.revision > one.revision))
    const overlaps = (one: RecordVersion) =>
      !overlapping ||
      ((one.validFrom ?? Number.NEGATIVE_INFINITY) < overlapping.to && (one.validTo ?? Number.POSITIVE_INFINITY) > overlapping.from)
    const found = current
      .filter((one) => (!keys || keys.includes(one.key)) && (afterKey === undefined || one.key > afterKey) && overlaps(one))
      .sort((a, b) => order(a.key, b.key) || order(a.source, b.source) || a.revision - b.revision)
    return { versions: found.slice(0, limit), truncated: found.length > limit }
  }

  /** Nothing is ever in quarantine here. */
  recordCounts(): RecordCount[] {
    const counts = new Map<string, RecordCount>()
    const isNewest = (one: StoredVersion) => !this.versions.some((other) => sameRecord(one, other) && other.revision > one.revision)
    for (const { kind, source, isDeleted, knownTime } of this.versions.filter(isNewest)) {
      const before = counts.get(`${kind}\n${source}`)
      counts.set(`${kind}\n${source}`, {
        ...{ kind, source, quarantined: 0 },
        records: (before?.records ?? 0) + (isDeleted ? 0 : 1),
        changedTime: Math.max(before?.changedTime ?? 0, knownTime),
      })
    }
    return [...counts.values()].sort((a, b) => order(a.kind, b.kind) || order(a.source, b.source))
  }

  async facts(query: FactQuery): Promise<{ facts: StoredFact[]; truncated: boolean }> {
    const {
      keys,
      equipment,
      overlapping,
      asKnownAt = Number.POSITIVE_INFINITY,
      allRevisions,
      isWithdrawnToo,
      descending,
      newestRevisionFirst,
      limit,
    } = query
    const named = new Set([query.definition].flat())
    const known = this.published.filter((one) => named.has(one.definition) && one.ingest <= asKnownAt)
    const newest = new Map(known.map((one) => [`${one.definition}\n${one.key}`, one]))
    const current = allRevisions ? known : [...newest.values()].filter(({ isWithdrawn }) => isWithdrawnToo || !isWithdrawn)
    const found = current
      .filter((one) => (!keys || keys.includes(one.key)) && (equipment === undefined || [equipment].flat().includes(one.equipment ?? '')))
      .filter(({ from, to }) => !overlapping || (from < overlapping.to && (to ?? Number.POSITIVE_INFINITY) > overlapping.from))
      .sort((a, b) => {
        if (newestRevisionFirst) return order(a.key, b.key) || b.revision - a.revision
        return (descending ? b.from - a.from : a.from - b.from) || order(a.key, b.key) || a.revision - b.revision
      })
    return { facts: found.slice(0, limit), truncated: found.length > limit }
  }
}

const sameRecord = (a: RecordVersion, b: RecordVersion): boolean => a.kind === b.kind && a.key === b.key && a.source === b.source
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
