import { follow, parsePath } from '../lib/json-path.ts'
import type { DeletedWhen } from './deleted-when.ts'
import { LIMITS } from './limits.ts'
import type { RecordDelivery, Row } from './record-source.ts'

/** Rows that were pushed to us, one after the other, all of which say what is or all of which say what is gone. */
export interface PushedRun {
  readonly feed: number
  readonly rows: readonly Row[]
  readonly isDeletion: boolean
  readonly unreadable?: RecordDelivery['unreadable']
  /** Address of whoever pushed it. */
  readonly from?: string | undefined
  /** Called when this run, and so all before it, is durable. */
  readonly done?: (() => void) | undefined
  /** Where to go on after a restart when it is. */
  readonly cursor?: string | undefined
}

/** What stands at the end of a message's last run. */
export type RunEnd = Pick<PushedRun, 'done' | 'cursor' | 'from'>

/** Rows in their order as runs; the last one has the end. At least one, perhaps without rows. */
export function runsOf(feed: number, rows: readonly Row[], rule: DeletedWhen | undefined, end: RunEnd = {}): PushedRun[] {
  const path = rule && parsePath(rule.field)
  const isGone = (row: Row) => path !== undefined && follow(row, path) === rule?.equals
  const runs: { feed: number; rows: Row[]; isDeletion: boolean }[] = []
  for (const row of rows) {
    const isDeletion = isGone(row)
    const run = runs.at(-1)
    if (run?.isDeletion === isDeletion && run.rows.length < LIMITS.deliveryRows) run.rows.push(row)
    else runs.push({ feed, rows: [row], isDeletion })
  }
  const last = runs.pop() ?? { feed, rows: [], isDeletion: false }
  const { from } = end
  return [...runs.map((run) => ({ ...run, from })), { ...last, ...end }]
}

/**
 * Takes from the front of a queue what may go to disk together: runs of one feed, one kind and one sender, so that a deletion stays between the row before it and the
 * one after it. The queue must not be empty.
 */
export function takeDelivery(queue: PushedRun[]): RecordDelivery {
  const first = queue[0] as PushedRun
  let [count, size] = [0, 0]
  for (const { feed, isDeletion, rows, unreadable, from } of queue) {
    size += rows.length + (unreadable?.length ?? 0)
    const isLike = feed === first.feed && isDeletion === first.isDeletion && from === first.from
    if (count > 0 && (!isLike || size > LIMITS.deliveryRows)) break
    count++
  }
  const taken = queue.splice(0, count)
  const rows = taken.flatMap((run) => run.rows)
  const unreadable = taken.flatMap((run) => run.unreadable ?? [])
  const cursor = taken.findLast((run) => run.cursor !== undefined)?.cursor
  return {
    feed: first.feed,
    rows: first.isDeletion ? [] : rows,
    ...(first.isDeletion && { deleted: rows }),
    ...(unreadable.length > 0 && { unreadable }),
    ...(cursor !== undefined && { cursor }),
    ...(first.from !== undefined && { from: first.from }),
    ack: () => {
      for (const { done } of taken) done?.()
    },
  }
}
