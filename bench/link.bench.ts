import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/core/time.ts'
import { enrolled } from './enrolled.ts'
import type { NodeOrder, NodeReport } from './link-node.ts'
import { freePort, until } from './node.ts'
import { PAYLOADS, SIGNALS } from './plant.ts'
import { type Figure, repeat } from './report.ts'

/** An edge and a hub, whole nodes in processes of their own, joined on loopback: rules and historian at both ends. */
export const title = 'Link: edge to hub'

const RUNS = Number(process.env.ECLUSE_RUNS ?? 3)
const PASSES = Number(process.env.ECLUSE_PASSES ?? 4)
const LIVE_S = 10

export async function measure(): Promise<Figure[]> {
  const only = process.env.ECLUSE_ONLY
  if (only) {
    console.log(await (only === 'full' ? throughput() : only === 'live' ? liveDelay() : catchUp()))
    return []
  }
  const runs = await repeat(RUNS, async () => ({ full: await throughput(), live: await liveDelay(), after: await catchUp() }))
  const samples = PAYLOADS * PASSES * SIGNALS
  return [
    {
      what: 'published at the edge to committed and queryable at the hub',
      unit: 'samples/s',
      runs: runs.map(({ full }) => samples / full.seconds),
      aim: '≥ 1,000,000 (2,000,000)',
      note: `${samples.toLocaleString('en')} samples of ${SIGNALS} signals; rules and historian at the edge, historian at the hub`,
    },
    { what: 'bytes on the wire', unit: 'a sample', runs: runs.map(({ full }) => full.bytes), aim: '≤ 4' },
    { what: 'CPU of the edge', unit: 's per million', runs: runs.map(({ full }) => full.edgeCpu / (samples / 1e6)) },
    { what: 'CPU of the hub', unit: 's per million', runs: runs.map(({ full }) => full.hubCpu / (samples / 1e6)) },
    { what: 'source to live at the hub at 10,000 samples/s, p50', unit: 'ms', runs: runs.map(({ live }) => live.p50) },
    { what: 'the same, p99', unit: 'ms', runs: runs.map(({ live }) => live.p99), aim: '≤ 100' },
    {
      what: 'bytes on the wire at 10,000 samples/s',
      unit: 'a sample',
      runs: runs.map(({ live }) => live.bytes),
      note: '100 samples every 10 ms',
    },
    { what: 'CPU of the edge at 10,000 samples/s', unit: '% of a core', runs: runs.map(({ live }) => live.edgePercent) },
    {
      what: 'catch-up after an outage, of what it missed',
      unit: 'samples/s',
      runs: runs.map(({ after }) => after.rate),
      note: 'while 10,000 samples/s go on',
    },
    { what: 'the same, of the live rate', unit: '×', runs: runs.map(({ after }) => after.rate / 10_000), aim: '≥ 10' },
  ]
}

class Node {
  readonly child: ChildProcess
  readonly #ready: Promise<void>
  #asked = 0
  readonly #answers = new Map<number, (report: NodeReport) => void>()

  constructor(order: NodeOrder) {
    const execArgv = process.env.ECLUSE_PROFILE
      ? ['--cpu-prof', `--cpu-prof-dir=${process.env.ECLUSE_PROFILE}`, '--cpu-prof-interval=2000']
      : []
    this.child = fork(join(import.meta.dirname, 'link-node.ts'), [JSON.stringify(order)], {
      execArgv: ['--max-semi-space-size=4', ...execArgv],
    })
    this.#ready = new Promise((resolve, reject) => {
      this.child.once('exit', (code) => code && reject(new Error(`the ${order.role} ended with ${code}`)))
      this.child.on('message', (message: 'ready' | { id: number; report: NodeReport }) => {
        if (message === 'ready') resolve()
        else this.#answers.get(message.id)?.(message.report)
      })
    })
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    await this.ask('stop')
    await ended
  }

  async ask(what: 'report' | 'go' | 'watch' | 'count' | 'stop' = 'report'): Promise<NodeReport> {
    await this.#ready
    const id = ++this.#asked
    return await new Promise((resolve) => {
      this.#answers.set(id, resolve)
      this.child.send({ id, ask: what })
    })
  }
}

