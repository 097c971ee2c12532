import { z } from 'zod'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import { walk } from './data.ts'

const PER_SECOND = 10_000
const SIGNALS = 1_000
const PERIOD_MS = 10

/** Gives so many samples every 10 ms, stamped when they are made. */
export const steady: Connector = {
  kind: 'steady',
  label: { fr: 'régulier', en: 'steady' },
  config: z.strictObject({}),
  async *check() {},
  source(_config, { clock, signals, site, connection }) {
    const ids = Array.from({ length: SIGNALS }, (_, i) =>
      signals.define({ id: `${site}/live/${i}`, connection, address: String(i), dataType: 'number' }),
    )
    let due = 0
    const ticks = walk(SIGNALS)
    let values = ticks.next().value
    let n = 0
    return {
      counters: { dropped: {} },
      connect: async () => {
        due = clock.monotonicMs()
      },
      close: async () => undefined,
      nextReadMs: () => due,
      async read() {
        due += PERIOD_MS
        const now = clock.now()
        const count = (PER_SECOND * PERIOD_MS) / 1000
        const builder = new BatchBuilder(count)
        for (let i = 0; i < count; i++, n++) {
          if (n % SIGNALS === 0) values = ticks.next().value
          builder.push(ids[n % SIGNALS] as number, now, values[n % SIGNALS] as number, 0)
        }
        return { batch: builder.build(now) }
      },
    }
  },
}
