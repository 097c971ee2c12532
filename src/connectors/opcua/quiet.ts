import { Status } from '../../core/status.ts'
import type { Clock } from '../../core/time.ts'
import type { Session } from './services.ts'
import type { Item } from './targets.ts'

/** How often the server is asked whether it still has the nodes that it said nothing of. */
export const EVERY_MS = 60_000
/** The least that every node has, and that no device has to be asked for. */
const NODE_CLASS = 2

export interface QuietEvents {
  /** The server no longer has these nodes: places in the list of items, and its answers. */
  onGone(gone: readonly { readonly handle: number; readonly status: number }[]): void
  /** It has them again; what monitored them went with the old node. */
  onBack(handles: readonly number[]): Promise<void>
}

/**
 * A server has to say when a monitored node is deleted, and some say nothing: their last value would stand as Good for ever. So nodes that were not heard
 * of for a minute are asked for, without a look at their values. A failing request is for the subscription to notice.
 */
export async function watchQuiet(
  session: Session,
  items: readonly Item[],
  clock: Clock,
  stop: AbortSignal,
  events: QuietEvents,
): Promise<void> {
  const gone = new Set<number>()
  while (!stop.aborted) {
    await clock.sleep(EVERY_MS, stop)
    if (stop.aborted) return
    const quiet = [...items.keys()].filter((i) => items[i]?.nodeId && !items[i]?.refused && !items[i]?.heard)
    for (const item of items) item.heard = false
    const quietNow = new Set(quiet)
    for (const handle of gone) if (!quietNow.has(handle)) gone.delete(handle)
    let answers: { readonly statusCode: { readonly value: number } }[]
    try {
      answers = await session.read(quiet.map((i) => ({ nodeId: items[i]?.nodeId ?? null, attributeId: NODE_CLASS })))
    } catch {
      continue
    }
    if (stop.aborted) return
    const statuses = answers.map(({ statusCode }) => statusCode.value >>> 0)
    const lost = quiet.flatMap((handle, i) =>
      isUnknown(statuses[i] as number) && !gone.has(handle) ? [{ handle, status: statuses[i] as number }] : [],
    )
    const back = quiet.filter((handle, i) => gone.has(handle) && !isUnknown(statuses[i] as number))
    for (const { handle } of lost) gone.add(handle)
    for (const handle of back) gone.delete(handle)
    if (lost.length > 0) events.onGone(lost)
    if (back.length > 0) await events.onBack(back)
  }
}

const isUnknown = (status: number): boolean => status === Status.BadNodeIdUnknown || status === Status.BadNodeIdInvalid
