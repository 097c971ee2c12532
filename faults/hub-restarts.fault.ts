import { until } from '../bench/node.ts'
import { type ChaosProxy, startChaosProxy } from './chaos-proxy.ts'
import { type Gateway, killAll, type Member, withGateway } from './gateway.ts'
import type { NodeProcess } from './node.ts'
import { faultsOf } from './oracle.ts'
import { progressOf } from './progress.ts'
import { type Form, ofLong, type Row } from './row.ts'
import { seeded } from './seeded.ts'

/** The hub goes and comes back while several edges send: killed and stopped in turn. */
export const title = 'Hub restarts under load'
export const ofGateway = true

const LIMIT_MS = 60_000
/** Edges that all came back at one moment would be a wave; drawn at random they are apart. */
const SPREAD_MS = 50
const MORE_BATCHES = 10

export async function run(form: Form): Promise<Row[]> {
  const [restarts, edges] = form === 'short' ? [3, 2] : [ofLong(100), 4]
  const names = Array.from({ length: edges }, (_, i) => `edge-${i}`)
  const members: readonly Member[] = [
    { name: 'hub', role: 'hub' },
    ...names.map((name): Member => ({ name, role: 'edge', to: 'hub', device: 'batch: 20, period: 20' })),
  ]
  return withGateway(members, async (gateway) => {
    const proxies = await Promise.all(names.map((name) => startChaosProxy({ port: gateway.port('hub') }, seeded(name))))
    names.forEach((name, i) => {
      gateway.reroute(name, (proxies[i] as ChaosProxy).port)
    })
    try {
      const spreads = await restarting(gateway, names, proxies, restarts)
      await gateway.settle()
      return [await judged(gateway, names, spreads)]
    } finally {
      for (const proxy of proxies) await proxy.stop()
    }
  })
}

/** Milliseconds between the first edge that came back and the last, for every restart. */
async function restarting(gateway: Gateway, names: readonly string[], proxies: readonly ChaosProxy[], restarts: number): Promise<number[]> {
  const spreads: number[] = []
  const progress = progressOf('restarts of the hub', restarts)
  let hub = await gateway.start('hub')
  const edges: NodeProcess[] = []
  try {
    await hub.report()
    for (const name of names) edges.push(await gateway.start(name))
    await confirmedAll(edges)
    for (let i = 0; i < restarts; i++) {
      progress(i)
      await (i % 2 === 0 ? hub.kill() : hub.stop())
      const goneMs = performance.now()
      hub = await gateway.start('hub')
      await until('every edge came back', LIMIT_MS, () => proxies.every(({ counters }) => counters.reachedMs > goneMs))
      const back = proxies.map(({ counters }) => counters.reachedMs)
      spreads.push(Math.max(...back) - Math.min(...back))
      await confirmedAll(edges)
    }
    for (const edge of edges) await edge.stop()
    await hub.stop()
    return spreads
  } finally {
    await killAll(hub, ...edges)
  }
}

/** Every edge has had more confirmed by the hub, and has had more acknowledged to its device. */
async function confirmedAll(edges: readonly NodeProcess[]): Promise<void> {
  await Promise.all(
    edges.map(async (edge) => {
      const enough = edge.acknowledged() + MORE_BATCHES
      await until('acknowledgements', LIMIT_MS, () => edge.isOver() || edge.acknowledged() > enough)
      const { lastSequence } = await edge.report()
      await until('confirmations', LIMIT_MS, async () => ((await edge.report()).uplink?.confirmedSequence ?? 0) >= lastSequence)
    }),
  )
}

async function judged(gateway: Gateway, names: readonly string[], spreads: readonly number[]): Promise<Row> {
  const verdicts = await Promise.all(names.map((name) => gateway.verdict(name)))
  const faults = verdicts.map(faultsOf).filter((text) => text !== '')
  const acknowledged = verdicts.reduce((sum, verdict) => sum + verdict.acknowledged, 0)
  const median = [...spreads].sort((a, b) => a - b)[Math.floor(spreads.length / 2)] ?? 0
  return {
    fault: 'hub restarts under load',
    method: `the hub killed and stopped in turn; ${names.length} edges send, each through a proxy that sees it come back`,
    runs: spreads.length,
    target: `acknowledged lost 0, stored twice 0, reconnects spread (≥ ${SPREAD_MS} ms)`,
    figure: `${faults.join('; ') || 'lost 0, twice 0'} of ${acknowledged.toLocaleString('en')} acknowledged; ${names.length} reconnects over ${median.toFixed(0)} ms (median)`,
    met: faults.length === 0 && median >= SPREAD_MS && verdicts.every((verdict) => verdict.acknowledged > 0),
  }
}
