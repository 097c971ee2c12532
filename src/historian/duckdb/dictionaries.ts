import { isDeepStrictEqual } from 'node:util'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Checkpoint, WriterTables } from '../../core/historian.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Declared } from '../../core/record-content.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import type { Micros } from '../../core/time.ts'
import { withElement } from '../../lib/grown.ts'
import { type Cell, rowsOf } from './rows.ts'

/** A spool the historian has heard of, and what its numbers mean here. 0 is "not known". */
export interface Writer {
  readonly key: number
  readonly node: string
  readonly epoch: number
  sequence: number
  config: number
  signals: Uint32Array
  /** By its own number of a signal: the place of the connection that brings it there. */
  connections: Uint32Array
  reasons: Uint32Array
}

/** When something is learnt: the id of the record that says so, and the time at which it is recorded. */
export interface Learnt {
  readonly ingest: number
  readonly recorded: Micros
}

interface Signal {
  readonly key: number
  definition: string
  hasText: boolean
}

/**
 * The small tables, held in memory by the owner thread. Additions go to memory and to a list of rows; the writer stores the rows in the same
 * transaction as the samples that need them, and loads everything anew when that fails.
 */
export class Dictionaries {
  readonly #writers = new Map<string, Writer>()
  readonly #signals = new Map<string, Signal>()
  readonly #ids: string[] = ['']
  /** By key of a signal: the writer that brings it; and the keys of those that several do. */
  readonly #bringers: number[] = []
  readonly #shared = new Set<number>()
  /** Connections that any definition names. Two nodes may bring one signal by connections of different names. */
  readonly connections: string[] = ['']
  readonly #connectionKeys = new Map<string, number>([['', 0]])
  readonly #reasons = new Map<string, number>([['[]', 0]])
  readonly #reasonNames: (readonly string[])[] = [[]]
  readonly #configs = new Map<string, number>([['', 0]])
  readonly #declared = new Map<string, string>()
  /** Rows to insert, by table; and statements for what changed. */
  pending = new Map<string, Cell[][]>()
  changes: string[] = []

  static async load(connection: DuckDBConnection): Promise<Dictionaries> {
    const d = new Dictionaries()
    const signals = await rowsOf(connection, 'SELECT signal, id, definition, has_text FROM store.signals')
    for (const [key, id, definition, hasText] of signals) {
      d.#signals.set(id as string, { key: key as number, definition: definition as string, hasText: hasText as boolean })
      d.#ids[key as number] = id as string
    }
    for (const [key, names] of await rowsOf(connection, 'SELECT reasons, names FROM store.reasons')) {
      d.#reasonNames[key as number] = names as string[]
      d.#reasons.set(JSON.stringify(names), key as number)
    }
    for (const [key, version, declared] of await rowsOf(connection, 'SELECT config, version, declared FROM store.configs')) {
      d.#configs.set(version as string, key as number)
      if (declared !== null) d.#declared.set(version as string, declared as string)
    }
    await d.#loadWriters(connection)
    return d
  }

  async #loadWriters(connection: DuckDBConnection): Promise<void> {
    // Where each writer stands follows from what is stored, so that a commit only ever appends.
    const sql = `SELECT w.writer, w.node, w.epoch, greatest(w.sequence, coalesce(i.sequence, 0), coalesce(g.last, 0)), coalesce(i.config, 0)
      FROM store.writers w
      LEFT JOIN (SELECT writer, max(sequence) AS sequence, arg_max(config, sequence) AS config FROM store.ingests GROUP BY 1) i USING (writer)
      LEFT JOIN (SELECT writer, max(last) AS last FROM store.gaps GROUP BY 1) g USING (writer)`
    const byKey = new Map<Cell, Writer>()
    for (const [key, node, epoch, sequence, config] of await rowsOf(connection, sql)) {
      const writer = newWriter(key as number, node as string, epoch as number)
      writer.sequence = sequence as number
      writer.config = config as number
      byKey.set(writer.key, writer)
      this.#writers.set(nameOf(writer.node, writer.epoch), writer)
    }
    const indices = `SELECT i.writer, i.number, i.signal, coalesce(i.connection, s.connection)
      FROM store.signal_indices i JOIN store.signals s USING (signal) ORDER BY i.rowid`
    for (const [writer, number, key, source] of await rowsOf(connection, indices)) {
      const of = byKey.get(writer as number)
      if (!of) continue
      of.signals = withElement(of.signals, number as number, key as number)
      of.connections = withElement(of.connections, number as number, this.#connectionKey(source as string))
      this.#brings(of, key as number)
    }
    for (const [writer, number, key] of await rowsOf(connection, 'SELECT writer, number, reasons FROM store.reason_indices')) {
      const of = byKey.get(writer as number)
      if (of) of.reasons = withElement(of.reasons, number as number, (key as number) + 1)
    }
  }

