import type { SampleBatch } from '../core/batch.ts'
import type { DeclaredLimits } from './limits.ts'

/**
 * One judgement over a whole batch, in place. A rule may lower `status` and add to `reasons`; it never touches values or times
 * and never raises a status. It keeps its own memory per signal, updated in row order, so that how samples are cut into batches changes nothing.
 */
export interface Rule {
  /** Reason given, e.g. `range`. */
  readonly name: string
  judge(batch: SampleBatch, limits: DeclaredLimits): void
}
