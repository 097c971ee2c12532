import { silent } from './log.ts'
import type { RecordContext, RecordDelivery, RecordSource } from './record-source.ts'
import { systemClock } from './time.ts'

/** What a runner keeps of a connection's record source, in memory. */
export interface TestRunner {
  readonly context: RecordContext
  /** Last durable cursors by feed. */
  readonly cursors: Map<number, string>
  /** One delivery, made durable: its cursor is kept and it is acknowledged. */
  next(source: RecordSource): Promise<RecordDelivery>
  /** The same until `enough` says so; empty deliveries are passed over. */
  until(source: RecordSource, enough: (all: readonly RecordDelivery[]) => boolean): Promise<readonly RecordDelivery[]>
}

/** Longest wait for something that must come. */
const PATIENCE_MS = 20_000

export function testRunner(parts: Partial<RecordContext> = {}): TestRunner {
  const cursors = new Map<number, string>()
  const context: RecordContext = {
    connection: 'it',
    clock: systemClock,
    log: silent,
    random: Math.random,
    cursor: (feed) => cursors.get(feed),
    directory: '/dev/null/none',
    ...parts,
  }
  const next = async (source: RecordSource) => {
    const delivery = await source.read(AbortSignal.timeout(PATIENCE_MS))
    if (delivery.cursor !== undefined) cursors.set(delivery.feed, delivery.cursor)
    delivery.ack?.()
    return delivery
  }
  return {
    context,
    cursors,
    next,
    async until(source, enough) {
      const all: RecordDelivery[] = []
      while (!enough(all)) {
        const delivery = await next(source)
        if (delivery.rows.length + (delivery.deleted?.length ?? 0) + (delivery.unreadable?.length ?? 0) > 0) all.push(delivery)
      }
      return all
    },
  }
}
