import type { SampleBatch } from '../core/batch.ts'
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

export interface LaneParts {
  readonly spool: Pick<Spool, 'append'>
  readonly health: HealthRecord
  readonly clock: Clock
  readonly random: () => number
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
  readonly #inbox = new Inbox<Delivery>(PENDING_SAMPLES, (delivery) => delivery.batch.count)
  readonly #finished: Promise<void>
  readonly #end = new AbortController()
  #room: (() => void)[] = []

  constructor(parts: LaneParts) {
    this.#parts = parts
    this.#finished = this.#run()
  }

  /** Queues a batch; resolves when the next one may come. */
  async put(delivery: Delivery): Promise<void> {
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
      let group: Delivery[]
      try {
        group = await this.#inbox.take(this.#end.signal)
      } catch {
        return // closed, and nothing left to write
      }
      for (const wake of this.#room.splice(0)) wake()
      await this.#write(group)
    }
  }

  async #write(deliveries: Delivery[]): Promise<void> {
    const { spool, health, clock, random, onStored } = this.#parts
    const backOff = new BackOff(RETRY_FIRST_MS, RETRY_LIMIT_MS, random)
    for (let left = deliveries; left.length > 0; ) {
      const results = await Promise.allSettled(left.map(({ batch }) => spool.append(batch)))
      // What the spool refused is tried again; what it took of the same group is durable and acknowledged meanwhile. Only then can batches change places.
      const refused: Delivery[] = []
      results.forEach((result, i) => {
        const delivery = left[i] as Delivery
        if (result.status === 'rejected') {
          refused.push(delivery)
          health.failed(`the spool does not take samples: ${String((result.reason as Error)?.message ?? result.reason)}`)
          return
        }
        health.pending -= delivery.batch.count
        health.countStored(delivery.batch)
        onStored(delivery.batch)
        delivery.ack?.()
      })
      left = refused
      if (left.length > 0) await clock.sleep(backOff.next())
    }
  }
}
