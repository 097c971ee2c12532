import { withDelivery } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import { mqtt } from '../src/connectors/mqtt/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'

/** A whole node that dies by SIGKILL between the disk and the PUBACK of one batch, after so many that were acknowledged. */
const [file, acknowledged] = process.argv.slice(2) as [string, string]
let left = Number(acknowledged)

const dying = withDelivery(mqtt, ({ batch, ack }) => {
  if (!ack || batch.count === 0) return ack ? { batch, ack } : { batch }
  return { batch, ack: () => (left-- > 0 ? ack() : void process.kill(process.pid, 'SIGKILL')) }
})
const loaded = await loadConfig(file, { connectors: [dying as Connector], env: process.env })
await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
