import { BatchBuilder, type SampleBatch } from '../../core/batch.ts'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import { conduitReason, type PolicyDecision } from '../../core/policy.ts'
import type { RecordContext, RecordDelivery, RecordSource } from '../../core/record-source.ts'
import type { Delivery, Source } from '../../core/source.ts'
import type { Gate } from './gate.ts'

/** A device's samples as far as a conduit lets them in: while none does, the device is not even asked. What is refused is counted among what the source dropped. */
export function throughConduit(source: Source, gate: Gate): Source {
  const read = async (stop: AbortSignal): Promise<Delivery> => {
    mustBeOpen(gate)
    const delivery = await source.read(stop)
    if (delivery.batch.count === 0) return delivery
    const batch = gate.take(delivery.batch, source.counters.dropped)
    return batch === delivery.batch ? delivery : { ...delivery, batch }
  }
  return {
    connect: async (stop) => {
      mustBeOpen(gate)
      await source.connect(stop)
    },
    read,
    close: () => source.close(),
    get counters() {
      return source.counters
    },
    ...(source.nextReadMs && { nextReadMs: () => source.nextReadMs?.() ?? 0 }),
    ...(source.clock && { clock: source.clock }),
  }
}

/** The same for IT records; `kinds` are those of the connection's feeds, in their order. */
export function recordsThroughConduit(source: RecordSource, gate: Gate, kinds: readonly string[]): RecordSource {
  return {
    connect: async (stop) => {
      mustBeOpen(gate)
      await source.connect(stop)
    },
    read: async (stop) => {
      mustBeOpen(gate)
      const delivery = await source.read(stop)
      const decision = fromCaller(gate, delivery.from).ask({ kind: 'record', id: kinds[delivery.feed] ?? '' })
      const rows = delivery.rows.length + (delivery.deleted?.length ?? 0) + (delivery.unreadable?.length ?? 0)
      if (!decision.permitted) return withoutRows(delivery, rows, decision, source, gate)
      gate.passed(decision, rows)
      return delivery
    },
    close: () => source.close(),
    get counters() {
      return source.counters
    },
    ...(source.nextReadMs && { nextReadMs: () => source.nextReadMs?.() ?? 0 }),
  }
}

const fromCaller = (gate: Gate, caller: string | undefined): Gate => (caller === undefined ? gate : gate.forPeers([caller]))

/** Why rows that somebody pushes are not taken, of a feed or of any: said before they are read. Counts the request. */
export function againstCaller(gate: Gate, kinds: readonly string[]): NonNullable<RecordContext['against']> {
  return (caller, feed) => {
    const asked = fromCaller(gate, caller)
    const decision = feed === undefined ? asked.whole() : asked.ask({ kind: 'record', id: kinds[feed] ?? '' })
    if (decision.permitted) return undefined
    gate.refuse(decision, 1)
    return conduitReason(decision.reason)
  }
}

/** Nothing of it is taken, and nothing follows from what is not there: no row is deleted for it, and the place in the source is not kept. */
function withoutRows(
  { feed, ack }: RecordDelivery,
  rows: number,
  decision: PolicyDecision,
  { counters }: RecordSource,
  gate: Gate,
): RecordDelivery {
  if (rows > 0) gate.refuse(decision, rows, counters.dropped)
  return { feed, rows: [], ...(ack && { ack }) }
}

/** Throws NotConnected while no conduit lets anything through, with what to do. */
function mustBeOpen(gate: Gate): void {
  const { permitted, reason, conduit } = gate.whole()
  if (permitted) return
  const { from, to } = gate.crossing
  const about = conduit === undefined ? `no conduit from ${from ?? 'no zone'} to ${to ?? 'no zone'}` : `conduit ${conduit}`
  throw new NotConnected(`${about}: ${conduitReason(reason)}`, {
    hint: `see \`ecluse policy explain ${gate.crossing.name} send SIGNAL\``,
    fault: fault('no-way', { way: gate.crossing.name, from: from ?? '-', to: to ?? '-', conduit }),
  })
}

/** Marks of ours about signals that may come; of one that is not let in, nothing is said at all. */
export function aboutPermitted(batch: SampleBatch, gate: Gate): SampleBatch {
  const builder = new BatchBuilder(batch.count)
  for (let i = 0; i < batch.count; i++) {
    if (gate.signal(batch.signal[i] as number).reason === 'not-named') continue
    const row = builder.push(
      batch.signal[i] as number,
      batch.sourceTime[i] as number,
      batch.value[i] as number,
      batch.status[i] as number,
      batch.reasons[i] as number,
    )
    const text = batch.text?.get(i)
    if (text !== undefined) builder.setText(row, text)
  }
  return builder.count === batch.count ? batch : builder.build(batch.receivedTime)
}
