import type { SampleBatch } from '../../core/batch.ts'
import { type Anew, type Change, FOREVER } from '../../core/derivation.ts'
import type { Fact } from '../../core/facts.ts'
import { decodeForwarded } from '../../core/forwarded.ts'
import type { WriterTables } from '../../core/historian.ts'
import type { History } from '../../core/history.ts'
import type { RecordVersion } from '../../core/it-records.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Micros } from '../../core/time.ts'
import { DERIVING_LIMITS } from './limits.ts'

export interface ChangesParts {
  readonly signals: SignalTable
  readonly history: History
  /** Kinds of records and names of facts that somebody computes from. */
  readonly records: ReadonlySet<string>
  readonly facts: ReadonlySet<string>
  readonly placeOf: (record: RecordVersion) => string | undefined
  /** A record of some node's log was stored: how far that node is known. */
  readonly onStored: (node: string, recordedTime: Micros) => void
  /** Facts of this record were told before they were stored. */
  readonly isTold: (record: SpoolRecord) => boolean
  /** Why samples of a record are others, where no sample below them is. */
  readonly anewOf?: (record: SpoolRecord) => Anew | undefined
}

type Stretches = Map<string, { from: Micros; to: Micros }[]>

/** What stored records change in history, for every node's log under its own numbers. */
export class Changes {
  readonly #parts: ChangesParts
  /** By node and epoch: ids by their index there. */
  readonly #ids = new Map<string, string[]>()

  constructor(parts: ChangesParts, writers: readonly WriterTables[]) {
    this.#parts = parts
    for (const { node, epoch, signals } of writers) for (const [index, id] of signals) this.#learn(node, epoch, index, id)
  }

  /** Records that history has by now. Rejects when it does not answer, and then can be asked again. */
  async of(records: readonly SpoolRecord[]): Promise<Change[]> {
    const changes: Change[] = []
    // Over all of them: batches follow each other closely, and what is close is one change.
    const stretches = new Map<Anew | undefined, Stretches>()
    const kinds = new Map<string, Set<string>>()
    const definitions = new Map<string, Set<string>>()
    for (const record of records.flatMap((one) => (one.kind === 'forwarded' ? [...decodeForwarded(one.payload).records, one] : [one]))) {
      this.#parts.onStored(record.node, record.recordedTime)
      const content = parseRecord(record.kind, record.payload)
      if (content.kind === 'signals') for (const [index, { id }] of content.signals) this.#learn(record.node, record.epoch, index, id)
      else if (content.kind === 'batch') {
        const anew = this.#parts.anewOf?.(record)
        const own = stretches.get(anew) ?? new Map()
        stretches.set(anew, own)
        this.#stretches(content.batch, this.#table(record.node, record.epoch), own)
      } else if (content.kind === 'records')
        for (const { kind, key } of content.records.versions) note(kinds, this.#parts.records, kind, key)
      else if (content.kind === 'facts' && !this.#parts.isTold(record))
        for (const { definition, key } of content.facts) note(definitions, this.#parts.facts, definition, key)
    }
    for (const [anew, own] of stretches)
      for (const [signal, list] of own) for (const { from, to } of list) changes.push({ signal, from, to, ...(anew && { anew }) })
    for (const [kind, keys] of kinds) changes.push(...(await this.#places([...keys], (some) => this.#versions(kind, some))))
    return [...changes, ...(await this.#factPlaces(definitions))]
  }

  /** What facts change that can be read back. */
  ofFacts(facts: readonly Pick<Fact, 'definition' | 'key'>[]): Promise<Change[]> {
    const definitions = new Map<string, Set<string>>()
    for (const { definition, key } of facts) note(definitions, this.#parts.facts, definition, key)
    return this.#factPlaces(definitions)
  }

  async #factPlaces(definitions: ReadonlyMap<string, ReadonlySet<string>>): Promise<Change[]> {
    const changes: Change[] = []
    for (const [definition, keys] of definitions)
      changes.push(...(await this.#places([...keys], (some) => this.#revisions(definition, some))))
    return changes
  }

  #table(node: string, epoch: number): string[] {
    const name = `${epoch} ${node}`
    const known = this.#ids.get(name) ?? []
    this.#ids.set(name, known)
    return known
  }

  #learn(node: string, epoch: number, index: number, id: string): void {
    const { signals } = this.#parts
    // The table's own text, so that it is held once.
    const own = signals.indexOf(id)
    this.#table(node, epoch)[index] = own === undefined ? id : (signals.at(own)?.id ?? id)
  }

  /** For each signal the times it has samples of; samples close to each other are one stretch. */
  #stretches({ count, signal, sourceTime }: SampleBatch, ids: readonly string[], out: Stretches): void {
    const { stretchUs, stretches } = DERIVING_LIMITS
    for (let i = 0; i < count; i++) {
      const id = ids[signal[i] as number]
      if (id === undefined) continue
      const time = sourceTime[i] as number
      const list = out.get(id)
      if (!list) {
        out.set(id, [{ from: time, to: time }])
        continue
      }
      const near =
        list.findLast(({ from, to }) => time >= from - stretchUs && time <= to + stretchUs) ??
        (list.length >= stretches ? list.at(-1) : undefined)
      if (near) {
        near.from = Math.min(near.from, time)
        near.to = Math.max(near.to, time)
      } else list.push({ from: time, to: time })
    }
  }

  /** Everywhere that these keys ever were: what they were computed into may have to be taken back. */
  async #places(
    keys: readonly string[],
    ask: (some: readonly string[]) => Promise<{ changes: Change[]; truncated: boolean }>,
  ): Promise<Change[]> {
    if (keys.length === 0) return []
    const { changes, truncated } = await ask(keys)
    if (!truncated) return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()]
    // More versions of one record than anybody asks for: it may have been anywhere.
    if (keys.length === 1) return [...changes.slice(0, 1).map((change) => ({ ...change, from: 0, to: FOREVER })), ...changes]
    const half = keys.length >> 1
    return [...(await this.#places(keys.slice(0, half), ask)), ...(await this.#places(keys.slice(half), ask))]
  }

  async #versions(kind: string, keys: readonly string[]): Promise<{ changes: Change[]; truncated: boolean }> {
    const { versions, truncated } = await this.#parts.history.records({ kind, keys, allVersions: true, limit: DERIVING_LIMITS.versions })
    const changes = versions.map((version): Change => {
      const equipment = this.#parts.placeOf(version)
      const { key, validFrom, validTo } = version
      return { record: kind, key, ...(equipment !== undefined && { equipment }), from: validFrom ?? 0, to: validTo ?? FOREVER }
    })
    return { changes, truncated }
  }

  async #revisions(definition: string, keys: readonly string[]): Promise<{ changes: Change[]; truncated: boolean }> {
    const { facts, truncated } = await this.#parts.history.facts({ definition, keys, allRevisions: true, limit: DERIVING_LIMITS.versions })
    const changes = facts.map(
      ({ key, equipment, from, to }): Change => ({
        ...{ fact: definition, key, ...(equipment !== undefined && { equipment }) },
        ...{ from, to: to ?? FOREVER },
      }),
    )
    return { changes, truncated }
  }
}

function note(noted: Map<string, Set<string>>, wanted: ReadonlySet<string>, name: string, key: string): void {
  if (!wanted.has(name)) return
  const keys = noted.get(name)
  if (keys) keys.add(key)
  else noted.set(name, new Set([key]))
}
