import type { Account } from '../core/account.ts'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import type { Delivery } from '../core/source.ts'
import type { Spool } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'
import { BackOff } from '../lib/back-off.ts'
import { Inbox } from '../lib/inbox.ts'
import type { HealthRecord } from './health.ts'
import { within } from './within.ts'

/** Samples of one connection that may wait for the disk; past it the connection is not read. */
const PENDING_SAMPLES = 1_048_576
const RETRY_FIRST_MS = 50
const RETRY_LIMIT_MS = 2_000

/** A batch, and what was dropped beside it. The batch may be empty then. */
export interface Load extends Delivery {
  readonly account?: Account
  /** Parts that follow the batch, in records of their own. */
  readonly rest?: readonly SampleBatch[]
}

export interface LaneParts {
  readonly spool: Pick<Spool, 'append' | 'appendContent'>
  readonly health: HealthRecord
  readonly clock: Clock
  readonly random: () => number
  /** Parts of a batch that must not share a record of the log; absent: all may. */
  readonly split?: ((batch: SampleBatch) => readonly SampleBatch[]) | undefined
  /** After the batch is durable, in the connection's order. */
  readonly onStored: (batch: SampleBatch) => void
}

/**
 * One connection's way to the disk: judged batches go in, and leave in order once they are durable; only then are they acknowledged.
 * When the spool has no room or the disk fails, the lane keeps what it has, tries again, and stops taking: the device's own buffers fill,
 * and nothing that was acknowledged is lost.
 */
export class Lane {
  readonly #parts: LaneParts
  readonly #inbox = new Inbox<Load>(PENDING_SAMPLES, (delivery) => delivery.batch.count)
  readonly #finished: Promise<void>
  readonly #end = new AbortController()
  #room: (() => void)[] = []

  constructor(parts: LaneParts) {
    this.#parts = parts
    this.#finished = this.#run()
  }

  /** Queues a batch; resolves when the next one may come. */
  async put(delivery: Load): Promise<void> {
    while (!this.#inbox.put(delivery)) await new Promise<void>((resolve) => this.#room.push(resolve))
    this.#parts.health.pending += delivery.batch.count
  }

  /** Waits until all that was put is durable, at most `limitMs`; what is not by then was never acknowledged. */
  async close(limitMs: number): Promise<void> {
    this.#end.abort()
    await within(this.#finished, limitMs, this.#parts.clock)
  }

  async #run(): Promise<void> {
    for (;;) {
      let group: Load[]
      try {
        group = await this.#inbox.take(this.#end.signal)
      } catch {
        return // closed, and nothing left to write
      }
      for (const wake of this.#room.splice(0)) wake()
      await this.#write(group)
    }
  }

  async #write(loads: Load[]): Promise<void> {
    const { health, clock, random } = this.#parts
    const backOff = new BackOff(RETRY_FIRST_MS, RETRY_LIMIT_MS, random)
    for (let left = loads; left.length > 0; ) {
      // What the spool refused is tried again; what it took of the same group is durable and acknowledged meanwhile. Only then can batches change places.
      const refused = await Promise.all(left.map((load) => this.#append(load)))
      left = refused.filter((load) => load !== undefined)
      if (left.length > 0) {
        health.failed(`the spool does not take samples: ${this.#problem}`)
        await clock.sleep(backOff.next())
      }
    }
  }

  #problem = ''

  /** What is left to append: parts go one after the other, so that the last, which is acknowledged for all and has the receipt, is not durable before the others. */
  async #append(load: Load): Promise<Load | undefined> {
    const [batch = load.batch, ...others] = load.rest ? [load.batch, ...load.rest] : (this.#parts.split?.(load.batch) ?? [load.batch])
    if (others.length === 0) return this.#appendOne({ ...load, batch })
    const { ack, rest: _, ...first } = load
    const left = await this.#appendOne({ ...first, batch })
    const then = ack && { ack }
    if (left) return { ...left, ...then, rest: others }
    return this.#append({ batch: others[0] as SampleBatch, ...then, rest: others.slice(1) })
  }

  /** An account goes before its batch, under the same fsync as a rule: both are durable before either is acknowledged. */
  async #appendOne({ batch, account, ...load }: Load): Promise<Load | undefined> {
    const { spool, health, onStored } = this.#parts
    const isEmpty = batch.count === 0
    const [counted, stored] = await Promise.allSettled([
      account && spool.appendContent({ kind: 'account', account }),
      isEmpty ? undefined : spool.append(batch),
    ])
    const failed = [counted, stored].find((result) => result.status === 'rejected')
    if (failed) this.#problem = String((failed.reason as Error)?.message ?? failed.reason)
    if (stored.status === 'fulfilled' && !isEmpty) {
      health.pending -= batch.count
      health.countStored(batch)
      onStored(batch)
    }
    const isCounted = counted.status === 'fulfilled'
    if (isCounted && stored.status === 'fulfilled') {
      load.ack?.()
      return undefined
    }
    const rest = stored.status === 'fulfilled' ? new BatchBuilder(0).build(batch.receivedTime) : batch
    return { ...load, batch: rest, ...(account && !isCounted && { account }) }
  }
}
