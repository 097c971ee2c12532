import { Column, Parameter } from '../column.ts'
import { note, type RuleKind } from '../rule.ts'

/** A counter of unknown speed that falls from above this share of its rollover has rolled over; from below, it was reset. */
const NEAR_ROLLOVER = 0.9
/** A counter rolls over with a step at most this many times as fast as its fastest lately; a larger one is a reset. */
const FASTER = 4
/** What is left of the fastest rate at each later reading. */
const FORGET = 0.99

/**
 * Counter: a declared counter that goes down has rolled over (the way over its `rollover` is a step as fast as its others) or was reset. The reading is right as it stands; the reason tells
 * whoever takes differences that this one cannot be taken.
 */
export const counter: RuleKind = {
  id: 'counter',
  version: 2,
  reasons: ['counter-reset', 'counter-rollover'],
  parametersOf: (definition) => definition.counter && { ...definition.counter },
  create: (reasons) => {
    /** NaN: no counter; Infinity: one that never rolls over. */
    const rollover = new Parameter(Number.NaN)
    /** Fastest step lately, per microsecond. */
    const memory = { fastest: new Column(0) }
    return {
      memory,
      get isActive() {
        return rollover.isUsed
      },
      declare: (signal, definition) => {
        rollover.set(signal, definition.counter && (definition.counter.rollover ?? Number.POSITIVE_INFINITY))
        memory.fastest.reserve(signal + 1)
        return { isAlways: definition.counter !== undefined }
      },
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, value, isInOrder, previousTime, previousValue } = rows
        const rollovers = rollover.values
        const rates = memory.fastest.values
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const s = signal[i] as number
          const top = rollovers[s] as number
          const elapsed = (sourceTime[i] as number) - (previousTime[k] as number)
          if (Number.isNaN(top) || !(elapsed >= 0) || isInOrder[k] === 0) continue
          const before = previousValue[k] as number
          const step = (value[i] as number) - before
          const fastest = rates[s] as number
          if (step >= 0 && elapsed > 0) rates[s] = Math.max(fastest * FORGET, step / elapsed)
          if (!(step < 0)) continue
          const isOver = fastest === 0 ? before > NEAR_ROLLOVER * top : step + top <= FASTER * fastest * elapsed
          note(rows, i, reasons, isOver ? 'counter-rollover' : 'counter-reset')
        }
      },
    }
  },
}
