import picomatch from 'picomatch'
import type { ReasonSets } from '../../core/reasons.ts'
import { Status } from '../../core/status.ts'
import { parseTime } from '../../core/time.ts'
import type { QualifyConfig } from '../config.ts'
import { mark, type Rule } from '../rule.ts'

/** Under maintenance: a reading taken within a declared window of its signal is Uncertain, whatever it says. Ids in the windows are under the site. */
export function maintenance(reasons: ReasonSets, windows: QualifyConfig['maintenance'], site: string): Rule {
  const known = windows.map(({ signals, from, to }) => ({
    matches: picomatch(`${site}/${signals}`),
    from: parseTime(from),
    to: parseTime(to),
  }))
  const begin = Math.min(...known.map(({ from }) => from))
  const end = Math.max(...known.map(({ to }) => to))
  const declared = new Map<number, readonly { from: number; to: number }[]>()
  return {
    get isActive() {
      return declared.size > 0
    },
    declare: (signal, { id }) => {
      const own = known.filter(({ matches }) => matches(id))
      if (own.length > 0) declared.set(signal, own)
      else declared.delete(signal)
      return undefined
    },
    judge: (rows) => {
      if (rows.latest < begin || rows.earliest >= end) return
      for (let i = 0; i < rows.count; i++) {
        const t = rows.sourceTime[i] as number
        const own = declared.get(rows.signal[i] as number)
        if (own?.some(({ from, to }) => t >= from && t < to)) mark(rows, i, reasons, 'under-maintenance', Status.Uncertain)
      }
    },
  }
}
