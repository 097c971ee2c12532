import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import type { IClientOptions, IConnackPacket, IPublishPacket, MqttClient } from 'mqtt'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import { Inbox } from '../../lib/inbox.ts'
import type { Acks } from './acks.ts'
import type { MqttConfig } from './config.ts'
import { dial, endpointOf } from './dial.ts'
import { MQTT_LIMITS } from './limits.ts'
import { type Oversized, PacketGate } from './packet-gate.ts'
import { isNotLetIn, reasonHint, reasonWords } from './reason-codes.ts'

export interface Message {
  readonly topic: string
  readonly payload: Buffer
  /** Packet identifier; -1 for QoS 0. */
  readonly id: number
  readonly retain: boolean
  readonly dup: boolean
}

/** A heartbeat's answer: the broker lives. */
export const ALIVE = 'alive'
/** Time passed; nothing was heard. */
export const TICK = 'tick'
export type Item = Message | typeof ALIVE | typeof TICK

const TICK_MS = 100
/** Heartbeats are far more frequent than MQTT's keep-alive asks for: they are what tells the runner that the broker lives. */
const HEARTBEAT_MS = 3_000
const CLOSE_MS = 500
/** What a held item weighs besides its payload. */
const ITEM_BYTES = 128

export interface SessionParts {
  readonly config: MqttConfig
  readonly clientId: string
  readonly clock: Clock
  readonly acks: Acks
  readonly will?: { readonly topic: string; readonly payload: Buffer }
  readonly onOversized: (message: Oversized) => void
  readonly onLatency?: (ms: number) => void
}

/**
 * One connection to the broker. Messages wait in a bounded inbox; when it is full the socket is not read until there is room again.
 * Nothing is acknowledged here: QoS 1 messages go to `acks` once they are durable.
 */
export class Session {
  readonly sessionPresent: boolean
  readonly #parts: SessionParts
  readonly #client: MqttClient
  readonly #stream: Duplex
  readonly #socket: Socket
  readonly #told = { read: 0, written: 0 }
  readonly #inbox = new Inbox<Item>(MQTT_LIMITS.inboxBytes, (item) => ITEM_BYTES + (typeof item === 'string' ? 0 : item.payload.length))
  readonly #end = new AbortController()
  #held: { readonly item: Message; readonly go: () => void } | undefined
  #onHeld: (() => void) | undefined
  #ticking = false
  #pingMs = Number.NaN

  /** Dials, connects and waits for the broker's yes. Throws NotConnected. */
  static async open(parts: SessionParts, stop: AbortSignal): Promise<Session> {
    const { MqttClient: Client } = (await import('mqtt')).default
    const socket = await dial(parts.config, stop)
    // Messages of a kept session may come in the same chunk as the broker's yes: the session must be there first.
    const early: { packet: IPublishPacket; done: Done }[] = []
    let receive = (packet: IPublishPacket, done: Done): void => {
      early.push({ packet, done })
    }
    const stream = gated(socket, parts)
    const client = new Client(() => stream, optionsOf(parts))
    client.handleMessage = (packet, done) => receive(packet, done as unknown as Done)
    client.on('error', () => {}) // told by whatever waits for the outcome
    const connack = await accepted(client, parts.config, stop)
    const session = new Session(parts, client, stream, socket, connack.sessionPresent)
    receive = (packet, done) => session.#receive(packet, done)
    for (const { packet, done } of early) receive(packet, done)
    return session
  }

