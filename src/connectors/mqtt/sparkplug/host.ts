import { screen } from '../../../core/admit.ts'
import { BatchBuilder } from '../../../core/batch.ts'
import type { SourceContext } from '../../../core/connector.ts'
import type { SourceCounters } from '../../../core/source.ts'
import { Status, worst } from '../../../core/status.ts'
import type { Micros } from '../../../core/time.ts'
import type { SparkplugConfig } from '../config.ts'
import { MQTT_LIMITS } from '../limits.ts'
import { type Accept, acceptor } from './accept.ts'
import type { RememberedNode } from './birth-store.ts'
import { type Birth, type BornMetric, decodeBirth } from './decode-birth.ts'
import { DataDecoder, payloadTime } from './decode-data.ts'
import { type Doubt, EdgeNode, type Member } from './edge-node.ts'
import { Naming, parseAddress } from './naming.ts'
import { Rebirths } from './rebirths.ts'
import { dataTypeOf, KINDS, Kind, parseTopic, refusal, type SparkplugTopic, typeName } from './types.ts'
import { Malformed, WireReader } from './wire.ts'

export interface HostParts {
  readonly config: SparkplugConfig
  readonly context: SourceContext
  readonly counters: SourceCounters
  /** Sends a command; QoS 0, not retained. */
  readonly publish: (topic: string, payload: Uint8Array) => void
  /** Told of every birth taken; device empty for the edge node itself. */
  readonly onBirth?: (group: string, node: string, device: string, payload: Uint8Array) => void
}

/**
 * Sparkplug host application: turns the messages of many edge nodes into samples, knowing who is born and who is dead.
 * It never throws on what it is sent: what cannot be read is counted and leaves no trace in the batch.
 */
export class SparkplugHost {
  readonly accept: Accept
  readonly #parts: HostParts
  readonly #nodes = new Map<string, EdgeNode>()
  readonly #naming: Naming
  readonly #rebirths: Rebirths
  readonly #data: DataDecoder
  /** Devices that an edge node's birth left unborn, and until when they may come. */
  readonly #unborn = new Map<EdgeNode, number>()
  /** Members found dead by the clock, whose signals are still to become Bad: a batch has room for some at a time. */
  readonly #silent: Member[] = []

