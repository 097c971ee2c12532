import type { SampleBatch } from '../../core/batch.ts'
import { encodeBatch } from '../../core/batch-codec.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { recordBytes } from './layout.ts'
import { SPOOL_LIMITS } from './limits.ts'

/** One batch waiting for its fsync. */
export interface Entry {
  readonly payload: Uint8Array
  readonly resolve: (record: SpoolRecord) => void
  readonly reject: (error: unknown) => void
}

interface Waiting extends Omit<Entry, 'payload'> {
  payload: Uint8Array | undefined
  readonly batch: SampleBatch
}

/**
 * Batches in order of `append`. They are encoded at once, while the fsync before them is under way, up to `SPOOL_LIMITS.unsyncedBytes`
 * in all, the group in flight included; the rest wait as their callers gave them.
 */
export class AppendQueue {
  #waiting: Waiting[] = []
  #encodedBytes = 0

  get size(): number {
    return this.#waiting.length
  }

  /** Encoded bytes not yet known to be durable. */
  get unsyncedBytes(): number {
    return this.#encodedBytes
  }

  put(batch: SampleBatch): Promise<SpoolRecord> {
    return new Promise((resolve, reject) => {
      const entry: Waiting = { batch, payload: undefined, resolve, reject }
      // A batch that cannot be encoded throws here, which rejects the promise.
      if (this.#encodedBytes < SPOOL_LIMITS.unsyncedBytes) this.#encode(entry)
      this.#waiting.push(entry)
    })
  }

  /** The next group: at least one, then as many as fit in `maxBytes` on disk. Batches that cannot be encoded or never fit in `largest` are rejected. */
  take(maxBytes: number, maxRecords: number, largest: number): Entry[] {
    const group: Entry[] = []
    let bytes = 0
    let taken = 0
    for (const entry of this.#waiting) {
      let payload: Uint8Array
      try {
        payload = this.#encode(entry)
        if (recordBytes(payload.length) > largest)
          throw new RangeError(`a batch of ${payload.length} bytes can never fit in this spool of about ${largest} bytes`)
      } catch (error) {
        if (entry.payload) this.done(entry.payload.length)
        entry.reject(error)
        taken++
        continue
      }
      const size = recordBytes(payload.length)
      if (group.length > 0 && (bytes + size > maxBytes || group.length >= maxRecords)) break
      bytes += size
      taken++
      group.push({ payload, resolve: entry.resolve, reject: entry.reject })
    }
    this.#waiting = this.#waiting.slice(taken)
    return group
  }

  /** A group left the queue for good, durable or rejected. */
  done(bytes: number): void {
    this.#encodedBytes -= bytes
  }

  #encode(entry: Waiting): Uint8Array {
    if (!entry.payload) {
      entry.payload = encodeBatch(entry.batch)
      this.#encodedBytes += entry.payload.length
    }
    return entry.payload
  }
}
