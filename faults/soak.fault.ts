import { until } from '../bench/node.ts'
import { systemClock } from '../src/core/time.ts'
import { startChaosProxy } from './chaos-proxy.ts'
import { killAll, type Member, withGateway } from './gateway.ts'
import type { NodeProcess } from './node.ts'
import type { Report } from './node-report.ts'
import { faultsOf } from './oracle.ts'
import { progressOf } from './progress.ts'
import { type Form, ofLong, type Row } from './row.ts'
import { seeded } from './seeded.ts'

/** Links that are cut over and over: what the ends hold afterwards. Long form only; `ECLUSE_SHARE=0.1` runs a tenth of it. */
export const title = 'Soak of reconnects'

const LIMIT_MS = 120_000
const RECONNECTS = 10_000
const MINUTES = 30
const EDGES = 8
/** Long enough for a link to stand and something to be confirmed: one that never is waits longer each time. */
const EVERY_MS = 1_000
/** So many come before the first look: what a process keeps for good is there then. */
const WARM = 100
/** Bytes by which a heap may differ from one look to another without holding on to anything: caches, code. */
const HEAP_BYTES = 8 * 1024 * 1024
const FILES = 4

const MEMBERS: readonly Member[] = [
  { name: 'hub', role: 'hub' },
  ...Array.from({ length: EDGES }, (_, i): Member => ({ name: `edge-${i}`, role: 'edge', to: 'hub', device: 'batch: 5, period: 100' })),
]

export async function run(form: Form): Promise<Row[]> {
  if (form === 'short') return []
  const wanted = ofLong(RECONNECTS)
  const share = wanted / RECONNECTS
  return withGateway(MEMBERS, async (gateway) => {
    const proxy = await startChaosProxy({ port: gateway.port('hub') }, seeded('soak'))
    const names = MEMBERS.filter(({ role }) => role === 'edge').map(({ name }) => name)
    for (const name of names) gateway.reroute(name, proxy.port)
    const hub = await gateway.start('hub')
    const nodes: NodeProcess[] = [hub]
    try {
      await hub.report()
      for (const name of names) nodes.push(await gateway.start(name))
      const progress = progressOf('reconnects', WARM + wanted)
      const cut = async (enough: number) => {
        while (proxy.counters.connections < enough) {
          progress(proxy.counters.connections)
          proxy.resetAll()
          await systemClock.sleep(EVERY_MS)
        }
      }
      await cut(WARM)
      const before = await look(nodes)
      const begin = performance.now()
      await cut(WARM + wanted)
      const minutes = (performance.now() - begin) / 60_000
      const after = await look(nodes)
      for (const node of nodes.slice(1)) await node.stop()
      await hub.stop()
      await gateway.settle()
      const verdicts = await Promise.all(names.map((name) => gateway.verdict(name)))
      const faults = verdicts.map(faultsOf).filter((text) => text !== '')
      const heap = grown(before, after, 'heap')
      const files = grown(before, after, 'files')
      return [
        {
          fault: 'soak of reconnects',
          method: `every connection of ${EDGES} edges reset every second, ${share === 1 ? 'the whole of it' : `${share * 100} % of it`}; heap after a collection, /proc/self/fd`,
          runs: wanted,
          target: `${wanted.toLocaleString('en')} reconnects within ${(MINUTES * share).toFixed(0)} min; heap +≤ ${HEAP_BYTES / 1024 / 1024} MiB and files +≤ ${FILES} at every node; lost 0, twice 0`,
          figure: `${wanted.toLocaleString('en')} in ${minutes.toFixed(1)} min; heap at most ${(heap / 1024 / 1024).toFixed(1)} MiB more (hub ${mib(before[0])} → ${mib(after[0])}), files at most ${files} more (hub ${before[0]?.files} → ${after[0]?.files}); ${faults.join('; ') || 'lost 0, twice 0'}`,
          met: faults.length === 0 && minutes <= MINUTES * share && heap <= HEAP_BYTES && files <= FILES,
        },
      ]
    } finally {
      await killAll(...nodes)
      await proxy.stop()
    }
  })
}

/** Of each node, once all have caught up: what waits is not held on to. */
async function look(nodes: readonly NodeProcess[]): Promise<Report[]> {
  for (const edge of nodes.slice(1)) {
    const { lastSequence } = await edge.report()
    await until('confirmations', LIMIT_MS, async () => ((await edge.report()).uplink?.confirmedSequence ?? 0) >= lastSequence)
  }
  return Promise.all(nodes.map((node) => node.report('measure')))
}

function grown(before: readonly Report[], after: readonly Report[], what: 'heap' | 'files'): number {
  return Math.max(...before.map((one, i) => (after[i]?.[what] ?? Number.POSITIVE_INFINITY) - one[what]))
}

const mib = (report: Report | undefined): string => ((report?.heap ?? 0) / 1024 / 1024).toFixed(1)
