import { NotConnected } from '../../core/errors.ts'
import type { OnExchange } from '../../core/flows.ts'
import type { RecordContext, RecordCounters, RecordDelivery, RecordSource } from '../../core/record-source.ts'
import type { Clock } from '../../core/time.ts'
import { type Authorizer, authorizer } from './auth.ts'
import type { RestConfig } from './config.ts'
import { type Answer, HttpClient } from './http.ts'
import { type FeedPlan, planFeed, readPosition } from './plan.ts'
import { type Part, readFeed, type Validator } from './read-feed.ts'
import { Refused } from './refusal.ts'

interface FeedState {
  readonly plan: FeedPlan
  /** Where the next reading begins; undefined: ask the context. */
  position: ReturnType<typeof readPosition>
  /** Of an answer whose rows are durable. */
  validator: Validator | undefined
  /** The reading under way. */
  parts: AsyncGenerator<Part> | undefined
  dueMs: number
}

/** Rows of a system asked over HTTP, feed by feed as they become due. */
export class RestRecords implements RecordSource {
  readonly counters: RecordCounters & { latencyMs?: number | undefined } = { dropped: {} }
  readonly #config: RestConfig
  readonly #context: RecordContext
  readonly #feeds: FeedState[]
  #asker: Asker | undefined
  /** Until then the server wants to be left alone, by any feed. */
  #pausedUntilMs = 0
  /** Aborted when the read under way is to end. */
  #stop: AbortSignal = new AbortController().signal

  constructor(config: RestConfig, context: RecordContext) {
    this.#config = config
    this.#context = context
    this.#feeds = config.records.map((feed) => ({
      plan: planFeed(config, feed),
      position: {},
      validator: undefined,
      parts: undefined,
      dueMs: 0,
    }))
  }

  /** Nothing is asked yet: HTTP has no connection to speak of. A pause the server asked for goes on. */
  async connect(stop: AbortSignal): Promise<void> {
    stop.throwIfAborted()
    this.#asker?.close()
    this.#asker = new Asker(this.#config, this.#context.clock, this.#context.onExchange)
    this.#feeds.forEach((state, index) => {
      state.parts = undefined
      state.position = readPosition(state.plan, this.#context.cursor(index))
    })
  }

  async read(stop: AbortSignal): Promise<RecordDelivery> {
    const asker = this.#asker
    if (!asker) throw new NotConnected('not connected')
    const state = this.#next()
    const index = this.#feeds.indexOf(state)
    const startMs = this.#context.clock.monotonicMs()
    this.#stop = stop
    try {
      state.parts ??= readFeed(state.plan, state.position, state.validator, async (url, headers, mayBeGone) => {
        const answer = await asker.get(url, headers, { stop: this.#stop, mayBeGone })
        this.counters.latencyMs = answer.latencyMs
        return answer
      })
      const { value: part } = await state.parts.next()
      if (!part) throw new Error('a reading ended without its last part')
      return this.#deliver(state, index, part, startMs)
    } catch (error) {
      // The other feeds have their turn before this one is tried again.
      state.parts = undefined
      state.dueMs = startMs + state.plan.feed.every
      if (error instanceof Refused) this.#pausedUntilMs = startMs + error.retryAfterMs
      throw error
    }
  }

  nextReadMs(): number {
    return Math.max(this.#next().dueMs, this.#pausedUntilMs)
  }

  async close(): Promise<void> {
    this.#asker?.close()
    this.#asker = undefined
  }

  /** The one under way, else the one due first. */
  #next(): FeedState {
    const first = this.#feeds.reduce((best, state) => (state.dueMs < best.dueMs ? state : best))
    return this.#feeds.find(({ parts }) => parts) ?? first
  }

  #deliver(state: FeedState, feed: number, { end, ...part }: Part, startMs: number): RecordDelivery {
    if (!end) return { feed, ...part }
    const { every } = state.plan.feed
    state.parts = undefined
    state.position = end.position
    // An absolute schedule; what could not be read in time is not read later.
    state.dueMs = state.dueMs + every > startMs ? state.dueMs + every : startMs + every
    return { feed, ...part, ack: () => (state.validator = end.validator) }
  }
}

/** Asks with credentials, and says what an answer that is no success means. */
export class Asker {
  readonly #http: HttpClient
  readonly #authorizer: Authorizer
  readonly #config: RestConfig
  readonly #clock: Clock

  constructor(config: RestConfig, clock: Clock, onExchange?: OnExchange) {
    this.#config = config
    this.#clock = clock
    this.#http = new HttpClient({ ...config, clock, onExchange })
    this.#authorizer = authorizer(config.auth, this.#http, clock)
  }

  /** The credentials, so that they are tried before any row. */
  authorize(stop: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#authorizer.headers(stop)
  }

  async get(
    url: URL,
    headers: Readonly<Record<string, string>>,
    { stop, mayBeGone }: { stop: AbortSignal; mayBeGone: boolean },
  ): Promise<Answer> {
    for (;;) {
      const own = await this.#authorizer.headers(stop)
      const answer = await this.#http.ask(url, { headers: { ...headers, ...own }, maxBytes: this.#config.maxBody }, stop)
      if (answer.status === 200 || answer.status === 304 || (answer.status === 410 && mayBeGone)) return answer
      if (answer.status === 401 && this.#authorizer.refused()) continue
      throw new Refused(answer, this.#clock)
    }
  }

  close(): void {
    this.#http.close()
  }
}
