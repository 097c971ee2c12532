import { Status } from '../../core/status.ts'
import { SECOND } from '../../core/time.ts'
import { Parameter } from '../column.ts'
import { mark, type RuleKind } from '../rule.ts'

/**
 * Stale: the device goes on delivering a reading whose own time has stopped, and that time is older than the declared `staleAfter`:
 * UncertainLastUsableValue. A late reading with a time of its own is not stale: it is news, only late.
 */
export const stale: RuleKind = {
  id: 'stale',
  version: 1,
  reasons: ['stale'],
  parametersOf: ({ staleAfterUs }) => (staleAfterUs === undefined ? undefined : { afterSeconds: staleAfterUs / SECOND }),
  create: (reasons) => {
    const after = new Parameter(Number.POSITIVE_INFINITY)
    return {
      get isActive() {
        return after.isUsed
      },
      declare: (signal, { staleAfterUs }) => void after.set(signal, staleAfterUs),
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, newest, receivedTime } = rows
        const limits = after.values
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const t = sourceTime[i] as number
          if (t === newest[k] && receivedTime - t > (limits[signal[i] as number] as number)) {
            mark(rows, i, reasons, 'stale', Status.UncertainLastUsableValue)
          }
        }
      },
    }
  },
}