  /** Highest signal key. */
  get lastSignal(): number {
    return this.#ids.length - 1
  }

  keyOf(id: string): number | undefined {
    return this.#signals.get(id)?.key
  }

  idOf(key: number): string {
    return this.#ids[key] ?? ''
  }

  #connectionKey(connection: string): number {
    return this.#intern(this.#connectionKeys, connection, () => this.connections.push(connection))
  }

  /** Sets of reasons that name one of these, with whatever version (`late@2`). */
  reasonSetsWith(wanted: ReadonlySet<string>): number[] {
    return this.#reasonNames.flatMap((names, key) => (names.some((name) => wanted.has(bareReason(name))) ? [key] : []))
  }

  /** Several logs bring it: none of them knows what the others have told. */
  isShared(key: number): boolean {
    return this.#shared.has(key)
  }

  #brings(writer: Writer, key: number): void {
    if ((this.#bringers[key] ?? writer.key) === writer.key) this.#bringers[key] = writer.key
    else this.#shared.add(key)
  }

  hasText(id: string): boolean {
    return this.#signals.get(id)?.hasText ?? false
  }

  namesOf(reasons: number): readonly string[] {
    return this.#reasonNames[reasons] ?? ['unknown-reasons']
  }

  checkpoints(): Checkpoint[] {
    return [...this.#writers.values()].filter((w) => w.sequence > 0).map(({ node, epoch, sequence }) => ({ node, epoch, sequence }))
  }

  /** Tables of the newest epoch of every node. */
  tables(): WriterTables[] {
    const newest = new Map<string, Writer>()
    for (const writer of this.#writers.values()) if ((newest.get(writer.node)?.epoch ?? -1) < writer.epoch) newest.set(writer.node, writer)
    return [...newest.values()].map(({ node, epoch, signals, reasons }) => ({
      node,
      epoch,
      signals: [...signals].flatMap((key, number) => (key === 0 ? [] : [[number, this.idOf(key)] as const])),
      reasons: [...reasons].flatMap((key, number) => (key === 0 ? [] : [[number, this.namesOf(key - 1)] as const])),
    }))
  }

  writer(node: string, epoch: number): Writer {
    const name = nameOf(node, epoch)
    const known = this.#writers.get(name)
    if (known) return known
    const writer = newWriter(this.#writers.size + 1, node, epoch)
    this.#writers.set(name, writer)
    this.#insert('writers', [writer.key, node, epoch, 0])
    return writer
  }

  config(version: string, declared?: Declared): number {
    const json = declared && JSON.stringify(declared)
    const key = this.#intern(this.#configs, version, (added) => this.#insert('configs', [added, version, json ?? null]))
    if (json === undefined || this.#declared.has(version)) return key
    this.#declared.set(version, json)
    // Known from before it said what it declares.
    const isNew = this.pending.get('configs')?.some(([added]) => added === key)
    if (!isNew) this.changes.push(`UPDATE store.configs SET declared = '${json.replaceAll("'", "''")}' WHERE config = ${key}`)
    return key
  }

  declaredIn(version: string): Declared | undefined {
    const json = this.#declared.get(version)
    return json === undefined ? undefined : (JSON.parse(json) as Declared)
  }

  reasonSet(names: readonly string[]): number {
    return this.#intern(this.#reasons, JSON.stringify(names), (key) => {
      this.#reasonNames[key] = names
      this.#insert('reasons', [key, [...names]])
    })
  }

  /** Learns that a writer's `number` is this set of reasons. */
  mapReasons(writer: Writer, number: number, names: readonly string[]): void {
    const key = this.reasonSet(names)
    if (writer.reasons[number] === key + 1) return
    writer.reasons = withElement(writer.reasons, number, key + 1)
    this.#insert('reason_indices', [writer.key, number, key])
  }

  /** Learns that a writer's `number` is this signal; a changed definition replaces the one before, whoever sent it, and both are kept. */
  mapSignal(writer: Writer, number: number, definition: SignalDefinition, learnt: Learnt): void {
    const key = this.#define(definition, writer.config, learnt)
    if (key === 0) return
    const source = this.#connectionKey(definition.connection)
    if (writer.signals[number] === key && writer.connections[number] === source) return
    writer.signals = withElement(writer.signals, number, key)
    writer.connections = withElement(writer.connections, number, source)
    this.#brings(writer, key)
    this.#insert('signal_indices', [writer.key, number, key, definition.connection])
  }

  /** Notes that a signal has had text, so that reading it looks for text. */
  markText(key: number): void {
    const signal = this.#signals.get(this.idOf(key))
    if (!signal || signal.hasText) return
    signal.hasText = true
    this.changes.push(`UPDATE store.signals SET has_text = true WHERE signal = ${key}`)
  }

  #define(definition: SignalDefinition, config: number, learnt: Learnt): number {
    const { id, connection, address, dataType } = definition
    const unit = definition.unit ?? null
    const json = JSON.stringify(definition)
    const known = this.#signals.get(id)
    if (known && isSame(known.definition, json)) return known.key
    const version = [learnt.ingest, learnt.recorded, config, json, periodOf(definition)]
    if (known) {
      this.#insert('definitions', [known.key, ...version])
      known.definition = json
      const columns = { connection, address, unit, data_type: dataType, definition: json }
      const set = Object.entries(columns).map(
        ([name, value]) => `${name} = ${value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`}`,
      )
      this.changes.push(`UPDATE store.signals SET ${set.join(', ')} WHERE signal = ${known.key}`)
      return known.key
    }
    // Full: its samples are then counted as lost under "signals without a definition", and nothing else is touched.
    if (this.#ids.length > LIMITS.signals) return 0
    const key = this.#ids.push(id) - 1
    const hasText = dataType === 'text'
    this.#signals.set(id, { key, definition: json, hasText })
    this.#insert('signals', [key, id, connection, address, unit, dataType, json, hasText])
    this.#insert('definitions', [key, ...version])
    return key
  }

  #intern(table: Map<string, number>, name: string, added: (key: number) => void): number {
    const known = table.get(name)
    if (known !== undefined) return known
    const key = table.size
    table.set(name, key)
    added(key)
    return key
  }

  #insert(table: string, row: Cell[]): void {
    const rows = this.pending.get(table)
    if (rows) rows.push(row)
    else this.pending.set(table, [row])
  }
}

/** A sample with this reason is in no series. */
export const DUPLICATE: ReadonlySet<string> = new Set(['duplicate'])

/** The name of a reason without its rule's version. */
export const bareReason = (name: string): string => name.split('@', 1)[0] as string

/** The expected period in microseconds, as far as it is one: the record may come from another node. */
function periodOf({ expectedPeriodUs: period }: SignalDefinition): number | null {
  return typeof period === 'number' && period >= 1 && period < Number.MAX_SAFE_INTEGER ? Math.floor(period) : null
}

/** True for one definition written twice, be it in another order. */
const isSame = (a: string, b: string): boolean => a === b || isDeepStrictEqual(JSON.parse(a), JSON.parse(b))

const nameOf = (node: string, epoch: number): string => `${epoch} ${node}`

function newWriter(key: number, node: string, epoch: number): Writer {
  return {
    key,
    node,
    epoch,
    sequence: 0,
    config: 0,
    signals: new Uint32Array(0),
    connections: new Uint32Array(0),
    reasons: Uint32Array.of(1),
  }
}
