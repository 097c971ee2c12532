import { Column } from '../column.ts'
import { note, type RuleKind } from '../rule.ts'
import { REMEMBERED } from '../trace.ts'

const PAIRS = 2 * REMEMBERED

/**
 * Order: a source time before one already seen for the signal is `out-of-order`; a reading with the source time and value of one of the last sixteen in
 * order, or of the last sixteen out of order, is a `duplicate` (a device that sent it again after a reconnection). Neither changes what the value is worth,
 * so the status stays.
 */
export const order: RuleKind = {
  id: 'order',
  version: 4,
  reasons: ['out-of-order', 'duplicate'],
  parametersOf: () => ({}),
  create: (reasons) => {
    /** Readings out of order, in pairs of source time and value; the others are in the trace. */
    const memory = { astray: new Column(Number.NaN, PAIRS), next: new Column(0) }
    return {
      memory,
      isActive: true,
      declare: (signal) => {
        memory.astray.reserve(signal + 1)
        memory.next.reserve(signal + 1)
        return undefined
      },
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, value, isInOrder, newest, history, text } = rows
        const [astray, next] = [memory.astray.values, memory.next.values]
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const t = sourceTime[i] as number
          if (isInOrder[k] === 1 && t !== newest[k]) continue
          const v = value[i] as number
          const first = (signal[i] as number) * PAIRS
          if (t <= (newest[k] as number)) {
            // A text or null reading has no number to compare: only numbers are called duplicates.
            const isAgain = !text?.has(rows.offset + i) && (isAmong(history, k * PAIRS, t, v) || isAmong(astray, first, t, v))
            if (isAgain) note(rows, i, reasons, 'duplicate')
            else if (t < (newest[k] as number)) note(rows, i, reasons, 'out-of-order')
          }
          if (isInOrder[k] === 1) continue
          const place = next[signal[i] as number] as number
          astray[first + 2 * place] = t
          astray[first + 2 * place + 1] = v
          next[signal[i] as number] = (place + 1) % REMEMBERED
        }
      },
    }
  },
}

function isAmong(pairs: Float64Array, first: number, time: number, value: number): boolean {
  for (let n = first; n < first + PAIRS; n += 2) if (pairs[n] === time && pairs[n + 1] === value) return true
  return false
}
