import type { SampleBatch } from '../core/batch.ts'
import { isLivenessMark, type ReasonSets } from '../core/reasons.ts'
import type { SignalTable } from '../core/signals.ts'
import type { QualifyConfig } from './config.ts'
import { Flood } from './flood.ts'
import { decodeMemories, encodeMemories, type Memories } from './memory.ts'
import type { Rule } from './rule.ts'
import { LEVEL_RULES, RULES } from './rules/index.ts'
import { maintenance } from './rules/maintenance.ts'
import { peers } from './rules/peers.ts'
import { Substitutes } from './substitute.ts'
import { CHUNK_ROWS, Trace } from './trace.ts'

export { qualityOf } from './characteristics.ts'
export { appliedRules, explain } from './explain.ts'
export { byRecord, RecordWindows } from './rules/by-record.ts'
export { ClocksOff, clockOffset } from './rules/clock-offset.ts'
export { longestSilenceUs } from './rules/gap.ts'

/** Nothing declared besides the signals themselves. */
export const NOTHING_DECLARED: Declarations = { site: '', peers: {}, maintenance: [], substitutes: {} }

export interface Declarations extends Pick<QualifyConfig, 'peers' | 'maintenance' | 'substitutes'> {
  readonly site: string
  /** Rules that others made and feed: the clock's. They judge last. */
  readonly others?: readonly Rule[]
}

/** Judges every sample of a node: status and reasons, never value or time. It holds the memory of all rules. */
export class Qualify {
  readonly #signals: SignalTable
  readonly #reasons: ReasonSets
  readonly #trace = new Trace()
  readonly #flood: Flood
  readonly #substitutes: Substitutes
  readonly #rules: readonly Rule[]
  readonly #memories: Memories
  #version = 0

  constructor(signals: SignalTable, reasons: ReasonSets, declared: Declarations = NOTHING_DECLARED) {
    this.#signals = signals
    this.#reasons = reasons
    this.#flood = new Flood(reasons)
    this.#substitutes = new Substitutes(reasons, declared.substitutes, declared.site)
    const single = RULES.map((kind) => [kind.id, kind.create(reasons)] as const)
    const rules = [
      ...single.slice(0, LEVEL_RULES.length),
      ['peers', peers(reasons, declared.peers, declared.site)] as const,
      ...single.slice(LEVEL_RULES.length),
      ['maintenance', maintenance(reasons, declared.maintenance, declared.site)] as const,
    ]
    this.#rules = [...rules.map(([, rule]) => rule), ...(declared.others ?? [])]
    const own = rules.flatMap(([id, { memory }]) => (memory ? [[id, memory] as const] : []))
    this.#memories = {
      trace: this.#trace.memory,
      flood: this.#flood.memory,
      substitute: this.#substitutes.memory,
      ...Object.fromEntries(own),
    }
  }

  /**
   * Judges a batch in place and returns it; where a signal floods, a shorter one (what is missing was dropped and is the caller's to count); where signals
   * have substitutes, a longer one.
   */
  judge(batch: SampleBatch): { batch: SampleBatch; flooded: number } {
    this.#refresh()
    const kept = this.#flood.keep(batch)
    this.#pass(kept)
    return { batch: this.#substitutes.extend(kept), flooded: batch.count - kept.count }
  }

  /** Remembers a batch that was judged and stored before, as if it were judged again; changes nothing of it. */
  learn(batch: SampleBatch): void {
    const again = isOurs(batch, this.#reasons)
    if (again) this.judge({ ...again, status: again.status.slice(), reasons: again.reasons.slice() })
  }

  /** The memory of all rules, to be put back with `restore`. */
  save(): Uint8Array {
    return encodeMemories(this.#memories)
  }

  /** False when the bytes are not a whole memory: the rules begin anew. */
  restore(bytes: Uint8Array): boolean {
    return decodeMemories(bytes, this.#memories)
  }

  #pass(batch: SampleBatch): void {
    const active = this.#rules.filter((rule) => rule.isActive)
    for (let from = 0; from < batch.count; from += CHUNK_ROWS) {
      const rows = this.#trace.rows(batch, from, Math.min(batch.count, from + CHUNK_ROWS))
      for (const rule of active) rule.judge(rows)
    }
  }

  /** Takes in signals defined or redefined since the last batch, those that this defines included. */
  #refresh(): void {
    while (this.#version !== this.#signals.version) {
      const from = this.#version
      this.#version = this.#signals.version
      // From the last one down: what is kept of each signal grows once.
      for (const index of this.#signals.changedSince(from).sort((a, b) => b - a)) {
        const definition = this.#signals.at(index)
        if (!definition) continue
        this.#flood.declare(index, definition)
        this.#substitutes.declare(index, definition, this.#signals)
        this.#trace.declare(index)
        for (const rule of this.#rules) {
          const notice = rule.declare(index, definition)
          if (notice) this.#trace.notice(index, notice)
        }
      }
    }
  }
}

/** The rows a device sent, without the marks of liveness, which no rule has seen; undefined when there are none. */
function isOurs(batch: SampleBatch, reasons: ReasonSets): SampleBatch | undefined {
  let marks = 0
  for (let i = 0; i < batch.count; i++) if (batch.reasons[i] !== 0 && isLivenessMark(reasons.names(batch.reasons[i] as number))) marks++
  // The run loop marks in batches of its own.
  return marks > 0 || batch.count === 0 ? undefined : batch
}
