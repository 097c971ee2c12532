import type { ConsumerMessages } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { NotConnected } from '../../core/errors.ts'
import { isRow } from '../../core/json-rows.ts'
import { type BrokerMessage, runsOfMessage } from '../../core/message-rows.ts'
import { fault } from '../../core/peer-faults.ts'
import { type PushedRun, takeDelivery } from '../../core/pushed-rows.ts'
import type { RecordContext, RecordDelivery, RecordSource, Row } from '../../core/record-source.ts'
import { readJson } from '../../lib/exact-json.ts'
import { Inbox } from '../../lib/inbox.ts'
import type { NatsConfig, NatsFeed } from './config.ts'
import { consume, ensureConsumer, type Place } from './consume.ts'
import { NATS_LIMITS } from './limits.ts'
import { openLink } from './link.ts'

/** Rows published at a NATS server. */
export class NatsRecords implements RecordSource {
  readonly counters: { dropped: Record<string, number>; latencyMs?: number } = { dropped: {} }
  readonly #config: NatsConfig
  readonly #context: RecordContext
  #link: NatsConnection | undefined
  #inbox: Inbox<BrokerMessage> | undefined
  #queue: PushedRun[] = []
  readonly #consuming: ConsumerMessages[] = []
  readonly #waitingForRoom: (() => void)[] = []
  #closed = new AbortController()

  constructor(config: NatsConfig, context: RecordContext) {
    this.#config = config
    this.#context = context
  }

