import type { Historian, IngestRow, TallyRow } from '../../core/historian.ts'
import { rank } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import type { Below, SignalBelow } from './below.ts'
import type { Tally } from './remembered.ts'

/** What the samples of one signal below a value came to. */
export interface Counted {
  samples: number
  /** The worst of their statuses. */
  worst: number
  readonly reasons: Map<string, number>
  oldest: Micros
  newest: Micros
  newestIngest: number
}

/** By signal; those that were too many to be counted, or whose time was one too many, are not in it. */
export async function countSamples({ signals }: Below, tally: Tally, asKnownAt: Micros | undefined): Promise<ReadonlyMap<string, Counted>> {
  const all = [...signals.values()]
  const counted = new Map<string, Counted>()
  if (all.reduce((sum, { samples = 0 }) => sum + samples, 0) > CONTINUITY_LIMITS.countedSamples) return counted
  const known = asKnownAt === undefined ? {} : { asKnownAt }
  const periods = [...Map.groupBy(all, ({ from, to }) => `${from} ${to}`).values()].slice(0, CONTINUITY_LIMITS.periods)
  for (const some of periods) {
    const { from, to } = some[0] as SignalBelow
    const query = { from, to, limit: CONTINUITY_LIMITS.countedRows, ...known }
    const { rows, truncated } = await tally({ ...query, signals: some.map(({ signal }) => signal) })
    if (truncated) continue
    for (const { signal } of some) {
      counted.set(signal, { samples: 0, worst: 0, reasons: new Map(), oldest: Number.NaN, newest: Number.NaN, newestIngest: 0 })
    }
    add(counted, rows)
    // What was in force when the time began has a say in it, too.
    const held = some.filter((one) => to - from > 1 && (one.samples === undefined || one.samples > (counted.get(one.signal)?.samples ?? 0)))
    for (const [lookBackUs, alike] of Map.groupBy(held, ({ holdUs }) => reachOf(holdUs))) {
      const before = await tally({ ...query, to: from, lookBackUs, signals: alike.map(({ signal }) => signal) })
      add(counted, before.rows)
    }
  }
  return counted
}

/** So that signals of about the same period are asked for together: the next power of two. */
const reachOf = (holdUs: Micros): Micros => Math.min(CONTINUITY_LIMITS.reachUs, 2 ** Math.ceil(Math.log2(Math.max(1, holdUs))))

function add(counted: ReadonlyMap<string, Counted>, rows: readonly TallyRow[]): void {
  for (const { signal, status, reasons, samples, oldest, newest, newestIngest } of rows) {
    const one = counted.get(signal) as Counted
    if (one.samples === 0 || rank(status) > rank(one.worst)) one.worst = status
    one.oldest = one.samples === 0 ? oldest : Math.min(one.oldest, oldest)
    one.newest = one.samples === 0 ? newest : Math.max(one.newest, newest)
    one.samples += samples
    one.newestIngest = Math.max(one.newestIngest, newestIngest)
    for (const reason of reasons) one.reasons.set(reason, (one.reasons.get(reason) ?? 0) + samples)
  }
}

/** The newest records of the log that the samples came in, by ingest. */
export async function readIngests(
  { signals }: Below,
  counted: ReadonlyMap<string, Counted>,
  historian: Historian,
): Promise<{ readonly rows: ReadonlyMap<number, IngestRow>; readonly lost: ReadonlySet<number> }> {
  const ids = new Set<number>()
  for (const { signal, newestIngest } of signals.values()) {
    const id = counted.get(signal)?.newestIngest || newestIngest
    if (id > 0 && ids.size < CONTINUITY_LIMITS.ingests) ids.add(id)
  }
  const rows = new Map((await historian.ingests([...ids])).map((row) => [row.ingest, row]))
  return { rows, lost: new Set([...ids].filter((id) => !rows.has(id))) }
}
