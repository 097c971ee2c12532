import { NotConnected } from '../../core/errors.ts'
import { fault, networkFault } from '../../core/peer-faults.ts'
import type { RecordContext, RecordCounters, RecordDelivery, RecordSource } from '../../core/record-source.ts'
import type { SqlFeed } from './config.ts'
import { type Cursor, cursorOf, decodeCursor, encodeCursor, startOf } from './cursor.ts'
import { withCursor } from './query.ts'
import { toRows } from './rows.ts'
import { type Dialect, type Explained, type Page, type Session, Unreadable } from './session.ts'

interface SqlConfig {
  readonly password?: string
  readonly connectTimeout?: number
  readonly queryTimeout: number
  readonly records: readonly SqlFeed[]
}

interface FeedState {
  readonly feed: SqlFeed
  nextMs: number
  cursor: Cursor | undefined
  /** Pages of the reading under way. */
  pages: AsyncGenerator<Page, void, undefined> | undefined
  /** Rows of this reading could not be read: what is missing from it may still be there. */
  isIncomplete: boolean
  /** Why the last reading failed; said when the other feeds had their turn. */
  failure: Error | undefined
}

/** Reads the feeds of one database, each when it is due, a page per `read`. */
export class SqlRecords<Config extends SqlConfig> implements RecordSource {
  readonly counters: { -readonly [key in keyof RecordCounters]: RecordCounters[key] } = { dropped: {} }
  readonly #dialect: Dialect<Config>
  readonly #config: Config
  readonly #context: RecordContext
  readonly #feeds: FeedState[]
  #session: Session | undefined
  #ended: Promise<void> | undefined

  constructor(dialect: Dialect<Config>, config: Config, context: RecordContext) {
    this.#dialect = dialect
    this.#config = config
    this.#context = context
    const state = { nextMs: 0, cursor: undefined, pages: undefined, isIncomplete: false, failure: undefined }
    this.#feeds = config.records.map((feed) => ({ feed, ...state }))
  }

