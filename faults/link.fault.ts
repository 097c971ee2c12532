import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { enrolled } from '../bench/enrolled.ts'
import { until } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { freePort } from '../src/lib/ports.fixture.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { transportOf } from '../src/run/transport.ts'
import { type ChaosProxy, startChaosProxy } from './chaos-proxy.ts'
import { countingDevice } from './counter.ts'
import { Journal } from './journal.ts'
import { disagreements, openSums } from './ledger.ts'
import { type Bench, firstFree, type NodeProcess, startNodeProcess, withBench } from './node.ts'
import { compare, faultsOf, type Verdict } from './oracle.ts'
import type { Form, Row } from './row.ts'
import { seeded } from './seeded.ts'

/** An edge and a hub, processes of their own, joined over TLS through a network that the fault owns. The device's journal is held against the hub's historian. */
export const title = 'Link: edge to hub'
export const beside = 'one'

const SETTLE_MS = 60_000
const READY_LIMIT_MS = 5_000

export async function run(form: Form): Promise<Row[]> {
  const [kills, cuts] = form === 'short' ? [4, 5] : [1_000, 300]
  return [await killing(kills), await badNetwork(cuts)]
}

interface Ends {
  readonly bench: Bench
  readonly proxy: ChaosProxy
  /** Starts an end; the edge goes on counting where its journal ends. */
  start(role: 'edge' | 'hub'): Promise<NodeProcess>
}

async function withEnds(work: (ends: Ends) => Promise<void>): Promise<Verdict> {
  return withBench(async (bench) => {
    const port = await freePort()
    await enrolled(bench.folder, port)
    const proxy = await startChaosProxy({ port }, seeded(7))
    try {
      await work({
        bench,
        proxy,
        start: async (role) => startNodeProcess(await write(bench, role, port, proxy.port), journalOf(bench, role)),
      })
      const unclosed = await settle(bench, port, proxy.port)
      return { ...(await compare(bench.journal, join(bench.folder, 'hub', 'historian'), 't/')), unclosed }
    } finally {
      await proxy.stop()
    }
  })
}

const journalOf = (bench: Bench, role: string): Bench => (role === 'edge' ? bench : { ...bench, journal: `${bench.journal}-hub` })

async function write({ folder, journal }: Bench, role: 'edge' | 'hub', port: number, proxy: number, hasDevice = true): Promise<string> {
  const file = join(folder, `${role}.yaml`)
  const device =
    role === 'edge' && hasDevice ? `connections:\n  counter: { kind: counting, first: ${await firstFree(journal)}, period: 2 }\n` : ''
  const link = role === 'edge' ? `to: "127.0.0.1:${proxy}"` : `listen: { port: ${port} }`
  const text = `version: 1\nsite: { id: t }\nnode: { id: ${role}, role: ${role} }\ndata: ${join(folder, role)}\nspool: { segmentBytes: 1MiB, maxBytes: 1GiB }`
  writeFileSync(file, `${text}\nhistorian: { commitInterval: 50ms, commitRows: 5000 }\nlink: { ${link} }\n${device}`)
  return file
}

/** Both ends once more, in this process and without faults or device, until the hub's historian has all that the edge has. Says which sums do not close. */
async function settle(bench: Bench, port: number, proxy: number): Promise<string[]> {
  const hub = await inProcess(await write(bench, 'hub', port, proxy), bench)
  const edge = await inProcess(await write(bench, 'edge', port, proxy, false), bench)
  try {
    await until('everything of the edge at the hub', SETTLE_MS, () => {
      const remote = hub.view.remotes().find(({ node }) => node === 'edge')
      return remote?.sequence === edge.view.spool().lastSequence && hub.view.historianLag().records === 0
    })
    return [...(await openSums(edge.view)), ...(await openSums(hub.view)), ...(await disagreements(edge.view, hub.view))]
  } finally {
    await edge.stop()
    await hub.stop()
  }
}

async function inProcess(file: string, bench: Bench): Promise<RunningNode> {
  const journal = new Journal(join(bench.folder, 'unused'))
  const loaded = await loadConfig(file, { connectors: [countingDevice(journal) as Connector], env: {} })
  journal.close()
  const parts = { clock: systemClock, log: silent }
  const transport = await transportOf(loaded, parts)
  return startNode(loaded, { ...parts, random: Math.random, version: 'faults', ...(transport && { transport }) })
}

async function killing(kills: number): Promise<Row> {
  const random = seeded(11)
  const ready: number[] = []
  const verdict = await withEnds(async ({ start }) => {
    const ends = { hub: await start('hub'), edge: await start('edge') }
    for (let i = 0; i < kills; i++) {
      const role = random() < 0.5 ? 'edge' : 'hub'
      const more = ends.edge.acknowledged() + 20 + Math.floor(random() * 60)
      await until('acknowledgements', SETTLE_MS, () => ends.edge.acknowledged() > more || ends.edge.isOver())
      await ends[role].kill()
      ends[role] = await start(role)
      if (role === 'hub') continue
      const { edge } = ends
      await until('the edge acknowledges again', SETTLE_MS, () => edge.acknowledged() > 0)
      ready.push(performance.now() - edge.startedMs)
    }
    await ends.edge.stop()
    await ends.hub.stop()
  })
  const slowest = Math.max(0, ...ready)
  const faults = faultsOf(verdict)
  return {
    fault: 'kill -9 of either end',
    method: 'SIGKILL of the edge or the hub at random moments, links over TLS',
    runs: kills,
    target: `acknowledged lost 0, stored twice 0 at the hub; ready ≤ ${READY_LIMIT_MS / 1000} s`,
    figure: `${faults || 'lost 0, twice 0'} of ${verdict.acknowledged.toLocaleString('en')} acknowledged; the edge acknowledges again after ${(slowest / 1000).toFixed(1)} s at most`,
    met: faults === '' && verdict.acknowledged > 0 && slowest <= READY_LIMIT_MS,
  }
}

async function badNetwork(cuts: number): Promise<Row> {
  const random = seeded(13)
  let connections = 0
  const verdict = await withEnds(async ({ start, proxy }) => {
    const hub = await start('hub')
    const edge = await start('edge')
    const weather = [{ loss: 0.3 }, { resets: 0.05 }, { halfOpen: true }, { refuses: true }, { delayMs: 200, jitterMs: 100 }]
    const calm = { delayMs: 0, jitterMs: 0, loss: 0, resets: 0, halfOpen: false, refuses: false }
    for (let i = 0; i < cuts; i++) {
      Object.assign(proxy.chaos, calm, weather[i % weather.length])
      if (random() < 0.5) proxy.resetAll()
      const more = edge.acknowledged() + 500
      await until('acknowledgements', SETTLE_MS, () => edge.acknowledged() > more)
      Object.assign(proxy.chaos, calm)
    }
    connections = proxy.counters.connections
    await edge.stop()
    await hub.stop()
  })
  const faults = faultsOf(verdict)
  return {
    fault: 'bad network between the ends',
    method: 'TCP proxy: 30 % loss, resets, half-open, refused, 200 ms',
    runs: cuts,
    target: 'lost 0, stored twice 0; the edge goes on',
    figure: `${faults || 'lost 0, twice 0'} of ${verdict.acknowledged.toLocaleString('en')} acknowledged; ${connections} connections`,
    met: faults === '' && verdict.acknowledged > 0,
  }
}
