import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { QueryRefused } from '../../core/historian.ts'
import type { StoreLimits } from './limits.ts'
import { Places } from './places.ts'

/** How often a query that is over its limit is interrupted until it ends: one interrupt may fall between two statements and be lost. */
const INTERRUPT_MS = 20

/**
 * Runs every query on a connection of its own, in a read-only transaction (one snapshot of the hot table and of the list of cold files), bounded
 * in number, time and memory. The engine works in the background; only reading its vectors takes time of this thread.
 */
export class Readers {
  readonly #instance: DuckDBInstance
  readonly #all: Places
  readonly #sql: Places
  readonly #running = new Set<Promise<unknown>>()
  readonly #connections = new Set<DuckDBConnection>()
  readonly #memoryBytes: number
  #isClosing = false

  constructor(instance: DuckDBInstance, limits: StoreLimits, memoryBytes: number) {
    this.#instance = instance
    this.#all = new Places(limits.queriesRunning, limits.queriesWaiting)
    this.#sql = new Places(limits.sqlRunning, limits.queriesWaiting)
    this.#memoryBytes = memoryBytes
  }

  /** A query of the program itself. */
  query<T>(timeoutMs: number, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#all.run(() => this.#guarded(timeoutMs, work))
  }

  /** A query that a person wrote. */
  sql<T>(timeoutMs: number, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#sql.run(() => this.query(timeoutMs, work))
  }

  /** Resolves when every query that runs now has ended: nobody reads the files any more that were replaced before. */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.#running])
  }

  /** Interrupts what runs and waits for its end; what waits for its turn never gets it, for by then the engine is gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    const timer = setInterval(() => {
      for (const connection of this.#connections) connection.interrupt()
    }, INTERRUPT_MS)
    await this.drained()
    clearInterval(timer)
  }

  #guarded<T>(timeoutMs: number, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    if (this.#isClosing) return Promise.reject(new Error('the historian is closing'))
    const run = this.#run(timeoutMs, work)
    this.#running.add(run)
    const done = () => this.#running.delete(run)
    run.then(done, done)
    return run
  }

  async #run<T>(timeoutMs: number, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#instance.connect()
    this.#connections.add(connection)
    let over: string | undefined
    const started = performance.now()
    const heap = process.memoryUsage.rss()
    const timer = setInterval(
      () => {
        // Memory that a function takes for itself (a string doubled again and again) does not count towards the engine's own limit.
        if (process.memoryUsage.rss() - heap > this.#memoryBytes * 1.5) over ??= 'it takes more memory than a query may'
        if (performance.now() - started > timeoutMs) over ??= `it takes longer than ${timeoutMs} ms`
        if (over) connection.interrupt()
      },
      Math.min(INTERRUPT_MS, timeoutMs),
    )
    try {
      await connection.run('BEGIN TRANSACTION READ ONLY')
      return await work(connection)
    } catch (cause) {
      if (over)
        throw new QueryRefused(`the query was stopped: ${over}; ask for a shorter time, fewer signals or a coarser interval`, { cause })
      throw cause
    } finally {
      clearInterval(timer)
      await endQuietly(connection)
      this.#connections.delete(connection)
    }
  }
}

/** Ends the transaction, which also ends a result that was not read to its end, and frees the connection. */
async function endQuietly(connection: DuckDBConnection): Promise<void> {
  try {
    await connection.run('ROLLBACK')
  } catch {
    // The transaction ended with its statement's error; there is nothing left to end.
  }
  connection.closeSync()
}
