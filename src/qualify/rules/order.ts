import { Column } from '../column.ts'
import { note, type RuleKind } from '../rule.ts'
import { REMEMBERED } from '../trace.ts'

const PAIRS = 2 * REMEMBERED
/** Numbers remembered of a signal that was out of order once: pairs of source time and value, and the place of the next. */
const STRIDE = PAIRS + 1

/**
 * Order: a source time before one already seen for the signal is `out-of-order`; a reading with the source time and value of one of the last sixteen in
 * order, or of the last sixteen out of order, is a `duplicate` (a device that sent it again after a reconnection). Another value for a source time among these
 * is told `same-time`: of the two one counts in what is computed. None changes what the value is worth, so the status stays.
 */
export const order: RuleKind = {
  id: 'order',
  version: 5,
  reasons: ['out-of-order', 'duplicate', 'same-time'],
  parametersOf: () => ({}),
  create: (reasons) => {
    /** Readings out of order; the others are in the trace. Few signals ever have one: `slot` says where theirs are, of `used[0]` that there are. */
    const memory = { slot: new Column(Number.NaN), astray: new Column(Number.NaN, STRIDE), used: new Column(0) }
    memory.used.reserve(1)
    const slotOf = (signal: number): number => {
      const known = memory.slot.values[signal] as number
      if (!Number.isNaN(known)) return known
      const slot = memory.used.values[0] as number
      memory.used.values[0] = slot + 1
      memory.astray.reserve(slot + 1)
      memory.slot.values[signal] = slot
      return slot
    }
    const remember = (signal: number, time: number, value: number): void => {
      const first = slotOf(signal) * STRIDE
      const astray = memory.astray.values
      const place = (astray[first + PAIRS] as number) || 0
      astray[first + 2 * place] = time
      astray[first + 2 * place + 1] = value
      astray[first + PAIRS] = (place + 1) % REMEMBERED
    }
    const isKnown = (signal: number, time: number, value: number): boolean => {
      const slot = memory.slot.values[signal] as number
      return !Number.isNaN(slot) && isAmong(memory.astray.values, slot * STRIDE, time, value)
    }
    const isAstray = (signal: number, time: number): boolean => {
      const slot = memory.slot.values[signal] as number
      return !Number.isNaN(slot) && isTold(memory.astray.values, slot * STRIDE, time)
    }
    return {
      memory,
      isActive: true,
      declare: (signal) => {
        memory.slot.reserve(signal + 1)
        return undefined
      },
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, value, isInOrder, newest, history, text } = rows
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const t = sourceTime[i] as number
          if (isInOrder[k] === 1 && t !== newest[k]) continue
          const v = value[i] as number
          const s = signal[i] as number
          if (t <= (newest[k] as number)) {
            // A text or null reading has no number to compare: only numbers are called duplicates.
            const isAgain = !text?.has(rows.offset + i) && (isAmong(history, k * PAIRS, t, v) || isKnown(s, t, v))
            if (isAgain) note(rows, i, reasons, 'duplicate')
            else {
              if (t < (newest[k] as number)) note(rows, i, reasons, 'out-of-order')
              if (t === newest[k] || isTold(history, k * PAIRS, t) || isAstray(s, t)) note(rows, i, reasons, 'same-time')
            }
          }
          if (isInOrder[k] === 0) remember(s, t, v)
        }
      },
    }
  },
}

function isAmong(pairs: Float64Array, first: number, time: number, value: number): boolean {
  for (let n = first; n < first + PAIRS; n += 2) if (pairs[n] === time && pairs[n + 1] === value) return true
  return false
}

/** Whether one of them has this time, whatever its value. */
function isTold(pairs: Float64Array, first: number, time: number): boolean {
  for (let n = first; n < first + PAIRS; n += 2) if (pairs[n] === time) return true
  return false
}
