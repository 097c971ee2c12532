import { z } from 'zod'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector, SourceContext } from '../src/core/connector.ts'
import type { Delivery, Source } from '../src/core/source.ts'
import type { Journal, Said } from './journal.ts'

const SIGNALS = 10
/** Batches read but not yet acknowledged; a device keeps no more. */
const IN_FLIGHT = 8
/** A source that rests says so, as a device does with keep-alives. */
const REST_MS = 50

const config = z.strictObject({
  first: z.int(),
  batch: z.int().default(50),
  /** Milliseconds between batches. */
  period: z.int().default(0),
})
type Config = z.infer<typeof config>

/** A device that counts, every sample the next number, spread over ten signals, and keeps a journal of what it said and what was acknowledged to it. */
export function countingDevice(journal: Journal): Connector<Config> {
  return {
    kind: 'counting',
    label: { fr: 'compteur', en: 'counter' },
    config,
    source: (wanted, context) => source(wanted, context, journal),
    async *check() {},
  }
}

function source({ first, batch, period }: Config, { signals, clock, site, connection }: SourceContext, journal: Journal): Source {
  let next = first
  let inFlight = 0
  let due = 0
  let lastTime = 0
  const ids: number[] = []
  return {
    counters: { dropped: {} },
    async connect() {
      due = clock.monotonicMs()
      for (let i = 0; i < SIGNALS; i++)
        ids[i] = signals.define({ id: `${site}/count/${i}`, connection, address: `${i}`, dataType: 'number' })
    },
    ...(period > 0 && { nextReadMs: () => due }),
    async read(): Promise<Delivery> {
      // One turn of the event loop, so that the disk and the historian have theirs.
      await new Promise((resolve) => setImmediate(resolve))
      due += period
      const now = clock.now()
      if (inFlight >= IN_FLIGHT) {
        await clock.sleep(period === 0 ? 1 : REST_MS)
        return { batch: new BatchBuilder(0).build(now) }
      }
      const builder = new BatchBuilder(batch)
      const said: Said[] = []
      // A device's samples never share a time, whatever its clock does.
      let time = now > lastTime || now < lastTime - 1_000_000 ? now : lastTime + 1
      const from = next
      for (let i = 0; i < batch; i++, time++) {
        const sequence = next++
        builder.push(ids[sequence % SIGNALS] as number, time, sequence, 0)
        said.push({ signal: `count/${sequence % SIGNALS}`, sequence, value: sequence, time })
      }
      lastTime = time
      const last = next - 1
      journal.said(said)
      inFlight++
      const ack = () => {
        inFlight--
        journal.acknowledged(from, last)
      }
      return { batch: builder.build(now), ack }
    },
    async close() {},
  }
}
