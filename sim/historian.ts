import type { SampleBatch } from '../src/core/batch.ts'
import type { Checkpoint, Historian, WriterTables } from '../src/core/historian.ts'
import { type Content, parseRecord } from '../src/core/record-content.ts'
import type { SpoolRecord } from '../src/core/spool.ts'
import type { Life, Scheduler } from './clock.ts'
import { expectedOf } from './journal.ts'
import { between, chance, type Random } from './random.ts'

/** What one record of a log left in the historian. */
interface Entry {
  readonly node: string
  readonly epoch: number
  readonly sequence: number
  /** Samples by number. */
  readonly numbers?: readonly number[]
  /** Sequences that are gone, and why. */
  readonly gap?: { readonly from: number; readonly to: number; readonly cause: string }
  readonly signals?: readonly [number, string][]
  readonly reasons?: { readonly first: number; readonly sets: readonly (readonly string[])[] }
}

/** One log, as far as it is stored. */
interface Stream {
  readonly node: string
  readonly epoch: number
  sequence: number
  readonly signals: Map<number, string>
  readonly reasons: Map<number, readonly string[]>
  readonly gaps: { readonly from: number; readonly to: number; readonly cause: string }[]
}

export interface HistorianParts {
  readonly scheduler: Scheduler
  readonly random: Random
  /** The node that keeps it. */
  readonly owner: string
  /** Numbers that this node's devices can have sent; 0 for an unknown node. */
  readonly produced: (node: string) => number
  readonly onViolation: (message: string) => void
}

/**
 * The simplest thing that is a historian: every record once, by sequence, all of a call or nothing. What is committed survives every crash. It
 * looks at all that comes: order, holes, values.
 */
export class SimHistorian implements Pick<Historian, 'checkpoints' | 'lastAll' | 'writers' | 'write'> {
  fails = false
  #entries: Entry[] = []
  #streams = new Map<string, Stream>()
  /** How often each sample is stored. */
  #stored = new Map<string, Set<number>>()
  #pending: { readonly records: readonly SpoolRecord[] } | undefined
  #life: Life = { isOver: true }
  readonly #parts: HistorianParts

  constructor(parts: HistorianParts) {
    this.#parts = parts
  }

  /** The program that uses it from now on. */
  open(life: Life): this {
    this.#life = life
    this.#pending = undefined
    return this
  }

