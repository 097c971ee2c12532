import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DeletedWhen } from '../../core/deleted-when.ts'
import type { Clock } from '../../core/time.ts'
import { Answers, type Reply } from './answers.ts'
import { type Authenticator, authenticator } from './authenticate.ts'
import { readBody, type Sent } from './body.ts'
import type { WebhookConfig, WebhookFeed } from './config.ts'
import { WEBHOOK_LIMITS } from './limits.ts'

/** Rows of one request; `settle` answers it. */
export interface Waiting extends Sent {
  readonly feed: number
  /** The caller's address. */
  readonly from: string
  readonly deletedWhen: DeletedWhen | undefined
  settle(reply: Reply): void
}

/** Why a caller's rows are not taken, of a feed or of any. */
type Against = (caller: string, feed?: number) => string | undefined

/** Takes the rows; false when there is no room. */
export type Take = (waiting: Waiting) => boolean

const BUSY: Reply = { status: 503, body: { error: 'too much is waiting for the disk: try again' } }
const SLOW: Reply = { status: 503, body: { error: 'not on disk in time: try again' } }
export const CLOSED: Reply = { status: 503, body: { error: 'closing: try again' } }

/** Reads requests, in the order: who, where, how, how much, what; and answers them. */
export class Reception {
  /** Requests turned away, by reason. */
  readonly refused: Record<string, number> = {}
  readonly #config: WebhookConfig
  readonly #clock: Clock
  readonly #take: Take
  readonly #against: Against
  readonly #authenticator: Authenticator
  readonly #feeds: ReadonlyMap<string, { index: number; feed: WebhookFeed }>
  readonly #keys = new Answers('forget')
  readonly #signatures = new Answers('keep')
  #bytes = 0
  #count = 0

  constructor(config: WebhookConfig, clock: Clock, take: Take, against: Against = () => undefined) {
    this.#config = config
    this.#clock = clock
    this.#take = take
    this.#against = against
    this.#authenticator = authenticator(config.auth, clock)
    this.#feeds = new Map(config.records.map((feed, index) => [feed.path, { index, feed }]))
  }

