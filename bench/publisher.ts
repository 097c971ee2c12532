import { connectAsync } from 'mqtt'
import { birth, PAYLOADS, payloads, stamp, TOPIC, timeOf } from './plant.ts'
import { percentile } from './report.ts'

/** A process of its own: an edge node that publishes its payloads with QoS 1 as fast as the broker acknowledges them. */
const [url, passes] = process.argv.slice(2) as [string, string]
const IN_FLIGHT = 64
const data = payloads()
const client = await connectAsync(url, { protocolVersion: 5, clientId: 'bench-publisher', reconnectPeriod: 0 })
await client.subscribeAsync(`${TOPIC}/NCMD/plant`, { qos: 1 })
process.send?.('ready')
let reborn = 0
client.on('message', () => {
  // A rebirth wanted in the middle of the run would mean lost order: it is reported, not hidden.
  if (++reborn > 1) process.send?.('rebirth')
})
process.on('message', () => void run())

async function run(): Promise<void> {
  await client.publishAsync(`${TOPIC}/NBIRTH/plant`, birth(), { qos: 1 })
  const beginMs = Date.now()
  let acked = 0
  let sent = 0
  const total = PAYLOADS * Number(passes)
  const pubackMs: number[] = []
  await new Promise<void>((resolve, reject) => {
    const more = () => {
      while (sent < total && sent - acked < IN_FLIGHT) {
        const sentMs = performance.now()
        client.publish(`${TOPIC}/NDATA/plant`, stamp(data[sent % PAYLOADS] as Buffer, timeOf(beginMs, sent++)), { qos: 1 }, (error) => {
          if (error) return reject(error)
          pubackMs.push(performance.now() - sentMs)
          if (++acked === total) resolve()
          else more()
        })
      }
    }
    more()
  })
  process.send?.(`puback ${percentile(pubackMs, 0.5)} ${percentile(pubackMs, 0.99)}`)
  await client.endAsync()
  process.exit(0)
}
