import { decodeBatch } from '../../core/batch-codec.ts'
import { decodeForwarded } from '../../core/forwarded.ts'
import type { StreamId } from '../../core/link.ts'
import { conduitReason, type Passing, type PolicyDecision } from '../../core/policy.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { isStandIn, standInFor } from '../../core/withheld.ts'
import { namedIn } from './declared-names.ts'
import type { Gate } from './gate.ts'

/** Whole id of a signal in a log, by its index there. */
export type IdsOf = (stream: StreamId) => (index: number) => string | undefined

/**
 * One end of a link under the policy: each record passes whole, or a gap stands for it. Only whole records can be withheld, because the log is chained by them;
 * so what differs in permission is kept apart when it is appended (`PassingClasses`).
 */
export class Withhold {
  readonly gate: Gate
  readonly #idsOf: IdsOf
  readonly #gates = new Map<string, Gate>()
  /** How far each log was counted: what is sent again after a break is not counted twice. */
  readonly #counted: Map<string, number>

  constructor(gate: Gate, idsOf: IdsOf, counted = new Map<string, number>()) {
    this.gate = gate
    this.#counted = counted
    this.#idsOf = idsOf
  }

  /** The same end through another gate of its crossing. */
  through(gate: Gate): Withhold {
    return new Withhold(gate, this.#idsOf, this.#counted)
  }

  whole(): PolicyDecision {
    return this.gate.whole()
  }

  /** Records of one log, in order, as they may pass. */
  pass(records: readonly SpoolRecord[]): readonly SpoolRecord[] {
    let out: SpoolRecord[] | undefined
    records.forEach((record, i) => {
      const decision = this.#decide(record)
      if (!decision) return
      this.#count(record, decision)
      if (decision.permitted) return
      out ??= [...records]
      out[i] = standInFor(record, conduitReason(decision.reason))
    })
    return out ?? records
  }

  /** Newest samples of a log, for the eyes. */
  visible(stream: StreamId, batch: Parameters<Gate['visible']>[0]): ReturnType<Gate['visible']> {
    return this.#gateOf(stream).visible(batch)
  }

  /** Milliseconds until the rates of its conduits have room for a record that passes; 0: it was taken off them. */
  waitMs(record: SpoolRecord): number {
    if (!this.gate.isPaced || record.kind !== 'batch') return 0
    return this.#gateOf(record).waitMs(decodeBatch(record.payload))
  }

  /** Undefined: there is nothing in it to ask about. */
  #decide(record: SpoolRecord): PolicyDecision | undefined {
    const { kind, payload } = record
    // A log of other nodes' records, when it is carried by hand: one record of it is many of theirs.
    if (kind === 'forwarded') return worst(decodeForwarded(payload).records, (one) => this.#decide(one))
    if (kind === 'batch') return this.#gateOf(record).whether(decodeBatch(payload))
    if (kind !== 'signals' && kind !== 'records' && kind !== 'facts' && kind !== 'config') return undefined
    const content = parseRecord(kind, payload)
    if (content.kind === 'config') return this.#of(namedIn(content.declared ?? {}))
    if (content.kind === 'signals') return this.#of(content.signals.map(([, { id }]) => ({ kind: 'signal', id })))
    if (content.kind === 'facts') return worst(content.facts, (fact) => this.gate.result(fact))
    if (content.kind !== 'records') return undefined
    const { versions, quarantined } = content.records
    return this.#of([...versions, ...quarantined].map((one) => ({ kind: 'record', id: one.kind })))
  }

  #of(all: readonly Passing[]): PolicyDecision | undefined {
    return worst(new Map(all.map((one) => [`${one.kind} ${one.id}`, one])).values(), (passing) => this.gate.ask(passing))
  }

  #gateOf(stream: StreamId): Gate {
    const key = `${stream.epoch} ${stream.node}`
    let gate = this.#gates.get(key)
    if (!gate) {
      gate = this.gate.forLog(this.#idsOf(stream))
      this.#gates.set(key, gate)
    }
    return gate
  }

  #count(record: SpoolRecord, decision: PolicyDecision): void {
    const key = `${record.epoch} ${record.node}`
    if (record.sequence <= (this.#counted.get(key) ?? 0) || isStandIn(record)) return
    this.#counted.set(key, record.sequence)
    const count = record.kind === 'batch' ? decodedCount(record) : record.kind === 'records' || record.kind === 'facts' ? 1 : 0
    if (count === 0) return
    if (decision.permitted) this.gate.passed(decision, count)
    else this.gate.refuse(decision, count)
  }
}

/** The first that refuses, else the first. */
function worst<T>(all: Iterable<T>, decide: (one: T) => PolicyDecision | undefined): PolicyDecision | undefined {
  let first: PolicyDecision | undefined
  for (const one of all) {
    const decision = decide(one)
    if (decision && !decision.permitted) return decision
    first ??= decision
  }
  return first
}

const decodedCount = ({ payload }: SpoolRecord): number => new DataView(payload.buffer, payload.byteOffset, 8).getUint32(4, true)
