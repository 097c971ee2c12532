import type { ConfiguredCrossing } from '../../config/index.ts'
import type { SampleBatch } from '../../core/batch.ts'
import type { Fact } from '../../core/facts.ts'
import { conduitReason, type Passing, type PolicyDecision, type PolicyReason } from '../../core/policy.ts'
import { selectRows } from '../../core/select-rows.ts'
import type { Clock } from '../../core/time.ts'
import { decide, decideResult, inputsOf, type Policy, whoeverItIs } from '../../gateway/policy/index.ts'
import { withElement } from '../../lib/grown.ts'
import { countPassed, countRefused, type GateCounts, mostUsed, noCounts } from './counts.ts'
import type { RateBudget } from './rate.ts'

export interface GateParts {
  readonly policy: Policy
  readonly crossing: ConfiguredCrossing
  readonly clock: Clock
  /** Whole id of a signal of this node. */
  readonly idOf: (signal: number) => string | undefined
  /** The budget of a conduit that limits its rate. */
  readonly rateOf: (conduit: string) => RateBudget | undefined
  /** What the file says comes this way; `isAll`: nothing else can. */
  readonly declared?: { readonly passing: readonly Passing[]; readonly isAll: boolean } | undefined
}

/** What a refusal is counted under. */
type Refusal = Pick<PolicyDecision, 'conduit'> & { readonly reason: PolicyReason | 'rate' }

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
  #declared: { readonly decision: PolicyDecision | undefined } | undefined
  #until = Number.POSITIVE_INFINITY
  readonly counts: GateCounts

  constructor(parts: GateParts, counts: GateCounts = noCounts()) {
    this.#parts = parts
    this.counts = counts
  }

  /** The same crossing for a log with other indices; what goes through is counted together. */
  forLog(idOf: GateParts['idOf']): Gate {
    return new Gate({ ...this.#parts, idOf }, this.counts)
  }

  /** The same crossing once it is known who is at the other end. */
  forPeers(peers: readonly string[]): Gate {
    return new Gate({ ...this.#parts, crossing: { ...this.crossing, peers } }, this.counts)
  }

  /** The same crossing where the other end has no address. */
  forWhoever(): Gate {
    return new Gate({ ...this.#parts, policy: whoeverItIs(this.#parts.policy) }, this.counts)
  }

  get crossing(): ConfiguredCrossing {
    return this.#parts.crossing
  }

  /** Whether the way may be open at all just now. */
  whole(): PolicyDecision {
    this.#renew()
    if (this.#whole?.permitted) return this.#whole
    const { crossing, policy, clock } = this.#parts
    // Who is there is seen only when it comes; what comes is asked again with its address.
    const isOpen = crossing.isPeerOpen && !crossing.peers
    const decision = decide(isOpen ? whoeverItIs(policy) : policy, crossing, undefined, clock.now())
    return (this.#whole = (decision.permitted && this.#ofDeclared()) || decision)
  }

  /**
   * The conduit under which this crossing is told as a whole: the one that lets the most of it pass; before anything did, the one that decides about the most of what the
   * file says comes this way, else the first that fits.
   */
  get conduit(): string | undefined {
    return mostUsed(this.counts) ?? this.#ofDeclared()?.conduit ?? this.whole().conduit
  }

  passed({ conduit }: Pick<PolicyDecision, 'conduit'>, count: number): void {
    countPassed(this.counts, conduit, count)
  }

  /** Whether a record or a result may pass. */
  ask(passing: Passing): PolicyDecision {
    return decide(this.#parts.policy, this.#parts.crossing, passing, this.#parts.clock.now())
  }

  /** Whether a result may pass, with what it says it was computed from. */
  result(fact: Pick<Fact, 'definition' | 'inputs'>): PolicyDecision {
    const { policy, crossing, clock } = this.#parts
    return decideResult(policy, crossing, fact.definition, inputsOf(fact), clock.now())
  }

  /** Whether a signal of this node may pass. */
  signal(index: number): PolicyDecision {
    this.#renew()
    return this.#decisions[(this.#verdicts[index] || this.#judge(index)) - 1] as PolicyDecision
  }

  /** What decides about a batch that passes whole or not at all: the first sample that may not pass, else the first. Counts nothing. */
  whether({ count, signal }: Pick<SampleBatch, 'count' | 'signal'>): PolicyDecision {
    this.#renew()
    for (let i = 0; i < count; i++) if (!this.#isPermitted(signal[i] as number)) return this.signal(signal[i] as number)
    return count === 0 ? this.whole() : this.signal(signal[0] as number)
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
    let permitted = 0
    for (let i = 0; i < count; i++) {
      const index = signal[i] as number
      if (this.#isPermitted(index)) rows[permitted++] = i
      else this.refuse(this.signal(index), 1, dropped)
    }
    const kept = this.#withinRate(rows.subarray(0, permitted), signal, dropped)
    return kept === count ? batch : selectRows(batch, rows.subarray(0, kept))
  }

  refuse({ reason, conduit }: Refusal, count: number, dropped?: Record<string, number>): void {
    const counted = conduitReason(reason)
    countRefused(this.counts, conduit, counted, count)
    if (dropped) dropped[counted] = (dropped[counted] ?? 0) + count
  }

  /** Leaves out what is more than the rate of its conduit, the last of the batch first; counts what is left and what is not. How many rows are left. */
  #withinRate(rows: Uint32Array, signal: Uint32Array, dropped: Record<string, number>): number {
    const wanted = new Uint32Array(this.#decisions.length + 1)
    const verdictOf = (row: number) => this.#verdicts[signal[row] as number] as Verdict
    for (let i = 0; i < rows.length; i++) (wanted[verdictOf(rows[i] as number)] as number) += 1
    const left = wanted.map((count, verdict) => this.#takeRate(verdict, count, dropped))
    if (left.every((count, verdict) => count === wanted[verdict])) return rows.length
    let within = 0
    for (const row of rows) {
      const more = left[verdictOf(row)] as number
      if (more === 0) continue
      left[verdictOf(row)] = more - 1
      rows[within++] = row
    }
    return within
  }

  /** How many of these the rate of their conduit lets pass. */
  #takeRate(verdict: Verdict, count: number, dropped: Record<string, number>): number {
    const decision = this.#decisions[verdict - 1]
    if (count === 0 || !decision) return 0
    const { conduit } = decision
    const budget = conduit === undefined ? undefined : this.#parts.rateOf(conduit)
    const taken = budget ? budget.take(count, this.#parts.clock.monotonicMs()) : count
    this.passed(decision, taken)
    if (taken < count) this.refuse({ reason: 'rate', conduit }, count - taken, dropped)
    return taken
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

  /** What decides about most of what the file says comes this way; undefined where that says nothing of the whole. */
  #ofDeclared(): PolicyDecision | undefined {
    this.#renew()
    if (this.#declared) return this.#declared.decision
    const { policy, crossing, clock, declared } = this.#parts
    const asked = crossing.isPeerOpen && !crossing.peers ? whoeverItIs(policy) : policy
    const all = (declared?.passing ?? []).map((passing) => decide(asked, crossing, passing, clock.now()))
    const permitted = all.filter((one) => one.permitted)
    const stopped = declared?.isAll ? all.filter(({ reason }) => reason === 'cut' || reason === 'expired') : []
    const byConduit = Map.groupBy(permitted.length > 0 ? permitted : stopped, ({ conduit }) => conduit)
    const [most] = [...byConduit.values()].toSorted((a, b) => b.length - a.length)
    const until = Math.min(...permitted.map((one) => one.until ?? Number.POSITIVE_INFINITY))
    const decision = most?.[0] && { ...most[0], ...(Number.isFinite(until) && { until }) }
    this.#declared = { decision }
    return decision
  }

  /** Forgets what was decided when a review has become due meanwhile. */
  #renew(): void {
    if (this.#parts.clock.now() < this.#until && (this.#whole?.until ?? Number.POSITIVE_INFINITY) > this.#parts.clock.now()) return
    this.#verdicts = new Uint32Array(0)
    this.#decisions = []
    this.#whole = undefined
    this.#declared = undefined
    this.#until = Number.POSITIVE_INFINITY
  }
}
