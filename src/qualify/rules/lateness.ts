import { Status } from '../../core/status.ts'
import { MINUTE, SECOND } from '../../core/time.ts'
import { Parameter } from '../column.ts'
import { AHEAD_US, mark, note, type RuleKind } from '../rule.ts'

/** A reading that took longer than this from the device to this node is `late`, unless the signal declares its own `lateAfter`. */
const LATE_US = MINUTE

/**
 * Lateness: source time against received time. `late` keeps its status: store-and-forward brings good data late. Past the declared `acceptLate`
 * a reading is `too-late` and Uncertain: what was computed of its period is closed. One from the future is `clock-ahead` and Uncertain.
 */
export const lateness: RuleKind = {
  id: 'lateness',
  version: 2,
  reasons: ['late', 'too-late', 'clock-ahead'],
  parametersOf: ({ lateAfterUs, acceptLateUs }) => ({
    lateAfterSeconds: (lateAfterUs ?? LATE_US) / SECOND,
    ...(acceptLateUs !== undefined && { acceptLateSeconds: acceptLateUs / SECOND }),
    aheadSeconds: AHEAD_US / SECOND,
  }),
  create: (reasons) => {
    const late = new Parameter(LATE_US)
    const accept = new Parameter(Number.POSITIVE_INFINITY)
    return {
      isActive: true,
      declare: (signal, { lateAfterUs, acceptLateUs }) => {
        late.set(signal, lateAfterUs)
        accept.set(signal, acceptLateUs)
        return { ageUs: lateAfterUs ?? LATE_US }
      },
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, receivedTime } = rows
        const [lates, accepts] = [late.values, accept.values]
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const s = signal[i] as number
          const age = receivedTime - (sourceTime[i] as number)
          if (age > (lates[s] as number)) {
            note(rows, i, reasons, 'late')
            if (age > (accepts[s] as number)) mark(rows, i, reasons, 'too-late', Status.Uncertain)
          } else if (age < -AHEAD_US) {
            mark(rows, i, reasons, 'clock-ahead', Status.Uncertain)
          }
        }
      },
    }
  },
}
