import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { freePort } from '../src/lib/ports.fixture.ts'
import { Nats } from './nats.ts'
import { until } from './node.ts'
import { payloads, SIGNALS, TOPIC } from './plant.ts'
import { onDisk } from './power-cut.ts'
import { cpuSecondsOf, type Figure, program, repeat, runProgram } from './report.ts'

/**
 * The same Sparkplug payloads through other ways from an edge to a hub: what the edge's broker acknowledges, and what reaches the hub. For the losses the
 * hub is away while the edge acknowledges; then the edge is killed, or loses its power, and both start again.
 */
export const title = 'Link, peers: mosquitto bridge and NATS JetStream leaf'

const RUNS = Number(process.env.ECLUSE_RUNS ?? 3)
const MESSAGES = 2_000
const LOSS_MESSAGES = 500
const IN_FLIGHT = 64

interface Side {
  readonly port: number
  readonly linkPort: number
}

/** A way from an edge to a hub; programs are started on a directory of their own. */
interface Way {
  readonly name: string
  readonly binary: string
  /** Where the way ends at the hub. */
  end(hub: Side): number
  /** A hub that begins anew is given all that the edge ever had, not only what it had not delivered. */
  readonly isReplayed: boolean
  start(role: 'edge' | 'hub', binary: string, directory: string, ports: { edge: Side; hub: Side }): ChildProcess
  /** Resolves when the edge takes messages. */
  publisher(ports: { edge: Side; hub: Side }): Promise<{ publish(n: number, bytes: Buffer): Promise<void>; close(): Promise<void> }>
  /** Counts messages at the hub, from when it runs. */
  counter(ports: { edge: Side; hub: Side }): Promise<{ count(): Promise<number>; close(): Promise<void> }>
}

const mosquitto: Way = {
  name: 'mosquitto bridge, QoS 1, persistence on',
  binary: 'mosquitto',
  end: ({ port }) => port,
  isReplayed: false,
  start: (role, binary, directory, { edge, hub }) => {
    const common = `persistence true\npersistence_location ${directory}/\nallow_anonymous true\nmax_queued_messages 0\nmax_queued_bytes 0\nlog_dest none\n`
    const bridge = `connection up\naddress 127.0.0.1:${hub.port}\ntopic spBv1.0/# out 1\ncleansession false\nremote_clientid edge\nrestart_timeout 1\nmax_inflight_messages 0\n`
    const file = join(directory, 'mosquitto.conf')
    writeFileSync(
      file,
      `user root\nlistener ${role === 'edge' ? edge.port : hub.port} 127.0.0.1\n${common}${role === 'edge' ? bridge : ''}`,
    )
    return spawn(binary, ['-c', file], { stdio: 'ignore' })
  },
  publisher: async ({ edge }) => {
    const client = await mqttAt(edge.port, 'publisher')
    return {
      publish: async (_n, bytes) => void (await client.publishAsync(`${TOPIC}/NDATA/plant`, bytes, { qos: 1 })),
      close: () => client.endAsync(true),
    }
  },
  counter: async ({ hub }) => {
    const client = await mqttAt(hub.port, 'counter')
    let count = 0
    client.on('message', () => count++)
    await client.subscribeAsync('spBv1.0/#', { qos: 1 })
    return { count: async () => count, close: () => client.endAsync(true) }
  },
}

