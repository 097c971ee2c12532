import { z } from 'zod'
import type { SampleBatch } from '../../core/batch.ts'
import type { Contract, ContractFindings, ContractState } from '../../core/contracts.ts'
import { isLivenessMark, type ReasonSets } from '../../core/reasons.ts'
import type { SignalTable } from '../../core/signals.ts'
import { Status, worst } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import { type Binding, Bindings } from './binding.ts'
import { breaches, isHit, type SampleBreach } from './breaches.ts'
import { isEnforced } from './check.ts'
import { HourCounts } from './hours.ts'
import { CONTRACT_LIMITS } from './limits.ts'
import { BreachRegister, savedFinding } from './register.ts'
import { SilenceWatch } from './silence.ts'
import type { Breach } from './tally.ts'

export interface ContractWatch {
  /** Judges a batch in place, after the other rules: adds the reason `contract`, may lower Good to Uncertain; never touches a value, never drops. */
  readonly judge: (batch: SampleBatch) => void
  /** Takes in, in place, the node's own marks of silence: those of a source silent for longer than promised get the reason too. */
  readonly silence: (marks: SampleBatch) => void
  /** What time alone breaks: silence that goes on, and hours that are over. */
  readonly tick: (now: Micros) => void
  /** The contracts with what broke them. */
  readonly findings: ContractFindings
  /** What is counted, to be put back after a restart; then `learn` counts what was judged after that moment, as it is stored. */
  readonly save: () => Uint8Array
  /** False when the bytes are not what `save` gave. */
  readonly restore: (bytes: Uint8Array) => boolean
  readonly learn: (batch: SampleBatch) => void
}

export interface ContractWatchOptions {
  readonly contracts: readonly Contract[]
  /** First segment of every id. */
  readonly site: string
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  /** When this node began to watch, by its clock. */
  readonly since: Micros
}

const REASON = 'contract'
const NONE: readonly string[] = []

/** What is done with a sample: judged now, or before and found wanting, or before and found good. */
const NEW = { counts: true, changes: true }
const COUNTED = { counts: true, changes: false }
const SEEN = { counts: false, changes: false }

/** What a breach makes of a Good status. A late sample is as good as it was; a status that is too low says enough itself. */
const LOWERED: Readonly<Record<SampleBreach, number>> = {
  range: Status.UncertainEngineeringUnitsExceeded,
  unit: Status.Uncertain,
  state: Status.Uncertain,
  delay: Status.Good,
  status: Status.Good,
  null: Status.Good,
}

const saved = z.object({
  findings: z.array(savedFinding).max(CONTRACT_LIMITS.savedFindings),
  hours: z
    .array(z.object({ name: z.string(), hour: z.int(), rows: z.int().nonnegative(), hits: z.int().nonnegative() }))
    .max(CONTRACT_LIMITS.checks),
})

/**
 * Keeps the contracts at the producer's side, while data flows. How samples are cut into batches changes nothing; what is remembered are counts.
 * A batch of signals that no contract binds costs one look-up per sample.
 */
export function createContractWatch(options: ContractWatchOptions): ContractWatch {
  return new Watch(options).surface()
}

class Watch {
  readonly #contracts: readonly Contract[]
  readonly #signals: SignalTable
  readonly #reasons: ReasonSets
  readonly #bindings: Bindings
  readonly #register = new BreachRegister()
  readonly #hours: HourCounts
  readonly #silence: SilenceWatch

  constructor({ contracts, site, signals, reasons, since }: ContractWatchOptions) {
    this.#contracts = contracts
    this.#signals = signals
    this.#reasons = reasons
    this.#bindings = new Bindings(contracts, site, signals)
    this.#hours = new HourCounts(this.#checks, since)
    this.#silence = new SilenceWatch(since)
  }

  surface(): ContractWatch {
    return {
      judge: (batch) => this.#judge(batch, false),
      silence: (marks) => this.#marks(marks),
      tick: (now) => this.#tick(now),
      findings: (now) => this.#findings(now),
      save: () => this.#save(),
      restore: (bytes) => this.#restore(bytes),
      learn: (batch) => this.#judge(batch, true),
    }
  }

