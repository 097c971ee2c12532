import { SECOND } from '../../core/time.ts'
import { Parameter } from '../column.ts'
import { isAhead, note, type RuleKind } from '../rule.ts'

/** A reading may be this much later than its expected period before one counts as missing: half a period. */
const ALLOWANCE = 1.5

/**
 * Gap: more than one and a half `expectedPeriod`s lie between a reading and the one before it: readings are missing before it. The reading itself is as
 * good as it was. A reading from the future shows a wrong clock, not a gap. While the silence lasts, the run loop marks the signal `overdue`.
 */
export const gap: RuleKind = {
  id: 'gap',
  version: 2,
  reasons: ['gap'],
  parametersOf: ({ expectedPeriodUs }) =>
    expectedPeriodUs === undefined ? undefined : { expectedPeriodSeconds: expectedPeriodUs / SECOND },
  create: (reasons) => {
    const period = new Parameter(Number.POSITIVE_INFINITY)
    return {
      get isActive() {
        return period.isUsed
      },
      declare: (signal, { expectedPeriodUs }) =>
        period.set(signal, expectedPeriodUs === undefined ? undefined : expectedPeriodUs * ALLOWANCE),
      judge: (rows) => {
        const { count, signal, sourceTime, newest } = rows
        const limits = period.values
        for (let i = 0; i < count; i++) {
          const elapsed = (sourceTime[i] as number) - (newest[i] as number)
          if (elapsed > (limits[signal[i] as number] as number) && elapsed < Number.POSITIVE_INFINITY && !isAhead(rows, i)) {
            note(rows, i, reasons, 'gap')
          }
        }
      },
    }
  },
}
