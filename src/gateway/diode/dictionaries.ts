import { type Content, parseRecord } from '../../core/record-content.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'

/** Records looked through at a time on the way back through a log. */
const STEP_RECORDS = 2000
const STEP_BYTES = 16 * 1024 * 1024

export const isDictionary = ({ kind }: Pick<SpoolRecord, 'kind'>): boolean => kind === 'config' || kind === 'signals' || kind === 'reasons'

/** The dictionary records of one stream that are in force: those that no later ones replace entirely. */
export class Dictionaries {
  /** Sequence of the newest that was noted. */
  newest = 0
  bytes = 0
  /** By sequence; how many of their entries are in force. */
  readonly #records = new Map<number, { readonly record: SpoolRecord; entries: number }>()
  /** For each entry (`config`, `declared`, `s12`, `r3`) the sequence that holds. */
  readonly #holders = new Map<string, number>()

  /** Notes a record; one older than what holds its entries adds only what is new. A record that nobody can read is not repeated. */
  note(record: SpoolRecord): void {
    if (!isDictionary(record)) return
    this.newest = Math.max(this.newest, record.sequence)
    const entries = entriesOf(record).filter((entry) => (this.#holders.get(entry) ?? 0) < record.sequence)
    if (entries.length === 0 || this.#records.has(record.sequence)) return
    for (const entry of entries) {
      this.#release(this.#holders.get(entry))
      this.#holders.set(entry, record.sequence)
    }
    this.#records.set(record.sequence, { record, entries: entries.length })
    this.bytes += record.payload.length
  }

  /** In order of sequence. */
  records(): SpoolRecord[] {
    return Array.from(this.#records.values(), ({ record }) => record).sort((a, b) => a.sequence - b.sequence)
  }

  /** True when they explain whatever that record says is known. */
  explain({ seal }: SpoolRecord): boolean {
    if (!seal || !this.#holders.has('config')) return false
    let signals = 0
    let sets = 0
    for (const entry of this.#holders.keys()) {
      if (entry.startsWith('s')) signals++
      else if (entry.startsWith('r')) sets++
    }
    return signals >= seal.signals && sets >= seal.reasonSets
  }

  #release(sequence: number | undefined): void {
    const held = sequence === undefined ? undefined : this.#records.get(sequence)
    if (!held || sequence === undefined || --held.entries > 0) return
    this.#records.delete(sequence)
    this.bytes -= held.record.payload.length
  }
}

function entriesOf(record: SpoolRecord): string[] {
  let content: Content
  try {
    content = parseRecord(record.kind, record.payload)
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof SyntaxError) return []
    throw cause
  }
  if (content.kind === 'config') return [content.declared && content.segment === undefined ? 'declared' : 'config']
  if (content.kind === 'signals') return content.signals.map(([index]) => `s${index}`)
  if (content.kind === 'reasons') {
    const { first, sets } = content
    return sets.map((_, i) => `r${first + i}`)
  }
  return []
}

/**
 * The dictionaries in force before `sequence` of a node's own log, found by going back from there: every segment begins with all of
 * them, so it takes one segment at most.
 */
export async function dictionariesBefore(spool: Spool, sequence: number): Promise<Dictionaries> {
  const dictionaries = new Dictionaries()
  const first = Math.max(1, spool.stats().firstSequence)
  for (let to = sequence; to > first; ) {
    const from = Math.max(first, to - STEP_RECORDS)
    const records: SpoolRecord[] = []
    for (let next = from; next < to; ) {
      const some = await spool.read(next, to - next, STEP_BYTES)
      const last = some.at(-1)
      if (!last) break
      records.push(...some.filter((record) => isDictionary(record) && record.sequence < to))
      next = last.sequence + 1
    }
    for (const record of records.reverse()) dictionaries.note(record)
    const [newest] = await spool.read(sequence - 1, 1, 1)
    if (newest && dictionaries.explain(newest)) break
    to = from
  }
  return dictionaries
}
