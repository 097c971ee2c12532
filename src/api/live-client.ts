import type { ServerResponse } from 'node:http'
import type { SampleBatch } from '../core/batch.ts'
import type { HistorianStats } from '../core/historian.ts'
import { API_LIMITS } from './limits.ts'
import type { Sample } from './schemas.ts'

/** Rows of one durable batch that a client wants. */
interface Chunk {
  readonly batch: SampleBatch
  readonly rows: Uint32Array
}

export interface LiveParts {
  /** The account or token that opened it. */
  readonly owner: string
  readonly response: ServerResponse
  /** Whether the client wants a signal, by index; asked once per signal. */
  readonly wants: (index: number) => boolean
  /** Signals whose last values it gets first. */
  readonly first: readonly number[]
  /** False once the session it was opened with has ended. */
  readonly isWelcome: () => boolean
  readonly render: (batch: SampleBatch, row: number) => Sample | undefined
  readonly renderLast: (index: number) => Sample | undefined
  readonly health: (stats: HistorianStats) => unknown
}

const COALESCE_MS = 40

/**
 * One subscriber of the live stream. What it wants waits in a bounded queue and leaves as events: at once when the client is idle, gathered when samples
 * come fast. A client that reads too slowly loses the oldest samples and is told how many; it slows nobody else.
 */
export class LiveClient {
  readonly #parts: LiveParts
  /** By signal index: 0 not asked yet, 1 wanted, 2 not. */
  #known = new Uint8Array(0)
  #queue: Chunk[] = []
  #pending = 0
  #missed = 0
  #timer: NodeJS.Timeout | undefined
  #flushedMs = 0
  /** How many of the first values are out. */
  #begun = 0

  constructor(parts: LiveParts) {
    this.#parts = parts
    parts.response.on('drain', () => this.#schedule())
  }

  get owner(): string {
    return this.#parts.owner
  }

  isWelcome(): boolean {
    return this.#parts.isWelcome()
  }

  /** Starts with the values of now. */
  begin(): void {
    this.#flush()
  }

  offer(batch: SampleBatch): void {
    const rows = this.#wanted(batch)
    if (rows.length === 0) return
    this.#queue.push({ batch, rows })
    this.#pending += rows.length
    while (this.#pending > API_LIMITS.livePending && this.#queue.length > 1) {
      const oldest = this.#queue.shift() as Chunk
      this.#pending -= oldest.rows.length
      this.#missed += oldest.rows.length
    }
    this.#schedule()
  }

  /** Sends an event at once, unless the client is behind. */
  send(event: string, data: unknown): void {
    if (this.#canWrite) this.#parts.response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  sendHealth(stats: HistorianStats): void {
    if (this.#canWrite) this.send('health', this.#parts.health(stats))
  }

  keepAlive(): void {
    if (this.#canWrite) this.#parts.response.write(': keep-alive\n\n')
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#queue = []
    this.#parts.response.end()
  }

  get #canWrite(): boolean {
    const { writableEnded, destroyed } = this.#parts.response
    return !writableEnded && !destroyed && !this.#isBehind
  }

  get #isBehind(): boolean {
    return this.#parts.response.writableLength > API_LIMITS.liveUnsentBytes
  }

  #wanted({ count, signal }: SampleBatch): Uint32Array {
    const rows = new Uint32Array(count)
    let found = 0
    for (let row = 0; row < count; row++) if (this.#wants(signal[row] as number)) rows[found++] = row
    return rows.subarray(0, found)
  }

  #wants(index: number): boolean {
    if (index >= this.#known.length) {
      const longer = new Uint8Array(Math.max(index + 1, this.#known.length * 2, 256))
      longer.set(this.#known)
      this.#known = longer
    }
    if (this.#known[index] === 0) this.#known[index] = this.#parts.wants(index) ? 1 : 2
    return this.#known[index] === 1
  }

  #schedule(): void {
    const isIdle = this.#pending === 0 && this.#begun >= this.#parts.first.length
    if (this.#timer || isIdle || !this.#canWrite) return
    const waitMs = Math.max(0, this.#flushedMs + COALESCE_MS - performance.now())
    this.#timer = setTimeout(() => this.#flush(), waitMs)
  }

  #flush(): void {
    this.#timer = undefined
    this.#flushedMs = performance.now()
    while (this.#begun < this.#parts.first.length && this.#canWrite) this.send('samples', { samples: this.#takeFirst() })
    if (this.#begun < this.#parts.first.length) return
    if (this.#missed > 0) {
      this.send('missed', { samples: this.#missed })
      this.#missed = 0
    }
    while (this.#pending > 0 && this.#canWrite) this.send('samples', { samples: this.#take() })
    this.#schedule()
  }

  #takeFirst(): Sample[] {
    const slice = this.#parts.first.slice(this.#begun, this.#begun + API_LIMITS.liveEvent)
    this.#begun += slice.length
    return slice.flatMap((index) => this.#parts.renderLast(index) ?? [])
  }

  #take(): Sample[] {
    const samples: Sample[] = []
    while (samples.length < API_LIMITS.liveEvent) {
      const chunk = this.#queue.shift()
      if (!chunk) break
      const room = API_LIMITS.liveEvent - samples.length
      if (chunk.rows.length > room) this.#queue.unshift({ batch: chunk.batch, rows: chunk.rows.subarray(room) })
      const taken = chunk.rows.subarray(0, room)
      this.#pending -= taken.length
      for (const row of taken) {
        const sample = this.#parts.render(chunk.batch, row)
        if (sample) samples.push(sample)
      }
    }
    return samples
  }
}