  private constructor(parts: SessionParts, client: MqttClient, stream: Duplex, socket: Socket, sessionPresent: boolean) {
    this.#parts = parts
    this.#socket = socket
    this.#client = client
    this.#stream = stream
    this.sessionPresent = sessionPresent
    parts.acks.attach((bytes) => void (stream.writable && stream.write(bytes)), sessionPresent)
    const { host, port } = endpointOf(parts.config.url)
    let cause = 'the broker closed the connection'
    client.on('error', (error) => {
      cause = error.message
    })
    client.on('disconnect', (packet) => {
      cause = `the broker ended the session: ${reasonWords(packet.reasonCode ?? 0)}`
    })
    client.on('close', () =>
      this.#inbox.fail(new NotConnected(`${host}:${port}: ${cause}`, { fault: fault('lost', { peer: `${host}:${port}`, detail: cause }) })),
    )
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'pingresp') this.#alive()
    })
    void this.#beat()
  }

  /**
   * Asks for topics. Resolves when they are granted, or when so much waits that the answer cannot be read yet. Throws NotConnected; the abort's reason when
   * the broker did not answer until then.
   */
  async subscribe(filters: readonly string[], qos: 0 | 1, stop: AbortSignal): Promise<void> {
    const granted = new Promise<void>((resolve, reject) => {
      this.#client.subscribe([...filters], { qos }, (error) => {
        if (!error) return resolve()
        const some = `${filters.slice(0, 3).join(', ')}${filters.length > 3 ? ' ...' : ''}`
        const refused = new NotConnected(`the broker refuses a subscription: ${error.message}`, {
          cause: error,
          hint: `let this user subscribe to ${some}`,
          fault: fault('subscription-refused', { detail: error.message, filters: some }),
        })
        this.#inbox.fail(refused)
        reject(refused)
      })
    })
    granted.catch(() => {}) // when the wait ended early, the inbox tells
    const settled = new AbortController()
    const over = new Promise<never>((_resolve, reject) => {
      const give = () => reject(stop.reason)
      if (stop.aborted) give()
      else stop.addEventListener('abort', give, { signal: settled.signal })
    })
    const held = new Promise<void>((resolve) => (this.#held ? resolve() : (this.#onHeld = resolve)))
    await Promise.race([granted, held, over]).finally(() => settled.abort())
  }

  publish(topic: string, payload: Uint8Array | string, options: { qos: 0 | 1; retain: boolean }): void {
    if (!this.#client.connected) return
    this.#client.publish(topic, typeof payload === 'string' ? payload : Buffer.from(payload), options, () => {})
  }

  /** Waits for what comes next, then gives whatever else has arrived one turn of the event loop later. */
  /** What went over the wire since the last call, and who the broker proved to be. */
  wire(): { sentBytes: number; receivedBytes: number; identity?: string } {
    const { bytesRead, bytesWritten } = this.#socket
    const since = { sentBytes: bytesWritten - this.#told.written, receivedBytes: bytesRead - this.#told.read }
    this.#told.read = bytesRead
    this.#told.written = bytesWritten
    const certificate = this.#socket instanceof TLSSocket ? this.#socket.getPeerX509Certificate() : undefined
    return { ...since, ...(certificate && { identity: certificate.fingerprint256 }) }
  }

  async next(stop: AbortSignal): Promise<Item[]> {
    const items = await this.#inbox.take(stop)
    this.#resume()
    await nextTurn()
    if (this.#inbox.weight > 0) items.push(...(await this.#inbox.take(stop)))
    this.#resume()
    this.#ticking = false
    return items
  }

  /** Says goodbye, so that the broker does not publish the will; `farewell` is sent before. */
  async close(farewell?: { readonly topic: string; readonly payload: string }): Promise<void> {
    if (this.#end.signal.aborted) return
    this.#end.abort()
    this.#parts.acks.detach()
    const closed = new Promise<void>((resolve) => (this.#stream.destroyed ? resolve() : this.#stream.once('close', () => resolve())))
    if (this.#client.connected && this.#stream.writable) {
      if (farewell) this.#client.publish(farewell.topic, farewell.payload, { qos: 1, retain: true }, () => {})
      this.#stream.end(Buffer.of(0xe0, 0)) // DISCONNECT, normal, in both versions
      this.#stream.resume()
      await Promise.race([closed, this.#parts.clock.sleep(CLOSE_MS)])
    }
    this.#client.end(true)
    this.#stream.destroy()
    this.#inbox.fail(new NotConnected('the connection was closed'))
  }

  /** mqtt.js acknowledges when its callback is called without an error; with one it only goes on to the next packet. */
  #receive(packet: IPublishPacket, done: Done): void {
    const { topic, payload, retain, dup } = packet
    const item: Message = {
      topic,
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      id: packet.qos > 0 ? (packet.messageId ?? -1) : -1,
      retain,
      dup,
    }
    const go = () => done(NOT_YET)
    if (this.#parts.acks.seenBefore(item) || this.#inbox.put(item)) go()
    else {
      this.#held = { item, go }
      this.#onHeld?.()
    }
  }

  #resume(): void {
    const held = this.#held
    if (!held || !this.#inbox.put(held.item)) return
    this.#held = undefined
    held.go()
  }

  #alive(): void {
    if (!Number.isNaN(this.#pingMs)) this.#parts.onLatency?.(this.#parts.clock.monotonicMs() - this.#pingMs)
    this.#pingMs = Number.NaN
    this.#inbox.put(ALIVE)
  }

  async #beat(): Promise<void> {
    const { clock, config } = this.#parts
    const everyMs = Math.min(HEARTBEAT_MS, config.keepAlive / 2)
    let lastMs = clock.monotonicMs()
    for (;;) {
      await clock.sleep(TICK_MS, this.#end.signal)
      if (this.#end.signal.aborted || !this.#client.connected) return
      if (!this.#ticking) this.#ticking = this.#inbox.put(TICK)
      const nowMs = clock.monotonicMs()
      if (nowMs - lastMs < everyMs) continue
      lastMs = nowMs
      // While the socket is not read, the answer cannot be seen; the broker is not to blame.
      if (this.#held) this.#client.reschedulePing(true)
      else if (Number.isNaN(this.#pingMs)) this.#pingMs = nowMs
      this.#client.sendPing()
    }
  }
}

type Done = (error?: Error) => void
const NOT_YET = new Error('acknowledged when durable')

function optionsOf({ config, clientId, will }: SessionParts): IClientOptions {
  const five = config.protocolVersion === 5
  return {
    protocolVersion: config.protocolVersion,
    clientId,
    clean: config.cleanStart,
    keepalive: Math.ceil(config.keepAlive / 1000),
    reconnectPeriod: 0, // the runner tries again
    resubscribe: false,
    queueQoSZero: false,
    writeCache: false, // 65,536 buffers of two bytes, 8 MB, made once in every process
    ...(config.user && { username: config.user.name, ...(config.user.password !== undefined && { password: config.user.password }) }),
    ...(will && { will: { topic: will.topic, payload: will.payload, qos: 1, retain: true } }),
    ...(five && {
      properties: {
        receiveMaximum: MQTT_LIMITS.inFlight,
        sessionExpiryInterval: config.cleanStart ? 0 : Math.min(0xffff_fffe, Math.ceil(config.sessionExpiry / 1000)),
      },
    }),
  }
}

/** The socket with the gate before its readable side. */
function gated(socket: Socket, { onOversized, acks }: SessionParts): Duplex {
  const gate = new PacketGate(MQTT_LIMITS.messageBytes, (message) => {
    onOversized(message)
    const handed = acks.hand([{ topic: message.topic, payload: Buffer.alloc(0), id: message.messageId, retain: false, dup: false }])
    if (handed) acks.finish(handed)
  })
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const part of gate.pass(chunk)) if (!stream.push(part)) socket.pause()
    } catch (error) {
      stream.destroy(error as Error)
    }
  })
  socket.on('end', () => stream.push(null))
  socket.on('error', (error) => stream.destroy(error))
  socket.on('close', () => stream.destroy())
  return stream
}

function accepted(client: MqttClient, { url, protocolVersion }: MqttConfig, stop: AbortSignal): Promise<IConnackPacket> {
  const { host, port } = endpointOf(url)
  return new Promise((resolve, reject) => {
    let problem: (Error & { code?: number | string }) | undefined
    const leave = () => {
      stop.removeEventListener('abort', onAbort)
      client.removeListener('connect', onConnect)
      client.removeListener('error', onError)
      client.removeListener('close', onClose)
    }
    const fail = (error: unknown) => {
      leave()
      client.end(true)
      client.stream.destroy()
      reject(error)
    }
    const onConnect = (packet: IConnackPacket) => {
      leave()
      resolve(packet)
    }
    const onAbort = () => fail(stop.reason)
    const onError = (error: Error) => {
      problem = error
      onClose()
    }
    const onClose = () => {
      const code = typeof problem?.code === 'number' ? problem.code : undefined
      const said = code === undefined ? (problem?.message ?? 'it closed the connection without an answer') : reasonWords(code)
      const why = fault(isNotLetIn(code) ? 'not-let-in' : 'broker-refuses', { peer: `${host}:${port}`, detail: said })
      fail(
        new NotConnected(`the broker at ${host}:${port} refuses: ${said}`, {
          ...{ cause: problem, hint: reasonHint(code, protocolVersion), fault: why },
        }),
      )
    }
    client.once('connect', onConnect)
    client.once('error', onError)
    client.once('close', onClose)
    if (stop.aborted) onAbort()
    else stop.addEventListener('abort', onAbort, { once: true })
  })
}
