import type { SampleBatch } from '../core/batch.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { SignalTable } from '../core/signals.ts'
import { DeclaredLimits } from './limits.ts'
import { clock } from './rules/clock.ts'
import { flatLine } from './rules/flat-line.ts'
import { order } from './rules/order.ts'
import { range } from './rules/range.ts'
import { rate } from './rules/rate.ts'

/** Judges every sample of a batch in place: status and reasons, never value or time. */
export type Qualify = (batch: SampleBatch) => void

/** The chain of rules of one node; it holds their memory. */
export function createQualify(signals: SignalTable, reasons: ReasonSets): Qualify {
  const limits = new DeclaredLimits(signals)
  const rules = [range, rate, flatLine, order, clock].map((rule) => rule(reasons))
  return (batch) => {
    limits.refresh()
    for (const rule of rules) rule.judge(batch, limits)
  }
}