  async connect(stop: AbortSignal): Promise<void> {
    stop.throwIfAborted()
    await this.#formerEnded(stop)
    try {
      this.#session = await this.#dialect.open(this.#config, this.#context.directory)
    } catch (error) {
      throw toNotConnected(this.#dialect, error, this.#config)
    }
    if (stop.aborted) {
      this.#session.destroy()
      stop.throwIfAborted()
    }
    this.#feeds.forEach((state, index) => {
      const durable = this.#context.cursor(index)
      const start = state.feed.cursor && startOf(state.feed.cursor.start)
      state.cursor = (durable === undefined ? undefined : decodeCursor(durable)) ?? start
      state.pages = undefined
    })
  }

  /** A query that nobody wants any more may still be running: there is never a second one beside it. */
  async #formerEnded(stop: AbortSignal): Promise<void> {
    const { clock } = this.#context
    const done = new AbortController()
    const late = clock.sleep(this.#config.queryTimeout, AbortSignal.any([done.signal, stop])).then(() => 'late')
    const first = await Promise.race([this.#ended, late])
    done.abort()
    stop.throwIfAborted()
    if (first === 'late' && this.#ended)
      throw new NotConnected('the query before this attempt is still running', { hint: 'make it faster', fault: fault('query-running') })
    this.#ended = undefined
  }

  nextReadMs(): number {
    return Math.min(...this.#feeds.map(({ pages, nextMs }) => (pages ? 0 : nextMs)))
  }

  async read(stop: AbortSignal): Promise<RecordDelivery> {
    const { clock } = this.#context
    for (;;) {
      const session = this.#session
      if (!session) throw new NotConnected('the connection is closed')
      const index = this.#nextFeed()
      const state = this.#feeds[index] as FeedState
      if (!state.pages) {
        // A feed whose turn comes again had the others' turn in between.
        const now = clock.monotonicMs()
        if (state.nextMs > now) {
          const failed = this.#feeds.find(({ failure }) => failure)?.failure
          if (failed) throw failed
          await clock.sleep(state.nextMs - now, stop)
        }
        stop.throwIfAborted()
      }
      const delivery = await this.#readPage(session, state, index, stop)
      if (delivery) return delivery
    }
  }

  /** The one in the middle of a reading, else the one that is due first. */
  #nextFeed(): number {
    let best = 0
    this.#feeds.forEach(({ pages, nextMs }, index) => {
      const other = this.#feeds[best] as FeedState
      if (!other.pages && (pages || nextMs < other.nextMs)) best = index
    })
    return best
  }

  async #readPage(session: Session, state: FeedState, index: number, stop: AbortSignal): Promise<RecordDelivery | undefined> {
    const { clock } = this.#context
    const from = clock.monotonicMs()
    try {
      if (!state.pages) {
        state.isIncomplete = false
        state.pages = session.read(statementOf(this.#dialect, state.feed, state.cursor))
      }
      const next = await withinTime(state.pages.next(), session, this.#patienceMs(), this.#context, stop)
      this.counters.latencyMs = clock.monotonicMs() - from
      state.failure = undefined
      if (next.done) {
        state.pages = undefined
        state.nextMs = clock.monotonicMs() + state.feed.every
      }
      return this.#deliver(state, index, next.done ? undefined : next.value)
    } catch (error) {
      state.pages = undefined
      state.nextMs = clock.monotonicMs() + state.feed.every
      stop.throwIfAborted()
      const explained = this.#dialect.explain(error, this.#config)
      const failure = toNotConnected(this.#dialect, error, this.#config, `feed ${index + 1} (${state.feed.record}): `)
      // What the server says of one query leaves the other feeds alone.
      if (explained.step !== 'query' || this.#session !== session) throw failure
      state.failure = failure
      return undefined
    }
  }

  /** Longer than the server's own time-out, whose words say more. */
  #patienceMs(): number {
    const { queryTimeout } = this.#config
    return queryTimeout + Math.min(queryTimeout, 2_000)
  }

  #deliver(state: FeedState, index: number, page: Page | undefined): RecordDelivery {
    const { feed } = state
    const { rows, unreadable } = toRows(page)
    if (unreadable.length > 0) state.isIncomplete = true
    if (feed.snapshot) {
      if (!page && state.isIncomplete)
        this.#context.log.warn({ feed: index }, 'rows could not be read: this time nothing counts as deleted')
      return { feed: index, rows, unreadable, snapshot: { last: !page && !state.isIncomplete } }
    }
    const cursor = page && this.#lastCursor(feed, page)
    if (cursor) state.cursor = cursor
    return { feed: index, rows, unreadable, ...(cursor && { cursor: encodeCursor(cursor) }) }
  }

  #lastCursor({ cursor }: SqlFeed, { columns, rows }: Page): Cursor | undefined {
    if (!cursor) return undefined
    const at = columns.findIndex(({ name }) => name === cursor.column)
    const column = columns[at]
    if (!column)
      throw new NotConnected(`the query has no column ${cursor.column}, which cursor names`, {
        hint: `it has ${columns.map(({ name }) => name).join(', ')}`,
        fault: fault('no-column', { column: cursor.column, known: columns.map(({ name }) => name).join(', ') }),
      })
    for (let i = rows.length - 1; i >= 0; i--) {
      try {
        const found = cursorOf(column.read(rows[i]?.[at]), column)
        if (found) return found
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error
      }
    }
    return undefined
  }

  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    this.#ended = session?.ended
    for (const state of this.#feeds) state.pages = undefined
    session?.destroy()
  }
}

/** The feed's query as it is sent: where it goes on, in the order of the cursor. */
export function statementOf<Config>(dialect: Dialect<Config>, { query, cursor: declared }: SqlFeed, cursor: Cursor | undefined): string {
  if (!declared || !cursor) return withCursor(query, dialect.quoting, undefined)
  const text = withCursor(query, dialect.quoting, dialect.literal(cursor.kind, cursor.text))
  return `${text}\nORDER BY ${dialect.quote(declared.column)}`
}

/** Waits for the next page; when it takes too long, or is not wanted any more, the line is cut. */
async function withinTime<T>(
  work: Promise<T>,
  session: Session,
  limitMs: number,
  { clock }: Pick<RecordContext, 'clock'>,
  stop: AbortSignal,
): Promise<T> {
  const done = new AbortController()
  const late = clock.sleep(limitMs, AbortSignal.any([done.signal, stop])).then(() => {
    if (done.signal.aborted) return undefined
    session.destroy()
    stop.throwIfAborted()
    throw new NotConnected(`no rows within ${limitMs / 1000} s`, {
      hint: 'give the table an index, or raise queryTimeout',
      fault: fault('query-slow', { seconds: limitMs / 1000 }),
    })
  })
  work.catch(() => {})
  try {
    return (await Promise.race([work, late])) as T
  } finally {
    done.abort()
    late.catch(() => {})
  }
}

const BY_STEP = { tcp: 'lost', tls: 'tls-refused', 'sign-in': 'sign-in-refused', query: 'query-refused' } as const

/** In words for people, without the password. */
export function toNotConnected<Config extends { readonly password?: string }>(
  dialect: Dialect<Config>,
  error: unknown,
  config: Config,
  prefix = '',
): NotConnected {
  if (error instanceof NotConnected) return error
  const { step, message, hint }: Explained = dialect.explain(error, config)
  const text = withoutPassword(`${prefix}${dialect.place(config)}: ${message}`, config.password)
  const peer = dialect.place(config)
  const detail = withoutPassword(message, config.password)
  const why = networkFault(error, peer) ?? fault(BY_STEP[step], { peer, detail })
  return new NotConnected(text, { ...(hint !== undefined && { hint }), fault: why })
}

function withoutPassword(text: string, password: string | undefined): string {
  return password === undefined ? text : text.replaceAll(password, '***')
}