  /** `from`: the caller's address. */
  async handle(request: IncomingMessage, response: ServerResponse, from: string): Promise<void> {
    const early = this.#refuseEarly(request, from)
    if (early) return this.#send(request, response, early)
    // Room is taken before the first byte is: as much as was announced, or as much as may come.
    const room = Math.min(announced(request) ?? this.#config.maxBody, this.#config.maxBody)
    if (this.#bytes + room > WEBHOOK_LIMITS.waitingBytes || this.#count >= WEBHOOK_LIMITS.waiting)
      return this.#send(request, response, BUSY)
    this.#bytes += room
    this.#count++
    try {
      const body = await receive(request, this.#config.maxBody)
      if (body === 'cut') return
      this.#send(request, response, body === 'too large' ? this.#tooLarge() : await this.#answer(request, body, from))
    } finally {
      this.#bytes -= room
      this.#count--
    }
  }

  #refuseEarly({ headers, url = '', method }: IncomingMessage, from: string): Reply | undefined {
    const caller = this.#against(from)
    if (caller !== undefined) return forbidden(caller)
    if (!this.#authenticator.mayEnter(headers)) return { status: 401, body: { error: 'not authenticated' } }
    const found = this.#feeds.get(pathOf(url))
    if (!found) return { status: 404, body: { error: 'nobody takes rows at this path' } }
    const against = this.#against(from, found.index)
    if (against !== undefined) return forbidden(against)
    if (method !== 'POST') return { status: 405, body: { error: 'rows are sent with POST' } }
    if (!/^application\/([\w.-]+\+)?json\b/i.test(headers['content-type'] ?? ''))
      return { status: 415, body: { error: 'the body must be JSON, and say so: Content-Type: application/json' } }
    const key = headers['idempotency-key']
    if (key !== undefined && (key.length > WEBHOOK_LIMITS.keyLength || key === ''))
      return { status: 400, body: { error: `an Idempotency-Key has 1 to ${WEBHOOK_LIMITS.keyLength} characters` } }
    return undefined
  }

  async #answer({ headers, url = '' }: IncomingMessage, body: Buffer, from: string): Promise<Reply> {
    const signed = this.#authenticator.accepts(headers, body)
    if (signed === false) return { status: 401, body: { error: 'not authenticated' } }
    const path = pathOf(url)
    const key = headers['idempotency-key']
    const named: [Answers, string][] = []
    if (signed !== undefined) named.push([this.#signatures, signed])
    if (key !== undefined) named.push([this.#keys, `${path} ${key}`])
    for (const [answers, name] of named) {
      const known = answers.known(name, body)
      if (known === 'other') return { status: 422, body: { error: 'this Idempotency-Key came with another body before' } }
      if (known) return this.#inTime(known)
    }
    const { promise, resolve } = Promise.withResolvers<Reply>()
    const nowMs = this.#clock.monotonicMs()
    // A signature is good until its timestamp is too old, which at most is twice the window from now.
    const keepMs = this.#config.auth.type === 'hmac' ? 2 * this.#config.auth.window : DAY_MS
    if (!named.every(([answers, name]) => answers.remember(name, body, promise, { nowMs, keepMs }))) return BUSY
    this.#process(path, body, from, resolve)
    return this.#inTime(promise)
  }

  #process(path: string, body: Buffer, from: string, resolve: (reply: Reply) => void): void {
    const { index, feed } = this.#feeds.get(path) as { index: number; feed: WebhookFeed }
    const sent = readBody(body, feed)
    if (typeof sent === 'string') resolve({ status: 400, body: { error: sent } })
    else if (sent.rows.length + sent.deleted.length === 0) resolve({ status: 202, body: { rows: 0, deleted: 0 } })
    else if (!this.#take({ ...sent, feed: index, from, deletedWhen: feed.deletedWhen, settle: resolve })) resolve(BUSY)
  }

  async #inTime(reply: Promise<Reply>): Promise<Reply> {
    const done = new AbortController()
    const late = this.#clock.sleep(this.#config.patience, done.signal).then(() => SLOW)
    return Promise.race([reply, late]).finally(() => done.abort())
  }

  #tooLarge(): Reply {
    return { status: 413, body: { error: `a body has at most ${this.#config.maxBody} bytes` } }
  }

  #send(request: IncomingMessage, response: ServerResponse, { status, body, reason = `request-${status}` }: Reply): void {
    if (status !== 202) this.refused[reason] = (this.refused[reason] ?? 0) + 1
    const text = JSON.stringify(body)
    // What is left of a body nobody wants is not read: the connection ends.
    const ends = !request.complete
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(status === 401 && this.#config.auth.type === 'bearer' && { 'www-authenticate': 'Bearer' }),
      ...(status === 405 && { allow: 'POST' }),
      ...(status === 503 && { 'retry-after': '1' }),
      ...(ends && { connection: 'close' }),
    })
    response.end(text, () => ends && request.destroy())
  }
}

const forbidden = (reason: string): Reply => ({ status: 403, body: { error: 'this caller may not send this here' }, reason })

/** How long the answer of an Idempotency-Key is remembered. */
const DAY_MS = 86_400_000

function pathOf(url: string): string {
  return url.split('?', 1)[0] as string
}

function announced({ headers }: IncomingMessage): number | undefined {
  return headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
}

/** Bytes of a body that is too large that are read on, so that the sender gets the answer rather than a broken line. */
const DRAIN_BYTES = 1024 * 1024

/** The body; `cut` when the sender hung up or took longer than it may (Node answers 408 then): there is nobody to tell. */
function receive(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | 'cut'> {
  const limit = maxBytes + DRAIN_BYTES
  if ((announced(request) ?? 0) > limit) return Promise.resolve('too large')
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (result: Buffer | 'too large' | 'cut') => {
      request.pause()
      resolve(result)
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limit) finish('too large')
      else if (bytes <= maxBytes) chunks.push(chunk)
      else chunks.length = 0
    })
    request.once('end', () => finish(bytes > maxBytes ? 'too large' : Buffer.concat(chunks)))
    request.once('error', () => finish('cut'))
    request.once('close', () => finish('cut'))
  })
}
