import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { SampleBatch } from '../core/batch.ts'
import { decodeBatch } from '../core/batch-codec.ts'
import type { Logger } from '../core/log.ts'
import type { Spool } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'
import { replaceFile } from '../lib/replace-file.ts'

/** The log keeps what was judged since the memory was last saved. */
export const RULES_CONSUMER = 'rules'
const TICK_MS = 1_000
const SAVE_EVERY_MS = 30_000
/** Saved earlier when more than this share of the spool's room is held for it, by records of other nodes too: it may not fill up with what only the rules still need. */
const SHARE = 1 / 4
/** Saved earlier when so much has come since, though not more often than this: a start judges it again before it collects, and has five seconds. */
const AGAIN_BYTES = 32 * 1024 * 1024
const AGAIN_EVERY_MS = 5_000
/** Longest time the readers wait for the disk at a save; when it takes longer, another time. */
const BARRIER_MS = 1_000
const READ_RECORDS = 4_096
const READ_BYTES = 16 * 1024 * 1024

/** What one part remembers of the samples it judged. */
export interface Memory {
  /** For the log: `the rules`. */
  readonly name: string
  readonly file: string
  /** It names signals by id: the memory of another epoch of this node's spool is still good. */
  readonly outlivesEpoch?: true
  save(): Uint8Array
  /** False when the bytes are no memory. */
  restore(bytes: Uint8Array): boolean
  /** Takes in what was judged after the memory was saved, as it is stored. */
  learn(batch: SampleBatch): void
}

export interface RuleMemoryParts {
  readonly memories: readonly Memory[]
  readonly spool: Pick<Spool, 'node' | 'epoch' | 'read' | 'release' | 'stats'>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Keeps what the rules and the contracts remember across a restart, exactly: the memory is saved between batches, when all that was judged is durable, together with the
 * sequence it stands at; a start puts it back and judges again what the spool holds after it. So a restart in the middle, also by kill -9, changes no verdict.
 */
export class RuleMemory {
  readonly tickMs = TICK_MS
  readonly #parts: RuleMemoryParts
  #inFlight = 0
  #savedMs: number
  #barrier: Promise<void> | undefined
  #drained: (() => void) | undefined

  constructor(parts: RuleMemoryParts) {
    this.#parts = parts
    this.#savedMs = parts.clock.monotonicMs()
  }

  /** Waits while the memory is being saved. Then a batch may be judged; call what this resolves with once it is durable. */
  async enter(): Promise<() => void> {
    while (this.#barrier) await this.#barrier
    this.#inFlight++
    return () => {
      if (--this.#inFlight === 0) this.#drained?.()
    }
  }

  /** Saves when it is due. */
  async tick(): Promise<void> {
    const { clock, spool } = this.#parts
    const sinceMs = clock.monotonicMs() - this.#savedMs
    const { held, maxBytes } = spool.stats()
    const heldBytes = held.find(({ consumer }) => consumer === RULES_CONSUMER)?.bytes ?? 0
    const isMuch = heldBytes > maxBytes * SHARE || (heldBytes > AGAIN_BYTES && sinceMs >= AGAIN_EVERY_MS)
    if (isMuch || sinceMs >= SAVE_EVERY_MS) await this.save()
  }

  /** Saves now; a failure is logged and costs only that a restart after a crash has more to judge again, or begins anew. */
  async save(): Promise<void> {
    const { spool, log, clock } = this.#parts
    const state = await this.#atRest()
    if (!state) return
    for (const { memory, bytes } of state.saved) {
      try {
        await this.#write(memory, bytes, state.sequence)
      } catch (error) {
        log.warn({ error: String(error) }, `what ${memory.name} remember cannot be saved; it is tried again`)
      }
    }
    this.#savedMs = clock.monotonicMs()
    // Also after a failure: the samples themselves are the historian's, and the spool must not fill up for the rules.
    spool.release(RULES_CONSUMER, state.sequence + 1)
  }

  /** Puts the memory back and judges again what came after it; the log is read once for all. */
  async restore(): Promise<void> {
    const { spool, memories } = this.#parts
    const { lastSequence } = spool.stats()
    const learning = await Promise.all(memories.map(async (memory) => ({ memory, from: await this.#restore(memory) })))
    let next = Math.min(...learning.map(({ from }) => from))
    while (next <= lastSequence) {
      const records = await spool.read(next, READ_RECORDS, READ_BYTES)
      if (records.length === 0) break
      for (const { kind, sequence, payload } of records) {
        if (kind !== 'batch') continue
        // Judging changes a batch, whose columns lie in these bytes: each has its own.
        for (const { memory, from } of learning) if (sequence >= from) memory.learn(decodeBatch(payload.slice()))
      }
      next = (records.at(-1)?.sequence ?? next) + 1
    }
  }

  /** The first record that it has not judged. */
  async #restore(memory: Memory): Promise<number> {
    const { spool, log } = this.#parts
    const { firstSequence, lastSequence } = spool.stats()
    const found = await this.#read(memory)
    if (found && found.sequence <= lastSequence && memory.restore(found.bytes)) return Math.max(firstSequence, found.sequence + 1)
    if (lastSequence > 0) log.info({}, `${memory.name} begin without memory of what came before`)
    return firstSequence
  }

  /** The memory at a moment when nothing judged waits for the disk; undefined when the disk takes too long. */
  async #atRest(): Promise<{ saved: { memory: Memory; bytes: Uint8Array }[]; sequence: number } | undefined> {
    const { memories, spool, clock } = this.#parts
    let open = () => {}
    this.#barrier = new Promise<void>((resolve) => {
      open = resolve
    })
    const done = new AbortController()
    try {
      const drained = new Promise<void>((resolve) => {
        this.#drained = resolve
      })
      if (this.#inFlight > 0) await Promise.race([drained, clock.sleep(BARRIER_MS, done.signal)])
      if (this.#inFlight > 0) return undefined
      return { saved: memories.map((memory) => ({ memory, bytes: memory.save() })), sequence: spool.stats().lastSequence }
    } finally {
      done.abort()
      this.#drained = undefined
      this.#barrier = undefined
      open()
    }
  }

  async #write({ file }: Memory, bytes: Uint8Array, sequence: number): Promise<void> {
    const { spool } = this.#parts
    const head = JSON.stringify({ node: spool.node, epoch: spool.epoch, sequence, crc: crc32(bytes) })
    await mkdir(dirname(file), { recursive: true })
    await replaceFile(
      file,
      Buffer.concat([
        Buffer.from(`${head}
`),
        bytes,
      ]),
    )
  }

  async #read({ file, name, outlivesEpoch }: Memory): Promise<{ bytes: Uint8Array; sequence: number } | undefined> {
    const { spool, log } = this.#parts
    try {
      const whole = await readFile(file)
      const end = whole.indexOf(10)
      const head = JSON.parse(whole.subarray(0, end).toString()) as { node: string; epoch: number; sequence: number; crc: number }
      const bytes = whole.subarray(end + 1)
      // A signal's index means the same only within one epoch of one node's spool.
      const isOfEpoch = head.node === spool.node && head.epoch === spool.epoch
      if ((isOfEpoch || outlivesEpoch) && head.crc === crc32(bytes)) return { bytes, sequence: isOfEpoch ? head.sequence : 0 }
      // Saved by a node that had read nothing yet: its log is begun anew, and there is nothing to leave out.
      if (head.node === spool.node && head.sequence === 0) return undefined
      log.warn({}, `what ${name} remembered belongs to another spool or is damaged; it is left out`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ error: String(error) }, `what ${name} remembered cannot be read`)
    }
    return undefined
  }
}