async function withNodes<T>(
  orders: Pick<NodeOrder, 'sources'>,
  work: (edge: Node, hub: () => Node, startHub: () => void) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-link-'))
  const port = await freePort()
  await enrolled(directory, port)
  const nodes: Node[] = []
  const start = (role: 'edge' | 'hub') => {
    const node = new Node({ role, directory, port, sources: role === 'edge' ? orders.sources : [], passes: PASSES })
    nodes.push(node)
    return node
  }
  let hub: Node | undefined
  try {
    const result = await work(
      start('edge'),
      () => hub as Node,
      () => (hub = start('hub')),
    )
    await Promise.all(nodes.map((node) => node.stop()))
    return result
  } finally {
    for (const { child } of nodes) child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

const connected = (edge: Node) => until('connected', 30_000, async () => (await edge.ask()).isConnected)

/** As fast as it goes. */
async function throughput() {
  const samples = PAYLOADS * PASSES * SIGNALS
  return await withNodes({ sources: ['memory'] }, async (edge, hub, startHub) => {
    startHub()
    await connected(edge)
    const before = { edge: await edge.ask(), hub: await hub().ask() }
    const begin = performance.now()
    await edge.ask('go')
    await until('stored', 120_000, async () => (await edge.ask()).stored >= samples)
    const last = (await edge.ask()).sequence
    const storedS = (performance.now() - begin) / 1000
    await until('taken', 120_000, async () => (await hub().ask()).taken >= last)
    const takenS = (performance.now() - begin) / 1000
    await until('committed', 120_000, async () => (await hub().ask()).lag === 0)
    const seconds = (performance.now() - begin) / 1000
    if (process.env.ECLUSE_VERBOSE) console.error({ storedS, takenS, seconds })
    const { rows, cpu } = await hub().ask('count')
    if (rows < samples) throw new Error(`${rows} of ${samples} samples are in the hub's historian`)
    const after = await edge.ask()
    return { seconds, bytes: after.sentBytes / after.sentSamples, edgeCpu: after.cpu - before.edge.cpu, hubCpu: cpu - before.hub.cpu }
  })
}

/** From the moment the edge's source has a sample to the hub's live subscriber: rules, two fsyncs, the link. */
async function liveDelay() {
  return await withNodes({ sources: ['steady'] }, async (edge, hub, startHub) => {
    startHub()
    await connected(edge)
    await hub().ask('watch')
    await until('live', 30_000, async () => (await hub().ask()).live.count > 1_000)
    await hub().ask('watch')
    const before = await edge.ask()
    await systemClock.sleep(LIVE_S * 1000)
    const after = await edge.ask()
    const { live } = await hub().ask('count')
    const bytes = (after.sentBytes - before.sentBytes) / (after.sentSamples - before.sentSamples)
    return { ...live, bytes, edgePercent: ((after.cpu - before.cpu) / LIVE_S) * 100 }
  })
}

/** The hub comes back when so much has gathered at the edge; live samples go on. */
async function catchUp() {
  const samples = PAYLOADS * PASSES * SIGNALS
  return await withNodes({ sources: ['memory', 'steady'] }, async (edge, hub, startHub) => {
    await edge.ask('go')
    await until('gathered', 120_000, async () => (await edge.ask()).stored >= samples)
    const { sequence } = await edge.ask()
    startHub()
    await connected(edge)
    const begin = performance.now()
    await until('caught up', 120_000, async () => (await hub().ask()).taken >= sequence)
    const seconds = (performance.now() - begin) / 1000
    return { rate: samples / seconds }
  })
}
