import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/core/time.ts'
import { freePort } from '../src/lib/ports.fixture.ts'
import { enrolled } from './enrolled.ts'
import { idleEdge } from './idle-edge.ts'
import type { NodeOrder, NodeReport } from './link-node.ts'
import { until } from './node.ts'
import { PAYLOADS, SIGNALS } from './plant.ts'
import { onDisk } from './power-cut.ts'
import { type Figure, repeat, runProgram } from './report.ts'

/** An edge and a hub, whole nodes in processes of their own, joined on loopback: rules and historian at both ends. */
export const title = 'Link: edge to hub'

const RUNS = Number(process.env.ECLUSE_RUNS ?? 3)
const PASSES = Number(process.env.ECLUSE_PASSES ?? 3)
const LOSS_PASSES = 1
const LIVE_S = 10
const IDLE_S = 10

export async function measure(): Promise<Figure[]> {
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
    ...(await idle()),
    ...(await losses()),
  ]
}

class Node {
  readonly child: ChildProcess
  readonly #ready: Promise<void>
  #asked = 0
  readonly #asking = new Map<number, { answer(report: NodeReport): void; fail(why: Error): void }>()

  constructor(order: NodeOrder) {
    const execArgv = process.env.ECLUSE_PROFILE
      ? ['--cpu-prof', `--cpu-prof-dir=${process.env.ECLUSE_PROFILE}`, '--cpu-prof-interval=2000']
      : []
    this.child = fork(join(import.meta.dirname, 'link-node.ts'), [JSON.stringify(order)], {
      execArgv: ['--max-semi-space-size=4', '--expose-gc', ...execArgv],
    })
    this.#ready = new Promise((resolve, reject) => {
      this.child.once('exit', (code) => {
        const why = new Error(`the ${order.role} ended with ${code}`)
        reject(why)
        for (const { fail } of this.#asking.values()) fail(why)
      })
      this.child.on('message', (message: 'ready' | { id: number; report: NodeReport }) => {
        if (message === 'ready') resolve()
        else this.#asking.get(message.id)?.answer(message.report)
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
    return await new Promise<NodeReport>((answer, fail) => {
      this.#asking.set(id, { answer, fail })
      this.child.send({ id, ask: what })
    }).finally(() => this.#asking.delete(id))
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
    await until('taken', 120_000, async () => (await hub().ask()).taken >= last)
    await until('committed', 120_000, async () => (await hub().ask()).lag === 0)
    const seconds = (performance.now() - begin) / 1000
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

/** An edge that is connected and reads one small device. */
async function idle(): Promise<Figure[]> {
  const runs = await repeat(RUNS, () =>
    inDirectory(async (directory) => {
      const port = await freePort()
      await enrolled(directory, port)
      const hub = new Node({ role: 'hub', directory, port, sources: [], passes: 0 })
      await hub.ask()
      const found = await idleEdge(directory, IDLE_S)
      await hub.stop()
      return found
    }),
  )
  const note = '`ecluse run`, one Modbus device of 20 registers every second, historian on, OPC UA and MQTT not loaded, connected to a hub'
  return [
    { what: 'idle edge: memory', unit: 'MB', runs: runs.map(({ memoryMb }) => memoryMb), aim: '≤ 120', note },
    { what: 'idle edge: memory, what it shares counted in parts (PSS)', unit: 'MB', runs: runs.map(({ shareMb }) => shareMb) },
    { what: 'idle edge: CPU', unit: '% of a core', runs: runs.map(({ cpuPercent }) => cpuPercent) },
  ]
}

async function losses(): Promise<Figure[]> {
  const note = `of ${(LOSS_PASSES * PAYLOADS * SIGNALS).toLocaleString('en')} acknowledged while the hub was away`
  const kill = await inDirectory((directory) => lost(directory, () => directory))
  const power = await inDirectory((directory) =>
    onDisk(directory, join(directory, 'edge'), (disk) =>
      lost(directory, () => {
        const after = join(directory, 'after')
        disk.cut(join(after, 'edge'))
        return after
      }),
    ),
  )
  if (power === undefined) console.log('(no loop devices here, power cut skipped)')
  return [
    { what: 'samples lost by kill -9 of the edge', unit: 'samples', runs: [kill], aim: '0', note },
    ...(power === undefined
      ? []
      : [
          {
            what: 'samples lost by a power cut of the edge',
            unit: 'samples',
            runs: [power],
            aim: '0',
            note: `${note}; copy of its mounted disk`,
          },
        ]),
  ]
}

/** Samples that never reach the hub of those that the edge acknowledged before it was killed; it starts again on the data that `after` names. */
async function lost(directory: string, after: () => string): Promise<number> {
  const samples = LOSS_PASSES * PAYLOADS * SIGNALS
  const port = await freePort()
  await enrolled(directory, port)
  runProgram('sync')
  const order = { directory, port, passes: LOSS_PASSES }
  const nodes = [new Node({ ...order, role: 'edge', sources: ['memory'] })]
  try {
    const [first] = nodes as [Node]
    await first.ask('go')
    await until('acknowledged', 60_000, async () => (await first.ask()).stored >= samples)
    // Held still, so that the copy shows one moment.
    first.child.kill('SIGSTOP')
    const place = after()
    first.child.kill('SIGKILL')
    await new Promise((resolve) => first.child.once('exit', resolve))
    const hub = new Node({ ...order, role: 'hub', sources: [] })
    const edge = new Node({ ...order, directory: place, role: 'edge', sources: [] })
    nodes.push(hub, edge)
    await connected(edge)
    const { sequence } = await edge.ask()
    await until('taken', 60_000, async () => (await hub.ask()).taken >= sequence)
    await until('committed', 60_000, async () => (await hub.ask()).lag === 0)
    const { rows } = await hub.ask('count')
    await Promise.all([edge.stop(), hub.stop()])
    return Math.max(0, samples - rows)
  } finally {
    for (const { child } of nodes) child.kill('SIGKILL')
  }
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-link-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
