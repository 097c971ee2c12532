import { BatchBuilder } from '../../core/batch.ts'
import type { Receipt, SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import type { Delivery, Source, SourceCounters } from '../../core/source.ts'
import type { Micros } from '../../core/time.ts'
import { Acks } from './acks.ts'
import type { MqttConfig } from './config.ts'
import { endpointOf } from './dial.ts'
import { MQTT_LIMITS } from './limits.ts'
import { PlainTopics } from './plain.ts'
import { Redelivered, receiptFor, StoredReceipts } from './redelivered.ts'
import { ALIVE, type Item, type Message, Session, TICK } from './session.ts'
import { BirthStore } from './sparkplug/birth-store.ts'
import { SparkplugHost } from './sparkplug/host.ts'
import { readState, statePayload, stateTopic } from './sparkplug/state.ts'

/** Fewest bytes a metric takes in a message, to guess how many rows are coming. */
const METRIC_BYTES = 6

/** Samples of one broker, in either format. */
export class MqttSource implements Source {
  readonly counters: SourceCounters = { dropped: {} }
  readonly clock = { method: 'one-way' } as const
  readonly #config: MqttConfig
  readonly #context: SourceContext
  readonly #acks = new Acks()
  readonly #host: SparkplugHost | undefined
  readonly #plain: PlainTopics | undefined
  readonly #births: BirthStore | undefined
  /** What an earlier process stored. */
  #redelivered: Redelivered | undefined
  /** What this process stored and acknowledged into a connection that may have lost the acknowledgement. */
  #unheard: Redelivered | undefined
  readonly #stored = new StoredReceipts()
  #session: Session | undefined
  #pending: Item[] = []
  #sessionMs = 0

  constructor(config: MqttConfig, context: SourceContext) {
    this.#config = config
    this.#context = context
    const { counters } = this
    if (config.format === 'plain') this.#plain = new PlainTopics({ config, context, counters })
    else {
      const publish = (topic: string, payload: Uint8Array) => this.#session?.publish(topic, payload, { qos: 0, retain: false })
      const births = new BirthStore(context.directory, context.log)
      this.#births = births
      this.#host = new SparkplugHost({ config, context, counters, publish, onBirth: (...birth) => births.note(...birth) })
    }
  }

  async connect(stop: AbortSignal): Promise<void> {
    await this.close()
    await this.#remember()
    const config = this.#config
    const { clock } = this.#context
    this.#sessionMs = Math.floor(clock.now() / 1000)
    const primary = this.#primary()
    const session = await Session.open(
      {
        config,
        clientId: this.#clientId,
        clock,
        acks: this.#acks,
        // tck-id-operational-behavior-host-application-connect-will
        ...(primary && { will: { topic: primary, payload: Buffer.from(statePayload(false, this.#sessionMs)) } }),
        onOversized: ({ topic, bytes }) =>
          this.#drop('message-too-large', `${topic}: a message of ${bytes} bytes; ${MQTT_LIMITS.messageBytes} are accepted`),
        onLatency: (ms) => {
          this.counters.latencyMs = ms
        },
      },
      stop,
    )
    this.#session = session
    if (session.sessionPresent) this.#unheard = this.#known(this.#stored.all)
    else {
      this.#redelivered?.forget()
      this.#unheard = undefined
      this.#stored.forget()
    }
    try {
      // tck-id-message-flow-phid-sparkplug-subscription: before the own STATE is published.
      const filters = this.#host ? this.#host.accept.filters : (this.#plain?.filters ?? [])
      await session.subscribe(primary ? [...filters, primary] : filters, config.qos, stop)
      if (primary) session.publish(primary, statePayload(true, this.#sessionMs), { qos: 1, retain: true })
      this.#host?.connected()
      this.#tell(session, 'CONNECT', 0)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async read(stop: AbortSignal): Promise<Delivery> {
    const session = this.#session
    if (!session) throw new NotConnected('not connected')
    for (;;) {
      if (this.#pending.length === 0) {
        this.#pending = await session.next(stop)
        const messages = this.#pending.reduce((sum, item) => sum + Number(typeof item !== 'string'), 0)
        // The ticks of our own clock say nothing of the broker.
        if (this.#pending.some((item) => item !== TICK)) this.#tell(session, messages > 0 ? 'PUBLISH' : 'PINGREQ', messages)
      }
      const received = this.#context.clock.now()
      const into = new BatchBuilder(this.#expected())
      const fresh: Message[] = []
      const taken = this.#take(into, received, fresh)
      if (into.count === 0 && taken === undefined) continue
      const handed = this.#acks.hand(taken ?? [])
      const receipt = into.count > 0 ? receiptFor(this.#sessionName, fresh) : undefined
      const batch = receipt ? { ...into.build(received), receipt } : into.build(received)
      if (this.#births?.pending) await this.#births.flush()
      if (!handed) return { batch }
      const ack = () => {
        if (receipt) this.#stored.add({ receivedTime: received, bytes: receipt })
        this.#acks.finish(handed)
      }
      return { batch, ack }
    }
  }

  #tell(session: Session, service: string, messages: number): void {
    const { host, port } = endpointOf(this.#config.url)
    this.#context.onExchange?.({ host, port, service, ...session.wire(), ...(messages > 0 && { received: messages }) })
  }

  async close(): Promise<void> {
    const session = this.#session
    const primary = this.#primary()
    this.#session = undefined
    this.#pending = []
    // Said before leaving, since a clean goodbye keeps the broker from publishing the will.
    await session?.close(primary ? { topic: primary, payload: statePayload(false, this.#sessionMs) } : undefined)
  }

  async #remember(): Promise<void> {
    if (this.#redelivered) return
    const { receipts, clock } = this.#context
    this.#redelivered = this.#known((await receipts?.()) ?? [])
    if (this.#births) this.#host?.remember(await this.#births.load(), clock.now())
  }

  #known(receipts: readonly Receipt[]): Redelivered {
    const config = this.#config
    // A message with a time of its own never repeats another, unless it says the same again; Sparkplug's have one.
    const mayRepeat = config.format === 'plain' && !config.signals.every(({ timestamp }) => timestamp)
    // MQTT 3.1.1 knows no limit of what is in flight.
    const inFlight = config.protocolVersion === 5 ? MQTT_LIMITS.inFlight : Number.POSITIVE_INFINITY
    return new Redelivered(this.#sessionName, receipts, mayRepeat ? inFlight : undefined)
  }

  get #clientId(): string {
    const { site, connection } = this.#context
    return this.#config.clientId ?? `ecluse-${site}-${connection}`
  }

  get #sessionName(): string {
    return `${this.#config.url} ${this.#clientId}`
  }

  /**
   * Works off what is pending until the batch is full. The messages taken, or undefined when nothing at all was heard; those not stored by an
   * earlier process go to `fresh` too.
   */
  #take(into: BatchBuilder, received: Micros, fresh: Message[]): Message[] | undefined {
    let taken: Message[] | undefined
    let at = 0
    while (at < this.#pending.length && into.count < MQTT_LIMITS.batchSamples) {
      const item = this.#pending[at++] as Item
      if (item === TICK) this.#host?.tick(this.#context.clock.monotonicMs(), into, received)
      else {
        taken ??= []
        if (item === ALIVE) continue
        taken.push(item)
        // Both are asked, since any packet with an identifier ends what was known by it.
        const isOwn = this.#unheard?.take(item)
        const isEarlier = this.#redelivered?.take(item)
        if (isOwn) this.#drop('redelivered', `${item.topic}: came again, is stored already`)
        else if (isEarlier) this.#handleAgain(item, received)
        else {
          fresh.push(item)
          this.#handle(item, into, received)
        }
      }
    }
    this.#pending = at < this.#pending.length ? this.#pending.slice(at) : []
    return taken
  }

  #handle(message: Message, into: BatchBuilder, received: Micros): void {
    const { topic, payload } = message
    if (this.#plain) this.#plain.handle(topic, payload, message.retain, into, received)
    else if (topic === this.#primary()) this.#ownState(payload)
    else this.#host?.handle(topic, payload, into, received)
  }

  /** Its samples are stored already; what else it says (births, deaths, sequence numbers) this process has still to learn. */
  #handleAgain({ topic, payload }: Message, received: Micros): void {
    this.#host?.handleAgain(topic, payload, received)
    this.#drop('redelivered', `${topic}: came again after a restart, is stored already`)
  }

  /** tck-id-message-flow-hid-sparkplug-state-message-delivered: a late will of ours says we are offline. */
  #ownState(payload: Buffer): void {
    const state = readState(payload)
    const primary = this.#primary()
    if (state?.online === false && primary) this.#session?.publish(primary, statePayload(true, this.#sessionMs), { qos: 1, retain: true })
  }

  #primary(): string | undefined {
    return this.#config.format === 'sparkplug' && this.#config.primaryHost ? stateTopic(this.#config.hostId) : undefined
  }

  /** Rows that what is pending may need, the message that crosses the batch's limit included, so that columns seldom grow. */
  #expected(): number {
    let bytes = 0
    let largest = 0
    for (const item of this.#pending) {
      if (typeof item === 'string') continue
      bytes += item.payload.length
      largest = Math.max(largest, item.payload.length)
    }
    const rows = Math.ceil(bytes / METRIC_BYTES)
    return Math.max(64, Math.min(rows, MQTT_LIMITS.batchSamples + Math.ceil(largest / METRIC_BYTES)))
  }

  #drop(reason: string, problem: string): void {
    const { dropped } = this.counters
    dropped[reason] = (dropped[reason] ?? 0) + 1
    this.counters.lastProblem = problem
  }
}
