import type { SampleBatch } from '../../core/batch.ts'
import { encodeBatch } from '../../core/batch-codec.ts'
import type { SpoolRecord, StreamPosition } from '../../core/spool.ts'
import type { Payload } from './dictionary.ts'
import { recordBytes } from './layout.ts'
import { SPOOL_LIMITS } from './limits.ts'

/** Records of another node: which of its stream they continue, and how far they bring it. */
export interface Step {
  readonly after: number
  readonly to: StreamPosition
}

/** One batch, or records of another node, waiting for the fsync. */
export interface Entry {
  readonly payload: Payload
  readonly step?: Step
  readonly resolve: (record: SpoolRecord) => void
  readonly reject: (error: unknown) => void
}

interface Waiting extends Omit<Entry, 'payload'> {
  payload: Payload | undefined
  readonly batch?: SampleBatch
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
      this.#add({ batch, payload: undefined, resolve, reject })
    })
  }

  /** The same for records that are encoded already. */
  putEncoded(payload: Payload, step?: Step): Promise<SpoolRecord> {
    return new Promise((resolve, reject) => {
      this.#encodedBytes += payload.bytes.length
      this.#add({ payload, ...(step && { step }), resolve, reject })
    })
  }

  #add(entry: Waiting): void {
    // A batch that cannot be encoded throws here, which rejects the promise.
    if (this.#encodedBytes < SPOOL_LIMITS.unsyncedBytes) this.#encode(entry)
    this.#waiting.push(entry)
  }

  /** The next group: at least one, then as many as fit in `maxBytes` on disk. Batches that cannot be encoded or never fit in `largest` are rejected. */
  take(maxBytes: number, maxRecords: number, largest: number): Entry[] {
    const group: Entry[] = []
    let bytes = 0
    let taken = 0
    for (const entry of this.#waiting) {
      let payload: Payload
      try {
        payload = this.#encode(entry)
        if (recordBytes(payload.bytes.length) > largest)
          throw new RangeError(`a batch of ${payload.bytes.length} bytes can never fit in this spool of about ${largest} bytes`)
      } catch (error) {
        if (entry.payload) this.done(entry.payload.bytes.length)
        entry.reject(error)
        taken++
        continue
      }
      const size = recordBytes(payload.bytes.length)
      if (group.length > 0 && (bytes + size > maxBytes || group.length >= maxRecords)) break
      bytes += size
      taken++
      group.push({ payload, ...(entry.step && { step: entry.step }), resolve: entry.resolve, reject: entry.reject })
    }
    this.#waiting = this.#waiting.slice(taken)
    return group
  }

  /** A group left the queue for good, durable or rejected. */
  done(bytes: number): void {
    this.#encodedBytes -= bytes
  }

  #encode(entry: Waiting): Payload {
    if (!entry.payload) {
      entry.payload = { kind: 'batch', bytes: encodeBatch(entry.batch as SampleBatch) }
      this.#encodedBytes += entry.payload.bytes.length
    }
    return entry.payload
  }
}
