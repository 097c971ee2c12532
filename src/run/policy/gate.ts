import type { ConfiguredCrossing } from '../../config/index.ts'
import type { SampleBatch } from '../../core/batch.ts'
import { conduitReason, type Passing, type PolicyDecision, type PolicyReason } from '../../core/policy.ts'
import { selectRows } from '../../core/select-rows.ts'
import type { Clock } from '../../core/time.ts'
import { decide, type Policy } from '../../gateway/policy/index.ts'
import { withElement } from '../../lib/grown.ts'
import type { RateBudget } from './rate.ts'

export interface GateParts {
  readonly policy: Policy
  readonly crossing: ConfiguredCrossing
  readonly clock: Clock
  /** Whole id of a signal of this node. */
  readonly idOf: (signal: number) => string | undefined
  /** The budget of a conduit that limits its rate. */
  readonly rateOf: (conduit: string) => RateBudget | undefined
}

/** What went through one crossing since the start of the process, and what did not. */
export interface GateCounts {
  passed: number
  readonly refused: Record<string, number>
}

/** The place of a decision in `#decisions`, plus one. */
type Verdict = number

/**
 * One crossing of a running node: decides once per signal and remembers it for as long as the decision holds, so that a batch costs a look into a table for
 * each of its samples.
 */
export class Gate {
  readonly #parts: GateParts
  #verdicts: Uint32Array = new Uint32Array(0)
  #decisions: PolicyDecision[] = []
  #whole: PolicyDecision | undefined
  #until = Number.POSITIVE_INFINITY
  readonly counts: GateCounts

  constructor(parts: GateParts, counts: GateCounts = { passed: 0, refused: {} }) {
    this.#parts = parts
    this.counts = counts
  }

