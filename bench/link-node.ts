import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../src/config/index.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { transportOf } from '../src/run/transport.ts'
import { memoryConnector } from './memory-connector.ts'
import { connectionYaml, payloads } from './plant.ts'
import { cpuSeconds, percentile } from './report.ts'
import { steady } from './steady.ts'

/** One node in a process of its own; the measurement asks it over the channel between the processes. */
export interface NodeOrder {
  readonly role: 'edge' | 'hub'
  readonly directory: string
  readonly port: number
  /** What the edge is fed with. */
  readonly sources: readonly ('memory' | 'steady')[]
  readonly passes: number
}

export interface NodeReport {
  readonly stored: number
  readonly sequence: number
  readonly behind: number
  readonly isConnected: boolean
  readonly sentBytes: number
  readonly sentSamples: number
  /** Of the other node's log, what is durable here. */
  readonly taken: number
  readonly lag: number
  readonly cpu: number
  readonly rssMb: number
  /** From source time to the live subscriber, milliseconds, since the last `watch`. */
  readonly live: { readonly count: number; readonly p50: number; readonly p99: number }
  readonly rows: number
}

const order = JSON.parse(process.argv[2] as string) as NodeOrder
const { role, directory, port, sources, passes } = order
let go: () => void = () => {}
const gone = new Promise<void>((resolve) => {
  go = resolve
})
const memory = memoryConnector({ data: sources.includes('memory') ? payloads() : [], passes, started: () => {}, go: gone, acked: () => {} })
const connections = [
  ...(sources.includes('memory') ? [connectionYaml('memory', 'mqtt://127.0.0.1:1')] : []),
  ...(sources.includes('steady') ? ['  steady: { kind: steady }\n'] : []),
].join('')
const file = join(directory, `${role}.yaml`)
writeFileSync(
  file,
  `version: 1\nsite: { id: b }\nnode: { id: ${role}, role: ${role} }\ndata: ${join(directory, role)}\nspool: { maxBytes: 16GiB }\nlink: { listen: { port: ${port} } }\n${connections && `connections:\n${connections}`}`,
)
const loaded = await loadConfig(file, { connectors: [memory, steady], env: process.env })
const parts = { clock: systemClock, log: silent, random: Math.random, version: 'bench' }
const transport = await transportOf(loaded, parts)
const { view, stop } = await startNode(loaded, { ...parts, ...(transport && { transport }) })

let live: number[] = []
let isWatching = false

/** Notes the delay of every tenth sample that a live subscriber is told of, from now on. */
function watch(): void {
  live = []
  if (isWatching) return
  isWatching = true
  view.subscribe((batch) => {
    const now = systemClock.now()
    for (let i = 0; i < batch.count; i += 10) live.push((now - (batch.sourceTime[i] as number)) / 1000)
  })
}

async function report(rows: boolean): Promise<NodeReport> {
  const uplink = view.uplink()
  const [remote] = view.remotes()
  const counted = rows ? await view.historian.sql('SELECT count(*) FROM samples', { maxRows: 1, timeoutMs: 60_000 }) : undefined
  return {
    stored: view.connections().reduce((sum, { stored }) => sum + stored, 0),
    sequence: view.spool().lastSequence,
    behind: uplink?.behindRecords ?? 0,
    isConnected: uplink?.state === 'connected',
    sentBytes: uplink?.sentBytes ?? 0,
    sentSamples: uplink?.sentSamples ?? 0,
    taken: remote?.sequence ?? 0,
    lag: view.historianLag().records,
    cpu: cpuSeconds(),
    rssMb: process.memoryUsage().rss / 2 ** 20,
    live: rows ? { count: live.length, p50: percentile(live, 0.5), p99: percentile(live, 0.99) } : { count: live.length, p50: 0, p99: 0 },
    rows: Number(counted?.rows[0]?.[0] ?? 0),
  }
}

process.on('message', async ({ id, ask }: { id: number; ask: string }) => {
  if (ask === 'go') go()
  if (ask === 'watch') watch()
  if (ask === 'stop') await stop()
  process.send?.({ id, report: ask === 'stop' ? undefined : await report(ask === 'count') })
  if (ask === 'stop') process.exit(0)
})
process.send?.('ready')
