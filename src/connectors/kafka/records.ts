import type { Consumer, Message, MessagesStream } from '@platformatic/kafka'
import { NotConnected } from '../../core/errors.ts'
import { type BrokerMessage, runsOfMessage } from '../../core/message-rows.ts'
import { fault } from '../../core/peer-faults.ts'
import { type PushedRun, takeDelivery } from '../../core/pushed-rows.ts'
import type { RecordContext, RecordCounters, RecordDelivery, RecordSource } from '../../core/record-source.ts'
import { Inbox } from '../../lib/inbox.ts'
import { asMessage } from './as-message.ts'
import { asNotConnected, makeConsumer, told, topicIds } from './client.ts'
import type { KafkaConfig, KafkaFeed } from './config.ts'
import { KAFKA_LIMITS } from './limits.ts'
import { Place } from './place.ts'

/** Rows of topics, read as a member of a consumer group. */
export class KafkaRecords implements RecordSource {
  readonly counters: RecordCounters = { dropped: {} }
  readonly #config: KafkaConfig
  readonly #context: RecordContext
  #consumer: Consumer | undefined
  #stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined
  #inbox: Inbox<BrokerMessage> | undefined
  #queue: PushedRun[] = []
  #waitingForRoom: (() => void) | undefined
  /** Why we left a broker, if we did. */
  #tooLarge: NotConnected | undefined
  /** Of each partition the last message that is durable and not committed. */
  readonly #toCommit = new Map<string, Message>()

  constructor(config: KafkaConfig, context: RecordContext) {
    this.#config = config
    this.#context = context
  }

  async connect(stop: AbortSignal): Promise<void> {
    stop.throwIfAborted()
    const { records } = this.#config
    this.#tooLarge = undefined
    const consumer = await makeConsumer(this.#config, `ecluse-${this.#context.connection}`, (why) => {
      if (this.#consumer === consumer) this.#tooLarge = why
    })
    this.#consumer = consumer
    const onAbort = () => void this.close()
    stop.addEventListener('abort', onAbort, { once: true })
    try {
      const ids = await topicIds(consumer, this.#config)
      const places = records.map(({ topic }, index) => new Place(ids.get(topic)?.id ?? '', this.#context.cursor(index)))
      const stream = await told(this.#config, () =>
        consumer.consume({ topics: records.map(({ topic }) => topic), mode: 'committed', fallbackMode: 'earliest', autocommit: false }),
      )
      if (this.#consumer !== consumer) throw new NotConnected('the connection was closed')
      this.#stream = stream
      const inbox = new Inbox<BrokerMessage>(KAFKA_LIMITS.inboxBytes, ({ value }) => value.length + 256)
      this.#inbox = inbox
      void this.#pump(stream, inbox, places)
    } catch (error) {
      await this.close()
      stop.throwIfAborted()
      throw this.#told(error)
    } finally {
      stop.removeEventListener('abort', onAbort)
    }
  }

  async read(stop: AbortSignal): Promise<RecordDelivery> {
    const inbox = this.#inbox
    if (!inbox) throw new NotConnected('not connected')
    if (this.#queue.length === 0) {
      const messages = await this.#take(inbox, stop)
      this.#queue = messages.flatMap((message) => {
        const { rows, deletedWhen } = this.#config.records[message.feed] as KafkaFeed
        const rule = deletedWhen && 'field' in deletedWhen ? deletedWhen : undefined
        return runsOfMessage(message, { rows, deletedWhen: rule, maxBytes: this.#config.maxMessage, bounds: KAFKA_LIMITS })
      })
    }
    // A stream that ends or fails tells by the inbox; the brokers' heartbeat is the group's.
    return this.#queue.length === 0 ? { feed: 0, rows: [] } : takeDelivery(this.#queue)
  }

  async close(): Promise<void> {
    const [consumer, stream] = [this.#consumer, this.#stream]
    this.#consumer = undefined
    this.#stream = undefined
    this.#queue = []
    this.#toCommit.clear()
    this.#inbox?.fail(new NotConnected('the connection was closed'))
    this.#inbox = undefined
    this.#waitingForRoom?.()
    const { log } = this.#context
    await stream?.close().catch((error) => log.debug({ err: error.message }, 'the stream ended with an error'))
    await consumer?.close(true).catch((error) => log.debug({ err: error.message }, 'the group was left with an error'))
  }

  #told(error: unknown): NotConnected {
    return this.#tooLarge ?? asNotConnected(error, this.#config)
  }

  /** Moves messages into the inbox in their order, and no faster than it is emptied. */
  async #pump(
    stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>,
    inbox: Inbox<BrokerMessage>,
    places: readonly Place[],
  ): Promise<void> {
    const feeds = new Map(this.#config.records.map(({ topic }, index) => [topic, index]))
    try {
      for await (const message of stream) {
        const index = feeds.get(message.topic)
        const place = index === undefined ? undefined : places[index]
        if (index === undefined || !place || place.has(message.partition, message.offset)) continue
        const end = { cursor: place.take(message.partition, message.offset), done: () => this.#durable(message, inbox) }
        const entry = { ...asMessage(message, index, this.#config.records[index] as KafkaFeed), end }
        while (!inbox.put(entry)) {
          if (this.#inbox !== inbox) return
          await new Promise<void>((resolve) => (this.#waitingForRoom = resolve))
        }
      }
      inbox.fail(new NotConnected('the brokers ended the stream', { hint: 'it is tried again by itself', fault: fault('broker-gone') }))
    } catch (error) {
      inbox.fail(this.#told(error))
    }
  }

  /** Offsets are committed together: those of one acknowledgement come in one go. */
  #durable(message: Message, inbox: Inbox<BrokerMessage>): void {
    if (this.#inbox !== inbox) return
    if (this.#toCommit.size === 0) queueMicrotask(() => this.#commit(inbox))
    this.#toCommit.set(`${message.topic} ${message.partition}`, message)
  }

  #commit(inbox: Inbox<BrokerMessage>): void {
    const messages = [...this.#toCommit.values()]
    this.#toCommit.clear()
    if (this.#inbox !== inbox) return
    for (const message of messages)
      message.commit((error) => {
        if (error) inbox.fail(this.#told(error))
      })
  }

  /** What came; nothing when nothing did for a while. */
  async #take(inbox: Inbox<BrokerMessage>, stop: AbortSignal): Promise<BrokerMessage[]> {
    const quiet = new AbortController()
    const done = new AbortController()
    void this.#context.clock.sleep(KAFKA_LIMITS.aliveMs, done.signal).then(() => quiet.abort())
    try {
      const taken = await inbox.take(AbortSignal.any([stop, quiet.signal]))
      this.#waitingForRoom?.()
      return taken
    } catch (error) {
      if (quiet.signal.aborted && !stop.aborted && error === quiet.signal.reason) return []
      throw error
    } finally {
      done.abort()
    }
  }
}
