import { mqttConfig } from '../src/connectors/mqtt/config.ts'
import { SparkplugHost } from '../src/connectors/mqtt/sparkplug/host.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import { EndOfInput } from '../src/core/errors.ts'
import { birth, PAYLOADS, SIGNALS, stamp, TOPIC, timeOf } from './plant.ts'

export const PER_READ = 100
const IN_FLIGHT = 4

export interface MemoryOptions {
  readonly data: readonly Buffer[]
  /** How often the set is sent. */
  readonly passes: number
  readonly started: () => void
  /** Nothing is sent before. */
  readonly go?: Promise<void>
  /** Milliseconds from a batch's reading to its acknowledgement. */
  readonly acked: (ms: number) => void
}

/** The Sparkplug host of the MQTT connector, fed from memory instead of a broker. */
export function memoryConnector({ data, passes, started, go, acked }: MemoryOptions): Connector {
  const total = PAYLOADS * passes
  return {
    kind: 'memory',
    label: { fr: 'mémoire', en: 'memory' },
    config: mqttConfig,
    async *check() {},
    source(config, context) {
      const counters = { dropped: {} }
      const host = new SparkplugHost({ config: config as never, context, counters, publish: () => undefined })
      let sent = -1
      let beginMs = 0
      let inFlight = 0
      let wake: (() => void) | undefined
      return {
        counters,
        connect: async () => await go,
        close: async () => undefined,
        async read() {
          while (inFlight >= IN_FLIGHT) await new Promise<void>((resolve) => (wake = resolve))
          await new Promise((resolve) => setImmediate(resolve))
          if (sent >= total) throw new EndOfInput('all sent')
          const readAt = performance.now()
          const received = context.clock.now()
          const into = new BatchBuilder((PER_READ + 1) * SIGNALS)
          if (sent < 0) {
            host.handle(`${TOPIC}/NBIRTH/plant`, birth(), into, received)
            sent = 0
            beginMs = Date.now()
            started()
          } else {
            for (const end = Math.min(total, sent + PER_READ); sent < end; sent++) {
              host.handle(`${TOPIC}/NDATA/plant`, stamp(data[sent % PAYLOADS] as Buffer, timeOf(beginMs, sent)), into, received)
            }
          }
          inFlight++
          const ack = () => {
            inFlight--
            acked(performance.now() - readAt)
            wake?.()
          }
          return { batch: into.build(received), ack }
        },
      }
    },
  }
}
