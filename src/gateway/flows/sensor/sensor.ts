import type { Observation, SensorView } from '../../../core/flows.ts'
import type { Micros } from '../../../core/time.ts'
import { CaptureReader, type Packet } from './capture.ts'
import { Conversation } from './conversation.ts'
import type { Told } from './decoder.ts'
import { SENSOR_LIMITS } from './limits.ts'
import { readSegment, type Segment } from './packet.ts'
import { DECODERS, PORTS, protocolOf } from './protocols.ts'

export interface SensorOptions {
  readonly name: string
  readonly observe: (seen: Observation) => void
  /** For packets that carry no time, and for those of a live capture. */
  readonly now: () => Micros
}

/** Reads captured traffic of others and tells who talked to whom, and how. Bounded whatever comes; throws only CaptureError, for what is no capture. */
export class Sensor {
  readonly counters = { packets: 0, observations: 0, skipped: {} as Record<string, number> }
  readonly #options: SensorOptions
  readonly #reader = new CaptureReader((packet) => this.#take(packet))
  readonly #conversations = new Map<string, Conversation>()
  #time: Micros = 0

  constructor(options: SensorOptions) {
    this.#options = options
  }

  push(bytes: Buffer): void {
    this.#reader.push(bytes)
  }

  view(): Pick<SensorView, 'name' | 'packets' | 'observations' | 'skipped'> {
    const { packets, observations, skipped } = this.counters
    return { name: this.#options.name, packets, observations, skipped: { ...skipped } }
  }

  #take({ time, link, data }: Packet): void {
    this.counters.packets++
    this.#time = time > 0 ? time : this.#options.now()
    const segment = readSegment(link, data)
    if (typeof segment === 'string') this.#skip(segment)
    else if (segment.transport === 'udp') this.#datagram(segment)
    else this.#stream(segment)
  }

  #stream(segment: Segment): void {
    const { conversation, isFromClient } = this.#conversationOf(segment)
    if (segment.rst || segment.fin) this.#endOf(conversation, segment)
    for (const bytes of conversation.take(isFromClient, segment)) this.#hear(conversation, isFromClient, bytes)
  }

  #hear(conversation: Conversation, isFromClient: boolean, bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      this.#skip('tcp-gap')
      conversation.decoder?.lost(isFromClient)
      return
    }
    conversation.hasSpoken = true
    if (conversation.protocol === undefined && isFromClient) {
      conversation.protocol = protocolOf(bytes, conversation.port)
      conversation.decoder = DECODERS[conversation.protocol ?? '']?.((told) => this.#tell(conversation, told))
    }
    if (conversation.decoder) {
      if (!conversation.decoder.take(isFromClient, bytes)) this.#skip('not-understood')
      return
    }
    this.#tell(conversation, isFromClient ? { sentBytes: bytes.length, receivedBytes: 0 } : { sentBytes: 0, receivedBytes: bytes.length })
  }

  /** A conversation in which nobody said anything is somebody looking for what is there. */
  #endOf(conversation: Conversation, { rst }: Segment): void {
    if (conversation.hasSpoken || conversation.isTold) return
    conversation.isTold = true
    this.#tell(conversation, { service: 'connect', ...(rst && { exception: 'refused' }), sentBytes: 0, receivedBytes: 0 })
  }

  #datagram({ source, destination, sourcePort, destinationPort, payload, cut }: Segment): void {
    // Whoever has the lower port is the one that was asked.
    const isAnswer = sourcePort < destinationPort
    const ends = isAnswer ? new Conversation(destination, source, sourcePort) : new Conversation(source, destination, destinationPort)
    ends.protocol = 'udp'
    const bytes = payload.length + cut
    this.#tell(ends, isAnswer ? { sentBytes: 0, receivedBytes: bytes } : { sentBytes: bytes, receivedBytes: 0 })
  }

  #tell({ client, server, port, protocol }: Conversation, told: Told): void {
    this.counters.observations++
    this.#options.observe({
      ...{ via: `sensor:${this.#options.name}`, source: client, destination: server, port },
      ...{ protocol: protocol ?? PORTS[port] ?? 'tcp', time: this.#time },
      ...told,
    })
  }

  #conversationOf(segment: Segment): { conversation: Conversation; isFromClient: boolean } {
    const { source, destination, sourcePort, destinationPort, syn, ack } = segment
    const [one, other] = [`${source} ${sourcePort}`, `${destination} ${destinationPort}`]
    const key = one < other ? `${one} ${other}` : `${other} ${one}`
    const known = this.#conversations.get(key)
    // A new handshake on the same ports is another conversation.
    if (known && !(syn && !ack)) {
      this.#conversations.delete(key)
      this.#conversations.set(key, known)
      return { conversation: known, isFromClient: isFrom(known, segment) }
    }
    const isFromClient = syn ? !ack : !isServerPort(sourcePort, destinationPort)
    const conversation = isFromClient
      ? new Conversation(source, destination, destinationPort)
      : new Conversation(destination, source, sourcePort)
    if (!known && this.#conversations.size >= SENSOR_LIMITS.conversations) {
      this.#conversations.delete(this.#conversations.keys().next().value as string)
      this.#skip('conversation-forgotten')
    }
    this.#conversations.set(key, conversation)
    return { conversation, isFromClient }
  }

  #skip(reason: string): void {
    const { skipped } = this.counters
    skipped[reason] = (skipped[reason] ?? 0) + 1
  }
}

const isFrom = ({ server, port }: Conversation, { destination, destinationPort }: Segment): boolean =>
  destination === server && destinationPort === port

/** In the middle of a conversation: a port that is known, else the lower one, is the server's. */
function isServerPort(port: number, other: number): boolean {
  if ((PORTS[port] !== undefined) !== (PORTS[other] !== undefined)) return PORTS[port] !== undefined
  return port < other
}
