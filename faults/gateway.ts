import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { type Clock, systemClock } from '../src/core/time.ts'
import { linkConfig } from '../src/gateway/config.ts'
import { identityDirectory, openHubIdentity } from '../src/gateway/identity/hub.ts'
import { enroll, listen } from '../src/gateway/link/tls.ts'
import { freePort } from '../src/lib/ports.fixture.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { transportOf } from '../src/run/transport.ts'
import { countingDevice } from './counter.ts'
import { Journal } from './journal.ts'
import { disagreements, openSums } from './ledger.ts'
import { firstFree, type NodeProcess, type StartOptions, startNodeProcess, withBench } from './node.ts'
import { compare, type Verdict } from './oracle.ts'

/** Everything of the edges must be at the hub by then, once the faults are over. */
const SETTLE_MS = 60_000

/** One node of a gateway under fault. An edge's name is also its site, so that no two say the same signal. */
export interface Member {
  readonly name: string
  readonly role: 'edge' | 'relay' | 'hub'
  /** The node it dials. */
  readonly to?: string
  /** Content of `spool:`. */
  readonly spool?: string
  /** What the counting device of an edge is told besides its first number. */
  readonly device?: string
  /** Where its data is; somewhere else where its disk is what fails. */
  readonly data?: string
  /** Content of `link:` in place of the one made here; `own` is the port it listens at, `next` the one it dials. */
  readonly link?: (ports: { readonly own: number; readonly next: number }) => string
  /** It has a certificate, and no node of ours runs under it. */
  readonly isForeign?: boolean
}

/** Edges, relays and a hub, each a process of its own; the device of each edge keeps a journal, which is held against the historian of the hub. */
export interface Gateway {
  readonly folder: string
  start(name: string, options?: StartOptions): Promise<NodeProcess>
  data(name: string): string
  /** Where a node listens. */
  port(name: string): number
  /** From its next start on, a node dials this port instead: a network that the fault owns. */
  reroute(name: string, port: number): void
  /** All nodes once more, in this process and without devices or faults, until the hub's historian has all that the edges have. `work` meanwhile. */
  settle(work?: () => Promise<void>): Promise<void>
  verdict(edge: string): Promise<Verdict>
}

/** Makes the gateway, from the hub down; every node is enrolled with the one it dials. `clock`: when that was. */
export async function withGateway<T>(members: readonly Member[], work: (gateway: Gateway) => Promise<T>, clock = systemClock): Promise<T> {
  return withBench(async ({ folder }) => {
    const ports = new Map<string, number>()
    for (const { name } of members) ports.set(name, await freePort())
    const routes = new Map<string, number>()
    const port = (name: string) => ports.get(name) ?? 0
    const member = (name: string) => members.find((one) => one.name === name) as Member
    const data = (name: string) => member(name).data ?? join(folder, name)
    const journal = (name: string) => join(folder, `${name}.journal`)
    const hub = members.find(({ role }) => role === 'hub')?.name ?? ''
    for (const { name, role, to, link } of members)
      if (to && !link) await enrol(data(to), to, port(to), { name, role, data: data(name) }, clock)
    const configure = async (name: string, hasDevice: boolean) => {
      const { role, to = '', link, spool = 'segmentBytes: 1MiB, maxBytes: 1GiB', device } = member(name)
      const [own, next] = [port(name), routes.get(name) ?? port(to)]
      const dials = to && `to: "127.0.0.1:${next}"`
      const listens = role !== 'edge' && `listen: { port: ${own} }`
      const connections =
        role === 'edge' && hasDevice
          ? `connections:\n  counter: { kind: counting, first: ${await firstFree(journal(name))}${device ? `, ${device}` : ''} }\n`
          : ''
      const lines = [
        `version: 1\nsite: { id: ${name} }\nnode: { id: ${name}, role: ${role} }\ndata: ${data(name)}\nspool: { ${spool} }`,
        'historian: { commitInterval: 50ms, commitRows: 5000 }',
        `link: { ${link?.({ own, next }) ?? [dials, listens].filter(Boolean).join(', ')} }\n${connections}`,
      ]
      const file = join(folder, `${name}.yaml`)
      writeFileSync(file, lines.join('\n'))
      return file
    }
    let unclosed: string[] | undefined
    return work({
      ...{ folder, data, port },
      reroute: (name, to) => void routes.set(name, to),
      start: async (name, options) => startNodeProcess(await configure(name, true), { journal: journal(name) }, options),
      verdict: async (edge) => {
        const verdict = await compare(journal(edge), join(data(hub), 'historian'), `${edge}/`)
        return unclosed ? { ...verdict, unclosed } : verdict
      },
      settle: async (meanwhile) => {
        unclosed = await settle(members, hub, { configure: (name) => configure(name, false), folder, ...(meanwhile && { meanwhile }) })
      },
    })
  })
}