  async checkpoints(): Promise<Checkpoint[]> {
    return [...this.#streams.values()].map(({ node, epoch, sequence }) => ({ node, epoch, sequence }))
  }

  async lastAll(): Promise<[]> {
    return []
  }

  async writers(): Promise<WriterTables[]> {
    return [...this.#streams.values()].map(({ node, epoch, signals, reasons }) => ({
      ...{ node, epoch },
      signals: [...signals],
      reasons: [...reasons],
    }))
  }

  async write(records: readonly SpoolRecord[]): Promise<void> {
    const { scheduler, random } = this.#parts
    const pending = { records }
    this.#pending = pending
    await new Promise<void>((resolve) => {
      scheduler.after(between(random, 1, 200), this.#life, resolve)
    })
    this.#pending = undefined
    if (this.fails) throw new Error('the historian fails; made by the simulation')
    this.#commit(records)
  }

  /** Its program ends: what was on its way is committed, or not. */
  crash(): void {
    if (this.#pending && !this.fails && chance(this.#parts.random, 0.5)) this.#commit(this.#pending.records)
    this.#pending = undefined
  }

  /** A mark for `restore`. */
  snapshot(): number {
    return this.#entries.length
  }

  /** Back to what it was. */
  restore(mark: number): void {
    const entries = this.#entries.slice(0, mark)
    this.#entries = []
    this.#streams = new Map()
    this.#stored = new Map()
    for (const entry of entries) this.#add(entry)
  }

  sequenceOf(node: string, epoch: number): number {
    return this.#streams.get(`${epoch} ${node}`)?.sequence ?? 0
  }

  has(node: string, number: number): boolean {
    return this.#stored.get(node)?.has(number) ?? false
  }

  /** Why a record is not here, where a gap says so. */
  gapOver(node: string, epoch: number, sequence: number): string | undefined {
    return this.#streams.get(`${epoch} ${node}`)?.gaps.find(({ from, to }) => from <= sequence && sequence <= to)?.cause
  }

  #commit(records: readonly SpoolRecord[]): void {
    this.#parts.scheduler.note(`${this.#parts.owner} commits ${records.length}`)
    for (const record of records) {
      const { node, epoch, sequence, kind, payload } = record
      const stream = this.#streams.get(`${epoch} ${node}`)
      const before = stream?.sequence ?? 0
      if (sequence <= before) continue
      const content = kind === 'forwarded' ? { kind } : parseRecord(kind, payload)
      const isJump = content.kind === 'gap' && content.to === sequence
      if (isJump ? content.from > before + 1 : sequence !== before + 1) this.#hole(record, before)
      this.#add(this.#entryOf(record, content, stream))
    }
  }

  /** A jump is declared by a gap of the log itself, or follows from one in the log of the node that keeps us. */
  #hole({ node, epoch, sequence }: SpoolRecord, before: number): void {
    const { owner } = this.#parts
    const cause = [...this.#streams.values()].findLast((stream) => stream.node === owner)?.gaps.at(-1)?.cause
    if (node === owner || !cause || cause === 'torn-tail') {
      this.#parts.onViolation(`${owner}: record ${sequence} of ${node} follows ${before}, and no gap says why`)
      return
    }
    this.#add({ node, epoch, sequence: sequence - 1, gap: { from: before + 1, to: sequence - 1, cause: `${cause} at ${owner}` } })
  }

  #entryOf({ node, epoch, sequence }: SpoolRecord, content: Content, stream: Stream | undefined): Entry {
    const entry = { node, epoch, sequence }
    if (content.kind === 'gap') return { ...entry, gap: { from: content.from, to: content.to, cause: content.cause } }
    if (content.kind === 'signals') return { ...entry, signals: content.signals.map(([index, { id }]) => [index, id] as [number, string]) }
    if (content.kind === 'reasons') return { ...entry, reasons: content }
    if (content.kind !== 'batch') return entry
    return { ...entry, numbers: this.#check(node, sequence, content.batch, stream) }
  }

  /** The numbers of a batch whose every part is as its device made it. */
  #check(node: string, sequence: number, batch: SampleBatch, stream: Stream | undefined): number[] {
    const numbers: number[] = []
    for (let i = 0; i < batch.count; i++) {
      const text = batch.text?.get(i)
      const value = batch.value[i] as number
      if (text === undefined && Number.isNaN(value)) continue // a mark of the node itself
      const number = text === undefined ? value : Number(text.slice(1))
      numbers.push(number)
      const expected = expectedOf(node, number)
      const signal = stream?.signals.get(batch.signal[i] as number)
      const reasons = (batch.reasons[i] as number) === 0 ? [] : stream?.reasons.get(batch.reasons[i] as number)
      const isUnexplained = stream !== undefined && stream.gaps.length > 0
      const isRight =
        number >= 1 &&
        number <= this.#parts.produced(node) &&
        text === expected.text &&
        batch.sourceTime[i] === number * 1000 &&
        batch.status[i] === expected.status &&
        (signal === expected.signal || (signal === undefined && isUnexplained)) &&
        (reasons?.join() === expected.reasons.join() || (reasons === undefined && isUnexplained))
      if (!isRight)
        this.#parts.onViolation(
          `${this.#parts.owner}: record ${sequence} of ${node} holds ${value} ${text} as ${signal} ${batch.status[i]} ${reasons}, not ${JSON.stringify(expected)}`,
        )
      if (this.has(node, number)) this.#parts.onViolation(`${this.#parts.owner}: sample ${number} of ${node} is stored twice`)
    }
    return numbers
  }

  #add(entry: Entry): void {
    const { node, epoch, sequence, numbers, gap, signals, reasons } = entry
    const key = `${epoch} ${node}`
    const stream: Stream = this.#streams.get(key) ?? { node, epoch, sequence: 0, signals: new Map(), reasons: new Map(), gaps: [] }
    this.#streams.set(key, stream)
    stream.sequence = sequence
    if (gap) stream.gaps.push(gap)
    for (const [index, id] of signals ?? []) stream.signals.set(index, id)
    reasons?.sets.forEach((names, i) => {
      stream.reasons.set(reasons.first + i, names)
    })
    if (numbers) {
      const stored = this.#stored.get(node) ?? new Set()
      this.#stored.set(node, stored)
      for (const number of numbers) stored.add(number)
    }
    this.#entries.push(entry)
  }
}
