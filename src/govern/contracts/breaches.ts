import type { SampleBatch } from '../../core/batch.ts'
import type { ContractBreach } from '../../core/contracts.ts'
import { isNull, rank } from '../../core/status.ts'
import type { Binding, BoundCheck } from './binding.ts'

export type SampleBreach = Exclude<ContractBreach, 'silence' | 'check'>

const NONE: readonly SampleBreach[] = []

/** In which ways one sample breaks what is promised of each sample. `status` is the one it came with. */
export function breaches(
  { rule, otherUnit, numbers, texts }: Binding,
  batch: SampleBatch,
  row: number,
  status: number,
): readonly SampleBreach[] {
  const { range, delayUs, minimumStatus, required } = rule.property
  const value = batch.value[row] as number
  const empty = isNull(status)
  const low = minimumStatus !== undefined && rank(status) > (minimumStatus === 'Good' ? 0 : 1)
  const late = delayUs !== undefined && batch.receivedTime - (batch.sourceTime[row] as number) > delayUs
  // NaN, the value of a text, is neither below nor above anything.
  const outside =
    !empty && ((range.lowOpen ? value <= range.low : value < range.low) || (range.highOpen ? value >= range.high : value > range.high))
  const undeclared = !empty && isOther({ numbers, texts }, batch, row)
  const missing = required && empty
  const wrongUnit = otherUnit && !empty
  if (!(low || late || outside || undeclared || missing || wrongUnit)) return NONE
  const found: SampleBreach[] = []
  if (outside) found.push('range')
  if (wrongUnit) found.push('unit')
  if (undeclared) found.push('state')
  if (late) found.push('delay')
  if (low) found.push('status')
  if (missing) found.push('null')
  return found
}

/** True for a value that is none of those listed. */
function isOther({ numbers, texts }: Pick<BoundCheck, 'numbers' | 'texts'>, { value, text }: SampleBatch, row: number): boolean {
  const number = value[row] as number
  const said = texts && text?.get(row)
  return (numbers !== undefined && !Number.isNaN(number) && !numbers.has(number)) || (said !== undefined && !texts?.has(said))
}

/** True for a value that is one of those listed. */
function isListed({ numbers, texts }: Pick<BoundCheck, 'numbers' | 'texts'>, { value, text }: SampleBatch, row: number): boolean {
  return numbers?.has(value[row] as number) === true || texts?.has(text?.get(row) ?? '') === true
}

/** Whether a sample is one of those that a check counts. */
export function isHit(bound: BoundCheck, batch: SampleBatch, row: number, status: number): boolean {
  const { metric, nulls } = bound.placed.check
  const empty = isNull(status)
  if (metric === 'rowCount') return true
  if (empty) return nulls
  return metric === 'invalidValues' ? isOther(bound, batch, row) : metric === 'missingValues' && isListed(bound, batch, row)
}