interface Lower {
  readonly name: string
  readonly role: Member['role']
  readonly data: string
}

async function enrol(upperData: string, upper: string, port: number, { name, role, data }: Lower, clock: Clock): Promise<void> {
  const link = linkConfig.parse({ listen: { port } })
  const identity = await openHubIdentity({ data: upperData, node: upper, link, clock })
  const listener = await listen({ host: '127.0.0.1', port, name: upper, identity, clock, log: silent, onChannel: () => {} })
  const { authority, registry, tokens } = identity
  await registry.add(name, false, role === 'relay')
  const order = { node: name, address: `127.0.0.1:${port}`, fingerprint: authority.fingerprint, lifetimeMs: 60_000 }
  await enroll({ token: (await tokens.create(order)).text, directory: identityDirectory(data), clock })
  await listener.close()
}

interface Settling {
  readonly configure: (name: string) => Promise<string>
  readonly folder: string
  readonly meanwhile?: () => Promise<void>
}

/** Says which sums do not close, and where an edge and the hub disagree. */
async function settle(members: readonly Member[], hub: string, { configure, folder, meanwhile }: Settling): Promise<string[]> {
  const nodes = new Map<string, RunningNode>()
  try {
    for (const { name, isForeign } of members) if (!isForeign) nodes.set(name, await inProcess(await configure(name), folder))
    const edges = members.filter(({ role, isForeign }) => role === 'edge' && !isForeign)
    const view = nodes.get(hub)?.view as RunningNode['view']
    const hasAll = () =>
      view.historianLag().records === 0 &&
      edges.every(({ name }) => {
        const end = nodes.get(name)?.view.spool().lastSequence
        return view.remotes().some(({ node, sequence }) => node === name && sequence === end)
      })
    const settled = () =>
      until('everything of the edges at the hub', SETTLE_MS, hasAll).catch((error: Error) => {
        throw new Error(`${error.message}: ${standing(nodes)}`)
      })
    await settled()
    await meanwhile?.()
    await settled()
    const all = [...nodes.values()].map((node) => openSums(node.view))
    const pairs = edges.map(({ name }) => disagreements((nodes.get(name) as RunningNode).view, view))
    return (await Promise.all([...all, ...pairs])).flat()
  } finally {
    for (const node of [...nodes.values()].reverse()) await node.stop()
  }
}

/** Where everybody stands, for whoever has to find out why. */
function standing(nodes: ReadonlyMap<string, RunningNode>): string {
  const of = ([name, { view }]: [string, RunningNode]) => {
    const uplink = view.uplink()
    const remotes = view.remotes().map(({ node, sequence, liveness }) => `${node} ${sequence} ${liveness}`)
    const link = uplink && `${uplink.state}, ${uplink.confirmedSequence} confirmed${uplink.problem ? `, ${uplink.problem.message}` : ''}`
    return `${name}: ${view.spool().lastSequence} records, ${view.historianLag().records} behind; ${[link, ...remotes].filter(Boolean).join('; ')}`
  }
  return [...nodes].map(of).join(' | ')
}

async function inProcess(file: string, folder: string): Promise<RunningNode> {
  const journal = new Journal(join(folder, 'unused'))
  const loaded = await loadConfig(file, { connectors: [countingDevice(journal) as Connector], env: process.env })
  journal.close()
  const parts = { clock: systemClock, log: silent }
  const transport = await transportOf(loaded, parts)
  return startNode(loaded, { ...parts, random: Math.random, version: 'faults', ...(transport && { transport }) })
}

/** Ends processes that still run, hard: after a failure nobody waits for them. */
export async function killAll(...nodes: readonly (NodeProcess | undefined)[]): Promise<void> {
  await Promise.all(nodes.map((node) => node?.kill()))
}
