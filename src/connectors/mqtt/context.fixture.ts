import type { SampleBatch } from '../../core/batch.ts'
import type { SourceContext } from '../../core/connector.ts'
import { silent } from '../../core/log.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import type { Delivery, Source } from '../../core/source.ts'
import { statusName } from '../../core/status.ts'
import { systemClock } from '../../core/time.ts'

/** A context as the runner gives it, with tables of its own. */
export function contextFor(parts: Partial<SourceContext> = {}): SourceContext {
  return {
    connection: 'broker',
    site: 't',
    signals: new SignalTable(),
    reasons: new ReasonSets(),
    clock: systemClock,
    log: silent,
    directory: '/dev/null/none',
    random: Math.random,
    ...parts,
  }
}

export interface Seen {
  readonly signal: string
  readonly value: number | boolean | string | null
  readonly status: string
  readonly reasons: readonly string[]
  readonly time: number
}

/** A batch as people read it. */
export function seen(batch: SampleBatch, { signals, reasons }: SourceContext): Seen[] {
  return Array.from({ length: batch.count }, (_, row) => {
    const definition = signals.at(batch.signal[row] as number)
    const number = batch.value[row] as number
    const text = batch.text?.get(row)
    return {
      signal: definition?.id ?? '?',
      value: text ?? (Number.isNaN(number) ? null : definition?.dataType === 'boolean' ? number === 1 : number),
      status: statusName(batch.status[row] as number),
      reasons: reasons.names(batch.reasons[row] as number),
      time: batch.sourceTime[row] as number,
    }
  })
}

/** Longest wait for something that must come. */
const PATIENCE_MS = 10_000

/** Reads and acknowledges until `enough` says so; everything read so far. */
export async function readUntil(source: Source, context: SourceContext, enough: (all: Seen[]) => boolean, ack = true): Promise<Seen[]> {
  const limit = AbortSignal.timeout(PATIENCE_MS)
  const all: Seen[] = []
  while (!enough(all)) {
    let delivery: Delivery
    try {
      delivery = await source.read(limit)
    } catch (error) {
      throw new Error(`waited in vain; seen: ${JSON.stringify(all)} counters: ${JSON.stringify(source.counters)}`, { cause: error })
    }
    all.push(...seen(delivery.batch, context))
    if (ack) delivery.ack?.()
  }
  return all
}