const nats: Way = {
  name: 'NATS JetStream leaf and mirror',
  binary: 'nats-server',
  end: ({ linkPort }) => linkPort,
  isReplayed: true,
  start: (role, binary, directory, { edge, hub }) => {
    const leaf =
      role === 'edge' ? `remotes: [{ url: "nats-leaf://127.0.0.1:${hub.linkPort}" }], reconnect: 1` : `listen: "127.0.0.1:${hub.linkPort}"`
    const file = join(directory, 'nats.conf')
    writeFileSync(
      file,
      `server_name: ${role}\nlisten: "127.0.0.1:${role === 'edge' ? edge.port : hub.port}"\njetstream: { store_dir: "${directory}", domain: ${role} }\nleafnodes: { ${leaf} }\n`,
    )
    return spawn(binary, ['-c', file], { stdio: 'ignore' })
  },
  publisher: async ({ edge }) => {
    const client = await natsAt(edge.port)
    await client.json('$JS.API.STREAM.CREATE.S', { name: 'S', subjects: ['plant.>'], storage: 'file', num_replicas: 1 })
    return {
      publish: async (_n, bytes) => {
        const answer = JSON.parse((await client.request('plant.data', bytes)).toString()) as { seq?: number }
        if (!answer.seq) throw new Error(`not stored: ${JSON.stringify(answer)}`)
      },
      close: async () => client.close(),
    }
  },
  counter: async ({ hub }) => {
    const client = await natsAt(hub.port)
    const mirror = { name: 'S', external: { api: '$JS.edge.API' } }
    await client.json('$JS.API.STREAM.CREATE.M', { name: 'M', storage: 'file', num_replicas: 1, mirror })
    return { count: async () => (await client.json('$JS.API.STREAM.INFO.M')).state?.messages ?? 0, close: async () => client.close() }
  },
}

export async function measure(): Promise<Figure[]> {
  const data = payloads()
  const figures: Figure[] = []
  for (const way of [mosquitto, nats]) {
    const binary = program(way.binary)
    if (!binary) {
      console.log(`(${way.binary} is not installed: skipped)`)
      continue
    }
    const runs = await repeat(RUNS, () => throughput(way, binary, data))
    figures.push(
      {
        what: `${way.name}: published to arrived at the hub`,
        unit: 'samples/s',
        runs: runs.map(({ seconds }) => (MESSAGES * SIGNALS) / seconds),
        note: `${MESSAGES.toLocaleString('en')} messages of ${SIGNALS} samples; no rules, no historian, no TLS`,
      },
      { what: `${way.name}: bytes on the wire`, unit: 'a sample', runs: runs.map(({ bytes }) => bytes) },
      { what: `${way.name}: CPU, edge`, unit: 's per million', runs: runs.map(({ edgeCpu }) => edgeCpu) },
      { what: `${way.name}: CPU, hub`, unit: 's per million', runs: runs.map(({ hubCpu }) => hubCpu) },
      ...(await losses(way, binary, data)),
    )
  }
  return figures
}

async function throughput(way: Way, binary: string, data: readonly Buffer[]) {
  return await inDirectory(async (directory) => {
    const ports = await portsOf()
    const hub = launch(way, 'hub', binary, join(directory, 'hub'), ports)
    const edge = launch(way, 'edge', binary, join(directory, 'edge'), ports)
    try {
      const publisher = await way.publisher(ports)
      const counter = await way.counter(ports)
      await publisher.publish(0, data[0] as Buffer)
      await until('the way is open', 20_000, async () => (await counter.count()) > 0)
      const before = { edge: cpuSecondsOf(edge.pid as number), hub: cpuSecondsOf(hub.pid as number), wire: sentTo(way.end(ports.hub)) }
      const begin = performance.now()
      await publishAll(publisher, MESSAGES, data)
      await until('all arrived', 60_000, async () => (await counter.count()) >= MESSAGES + 1)
      const seconds = (performance.now() - begin) / 1000
      const millions = (MESSAGES * SIGNALS) / 1e6
      const result = {
        seconds,
        bytes: (sentTo(way.end(ports.hub)) - before.wire) / (MESSAGES * SIGNALS),
        edgeCpu: (cpuSecondsOf(edge.pid as number) - before.edge) / millions,
        hubCpu: (cpuSecondsOf(hub.pid as number) - before.hub) / millions,
      }
      await publisher.close()
      await counter.close()
      return result
    } finally {
      await Promise.all([killed(edge), killed(hub)])
    }
  })
}

async function losses(way: Way, binary: string, data: readonly Buffer[]): Promise<Figure[]> {
  const note = `of ${LOSS_MESSAGES + (way.isReplayed ? 1 : 0)} acknowledged while the hub was away; an orderly stop lost none`
  const same = (directory: string) => async () => join(directory, 'edge')
  const lostByStop = await inDirectory((directory) => lost(way, binary, data, directory, same(directory), 'SIGTERM'))
  if (lostByStop > 0) throw new Error(`${way.name}: ${lostByStop} lost by an orderly stop, so no loss can be stated`)
  const lostByKill = await inDirectory((directory) => lost(way, binary, data, directory, same(directory)))
  const kill = { what: `${way.name}: messages lost by kill -9 of the edge`, unit: 'messages', runs: [lostByKill], note }
  const power = await inDirectory((directory) => lostByPower(way, binary, data, directory))
  if (power === undefined) {
    console.log(`(${way.name}: no loop devices here, power cut skipped)`)
    return [kill]
  }
  return [
    kill,
    {
      what: `${way.name}: messages lost by a power cut of the edge`,
      unit: 'messages',
      runs: [power],
      note: `${note}; copy of its mounted disk`,
    },
  ]
}