  get #checks() {
    return this.#bindings.rules.filter(({ enforced }) => enforced).flatMap(({ checks }) => checks)
  }

  /** `again`: the batch was judged before, and is only counted: nothing of it changes. */
  #judge(batch: SampleBatch, again: boolean): void {
    if (!this.#bindings.refresh()) return
    this.#endHours(batch.receivedTime)
    const { count, signal, status, reasons } = batch
    for (let i = 0; i < count; i++) {
      const list = this.#bindings.of(signal[i] as number)
      if (!list) continue
      const names = again ? this.#reasons.names(reasons[i] as number) : NONE
      if (again && isLivenessMark(names)) {
        this.#mark(batch, i, list, false)
        continue
      }
      this.#silence.heard(signal[i] as number, batch.receivedTime)
      // Judged as it came: one contract's mark is not the next one's breach.
      const incoming = again ? statusBefore(status[i] as number, names) : (status[i] as number)
      const as = again ? (names.includes(REASON) ? COUNTED : SEEN) : NEW
      for (const binding of list) this.#sample(binding, batch, i, incoming, as)
    }
  }

  #sample(binding: Binding, batch: SampleBatch, row: number, incoming: number, { counts, changes }: typeof NEW): void {
    if (counts) {
      for (const kind of breaches(binding, batch, row, incoming)) {
        this.#register.add(binding.rule.index, kind, this.#breach(batch, row))
        if (changes) this.#lower(batch, row, LOWERED[kind])
      }
    }
    for (const bound of binding.checks) {
      const tooMany = this.#hours.count(bound.placed, batch.signal[row] as number, isHit(bound, batch, row, incoming))
      if (!tooMany || !counts) continue
      this.#register.addCheck(bound.placed, this.#breach(batch, row))
      if (changes) this.#lower(batch, row, bound.placed.check.metric === 'invalidValues' ? Status.Uncertain : Status.Good)
    }
  }

  #lower({ status, reasons }: SampleBatch, row: number, to: number): void {
    status[row] = worst(status[row] as number, to)
    reasons[row] = this.#reasons.with(reasons[row] as number, REASON)
  }

  #breach({ signal, sourceTime, receivedTime, value, text }: SampleBatch, row: number): Breach {
    return {
      signal: this.#idOf(signal[row] as number),
      time: sourceTime[row] as number,
      receivedTime,
      value: value[row] as number,
      text: text?.get(row),
    }
  }

  #marks(batch: SampleBatch): void {
    if (!this.#bindings.refresh()) return
    for (let i = 0; i < batch.count; i++) {
      const list = this.#bindings.of(batch.signal[i] as number)
      if (list) this.#mark(batch, i, list, true)
    }
  }

  #mark(batch: SampleBatch, row: number, list: readonly Binding[], changes: boolean): void {
    const signal = batch.signal[row] as number
    this.#silence.marked(signal)
    for (const { rule } of list) {
      this.#breakSilence(signal, rule, batch.receivedTime)
      if (changes && this.#silence.isBroken(signal, rule.index)) this.#lower(batch, row, Status.Good)
    }
  }

  #breakSilence(signal: number, { index, property }: Binding['rule'], now: Micros): void {
    if (property.silenceUs === undefined || !this.#silence.breaks(signal, index, property.silenceUs, now)) return
    this.#register.add(index, 'silence', { signal: this.#idOf(signal), time: now, receivedTime: now, value: Number.NaN, text: undefined })
  }

  #tick(now: Micros): void {
    if (!this.#bindings.refresh()) return
    this.#endHours(now)
    for (const signal of this.#silence.signals) {
      for (const { rule } of this.#bindings.of(signal) ?? []) this.#breakSilence(signal, rule, now)
    }
  }

  #endHours(now: Micros): void {
    for (const { placed, metric, end, signal } of this.#hours.ended(now)) {
      const any = signal ?? this.#bindings.rules[placed.rule]?.bound.values().next().value
      // A promise of data that is bound to nothing yet is lint's matter.
      if (any === undefined) continue
      this.#register.addCheck(placed, { signal: this.#idOf(any), time: end, receivedTime: end, value: metric, text: undefined })
    }
  }

  #findings(now: Micros): ContractState[] {
    this.#bindings.refresh()
    const rulesOf = Map.groupBy(this.#bindings.rules, ({ contract }) => contract)
    return this.#contracts.map((contract): ContractState => {
      const rules = rulesOf.get(contract) ?? []
      return {
        contract,
        enforced: isEnforced(contract),
        bound: new Map(rules.map(({ property, bound }) => [property.name, bound])),
        findings: rules.flatMap((rule) => this.#register.findings(rule, now)),
      }
    })
  }

  #save(): Uint8Array {
    const hours = this.#checks.map((placed) => ({ name: this.#nameOf(placed), ...this.#hours.of(placed.index) }))
    return new TextEncoder().encode(
      JSON.stringify({ findings: this.#register.save(this.#bindings.rules), hours: hours.filter(({ rows }) => rows > 0) }),
    )
  }

  #restore(bytes: Uint8Array): boolean {
    if (bytes.length > CONTRACT_LIMITS.savedBytes) return false
    const found = saved.safeParse(jsonOf(bytes))
    if (!found.success) return false
    this.#register.restore(this.#bindings.rules, found.data.findings)
    const byName = new Map(this.#checks.map((placed) => [this.#nameOf(placed), placed]))
    for (const { name, ...hour } of found.data.hours) {
      const placed = byName.get(name)
      if (placed) this.#hours.restore(placed.index, hour)
    }
    return true
  }

  #nameOf({ rule, check }: { rule: number; check: { name: string } }): string {
    const of = this.#bindings.rules[rule]
    return JSON.stringify([of?.contract.id, of?.contract.version, of?.property.name, check.name])
  }

  #idOf(index: number): string {
    return this.#signals.at(index)?.id ?? ''
  }
}

/** The status a stored sample had before contracts judged it, as far as it can be told: what they alone lowered was Good. */
function statusBefore(status: number, names: readonly string[]): number {
  const byContract = status === Status.Uncertain || status === Status.UncertainEngineeringUnitsExceeded
  return byContract && names.length === 1 && names[0] === REASON ? Status.Good : status
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
