import type { FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import { NotConnected } from '../../core/errors.ts'
import type { RecordContext, RecordCounters, RecordDelivery, RecordSource } from '../../core/record-source.ts'
import { type FilesConfig, type FilesFeed, moveTarget, splitPath } from './config.ts'
import { type FoundFile, isUnchanged, lookInto, moveAway, openFound } from './folder.ts'
import { BrokenFile, type Part, type Parts } from './part.ts'
import { hashOf, openParts } from './reading.ts'
import { decodeTaken, encodeTaken, NOTHING_TAKEN, standing, type Taken, type TakenFile, withTaken } from './taken.ts'

interface Reading {
  readonly file: FoundFile
  readonly hash: string
  readonly handle: FileHandle
  readonly parts: Parts
  /** Rows and unreadable lines handed over, and those that an earlier process had stored. */
  items: number
  readonly skip: number
  isIncomplete: boolean
}

interface FeedState {
  readonly feed: FilesFeed
  readonly folder: string
  readonly glob: string
  nextMs: number
  /** Handed over, and known to be stored. */
  taken: Taken
  durable: Taken
  /** Files as they were seen, and since when (monotonic) they are so. */
  seen: Map<string, { readonly size: number; readonly changedMs: number; readonly sinceMs: number }>
  /** What was counted, so that it is counted once: a name and why, or its size and time. */
  counted: Map<string, string>
  /** Settled files, oldest first. */
  queue: FoundFile[]
  reading: Reading | undefined
}

/** Takes files as they are dropped into folders, each content once. */
export class FileRecords implements RecordSource {
  readonly counters: RecordCounters & { latencyMs?: number | undefined } = { dropped: {} }
  readonly #context: RecordContext
  readonly #feeds: readonly FeedState[]
  /** Aborted by `close`. */
  #closing = new AbortController()

  constructor({ records }: FilesConfig, context: RecordContext) {
    this.#context = context
    this.#feeds = records.map((feed) => {
      const { folder, glob } = splitPath(feed.path)
      const state = { nextMs: 0, taken: NOTHING_TAKEN, durable: NOTHING_TAKEN, queue: [], reading: undefined }
      return { feed, folder: resolve(context.directory, folder), glob, ...state, seen: new Map(), counted: new Map() }
    })
  }

  async connect(stop: AbortSignal): Promise<void> {
    stop.throwIfAborted()
    this.#closing = new AbortController()
    this.#feeds.forEach((state, index) => {
      state.taken = state.durable = decodeTaken(this.#context.cursor(index))
      state.queue = []
      state.reading = undefined
    })
  }

  nextReadMs(): number {
    return Math.min(...this.#feeds.map(({ reading, queue, nextMs }) => (reading || queue.length > 0 ? 0 : nextMs)))
  }

  async read(stop: AbortSignal): Promise<RecordDelivery> {
    const { clock } = this.#context
    const busy = this.#feeds.findIndex(({ reading, queue }) => reading || queue.length > 0)
    const index = busy >= 0 ? busy : this.#firstDue()
    const state = this.#feeds[index] as FeedState
    if (busy < 0) {
      const wait = state.nextMs - clock.monotonicMs()
      if (wait > 0) await clock.sleep(wait, stop)
      stop.throwIfAborted()
      await this.#scan(state)
    }
    const from = clock.monotonicMs()
    const delivery = await this.#advance(state, index, stop)
    this.counters.latencyMs = clock.monotonicMs() - from
    return delivery
  }

  #firstDue(): number {
    return this.#feeds.reduce((best, { nextMs }, i) => (nextMs < (this.#feeds[best] as FeedState).nextMs ? i : best), 0)
  }

  /** Looks into the folder: what has settled is queued, what is stored is moved away. */
  async #scan(state: FeedState): Promise<void> {
    const { feed, folder, glob } = state
    const now = this.#context.clock.monotonicMs()
    state.nextMs = now + feed.every
    const { files, refused } = await lookInto(folder, glob)
    for (const [name, why] of refused) this.#count(state, name, why)
    const seen: FeedState['seen'] = new Map()
    for (const file of files) {
      const stands = standing(state.taken, file)
      if (stands === 'forgotten') this.#count(state, file.name, 'older-than-remembered', file)
      if (stands === 'taken') await this.#move(state, file)
      if (stands !== 'new' || state.counted.get(file.name) === keyOf('unreadable-file', file)) continue
      const before = state.seen.get(file.name)
      const isSame = before?.size === file.size && before.changedMs === file.changedMs
      const sinceMs = isSame ? before.sinceMs : now
      seen.set(file.name, { size: file.size, changedMs: file.changedMs, sinceMs })
      if (now - sinceMs >= feed.settle) state.queue.push(file)
      else state.nextMs = Math.min(state.nextMs, sinceMs + feed.settle)
    }
    state.seen = seen
    const names = new Set([...files.map(({ name }) => name), ...refused.keys()])
    for (const name of state.counted.keys()) if (!names.has(name)) state.counted.delete(name)
  }

  async #advance(state: FeedState, index: number, stop: AbortSignal): Promise<RecordDelivery> {
    if (!state.reading) {
      const file = state.queue.shift()
      if (!file) return { feed: index, rows: [] }
      const delivery = await this.#begin(state, index, file, stop)
      if (delivery) return delivery
    }
    const reading = state.reading as Reading | undefined
    return reading ? this.#nextPart(state, index, reading, stop) : { feed: index, rows: [] }
  }

  /** Opens a file; a delivery when there is nothing to read in it. */
  async #begin(state: FeedState, index: number, file: FoundFile, stop: AbortSignal): Promise<RecordDelivery | undefined> {
    let handle: FileHandle | undefined
    let hash = ''
    try {
      handle = await openFound(file)
      if (!(await isUnchanged(handle, file))) return this.#unsettled(state, index, file, handle)
      hash = await hashOf(handle, file.size, stop)
      if (state.taken.files.some((known) => known.hash === hash)) {
        await handle.close()
        this.#count(state, file.name, 'same-content', file)
        return this.#finish(state, index, { ...file, hash }, { rows: [], unreadable: [] })
      }
      const parts = await openParts(handle, file, state.feed, this.#closing.signal)
      const { partly } = state.taken
      const skip = partly?.hash === hash && state.feed.mode === 'changes' ? partly.rows : 0
      state.reading = { file, hash, handle, parts, items: 0, skip, isIncomplete: false }
      return undefined
    } catch (error) {
      await handle?.close()
      stop.throwIfAborted()
      if (error instanceof BrokenFile) return this.#finish(state, index, { ...file, hash }, refusal(file, error.message))
      if (!isSystemError(error)) throw error
      // Nothing of it was read: it is tried again when it changes, or after a restart.
      this.#count(state, file.name, 'unreadable-file', file)
      return { feed: index, ...refusal(file, error.message) }
    }
  }

  async #unsettled(state: FeedState, index: number, file: FoundFile, handle: FileHandle): Promise<RecordDelivery> {
    await handle.close()
    state.seen.delete(file.name)
    return { feed: index, rows: [] }
  }

  async #nextPart(state: FeedState, index: number, reading: Reading, stop: AbortSignal): Promise<RecordDelivery> {
    const { file, hash, handle, parts } = reading
    try {
      const next = await parts.next()
      if (!next.done) return this.#deliver(state, index, reading, next.value)
      state.reading = undefined
      const isWhole = await isUnchanged(handle, file)
      await handle.close()
      if (!isWhole) {
        this.#context.log.warn({ file: file.name }, 'the file changed while it was read: it will be read again')
        return { feed: index, rows: [] }
      }
      if (state.feed.mode === 'snapshot' && reading.isIncomplete)
        this.#context.log.warn({ file: file.name }, 'lines could not be read: this time nothing counts as deleted')
      const last = !reading.isIncomplete
      return this.#finish(state, index, { ...file, hash }, { rows: [], unreadable: [] }, last)
    } catch (error) {
      state.reading = undefined
      await handle.close()
      stop.throwIfAborted()
      if (error instanceof BrokenFile) return this.#finish(state, index, { ...file, hash }, refusal(file, error.message))
      if (this.#closing.signal.aborted) throw new NotConnected('closed', { cause: error })
      if (!isSystemError(error)) throw error
      this.#count(state, file.name, 'unreadable-file', file)
      return { feed: index, ...refusal(file, error.message) }
    }
  }

  #deliver(state: FeedState, index: number, reading: Reading, part: Part): RecordDelivery {
    const items = part.rows.length + part.unreadable.length
    const isOld = reading.items + items <= reading.skip
    reading.items += items
    if (part.unreadable.length > 0) reading.isIncomplete = true
    if (isOld) return { feed: index, rows: [] }
    const unreadable = part.unreadable.map(({ row, reason }) => ({ row, reason: `${reading.file.name}: ${reason}` }))
    if (state.feed.mode === 'snapshot') return { feed: index, rows: part.rows, unreadable, snapshot: { last: false } }
    const taken = { ...state.taken, partly: { hash: reading.hash, rows: reading.items } }
    return { feed: index, rows: part.rows, unreadable, cursor: encodeTaken(taken) }
  }

  /** The file is done with. `last` where it was read to its end. */
  #finish(state: FeedState, index: number, file: TakenFile & Partial<FoundFile>, part: Part, last?: boolean): RecordDelivery {
    const { name, size, changedMs, hash } = file
    const taken = withTaken(state.taken, { name, size, changedMs, hash })
    state.taken = taken
    return {
      feed: index,
      ...part,
      cursor: encodeTaken(taken),
      ...(state.feed.mode === 'snapshot' && last !== undefined && { snapshot: { last } }),
      ack: () => {
        state.durable = taken
        if (moveTarget(state.feed.done) !== undefined && state.queue.length === 0) state.nextMs = 0
      },
    }
  }

  async #move(state: FeedState, file: FoundFile): Promise<void> {
    const target = moveTarget(state.feed.done)
    const known = state.durable.files.find(({ name }) => name === file.name)
    if (target === undefined || !known || standing(state.durable, file) !== 'taken') return
    try {
      await moveAway(state.folder, target, file, known.hash)
    } catch (error) {
      if (this.#count(state, file.name, 'not-moved', file))
        this.#context.log.warn({ file: file.name, cause: (error as Error).message }, 'the file was read but cannot be moved')
    }
  }

  /** Counts a file once, and says whether this was the time. */
  #count(state: FeedState, name: string, reason: string, file?: FoundFile): boolean {
    const key = file ? keyOf(reason, file) : reason
    if (state.counted.get(name) === key) return false
    state.counted.set(name, key)
    const { dropped } = this.counters
    dropped[reason] = (dropped[reason] ?? 0) + 1
    return true
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const state of this.#feeds) {
      const { reading } = state
      state.reading = undefined
      state.queue = []
      await reading?.handle.close().catch(() => {})
    }
  }
}

function keyOf(reason: string, { size, changedMs }: FoundFile): string {
  return `${reason} ${size} ${changedMs}`
}

function refusal({ name }: { readonly name: string }, reason: string): Part {
  return { rows: [], unreadable: [{ row: name, reason: `${name}: ${reason}` }] }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string'
}
