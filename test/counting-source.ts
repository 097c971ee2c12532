import { z } from 'zod'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector, SourceContext } from '../src/core/connector.ts'
import type { Delivery, Source } from '../src/core/source.ts'

const BATCH = 50
/** Batches read but not yet acknowledged; a device keeps no more. */
const IN_FLIGHT = 8

const config = z.strictObject({ first: z.int(), discover: z.boolean().optional() })

/**
 * A device that counts: every sample is the next number, spread over ten signals. It calls `onAck` with the last number of each batch
 * that was acknowledged to it: an independent journal of what must never be lost.
 */
export function countingConnector(onAck: (last: number) => void): Connector<z.infer<typeof config>> {
  return {
    kind: 'counting',
    label: { fr: 'compteur', en: 'counter' },
    config,
    source: ({ first }, context) => countingSource(first, context, onAck),
    async *check() {},
  }
}

function countingSource(first: number, { signals, clock, site, connection }: SourceContext, onAck: (last: number) => void): Source {
  let next = first
  let inFlight = 0
  let wake: (() => void) | undefined
  const ids: number[] = []
  return {
    counters: { dropped: {} },
    async connect() {
      for (let i = 0; i < 10; i++) ids[i] = signals.define({ id: `${site}/count/${i}`, connection, address: String(i), dataType: 'number' })
    },
    async read(stop): Promise<Delivery> {
      while (inFlight >= IN_FLIGHT) {
        stop.throwIfAborted()
        await new Promise<void>((resolve) => {
          wake = resolve
          stop.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      // One turn of the event loop, so that the disk and the historian have theirs.
      await new Promise((resolve) => setImmediate(resolve))
      const now = clock.now()
      const builder = new BatchBuilder(BATCH)
      for (let i = 0; i < BATCH; i++) builder.push(ids[next % 10] as number, now + i, next++, 0)
      const last = next - 1
      inFlight++
      const ack = () => {
        inFlight--
        wake?.()
        onAck(last)
      }
      return { batch: builder.build(now), ack }
    },
    async close() {},
  }
}
