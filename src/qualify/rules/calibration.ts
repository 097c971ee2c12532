import { Status } from '../../core/status.ts'
import { formatTime } from '../../core/time.ts'
import { Parameter } from '../column.ts'
import { mark, type RuleKind } from '../rule.ts'

/** Calibration: a reading taken after the instrument's declared `calibratedUntil` is UncertainSensorNotAccurate. */
export const calibration: RuleKind = {
  id: 'calibration',
  version: 1,
  reasons: ['calibration-expired'],
  parametersOf: ({ calibratedUntil }) => (calibratedUntil === undefined ? undefined : { until: formatTime(calibratedUntil) }),
  create: (reasons) => {
    const until = new Parameter(Number.POSITIVE_INFINITY)
    /** No calibration ends before this. */
    let earliest = Number.POSITIVE_INFINITY
    return {
      get isActive() {
        return until.isUsed
      },
      declare: (signal, { calibratedUntil }) => {
        until.set(signal, calibratedUntil)
        earliest = Math.min(earliest, calibratedUntil ?? earliest)
        return undefined
      },
      judge: (rows) => {
        const { count, signal, sourceTime, latest } = rows
        if (latest <= earliest) return
        const untils = until.values
        for (let i = 0; i < count; i++) {
          if ((sourceTime[i] as number) > (untils[signal[i] as number] as number)) {
            mark(rows, i, reasons, 'calibration-expired', Status.UncertainSensorNotAccurate)
          }
        }
      },
    }
  },
}
