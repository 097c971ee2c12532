import { byAuthority } from '../core/authority.ts'
import { decodeForwarded } from '../core/forwarded.ts'
import type { Historian } from '../core/historian.ts'
import { NEVER, type RecordKind, type RecordVersion } from '../core/it-records.ts'
import { parseRecord } from '../core/record-content.ts'
import type { SpoolRecord } from '../core/spool.ts'
import { DAY, type Micros } from '../core/time.ts'
import type { RecordWindows } from '../qualify/index.ts'

/** How long after its end a record still judges readings that come late. */
const KEPT: Micros = 31 * DAY
const PAGE = 1_000

export interface RuleRecordsParts {
  readonly windows: RecordWindows
  readonly kinds: ReadonlyMap<string, RecordKind>
  readonly placeOf: (record: RecordVersion) => string | undefined
  readonly now: () => Micros
}

/** Keeps what IT records tell the rules: as stored at the start, then as each becomes durable. Of several sources the one with authority counts. */
export class RuleRecords {
  readonly #parts: RuleRecordsParts
  /** By kind and key: what each source says. */
  readonly #said = new Map<string, Map<string, RecordVersion>>()

  constructor(parts: RuleRecordsParts) {
    this.#parts = parts
  }

  async load(historian: Pick<Historian, 'records'>): Promise<void> {
    const from = this.#parts.now() - KEPT
    for (const kind of this.#parts.windows.kinds) {
      for (let afterKey: string | undefined, more = true; more; ) {
        const page = { kind, overlapping: { from, to: NEVER }, limit: PAGE, ...(afterKey !== undefined && { afterKey }) }
        const { versions, truncated } = await historian.records(page)
        for (const version of versions) this.#take(version)
        // The sources of one record may be on two pages: the last key is asked for again.
        const keys = [...new Set(versions.map(({ key }) => key))]
        afterKey = (truncated && keys.length > 1 ? keys.at(-2) : keys.at(-1)) ?? afterKey
        more = truncated && versions.length > 0
      }
    }
  }

  /** A record of some node's log. */
  absorb(record: SpoolRecord): void {
    if (this.#parts.windows.kinds.size === 0) return
    if (record.kind === 'forwarded') for (const one of decodeForwarded(record.payload).records) this.absorb(one)
    if (record.kind !== 'records') return
    const content = parseRecord(record.kind, record.payload)
    if (content.kind === 'records') for (const version of content.records.versions) this.#take(version)
  }

  #take(version: RecordVersion): void {
    const { windows, kinds, placeOf } = this.#parts
    const kind = kinds.get(version.kind)
    if (!kind || !windows.kinds.has(version.kind)) return
    const name = `${version.kind}\n${version.key}`
    const said = this.#said.get(name) ?? new Map<string, RecordVersion>()
    this.#said.set(name, said.set(version.source, version))
    const [counts] = byAuthority([...said.values()], kind)
    const place = counts && placeOf(counts)
    const [from, to] = [counts?.validFrom ?? 0, counts?.validTo ?? NEVER]
    const isThere = counts !== undefined && place !== undefined && !counts.isDeleted && from < to
    windows.tell(version.kind, version.key, isThere ? { place, from, to, values: counts.values } : undefined)
  }
}