  /** The same crossing for a log with other indices; what goes through is counted together. */
  forLog(idOf: GateParts['idOf']): Gate {
    return new Gate({ ...this.#parts, idOf }, this.counts)
  }

  /** The same crossing once it is known who is at the other end. */
  forPeers(peers: readonly string[] | undefined): Gate {
    return new Gate({ ...this.#parts, crossing: { ...this.crossing, ...(peers && { peers }) } }, this.counts)
  }

  get crossing(): ConfiguredCrossing {
    return this.#parts.crossing
  }

  /** Whether the way may be open at all just now. */
  whole(): PolicyDecision {
    this.#renew()
    if (this.#whole?.permitted) return this.#whole
    const { crossing } = this.#parts
    const decision = decide(this.#parts.policy, crossing, undefined, this.#parts.clock.now())
    // Who is there is seen only when it comes; what comes is asked again with its address.
    const isOpen = decision.reason === 'peer' && crossing.isPeerOpen && !crossing.peers
    return (this.#whole = isOpen ? { ...decision, permitted: true } : decision)
  }

  /** Whether a record or a result may pass. */
  ask(passing: Passing): PolicyDecision {
    return decide(this.#parts.policy, this.#parts.crossing, passing, this.#parts.clock.now())
  }

  /** Whether a signal of this node may pass. */
  signal(index: number): PolicyDecision {
    this.#renew()
    return this.#decisions[(this.#verdicts[index] || this.#judge(index)) - 1] as PolicyDecision
  }

  /** Why a batch may not pass as it is: the reason against the first sample that may not. Counts nothing. */
  against({ count, signal }: Pick<SampleBatch, 'count' | 'signal'>): PolicyReason | undefined {
    this.#renew()
    for (let i = 0; i < count; i++) if (!this.#isPermitted(signal[i] as number)) return this.signal(signal[i] as number).reason
    return undefined
  }

  /** Whether some conduit that this crossing could use limits its rate. */
  get isPaced(): boolean {
    const { policy, crossing, rateOf } = this.#parts
    return policy.declared.conduits.some(({ name, from, to }) => from === crossing.from && to === crossing.to && rateOf(name))
  }

  /** Milliseconds until a batch that passes is within the rates of its conduits; 0: it was taken off them. */
  waitMs({ count, signal }: Pick<SampleBatch, 'count' | 'signal'>): number {
    this.#renew()
    const wanted = new Map<RateBudget, number>()
    for (let i = 0; i < count; i++) {
      const budget = this.#budgetOf(signal[i] as number)
      if (budget) wanted.set(budget, (wanted.get(budget) ?? 0) + 1)
    }
    const nowMs = this.#parts.clock.monotonicMs()
    const waitMs = Math.max(0, ...Array.from(wanted, ([budget, samples]) => budget.waitMs(samples, nowMs)))
    if (waitMs === 0) for (const [budget, samples] of wanted) budget.spend(samples)
    return waitMs
  }

  /**
   * What of the batch may pass, for the eyes alone: nothing is counted. What has a rate to keep is not shown ahead of its turn, since it would go twice through its
   * conduit.
   */
  visible(batch: SampleBatch): SampleBatch {
    this.#renew()
    const isVisible = (index: number) => this.#isPermitted(index) && !this.#budgetOf(index)
    if (batch.signal.every(isVisible)) return batch
    return selectRows(batch, Uint32Array.from([...batch.signal.keys()].filter((row) => isVisible(batch.signal[row] as number))))
  }

  /** What of the batch may pass; the rest is counted with its reason, also in `dropped`. */
  take(batch: SampleBatch, dropped: Record<string, number>): SampleBatch {
    this.#renew()
    const { count, signal } = batch
    const rows = new Uint32Array(count)
    let kept = 0
    for (let i = 0; i < count; i++) {
      const index = signal[i] as number
      if (this.#isPermitted(index)) rows[kept++] = i
      else this.refuse(conduitReason(this.signal(index).reason), 1, dropped)
    }
    kept = this.#withinRate(rows, kept, signal, dropped)
    this.counts.passed += kept
    return kept === count ? batch : selectRows(batch, rows.subarray(0, kept))
  }

  refuse(reason: string, count: number, dropped?: Record<string, number>): void {
    this.counts.refused[reason] = (this.counts.refused[reason] ?? 0) + count
    if (dropped) dropped[reason] = (dropped[reason] ?? 0) + count
  }

  /** Leaves out what is more than the rate of its conduit, the last of the batch first. */
  #withinRate(rows: Uint32Array, kept: number, signal: Uint32Array, dropped: Record<string, number>): number {
    const { rateOf, clock } = this.#parts
    if (!this.#decisions.some(({ conduit }) => conduit !== undefined && rateOf(conduit))) return kept
    const wanted = new Map<Verdict, number>()
    for (let i = 0; i < kept; i++) {
      const verdict = this.#verdicts[signal[rows[i] as number] as number] as Verdict
      wanted.set(verdict, (wanted.get(verdict) ?? 0) + 1)
    }
    const left = new Map(
      [...wanted].map(([verdict, count]) => {
        const budget = rateOf(this.#decisions[verdict - 1]?.conduit ?? '')
        return [verdict, budget ? budget.take(count, clock.monotonicMs()) : count]
      }),
    )
    let within = 0
    for (let i = 0; i < kept; i++) {
      const row = rows[i] as number
      const verdict = this.#verdicts[signal[row] as number] as Verdict
      const more = left.get(verdict) as number
      left.set(verdict, more - 1)
      if (more > 0) rows[within++] = row
    }
    if (within < kept) this.refuse(conduitReason('rate'), kept - within, dropped)
    return within
  }

  #budgetOf(index: number): RateBudget | undefined {
    const { conduit } = this.signal(index)
    return conduit === undefined ? undefined : this.#parts.rateOf(conduit)
  }

  #isPermitted(index: number): boolean {
    const verdict = this.#verdicts[index] || this.#judge(index)
    return (this.#decisions[verdict - 1] as PolicyDecision).permitted
  }

  #judge(index: number): Verdict {
    const { policy, crossing, clock, idOf } = this.#parts
    const id = idOf(index)
    const decision: PolicyDecision =
      id === undefined
        ? { permitted: false, reason: 'not-named', path: ['conduits'] }
        : decide(policy, crossing, { kind: 'signal', id }, clock.now())
    const known = this.#decisions.findIndex((one) => one.reason === decision.reason && one.path.join('\n') === decision.path.join('\n'))
    const verdict = known < 0 ? this.#decisions.push(decision) : known + 1
    // Nobody has explained the index yet: it is asked for again.
    if (id === undefined) return verdict
    this.#verdicts = withElement(this.#verdicts, index, verdict)
    if (decision.until !== undefined) this.#until = Math.min(this.#until, decision.until)
    return verdict
  }

  /** Forgets what was decided when a review has become due meanwhile. */
  #renew(): void {
    if (this.#parts.clock.now() < this.#until && (this.#whole?.until ?? Number.POSITIVE_INFINITY) > this.#parts.clock.now()) return
    this.#verdicts = new Uint32Array(0)
    this.#decisions = []
    this.#whole = undefined
    this.#until = Number.POSITIVE_INFINITY
  }
}
