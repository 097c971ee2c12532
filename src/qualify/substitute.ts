import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { SignalDefinition, SignalTable } from '../core/signals.ts'
import { rank, Status } from '../core/status.ts'
import { Column } from './column.ts'
import type { Substitute } from './config.ts'

interface Derived extends Substitute {
  readonly id: string
  signal: number
}

/**
 * Signals that stand in for others. Each reading of the original gives one of the derived signal, in the same batch: as it is while it is Good, else
 * the last Good value (or the declared constant) with UncertainSubstituteValue, and Bad once that has stood in for `forAtMost`. The original is never touched.
 */
export class Substitutes {
  readonly memory = { value: new Column(Number.NaN), time: new Column(Number.NaN) }
  readonly #derived = new Map<number, Derived[]>()
  readonly #declared = new Map<string, Omit<Derived, 'signal'>[]>()
  readonly #reasons: ReasonSets

  constructor(reasons: ReasonSets, declared: Readonly<Record<string, Substitute>>, site: string) {
    this.#reasons = reasons
    for (const [id, substitute] of Object.entries(declared)) {
      const of = `${site}/${substitute.of}`
      this.#declared.set(of, [...(this.#declared.get(of) ?? []), { ...substitute, id: `${site}/${id}` }])
    }
  }

  /** Defines what stands in for a signal as soon as that is defined. */
  declare(signal: number, definition: SignalDefinition, signals: SignalTable): void {
    const own = this.#declared.get(definition.id)
    if (!own) return
    this.memory.value.reserve(signal + 1)
    this.memory.time.reserve(signal + 1)
    const derived = own.map((one) => ({ ...one, signal: signals.define(definitionOf(one, definition)) }))
    this.#derived.set(signal, derived)
  }

  /** The batch, longer by the derived readings where there are any. */
  extend(batch: SampleBatch): SampleBatch {
    if (this.#derived.size === 0) return batch
    let into: BatchBuilder | undefined
    for (let row = 0; row < batch.count; row++) {
      const derived = this.#derived.get(batch.signal[row] as number)
      if (!derived) continue
      into ??= copyOf(batch)
      this.#learn(batch, row)
      for (const one of derived) this.#push(into, batch, row, one)
    }
    return into ? into.build(batch.receivedTime) : batch
  }

  #learn({ signal, status, value, sourceTime }: SampleBatch, row: number): void {
    const s = signal[row] as number
    if (rank(status[row] as number) !== 0 || Number.isNaN(value[row])) return
    this.memory.value.values[s] = value[row] as number
    this.memory.time.values[s] = sourceTime[row] as number
  }

  #push(into: BatchBuilder, batch: SampleBatch, row: number, { signal, method, value, forAtMost }: Derived): void {
    const time = batch.sourceTime[row] as number
    const status = batch.status[row] as number
    const why = batch.reasons[row] as number
    if (rank(status) === 0) {
      into.push(signal, time, batch.value[row] as number, status, why)
      return
    }
    const of = batch.signal[row] as number
    const stood = time - (this.memory.time.values[of] as number)
    // NaN (never a Good one) compares false.
    const isUsable = stood <= forAtMost * 1000
    const stand = method === 'constant' ? (value as number) : (this.memory.value.values[of] as number)
    if (isUsable) into.push(signal, time, stand, Status.UncertainSubstituteValue, this.#reasons.with(why, 'substituted'))
    else into.push(signal, time, Number.NaN, Status.BadNoData, this.#reasons.with(why, 'substitute-expired'))
  }
}

function definitionOf({ id, method, author }: Omit<Derived, 'signal'>, of: SignalDefinition): SignalDefinition {
  const { connection, dataType, unit, displayUnit, decimals, range } = of
  return {
    ...{ id, connection, dataType, address: `${method} of ${of.id}`, author },
    ...(unit !== undefined && { unit }),
    ...(displayUnit !== undefined && { displayUnit }),
    ...(decimals !== undefined && { decimals }),
    ...(range && { range }),
  }
}

function copyOf(batch: SampleBatch): BatchBuilder {
  const into = new BatchBuilder(batch.count + 64)
  into.signal.set(batch.signal)
  into.sourceTime.set(batch.sourceTime)
  into.value.set(batch.value)
  into.status.set(batch.status)
  into.reasons.set(batch.reasons)
  into.count = batch.count
  for (const [row, text] of batch.text ?? []) into.setText(row, text)
  return into
}
