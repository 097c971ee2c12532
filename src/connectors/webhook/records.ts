import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { NotConnected } from '../../core/errors.ts'
import { type PushedRun, runsOf, takeDelivery } from '../../core/pushed-rows.ts'
import type { RecordContext, RecordCounters, RecordDelivery, RecordSource } from '../../core/record-source.ts'
import { Inbox } from '../../lib/inbox.ts'
import { plainAddress } from '../../lib/network-address.ts'
import type { WebhookConfig } from './config.ts'
import { WEBHOOK_LIMITS } from './limits.ts'
import { type Listener, openListener } from './listener.ts'
import { CLOSED, Reception, type Waiting } from './reception.ts'

/** Rows that others send us. A request is answered when its rows are durable. */
export class WebhookRecords implements RecordSource {
  readonly counters: RecordCounters
  readonly #config: WebhookConfig
  readonly #context: RecordContext
  /** Outlives a connection: what it remembers of requests must. */
  readonly #reception: Reception
  /** Requests without an answer. */
  readonly #open = new Set<Waiting>()
  #inbox: Inbox<Waiting> | undefined
  #queue: PushedRun[] = []
  #listener: Listener | undefined
  /** Bytes of kept connections that were told already. */
  readonly #told = new WeakMap<Socket, { read: number; written: number }>()

  constructor(config: WebhookConfig, context: RecordContext) {
    this.#config = config
    this.#context = context
    this.#reception = new Reception(config, context.clock, (waiting) => this.#put(waiting), context.against)
    this.counters = { dropped: this.#reception.refused }
  }

  /** The port that was given, where any was asked for. */
  get port(): number | undefined {
    return this.#listener?.port
  }

  async connect(stop: AbortSignal): Promise<void> {
    stop.throwIfAborted()
    const inbox = new Inbox<Waiting>(WEBHOOK_LIMITS.waiting)
    this.#inbox = inbox
    const listener = await openListener(this.#config, (request, response) =>
      this.#handle(request, response).catch((error) => {
        response.destroy()
        inbox.fail(error)
      }),
    )
    if (this.#inbox !== inbox) {
      await listener.close()
      throw new NotConnected('the connection was closed')
    }
    this.#listener = listener
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    const host = plainAddress(socket.remoteAddress)
    const before = { read: 0, written: 0, ...this.#told.get(socket) }
    await this.#reception.handle(request, response, host)
    this.#told.set(socket, { read: socket.bytesRead, written: socket.bytesWritten })
    const { statusCode } = response
    this.#context.onExchange?.({
      ...{ host, port: this.#listener?.port ?? this.#config.port, isOpenedByPeer: true, service: 'POST' },
      ...{ sentBytes: socket.bytesRead - before.read, receivedBytes: socket.bytesWritten - before.written },
      ...(statusCode >= 400 && { exception: String(statusCode) }),
    })
  }

  async read(stop: AbortSignal): Promise<RecordDelivery> {
    const inbox = this.#inbox
    if (!inbox) throw new NotConnected('not listening')
    if (this.#queue.length === 0 && !(await this.#fill(inbox, stop))) return { feed: 0, rows: [] }
    return takeDelivery(this.#queue)
  }

  async close(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    this.#inbox?.fail(new NotConnected('the connection was closed'))
    this.#inbox = undefined
    this.#queue = []
    for (const waiting of this.#open) waiting.settle(CLOSED)
    this.#open.clear()
    // Answers on their way leave before the line is cut.
    await new Promise((resolve) => setImmediate(resolve))
    await listener?.close()
  }

  #put(waiting: Waiting): boolean {
    const isTaken = this.#open.size < WEBHOOK_LIMITS.waiting && (this.#inbox?.put(waiting) ?? false)
    if (isTaken) this.#open.add(waiting)
    return isTaken
  }

  /** The rows of a request in their order; the request is answered when the last of them is durable. */
  #runs(waiting: Waiting): PushedRun[] {
    const { feed, rows, deleted, deletedWhen, settle, from } = waiting
    const done = () => {
      this.#open.delete(waiting)
      settle({ status: 202, body: { rows: rows.length, deleted: deleted.length } })
    }
    if (deleted.length === 0) return runsOf(feed, rows, deletedWhen, { done, from })
    return [...(rows.length > 0 ? runsOf(feed, rows, deletedWhen, { from }) : []), { feed, rows: deleted, isDeletion: true, from, done }]
  }

  /** Waits for requests; false when none came for a while. */
  async #fill(inbox: Inbox<Waiting>, stop: AbortSignal): Promise<boolean> {
    const quiet = new AbortController()
    const done = new AbortController()
    void this.#context.clock.sleep(WEBHOOK_LIMITS.aliveMs, done.signal).then(() => quiet.abort())
    try {
      const waiting = await inbox.take(AbortSignal.any([stop, quiet.signal]))
      this.#queue = waiting.flatMap((one) => this.#runs(one))
      return true
    } catch (error) {
      if (quiet.signal.aborted && !stop.aborted && this.#inbox === inbox) return false
      throw error
    } finally {
      done.abort()
    }
  }
}
