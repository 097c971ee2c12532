import { Parameter } from '../column.ts'
import { note, type RuleKind } from '../rule.ts'

/** A counter that falls from above this share of its rollover has rolled over; from below, it was reset. */
const NEAR_ROLLOVER = 0.9

/**
 * Counter: a declared counter that goes down has rolled over (it was near its `rollover`) or was reset. The reading is right as it stands; the reason tells
 * whoever takes differences that this one cannot be taken.
 */
export const counter: RuleKind = {
  id: 'counter',
  version: 1,
  reasons: ['counter-reset', 'counter-rollover'],
  parametersOf: (definition) => definition.counter && { ...definition.counter },
  create: (reasons) => {
    /** NaN: no counter; Infinity: one that never rolls over. */
    const rollover = new Parameter(Number.NaN)
    return {
      get isActive() {
        return rollover.isUsed
      },
      declare: (signal, definition) =>
        rollover.set(signal, definition.counter && (definition.counter.rollover ?? Number.POSITIVE_INFINITY)),
      judge: (rows) => {
        const { count, signal, sourceTime, value, previousTime, previousValue } = rows
        const rollovers = rollover.values
        for (let i = 0; i < count; i++) {
          const before = previousValue[i] as number
          if (!((value[i] as number) < before) || (sourceTime[i] as number) < (previousTime[i] as number)) continue
          const top = rollovers[signal[i] as number] as number
          if (Number.isNaN(top)) continue
          note(rows, i, reasons, before > NEAR_ROLLOVER * top ? 'counter-rollover' : 'counter-reset')
        }
      },
    }
  },
}