  async connect(stop: AbortSignal): Promise<void> {
    stop.throwIfAborted()
    this.#closed = new AbortController()
    const signal = AbortSignal.any([stop, this.#closed.signal])
    const opening = openLink(this.#config, `ecluse ${this.#context.connection}`)
    // A line that is there only after we stopped waiting for it is closed again.
    opening.then(
      (link) => (signal.aborted ? link.close() : undefined),
      () => {},
    )
    const link = await untilAborted(opening, signal)
    this.#link = link
    this.#queue = []
    const inbox = new Inbox<BrokerMessage>(NATS_LIMITS.inboxBytes, ({ value }) => value.length + 256)
    this.#inbox = inbox
    void link
      .closed()
      .then(() =>
        inbox.fail(
          new NotConnected('the server is gone', { hint: 'is it running? It is tried again by itself', fault: fault('broker-gone') }),
        ),
      )
    for (const [index, feed] of this.#config.records.entries()) await untilAborted(this.#subscribe(link, inbox, index, feed), signal)
    await untilAborted(this.#alive(link), signal)
  }

  async read(stop: AbortSignal): Promise<RecordDelivery> {
    const [inbox, link] = [this.#inbox, this.#link]
    if (!inbox || !link) throw new NotConnected('not connected')
    if (this.#queue.length === 0) {
      const messages = await this.#take(inbox, stop)
      if (messages.length === 0) {
        await untilAborted(this.#alive(link), AbortSignal.any([stop, this.#closed.signal]))
        return { feed: 0, rows: [] }
      }
      this.#queue = messages.flatMap((message) => {
        const feed = this.#config.records[message.feed] as NatsFeed
        const rule = typeof feed.deletedWhen === 'object' && 'field' in feed.deletedWhen ? feed.deletedWhen : undefined
        return runsOfMessage(message, { rows: feed.rows, deletedWhen: rule, maxBytes: this.#config.maxMessage, bounds: NATS_LIMITS })
      })
    }
    return takeDelivery(this.#queue)
  }

  async close(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    this.#queue = []
    this.#inbox?.fail(new NotConnected('the connection was closed'))
    this.#inbox = undefined
    this.#closed.abort(new NotConnected('the connection was closed'))
    if (link && !link.isClosed())
      await link.close().catch((error) => this.#context.log.debug({ err: error }, 'the line ended with an error'))
  }

  async #subscribe(link: NatsConnection, inbox: Inbox<BrokerMessage>, index: number, feed: NatsFeed): Promise<void> {
    if (feed.stream) {
      const streamed = { ...feed, stream: feed.stream }
      const place = await ensureConsumer(link, streamed, readPlace(this.#context.cursor(index)))
      // At least the largest message there can be: one that does not fit would never come.
      const share = Math.max(2 * (link.info?.max_payload ?? 0), Math.floor(NATS_LIMITS.inboxBytes / this.#config.records.length))
      const messages = await consume(link, streamed, share, (error) => inbox.fail(error))
      this.#consuming.push(messages)
      void this.#pump(messages, inbox, index, place).catch((error) => inbox.fail(error))
      return
    }
    link.subscribe(feed.subject, {
      callback: (error, message) => {
        if (error)
          inbox.fail(
            new NotConnected(`the server does not let us read ${feed.subject}: ${error.name}`, {
              fault: fault('not-allowed', { peer: 'NATS', what: feed.subject }),
              hint: 'ask for the right to subscribe to it',
            }),
          )
        else if (!inbox.put(asMessage(message, index, feed))) this.#count('local-queue-full')
      },
    })
  }

  /** Moves a stream's messages into the inbox in their order, and no faster than it is emptied. */
  async #pump(messages: ConsumerMessages, inbox: Inbox<BrokerMessage>, index: number, place: Place): Promise<void> {
    let last = place.sequence
    for await (const message of messages) {
      // On our disk, and only its acknowledgement was lost.
      if (message.seq <= place.sequence) message.ack()
      // Sent again because the disk is slow: the first one is still on its way, and acknowledges both.
      if (message.seq <= last) continue
      last = message.seq
      const done = () => this.#inbox === inbox && !this.#link?.isClosed() && message.ack()
      const cursor = JSON.stringify({ ...place, sequence: message.seq })
      const entry = { ...asMessage(message, index, this.#config.records[index] as NatsFeed), end: { done, cursor } }
      while (!inbox.put(entry)) {
        if (this.#inbox !== inbox) return
        await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve))
      }
    }
  }

  #makeRoom(): void {
    for (const wake of this.#waitingForRoom.splice(0)) wake()
  }

  #count(reason: string): void {
    this.counters.dropped[reason] = (this.counters.dropped[reason] ?? 0) + 1
  }

  /** What came; nothing when nothing did for a while. */
  async #take(inbox: Inbox<BrokerMessage>, stop: AbortSignal): Promise<BrokerMessage[]> {
    const quiet = new AbortController()
    const done = new AbortController()
    void this.#context.clock.sleep(NATS_LIMITS.aliveMs, done.signal).then(() => quiet.abort())
    try {
      const taken = await inbox.take(AbortSignal.any([stop, quiet.signal]))
      this.#makeRoom()
      return taken
    } catch (error) {
      if (quiet.signal.aborted && !stop.aborted && error === quiet.signal.reason) return []
      throw error
    } finally {
      done.abort()
    }
  }

  /** A sign of life of the server, or NotConnected. */
  async #alive(link: NatsConnection): Promise<void> {
    const { clock } = this.#context
    const done = new AbortController()
    const from = clock.monotonicMs()
    const late = clock
      .sleep(NATS_LIMITS.answerMs, done.signal)
      .then(() => done.signal.aborted || Promise.reject(new NotConnected('the server does not answer', { fault: fault('broker-gone') })))
    try {
      await Promise.race([
        link.flush().catch(() => Promise.reject(new NotConnected('the server is gone', { fault: fault('broker-gone') }))),
        late,
      ])
      this.counters.latencyMs = Math.round(clock.monotonicMs() - from)
    } finally {
      done.abort()
    }
  }
}

/** A cursor of ours; undefined when it is none. */
function readPlace(text: string | undefined): Place | undefined {
  const read = text === undefined ? undefined : readJson(text, { depth: 2, values: 10 })
  return read && 'value' in read && isRow(read.value) ? (read.value as unknown as Place) : undefined
}

/** A message with the columns that are not in its value. */
export function asMessage(
  message: Pick<Msg, 'data' | 'subject'> & { headers?: Msg['headers'] },
  feed: number,
  { columns, deletedWhen }: NatsFeed,
): BrokerMessage {
  const { data, subject, headers } = message
  const parts = subject.split('.')
  const own: Record<string, unknown> = {}
  for (const [name, from] of Object.entries(columns ?? {})) {
    const text = 'header' in from ? headers?.get(from.header) : parts[from.subject - 1]
    if (text !== undefined && text !== '' && text.length <= NATS_LIMITS.columnLength) own[name] = text
  }
  const isDeletion =
    deletedWhen === 'empty'
      ? data.length === 0
      : deletedWhen !== undefined && 'header' in deletedWhen && headers?.get(deletedWhen.header) === deletedWhen.equals
  return { feed, value: data, columns: own as Row, isDeletion }
}

/** Settles with the abort when that comes first. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
