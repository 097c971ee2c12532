import { LIMITS } from '../core/limits.ts'
import type { NodeView } from '../core/node-view.ts'
import { formatTime } from '../core/time.ts'
import { API_LIMITS } from './limits.ts'
import type { GapList } from './schemas.ts'

const TOTALS_MS = 5_000
const TOTALS =
  'SELECT node, count(*) AS gaps, CAST(sum(last_sequence - first_sequence + 1) AS DOUBLE) AS records FROM gaps GROUP BY node ORDER BY records DESC'

/** Gaps and records lost by node. */
type Totals = ReadonlyMap<string, { gaps: number; records: number }>

export interface GapReader {
  /** As of a few seconds ago at most; undefined where no history is kept, or none can be read just now. */
  totals(): Promise<Totals | undefined>
  list(node: string | undefined, limit: number): Promise<GapList>
}

/** Reads the historian's view of gaps; the totals at most every few seconds, however many look. */
export function gapReader({ historian, role, clock }: NodeView): GapReader {
  const hasHistory = role !== 'relay'
  let askedMs = Number.NEGATIVE_INFINITY
  let asking: Promise<Totals | undefined> = Promise.resolve(undefined)
  const ask = async (): Promise<Totals | undefined> => {
    try {
      const { rows } = await historian.sql(TOTALS, { maxRows: LIMITS.streams, timeoutMs: API_LIMITS.statsMs })
      return new Map(rows.map(([node, gaps, records]) => [String(node), { gaps: Number(gaps), records: Number(records) }]))
    } catch {
      // Health says what is wrong with the historian; what else is known of the nodes is shown all the same.
      return undefined
    }
  }
  return {
    totals: async () => {
      if (!hasHistory) return undefined
      if (clock.monotonicMs() - askedMs > TOTALS_MS) {
        askedMs = clock.monotonicMs()
        asking = ask()
      }
      return asking
    },
    list: async (node, limit) => {
      if (!hasHistory) return { kept: false, gaps: [], truncated: false }
      const where = node === undefined ? '' : `WHERE node = '${node.replaceAll("'", "''")}'`
      const { rows, truncated } = await historian.sql(
        `SELECT node, epoch, first_sequence, last_sequence, cause, samples, epoch_us(recorded_time) AS recorded FROM gaps ${where} ORDER BY recorded DESC, last_sequence DESC`,
        { maxRows: limit, timeoutMs: API_LIMITS.sqlMs },
      )
      return { kept: true, gaps: rows.map(toGap), truncated }
    },
  }
}

function toGap([node, epoch, first, last, cause, samples, recorded]: readonly unknown[]): GapList['gaps'][number] {
  return {
    ...{ node: String(node), epoch: Number(epoch), first: Number(first), last: Number(last), cause: String(cause) },
    ...(samples !== null && samples !== undefined && { samples: Number(samples) }),
    recordedTime: formatTime(Number(recorded)),
  }
}