/** Messages of the acknowledged ones that never reach the hub when the edge ends at once after the last acknowledgement and starts again on what `after` gives. */
async function lost(
  way: Way,
  binary: string,
  data: readonly Buffer[],
  directory: string,
  after: () => Promise<string>,
  signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL',
): Promise<number> {
  const ports = await portsOf()
  // The hub knows the way before it goes away.
  let hub = launch(way, 'hub', binary, join(directory, 'hub'), ports)
  let edge = launch(way, 'edge', binary, join(directory, 'edge'), ports)
  try {
    let publisher = await way.publisher(ports)
    let counter = await way.counter(ports)
    await publisher.publish(0, data[0] as Buffer)
    await until('the way is open', 20_000, async () => (await counter.count()) > 0)
    await counter.close()
    await killed(hub)
    await publishAll(publisher, LOSS_MESSAGES, data)
    // Held still, so that the copy of a disk shows one moment.
    if (signal === 'SIGKILL') edge.kill('SIGSTOP')
    const place = await after()
    await killed(edge, signal)
    await publisher.close()
    hub = launch(way, 'hub', binary, join(directory, 'hub-2'), ports)
    counter = await way.counter(ports)
    edge = launch(way, 'edge', binary, place, ports)
    publisher = await way.publisher(ports)
    // One more shows that the way is open; what was kept came before it.
    await publisher.publish(0, data[0] as Buffer)
    await until('the way is open again', 30_000, async () => (await counter.count()) > 0)
    let found = 0
    for (let still = 0; still < 10; ) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      const now = await counter.count()
      still = now === found ? still + 1 : 0
      found = now
    }
    await publisher.close()
    await counter.close()
    const acknowledged = LOSS_MESSAGES + (way.isReplayed ? 1 : 0)
    return Math.max(0, acknowledged - (found - 1))
  } finally {
    await Promise.all([killed(edge), killed(hub)])
  }
}

/** The same with the edge's data on a disk that loses its power. */
function lostByPower(way: Way, binary: string, data: readonly Buffer[], directory: string): Promise<number | undefined> {
  return onDisk(directory, join(directory, 'edge'), (disk) =>
    lost(way, binary, data, directory, async () => {
      const after = join(directory, 'edge-after')
      disk.cut(after)
      return after
    }),
  )
}

async function publishAll(
  publisher: { publish(n: number, bytes: Buffer): Promise<void> },
  count: number,
  data: readonly Buffer[],
): Promise<void> {
  let next = 0
  const send = async () => {
    for (let n = next++; n < count; n = next++) await publisher.publish(n, data[n % data.length] as Buffer)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, send))
}

function launch(way: Way, role: 'edge' | 'hub', binary: string, directory: string, ports: { edge: Side; hub: Side }): ChildProcess {
  mkdirSync(directory, { recursive: true })
  return way.start(role, binary, directory, ports)
}

async function portsOf(): Promise<{ edge: Side; hub: Side }> {
  const side = async () => ({ port: await freePort(), linkPort: await freePort() })
  return { edge: await side(), hub: await side() }
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-peers-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function mqttAt(port: number, clientId: string): Promise<MqttClient> {
  return await patiently(() => connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, clientId, reconnectPeriod: 0 }))
}

async function natsAt(port: number): Promise<Nats> {
  return await patiently(() => Nats.connect(port))
}

/** The program may not listen yet. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (tries > 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** Bytes sent so far on connections to a port, as the kernel counts them. */
function sentTo(port: number): number {
  const connections = runProgram('ss', '-tinH', 'dport', '=', `:${port}`)
  return [...connections.matchAll(/bytes_sent:(\d+)/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0)
}

function killed(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}
