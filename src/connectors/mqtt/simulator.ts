import { createServer, type Server, type Socket } from 'node:net'
import type { MqttClient } from 'mqtt'
import { decodeCommand } from './sparkplug/decode-command.ts'
import { encodePayload, type OutMetric } from './sparkplug/encode.ts'
import { NAMESPACE, SparkplugType, type SparkplugTypeName } from './sparkplug/types.ts'

export type SimulatedValue = number | bigint | boolean | string | null

export interface SimulatedMetric {
  readonly name: string
  readonly type: SparkplugTypeName
  readonly unit?: string
  /** The value at a time; null for none. */
  readonly value: (timeMs: number) => SimulatedValue
}

export interface SimulatedDevice {
  readonly name: string
  readonly metrics: readonly SimulatedMetric[]
}

export interface SimulatedNode {
  readonly name: string
  /** The node's own metrics. */
  readonly metrics?: readonly SimulatedMetric[]
  readonly devices?: readonly SimulatedDevice[]
}

export interface SimulatorOptions {
  readonly url: string
  readonly group: string
  readonly nodes: readonly SimulatedNode[]
  /** Values are looked at this often; what changed is published. 0: only when `publish` is called. */
  readonly periodMs: number
  readonly now?: () => number
  /** 4 for the demo broker. */
  readonly protocolVersion?: 4 | 5
  /** Sparkplug says 0; 1 lets a test or a benchmark be sure of every message. */
  readonly qos?: 0 | 1
}

export interface SparkplugSimulator {
  /** Looks at all values now and publishes what changed. */
  publish(): Promise<void>
  /** DDEATH: the device is gone. */
  kill(node: string, device: string): Promise<void>
  /** DBIRTH: it is back. */
  revive(node: string, device: string): Promise<void>
  /** Cuts a node's line without a goodbye: the broker publishes its will, NDEATH. */
  crash(node: string): Promise<void>
  /** Connects a crashed node again. */
  restart(node: string): Promise<void>
  /** NDEATH and goodbye for all. */
  stop(): Promise<void>
}

/** Real Sparkplug B edge nodes over MQTT: births, data by exception with aliases, deaths, answers to rebirth requests. */
export async function startSparkplugSimulator(options: SimulatorOptions): Promise<SparkplugSimulator> {
  const nodes = new Map<string, SimulatedEdge>()
  for (const node of options.nodes) nodes.set(node.name, new SimulatedEdge(options, node))
  await Promise.all([...nodes.values()].map((node) => node.start()))
  const publish = async () => {
    await Promise.all([...nodes.values()].map((node) => node.publish()))
  }
  const timer = options.periodMs > 0 ? setInterval(() => void publish().catch(() => {}), options.periodMs) : undefined
  const of = (name: string): SimulatedEdge => {
    const node = nodes.get(name)
    if (!node) throw new RangeError(`no simulated node ${name}`)
    return node
  }
  return {
    publish,
    kill: (node, device) => of(node).kill(device),
    revive: (node, device) => of(node).revive(device),
    crash: (node) => of(node).crash(),
    restart: (node) => of(node).start(),
    async stop() {
      clearInterval(timer)
      await Promise.all([...nodes.values()].map((node) => node.stop()))
    },
  }
}

interface Held {
  readonly metric: SimulatedMetric
  readonly alias: number
  last: SimulatedValue | undefined
}

interface Unit {
  /** Empty for the node itself. */
  readonly device: string
  readonly held: readonly Held[]
  alive: boolean
}

class SimulatedEdge {
  readonly #options: SimulatorOptions
  readonly #name: string
  readonly #units: Unit[]
  #client: MqttClient | undefined
  #seq = 0
  #bdSeq = -1

  constructor(options: SimulatorOptions, node: SimulatedNode) {
    this.#options = options
    this.#name = node.name
    let alias = 0
    const hold = (device: string, metrics: readonly SimulatedMetric[]): Unit => ({
      device,
      held: metrics.map((metric) => ({ metric, alias: alias++, last: undefined })),
      alive: true,
    })
    this.#units = [hold('', node.metrics ?? []), ...(node.devices ?? []).map(({ name, metrics }) => hold(name, metrics))]
  }

