import type { RuleKind } from '../rule.ts'
import { calibration } from './calibration.ts'
import { counter } from './counter.ts'
import { flatLine } from './flat-line.ts'
import { gap } from './gap.ts'
import { lateness } from './lateness.ts'
import { order } from './order.ts'
import { instrumentRange, range } from './range.ts'
import { rate } from './rate.ts'
import { spike } from './spike.ts'
import { stale } from './stale.ts'
import { state } from './state.ts'
import { unitMismatch } from './unit-mismatch.ts'

/** Judged first: where a reading lies. */
export const LEVEL_RULES: readonly RuleKind[] = [instrumentRange, range, flatLine]
/** Judged after all that may know that a step leads back from something wrong: the levels, and the peers. */
export const STEP_RULES: readonly RuleKind[] = [spike, rate]
const OTHERS: readonly RuleKind[] = [state, counter, unitMismatch, calibration, gap, order, stale, lateness]

/** Every rule that judges a signal by its own declaration, in the order in which they judge: of equal severities the first names the status. */
export const RULES: readonly RuleKind[] = [...LEVEL_RULES, ...STEP_RULES, ...OTHERS]
