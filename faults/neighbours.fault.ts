import { until } from '../bench/node.ts'
import { systemClock } from '../src/core/time.ts'
import { CALM, startChaosProxy } from './chaos-proxy.ts'
import { type Gateway, killAll, type Member, withGateway } from './gateway.ts'
import type { NodeProcess } from './node.ts'
import { faultsOf } from './oracle.ts'
import { type Form, ofLong, type Row } from './row.ts'
import { seeded } from './seeded.ts'

/** Several edges at one hub, and one of them floods it or hangs on a very slow line: what the others notice of it. */
export const title = 'Slow or flooding neighbour'
export const beside = 'nothing'
export const ofGateway = true

const LIMIT_MS = 60_000
/** All of them share one machine with the hub: this is what a percentile may move by when one of them takes a core of it. */
const MOVED_MS = 250
const OTHERS = ['edge-0', 'edge-1'] as const
const MEMBERS: readonly Member[] = [
  { name: 'hub', role: 'hub' },
  ...OTHERS.map((name): Member => ({ name, role: 'edge', to: 'hub', device: 'batch: 10, period: 20' })),
  { name: 'flood', role: 'edge', to: 'hub', device: 'batch: 1000, period: 10' },
]

export async function run(form: Form): Promise<Row[]> {
  const phaseMs = form === 'short' ? 3_000 : ofLong(60_000)
  return withGateway(MEMBERS, async (gateway) => {
    const proxy = await startChaosProxy({ port: gateway.port('hub') }, seeded('neighbours'))
    gateway.reroute('flood', proxy.port)
    const hub = await gateway.start('hub')
    const edges: NodeProcess[] = []
    const seen = new Set<string>()
    try {
      await hub.report()
      for (const name of OTHERS) edges.push(await gateway.start(name))
      await until('the others are seen', LIMIT_MS, async () => {
        for (const name of Object.keys((await hub.report()).latency)) seen.add(name)
        return OTHERS.every((name) => seen.has(name))
      })
      const calm = await phase(hub, phaseMs)
      const flood = await gateway.start('flood')
      edges.push(flood)
      await until('the flood is seen', LIMIT_MS, async () => (await hub.report()).latency.flood !== undefined)
      const flooded = await phase(hub, phaseMs)
      Object.assign(proxy.chaos, CALM, { bytesPerSecond: 5_000, delayMs: 200 })
      const slowed = await phase(hub, phaseMs)
      Object.assign(proxy.chaos, CALM)
      for (const edge of edges) await edge.stop()
      await hub.stop()
      return [await judged(gateway, form, { calm, flooded, slowed })]
    } finally {
      await killAll(hub, ...edges)
      await proxy.stop()
    }
  })
}

/** Of the edges that are not at fault: batches seen at the hub, and how long from the device to the hub's disk. */
interface Seen {
  readonly batches: number
  readonly medianMs: number
  readonly p99Ms: number
}

async function phase(hub: NodeProcess, ms: number): Promise<Seen> {
  await hub.report() // what came before is not of this phase
  await systemClock.sleep(ms)
  const { latency } = await hub.report()
  const none = { batches: 0, medianMs: Number.POSITIVE_INFINITY, p99Ms: Number.POSITIVE_INFINITY }
  const others = OTHERS.map((name) => latency[name] ?? none)
  const most = (pick: (seen: Seen) => number) => Math.max(...others.map(pick))
  return {
    batches: Math.min(...others.map(({ batches }) => batches)),
    medianMs: most((one) => one.medianMs),
    p99Ms: most((one) => one.p99Ms),
  }
}

async function judged(gateway: Gateway, form: Form, { calm, flooded, slowed }: Record<'calm' | 'flooded' | 'slowed', Seen>): Promise<Row> {
  await gateway.settle()
  const names = MEMBERS.filter(({ role }) => role === 'edge').map(({ name }) => name)
  const faults = (await Promise.all(names.map((name) => gateway.verdict(name)))).map(faultsOf).filter((text) => text !== '')
  const told = (name: string, { medianMs, p99Ms, batches }: Seen) =>
    `${name} ${medianMs.toFixed(0)} / ${p99Ms.toFixed(0)} ms (${batches} batches)`
  // Of some seconds, the 99th percentile is the two worst moments of a machine that other tests share.
  const counts = (one: Seen) => (form === 'short' ? one.medianMs : one.p99Ms)
  const worst = Math.max(counts(flooded), counts(slowed))
  const fewest = Math.min(flooded.batches, slowed.batches)
  return {
    fault: 'slow or flooding neighbour',
    method:
      'two quiet edges (500 samples/s) and one that sends all it can, at most 100,000 samples/s, then the same on a line of 5 kB/s and 200 ms; median / 99th percentile',
    runs: 1,
    target: `${form === 'short' ? 'median' : '99th percentile'} of the others, device to the hub’s disk, moves by ≤ ${MOVED_MS} ms; nothing lost, twice 0`,
    figure: `${told('calm', calm)}, ${told('flooded', flooded)}, ${told('slow line', slowed)}; ${faults.join('; ') || 'lost 0, twice 0'}`,
    met: faults.length === 0 && worst - counts(calm) <= MOVED_MS && fewest > calm.batches * 0.5,
  }
}