  async start(): Promise<void> {
    const { connectAsync } = (await import('mqtt')).default
    const { url, protocolVersion = 4 } = this.#options
    // tck-id-payloads-ndeath-bdseq: one more with every CONNECT, and the same in will and birth.
    this.#bdSeq = (this.#bdSeq + 1) % 256
    const client = await connectAsync(url, {
      protocolVersion,
      clean: true,
      reconnectPeriod: 0,
      will: { topic: this.#topic('NDEATH'), payload: this.#death(), qos: 1, retain: false },
    })
    this.#client = client
    client.on('error', () => {})
    client.on('message', (_topic, payload) => {
      if (decodeCommand(payload).rebirth) void this.#birth().catch(() => {})
    })
    await client.subscribeAsync(this.#topic('NCMD'), { qos: 1 }) // tck-id-message-flow-edge-node-ncmd-subscribe
    await this.#birth()
  }

  async publish(): Promise<void> {
    for (const unit of this.#units) {
      const timeMs = this.#now()
      const metrics: OutMetric[] = []
      for (const held of unit.held) {
        const value = held.metric.value(timeMs)
        if (!unit.alive || value === held.last) continue
        held.last = value
        metrics.push({ alias: held.alias, type: SparkplugType[held.metric.type], value, timeMs })
      }
      if (metrics.length > 0) await this.#send(unit.device === '' ? 'NDATA' : 'DDATA', unit.device, metrics, timeMs)
    }
  }

  async kill(device: string): Promise<void> {
    this.#unit(device).alive = false
    await this.#send('DDEATH', device, [], this.#now())
  }

  async revive(device: string): Promise<void> {
    const unit = this.#unit(device)
    unit.alive = true
    await this.#announce(unit)
  }

  async crash(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.endAsync(true)
  }

  async stop(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    if (!client?.connected) return
    // tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath, -packet
    await client.publishAsync(this.#topic('NDEATH'), this.#death(), { qos: 1 })
    await client.endAsync()
  }

  async #birth(): Promise<void> {
    this.#seq = 0
    for (const unit of this.#units) if (unit.device === '' || unit.alive) await this.#announce(unit)
  }

  async #announce(unit: Unit): Promise<void> {
    const timeMs = this.#now()
    const metrics = unit.held.map((held): OutMetric => {
      const { name, type, unit: engUnit } = held.metric
      held.last = held.metric.value(timeMs)
      return {
        name,
        alias: held.alias,
        type: SparkplugType[type],
        value: held.last,
        timeMs,
        ...(engUnit !== undefined && { unit: engUnit }),
      }
    })
    if (unit.device !== '') return this.#send('DBIRTH', unit.device, metrics, timeMs)
    const own: OutMetric[] = [
      { name: 'bdSeq', type: SparkplugType.Int64, value: this.#bdSeq, timeMs },
      { name: 'Node Control/Rebirth', type: SparkplugType.Boolean, value: false, timeMs }, // tck-id-payloads-nbirth-rebirth-req
    ]
    return this.#send('NBIRTH', '', [...own, ...metrics], timeMs)
  }

  async #send(type: string, device: string, metrics: readonly OutMetric[], timeMs: number): Promise<void> {
    if (!this.#client?.connected) return
    const seq = this.#seq
    this.#seq = (seq + 1) % 256 // tck-id-payloads-sequence-num-incrementing
    const topic = device === '' ? this.#topic(type) : `${this.#topic(type)}/${device}`
    await this.#client.publishAsync(topic, encodePayload({ timeMs, seq, metrics }), { qos: this.#options.qos ?? 0 })
  }

  #death(): Buffer {
    return encodePayload({ timeMs: this.#now(), metrics: [{ name: 'bdSeq', type: SparkplugType.Int64, value: this.#bdSeq }] })
  }

  #topic(type: string): string {
    return `${NAMESPACE}/${this.#options.group}/${type}/${this.#name}`
  }

  #unit(device: string): Unit {
    const unit = this.#units.find((candidate) => candidate.device === device)
    if (!unit || device === '') throw new RangeError(`no simulated device ${device}`)
    return unit
  }

  #now(): number {
    return Math.floor((this.#options.now ?? Date.now)())
  }
}

export interface DemoBroker {
  readonly port: number
  readonly url: string
  stop(): Promise<void>
}

/** A small MQTT 3.1.1 broker on loopback, for the demo and for tests; port 0 takes any that is free. */
export async function startDemoBroker(port = 0): Promise<DemoBroker> {
  const { Aedes } = await import('aedes')
  const broker = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  return {
    port: bound,
    url: `mqtt://127.0.0.1:${bound}`,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
