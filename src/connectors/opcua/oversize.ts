import { Status } from '../../core/status.ts'
import { statusOf } from './library.ts'
import type { Line } from './line.ts'
import type { Item } from './targets.ts'

/** Lines opened to find the values that do not fit; then the rest of the group is refused without looking closer. */
const LINES = 64
const TOO_LARGE: ReadonlySet<number | undefined> = new Set([
  Status.BadTcpMessageTooLarge,
  Status.BadResponseTooLarge,
  Status.BadEncodingLimitsExceeded,
  Status.BadRequestTooLarge,
])

/** True when a message was over the limit, ours or the server's. Our side drops the line then: the rest of the message is unread. */
export function isTooLarge(error: unknown): boolean {
  return (
    TOO_LARGE.has(statusOf(error)) || /max (message size|chunk count|chunk size) exceeded/i.test(String((error as Error | null)?.message))
  )
}

/**
 * One huge value must not cost the others: after a message over the limit, every value is read again in groups, and a group that does
 * not fit is halved until the culprits stand alone. They are marked as refused. Returns the line to go on with, which is a new one when
 * a group broke the old.
 */
export async function refuseOversized(first: Line, reopen: () => Promise<Line>, items: readonly Item[]): Promise<Line> {
  let line = first
  let opened = 0
  const monitored = items.filter((item) => item.nodeId && !item.refused)
  const groups: Item[][] = []
  const { read } = line.session.limits
  for (let from = 0; from < monitored.length; from += read) groups.push(monitored.slice(from, from + read))
  try {
    for (let group = groups.pop(); group; group = groups.pop()) {
      try {
        await line.session.read(group.map(({ nodeId }) => ({ nodeId: nodeId ?? null, attributeId: 13 })))
        continue
      } catch (error) {
        if (!isTooLarge(error)) throw error
      }
      const half = Math.ceil(group.length / 2)
      if (group.length > 1 && opened < LINES) groups.push(group.slice(0, half), group.slice(half))
      else for (const item of group) item.refused = { status: Status.BadEncodingLimitsExceeded, reason: 'message-too-large' }
      await line.close()
      line = await reopen()
      opened++
    }
  } catch (error) {
    await line.close()
    throw error
  }
  return line
}
