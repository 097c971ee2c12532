import { Column } from '../column.ts'
import { note, type RuleKind } from '../rule.ts'

/** Readings remembered per signal, to know one again that comes a second time. */
const REMEMBERED = 16

/**
 * Order: a source time before one already seen for the signal is `out-of-order`; a reading with the source time and value of one of the last
 * sixteen is a `duplicate` (a device that sent it again after a reconnection). Neither changes what the value is worth, so the status stays.
 */
export const order: RuleKind = {
  id: 'order',
  version: 3,
  reasons: ['out-of-order', 'duplicate'],
  parametersOf: () => ({}),
  create: (reasons) => {
    const memory = {
      times: new Column(Number.NaN, REMEMBERED),
      values: new Column(Number.NaN, REMEMBERED),
      next: new Column(0),
    }
    return {
      memory,
      isActive: true,
      declare: (signal) => {
        for (const column of Object.values(memory)) column.reserve(signal + 1)
      },
      judge: (rows) => {
        const { count, signal, sourceTime, value, newest, text } = rows
        const [times, values, next] = [memory.times.values, memory.values.values, memory.next.values]
        for (let i = 0; i < count; i++) {
          const s = signal[i] as number
          const t = sourceTime[i] as number
          const v = value[i] as number
          const first = s * REMEMBERED
          if (t <= (newest[i] as number)) {
            // A text or null reading has no number to compare: only numbers are called duplicates.
            if (!text?.has(rows.offset + i) && isKnown(times, values, first, t, v)) note(rows, i, reasons, 'duplicate')
            else if (t < (newest[i] as number)) note(rows, i, reasons, 'out-of-order')
          }
          const place = next[s] as number
          times[first + place] = t
          values[first + place] = v
          next[s] = place + 1 === REMEMBERED ? 0 : place + 1
        }
      },
    }
  },
}

function isKnown(times: Float64Array, values: Float64Array, first: number, time: number, value: number): boolean {
  for (let k = first; k < first + REMEMBERED; k++) if (times[k] === time && values[k] === value) return true
  return false
}