  constructor(parts: HostParts) {
    const { config, context } = parts
    this.#parts = parts
    this.accept = acceptor(config.groups)
    this.#naming = new Naming(config, context.connection, context.site, context.signals)
    this.#data = new DataDecoder(context.reasons)
    this.#rebirths = new Rebirths({
      publish: parts.publish,
      wallMs: () => Math.floor(context.clock.now() / 1000),
      intervalMs: config.rebirthInterval,
      timeoutMs: config.rebirthTimeout,
    })
    this.#recall()
  }

  /** Edge nodes whose signals this node's table knows from before; they are asked for their births, and dead if they do not answer. */
  #recall(): void {
    const { signals, connection } = this.#parts.context
    signals.all().forEach((definition, index) => {
      if (definition.connection !== connection) return
      const address = parseAddress(definition.address)
      if (!address || !this.accept.member(address.group, address.node, address.device)) return
      this.#node(address.group, address.node)?.member(address.device)?.signals.add(index)
    })
  }

  /**
   * Takes births that an earlier process knew, without their values. They read what the broker kept for us meanwhile, but a newer birth may have
   * been missed: until it comes, everything read by them is marked.
   */
  remember(known: readonly RememberedNode[], received: Micros): void {
    for (const { group, node: name, nbirth, dbirths } of known) {
      const node = this.accept.node(group, name) ? this.#node(group, name) : undefined
      if (!node) continue
      const into = new BatchBuilder()
      try {
        this.#nodeBirth(node, nbirth, into, received)
        for (const [device, payload] of dbirths) {
          node.seq = -1 // what came between these births is long gone: no gap
          this.#deviceBirth(node, device, payload, into, received)
        }
      } catch (error) {
        if (!(error instanceof Malformed)) throw error
      }
      node.seq = -1
      node.doubt = 'sparkplug-birth-remembered'
      this.#unborn.delete(node)
    }
  }

  /** A new connection: births are not retained at the broker, so every known edge node is asked for its own. */
  connected(): void {
    this.#rebirths.reset()
    for (const node of this.#nodes.values()) this.#rebirths.ask(node.group, node.node)
  }

  handle(topic: string, payload: Uint8Array, into: BatchBuilder, received: Micros): void {
    const at = parseTopic(topic)
    if (!at || at.type === 'STATE' || !this.accept.node(at.group, at.node)) return
    const node = this.#node(at.group, at.node)
    if (!node) {
      this.#drop('too-many-nodes', `${at.group}/${at.node}: more than ${MQTT_LIMITS.nodes} edge nodes`)
      return
    }
    const rows = into.count
    try {
      this.#dispatch(at, node, payload, into, received)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      into.truncate(rows)
      // The number of the lost message is unknown: the next one shows the gap.
      this.#drop('undecodable', `${topic}: ${error.message}`)
      this.#rebirths.ask(at.group, at.node)
    }
  }

  /**
   * A message whose samples an earlier process stored: only who lives and what aliases mean is taken from it. The values it would have renewed are
   * asked for, even when it is a birth.
   */
  handleAgain(topic: string, payload: Uint8Array, received: Micros): void {
    this.handle(topic, payload, new BatchBuilder(), received)
    const at = parseTopic(topic)
    if (at && this.#nodes.has(`${at.group}/${at.node}`)) this.#rebirths.ask(at.group, at.node)
  }

  /** Sends the requests that are due; edge nodes and devices that did not come in time become Bad. */
  tick(nowMs: number, into: BatchBuilder, received: Micros): void {
    for (const { group, node: name } of this.#rebirths.tick(nowMs)) {
      const node = this.#nodes.get(`${group}/${name}`)
      if (!node || (node.self.alive && node.doubt !== 'sparkplug-birth-remembered')) continue
      for (const member of node.members) member.alive = false
      this.#silent.push(...node.members)
    }
    for (const [node, untilMs] of this.#unborn) {
      if (nowMs < untilMs) continue
      this.#unborn.delete(node)
      this.#silent.push(...node.members.filter((member) => !member.alive))
    }
    while (this.#silent.length > 0 && into.count < MQTT_LIMITS.batchSamples) {
      const member = this.#silent.pop()
      if (member && !member.alive) this.#kill(member, 'sparkplug-no-birth', received, into, received)
    }
  }

  #dispatch(at: SparkplugTopic, node: EdgeNode, payload: Uint8Array, into: BatchBuilder, received: Micros): void {
    if (at.type === 'NBIRTH') this.#nodeBirth(node, payload, into, received)
    else if (at.type === 'DBIRTH') this.#deviceBirth(node, at.device, payload, into, received)
    else if (at.type === 'NDEATH') this.#nodeDeath(node, payload, into, received)
    else if (at.type === 'DDEATH') this.#deviceDeath(node, at.device, payload, into, received)
    else this.#dataMessage(node, at.device, payload, into, received)
  }

  #nodeBirth(node: EdgeNode, payload: Uint8Array, into: BatchBuilder, received: Micros): void {
    const birth = this.#readBirth(payload)
    node.forget()
    node.bdSeq = birth.bdSeq
    // tck-id-payloads-nbirth-seq: 0 to 255; what follows counts on from it.
    node.seq = birth.seq < 0 ? 0 : birth.seq & 0xff
    node.doubt = ''
    for (const member of node.members) member.alive = member === node.self
    this.#rebirths.answered(node.group, node.node)
    if (node.members.length > 1) this.#unborn.set(node, this.#parts.context.clock.monotonicMs() + this.#parts.config.rebirthTimeout)
    this.#born(node, node.self, birth, payload, into, received)
    this.#parts.onBirth?.(node.group, node.node, '', payload)
  }

  #deviceBirth(node: EdgeNode, device: string, payload: Uint8Array, into: BatchBuilder, received: Micros): void {
    if (!node.self.alive) {
      this.#beforeBirth(node, 'DBIRTH')
      return
    }
    const birth = this.#readBirth(payload)
    const member = node.member(device)
    if (!member) {
      this.#drop('too-many-devices', `${node.key}/${device}: more than ${MQTT_LIMITS.devices} devices`)
      return
    }
    this.#follow(node, birth.seq)
    node.release(member)
    member.alive = true
    this.#born(node, member, birth, payload, into, received)
    this.#parts.onBirth?.(node.group, node.node, device, payload)
  }

  #readBirth(payload: Uint8Array): Birth {
    const birth = decodeBirth(payload)
    if (birth.compressed) throw new Malformed('compressed payloads are refused; switch compression off at the edge node')
    return birth
  }

  /** Gives the announced metrics their signals and slots, then reads their values like any data. */
  #born(node: EdgeNode, member: Member, birth: Birth, payload: Uint8Array, into: BatchBuilder, received: Micros): void {
    const before = new Set(member.signals)
    for (const { alias, name } of birth.templates) node.templates.set(alias, name)
    member.wanted = this.accept.member(node.group, node.node, member.device)
    for (const metric of birth.metrics) {
      const signal = this.#announce(node, member, metric, into, received)
      if (signal !== undefined) before.delete(signal)
    }
    this.#data.decode(payload, node, member, into, received, true)
    for (const signal of before) this.#bad(signal, 'sparkplug-metric-gone', received, into)
    for (const signal of before) member.signals.delete(signal)
  }

  #announce(node: EdgeNode, member: Member, metric: BornMetric, into: BatchBuilder, received: Micros): number | undefined {
    if (isControl(metric.name) || !member.wanted) {
      node.add(member, metric.name, 0, Kind.Unwanted, metric.alias)
      return undefined
    }
    const address = { group: node.group, node: node.node, device: member.device, metric: metric.name }
    const signal = this.#naming.define({ address, dataType: dataTypeOf(metric.type) ?? 'text', unit: metric.unit })
    if (typeof signal === 'string') this.#parts.counters.lastProblem = signal
    if (typeof signal !== 'number') {
      // An alias the file does not want is announced all the same: its data is no surprise.
      node.add(member, metric.name, 0, Kind.Unwanted, metric.alias)
      return undefined
    }
    const kind = KINDS[metric.type] ?? 0
    if (node.add(member, metric.name, signal, kind, metric.alias) === undefined) {
      this.#parts.counters.lastProblem = `${node.key}/${member.device}/${metric.name}: its name or alias ${metric.alias} is taken, or the node has more than ${MQTT_LIMITS.metrics} metrics`
      return undefined
    }
    member.signals.add(signal)
    if (kind === 0) {
      into.push(signal, received, Number.NaN, Status.BadTypeMismatch, this.#parts.context.reasons.of(refusal(metric.type)))
      this.#parts.counters.lastProblem = `${node.key}/${member.device}/${metric.name}: a value of type ${typeName(metric.type)} is refused`
    }
    return signal
  }

  #dataMessage(node: EdgeNode, device: string, payload: Uint8Array, into: BatchBuilder, received: Micros): void {
    const member = node.find(device)
    if (!node.self.alive || !member?.alive) {
      this.#beforeBirth(node, 'data')
      return
    }
    const rows = into.count
    const { seq, unknown, refused } = this.#data.decode(payload, node, member, into, received)
    this.#follow(node, seq)
    if (unknown > 0) {
      this.#drop('unknown-metric', `${node.key}/${device}: ${unknown} metrics that no birth announced`, unknown)
      this.#rebirths.ask(node.group, node.node)
    }
    if (refused > 0) this.#drop('refused-type', `${node.key}/${device}: metrics of a refused type`, refused)
    if (node.doubt !== '') {
      this.#doubt(node.doubt, into, rows)
      this.#rebirths.ask(node.group, node.node)
    }
  }

  #nodeDeath(node: EdgeNode, payload: Uint8Array, into: BatchBuilder, received: Micros): void {
    const { bdSeq } = decodeBirth(payload)
    // The will of an earlier session of the same node, delivered late. tck-id-payloads-ndeath-bdseq
    if (node.bdSeq >= 0 && bdSeq >= 0 && bdSeq !== node.bdSeq) return
    node.seq = -1
    this.#unborn.delete(node)
    // tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale and -devices-tags-stale: by the host's own time.
    for (const member of node.members) this.#kill(member, 'sparkplug-node-death', received, into, received)
  }

  #deviceDeath(node: EdgeNode, device: string, payload: Uint8Array, into: BatchBuilder, received: Micros): void {
    const birth = decodeBirth(payload)
    if (node.self.alive) this.#follow(node, birth.seq)
    const member = node.find(device)
    if (!member) return
    const reader = new WireReader()
    reader.load(payload)
    const timeMs = payloadTime(reader)
    // tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale: by the payload's time.
    this.#kill(member, 'sparkplug-device-death', timeMs < 0 ? received : timeMs * 1000, into, received)
  }

  #kill(member: Member, reason: string, time: Micros, into: BatchBuilder, received: Micros): void {
    member.alive = false
    const rows = into.count
    for (const signal of member.signals) this.#bad(signal, reason, time, into)
    screen(into, this.#parts.context.reasons, rows, received)
  }

  #bad(signal: number, reason: string, time: Micros, into: BatchBuilder): void {
    into.push(signal, time, Number.NaN, Status.BadNoCommunication, this.#parts.context.reasons.of(reason))
  }

  /** Compares a sequence number with the one that had to come. tck-id-payloads-sequence-num-incrementing */
  #follow(node: EdgeNode, seq: number): void {
    if (seq < 0) return
    const missing = node.seq < 0 ? 0 : (seq - node.seq - 1) & 0xff
    node.seq = seq & 0xff
    if (missing === 0) return
    this.#drop('sequence-gap', `${node.key}: ${missing} messages are missing before number ${seq}`, missing)
    if (node.doubt === '') node.doubt = 'sparkplug-sequence-gap'
    // tck-id-operational-behavior-host-reordering-rebirth, with a reorder time-out of zero.
    this.#rebirths.ask(node.group, node.node)
  }

  /** After a gap a birth may have been missed, and aliases may mean something else: kept, but never clean. */
  #doubt(doubt: Doubt, into: BatchBuilder, from: number): void {
    const { reasons } = this.#parts.context
    for (let row = from; row < into.count; row++) {
      into.status[row] = worst(into.status[row] as number, Status.Uncertain)
      into.reasons[row] = reasons.with(into.reasons[row] as number, doubt)
    }
  }

  #beforeBirth(node: EdgeNode, what: string): void {
    this.#drop('before-birth', `${node.key}: ${what} before a birth; it is asked for`)
    this.#rebirths.ask(node.group, node.node)
  }

  #node(group: string, name: string): EdgeNode | undefined {
    const key = `${group}/${name}`
    let node = this.#nodes.get(key)
    if (!node && this.#nodes.size < MQTT_LIMITS.nodes) this.#nodes.set(key, (node = new EdgeNode(group, name)))
    return node
  }

  #drop(reason: string, problem: string, count = 1): void {
    const { counters } = this.#parts
    counters.dropped[reason] = (counters.dropped[reason] ?? 0) + count
    counters.lastProblem = problem
  }
}

/** Commands that edge nodes and devices offer, and the birth counter: no measurements. */
function isControl(name: string): boolean {
  return name === 'bdSeq' || name.startsWith('Node Control/') || name.startsWith('Device Control/')
}
