import type { SampleBatch } from '../../core/batch.ts'
import type { Contract, ContractBreach, ContractFindings, ContractState } from '../../core/contracts.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import type { SignalTable } from '../../core/signals.ts'
import { isNull, rank, Status, worst } from '../../core/status.ts'
import { type Binding, Bindings } from './binding.ts'
import { isEnforced } from './check.ts'
import { BreachRegister } from './register.ts'

export interface ContractWatch {
  /** Judges a batch in place, after the other rules: adds the reason `contract`, may lower Good to Uncertain; never touches a value, never drops. */
  readonly judge: (batch: SampleBatch) => void
  /** The contracts with what broke them since the start. */
  readonly findings: ContractFindings
}

export interface ContractWatchOptions {
  readonly contracts: readonly Contract[]
  /** First segment of every id. */
  readonly site: string
  readonly signals: SignalTable
  readonly reasons: ReasonSets
}

/**
 * Keeps the contracts at the producer's side, while data flows. A sample is judged by itself, so that how samples are cut into batches changes
 * nothing; what is remembered are counts. A batch of signals that no contract binds costs one look-up per sample.
 */
export function createContractWatch({ contracts, site, signals, reasons }: ContractWatchOptions): ContractWatch {
  const bindings = new Bindings(contracts, site, signals)
  const register = new BreachRegister()

  const judge = (batch: SampleBatch): void => {
    if (!bindings.refresh()) return
    const { count, signal, status, reasons: why } = batch
    for (let i = 0; i < count; i++) {
      const list = bindings.of(signal[i] as number)
      if (!list) continue
      // Judged as it came: one contract's mark is not the next one's breach.
      const incoming = status[i] as number
      for (const binding of list) {
        for (const kind of breaches(binding, batch, i, incoming)) {
          register.add(binding.rule.index, kind, {
            signal: signal[i] as number,
            time: batch.sourceTime[i] as number,
            receivedTime: batch.receivedTime,
            value: batch.value[i] as number,
            text: batch.text?.get(i),
          })
          status[i] = worst(status[i] as number, LOWERED[kind])
          why[i] = reasons.with(why[i] as number, 'contract')
        }
      }
    }
  }

  const rulesOf = Map.groupBy(bindings.rules, ({ contract }) => contract)
  const idOf = (index: number): string => signals.at(index)?.id ?? ''
  const findings: ContractFindings = (now) => {
    bindings.refresh()
    return contracts.map((contract): ContractState => {
      const rules = rulesOf.get(contract) ?? []
      return {
        contract,
        enforced: isEnforced(contract),
        bound: new Map(rules.map(({ property, bound }) => [property.name, bound])),
        findings: rules.flatMap(({ index, property }) =>
          register.findings(index, { contract: contract.id, property: property.name }, now, idOf),
        ),
      }
    })
  }
  return { judge, findings }
}

/** What a breach makes of a Good status. A late sample is as good as it was; a status that is too low says enough itself. */
const LOWERED: Readonly<Record<ContractBreach, number>> = {
  range: Status.UncertainEngineeringUnitsExceeded,
  unit: Status.Uncertain,
  state: Status.Uncertain,
  delay: Status.Good,
  status: Status.Good,
  null: Status.Good,
}

const NONE: readonly ContractBreach[] = []

function breaches(
  { rule, otherUnit, numbers, texts }: Binding,
  batch: SampleBatch,
  row: number,
  status: number,
): readonly ContractBreach[] {
  const { range, delayUs, minimumStatus, required } = rule.property
  const value = batch.value[row] as number
  const empty = isNull(status)
  const low = minimumStatus !== undefined && rank(status) > (minimumStatus === 'Good' ? 0 : 1)
  const late = delayUs !== undefined && batch.receivedTime - (batch.sourceTime[row] as number) > delayUs
  // NaN, the value of a text, is neither below nor above anything.
  const outside =
    !empty && ((range.lowOpen ? value <= range.low : value < range.low) || (range.highOpen ? value >= range.high : value > range.high))
  const text = texts && batch.text?.get(row)
  const undeclared =
    !empty && ((numbers !== undefined && !Number.isNaN(value) && !numbers.has(value)) || (text !== undefined && !texts?.has(text)))
  const missing = required && empty
  const wrongUnit = otherUnit && !empty
  if (!(low || late || outside || undeclared || missing || wrongUnit)) return NONE
  const found: ContractBreach[] = []
  if (outside) found.push('range')
  if (wrongUnit) found.push('unit')
  if (undeclared) found.push('state')
  if (late) found.push('delay')
  if (low) found.push('status')
  if (missing) found.push('null')
  return found
}
