import type { SignalDefinition } from '../../core/signals.ts'
import { SECOND } from '../../core/time.ts'
import { Parameter } from '../column.ts'
import { note, type RuleKind } from '../rule.ts'

/** A reading may be this much later than its expected period before one counts as missing: half a period. */
const ALLOWANCE = 1.5

/** The longest time between two readings of which none is missing, in microseconds; undefined where nobody declared a period. */
export const longestSilenceUs = ({ expectedPeriodUs }: Pick<SignalDefinition, 'expectedPeriodUs'>): number | undefined =>
  expectedPeriodUs === undefined ? undefined : expectedPeriodUs * ALLOWANCE

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
    const longest = new Parameter(Number.POSITIVE_INFINITY)
    return {
      get isActive() {
        return longest.isUsed
      },
      declare: (signal, definition) => {
        const silenceUs = longestSilenceUs(definition)
        longest.set(signal, silenceUs)
        return { silenceUs }
      },
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, newest, isInOrder } = rows
        const limits = longest.values
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const elapsed = (sourceTime[i] as number) - (newest[k] as number)
          if (elapsed > (limits[signal[i] as number] as number) && isInOrder[k] === 1) note(rows, i, reasons, 'gap')
        }
      },
    }
  },
}
