import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { silent } from '../src/core/log.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { systemClock } from '../src/core/time.ts'
import { freePort } from '../src/lib/ports.fixture.ts'
import { startNode } from '../src/run/node.ts'
import { DEVICE_SIGNALS, publisher, startBroker } from './broker.ts'
import { CALM, type Chaos, type ChaosProxy, startChaosProxy } from './chaos-proxy.ts'
import { openSums } from './ledger.ts'
import { configure, withBench } from './node.ts'
import { compare, faultsOf } from './oracle.ts'
import type { Form, Row } from './row.ts'
import { seeded } from './seeded.ts'

/** A bad network between a broker and a node, by a proxy on loopback; the device itself has a good one. */
export const title = 'Bad network'
export const needs = ['mosquitto']

const LIMIT_MS = 60_000
const PHASES: readonly { readonly name: string; readonly chaos: Partial<Chaos> }[] = [
  { name: '10 % loss at 50 ms', chaos: { loss: 0.1, delayMs: 50, jitterMs: 20 } },
  { name: 'resets', chaos: { resets: 0.02 } },
  { name: '20 kB/s', chaos: { bytesPerSecond: 20_000 } },
  { name: 'half-open', chaos: { halfOpen: true } },
]

export async function run(form: Form): Promise<Row[]> {
  const [rounds, phaseMs] = form === 'short' ? [1, 1_000] : [10, 10_000]
  return withBench(async (bench) => {
    const port = await freePort()
    const broker = await startBroker(bench, port)
    const proxy = await startChaosProxy({ port }, seeded(process.env.ECLUSE_SEED ?? 'network'))
    const line = `  c: { kind: mqtt, url: 'mqtt://127.0.0.1:${proxy.port}', format: plain, keepAlive: 5s, signals: ${DEVICE_SIGNALS} }`
    const loaded = await loadConfig(await configure(bench, { connections: line }), { connectors, env: process.env })
    const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'faults' })
    const slowest: Record<string, number> = {}
    let unclosed: readonly string[] = []
    let device: Awaited<ReturnType<typeof publisher>> | undefined
    try {
      await until('connected', LIMIT_MS, () => isConnected(node.view))
      device = await publisher(bench, port)
      for (let round = 0; round < rounds; round++)
        for (const phase of PHASES) slowest[phase.name] = Math.max(slowest[phase.name] ?? 0, await pass(phase, phaseMs, node.view, proxy))
      await device.finish()
      const { said } = device
      await until('everything stored', LIMIT_MS, () => stored(node.view) >= said() && node.view.historianLag().records === 0).catch(
        () => undefined, // the oracle says what is missing
      )
      unclosed = await openSums(node.view)
    } finally {
      await device?.close()
      await node.stop()
      await proxy.stop()
      await broker.stop()
    }
    const verdict = { ...(await compare(bench.journal, join(bench.data, 'historian'), 't/')), unclosed }
    const recovery = Object.entries(slowest).map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`)
    return [
      {
        fault: 'bad network between broker and node',
        method: 'TCP chaos proxy: loss (stalls, then the end), delay, resets, a narrow line, half-open; QoS 1',
        runs: rounds * PHASES.length,
        target: 'acknowledged lost 0, twice 0, sums close, data again ≤ 10 s after the network heals',
        figure: `${faultsOf(verdict) || 'lost 0, twice 0'} of ${verdict.acknowledged.toLocaleString('en')}; data again after ${recovery.join(', ')}; ${proxy.counters.resets} resets, ${proxy.counters.stalls} stalls`,
        met: faultsOf(verdict) === '' && verdict.acknowledged > 0 && Math.max(...Object.values(slowest)) <= 10_000,
      },
    ]
  })
}

const isConnected = (view: NodeView) => view.connections()[0]?.state === 'connected'
const stored = (view: NodeView) => view.connections()[0]?.stored ?? 0

/** A bad time, then a good one; milliseconds until data comes again. */
async function pass({ chaos }: (typeof PHASES)[number], ms: number, view: NodeView, proxy: ChaosProxy): Promise<number> {
  Object.assign(proxy.chaos, CALM, chaos)
  await systemClock.sleep(ms)
  Object.assign(proxy.chaos, CALM)
  const healed = performance.now()
  const before = stored(view)
  await until('data again', LIMIT_MS, () => stored(view) > before + 10)
  return performance.now() - healed
}
