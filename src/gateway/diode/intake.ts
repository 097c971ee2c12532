import { LinkRefused, type OneWayReception, type Peer } from '../../core/link.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import { Assembly } from './assembly.ts'
import type { GapMap } from './gap-map.ts'
import { DIODE_LIMITS } from './limits.ts'
import type { Message } from './message.ts'
import { Unreadable } from './reading.ts'
import { bytesOf } from './stream.ts'

export interface IntakeOptions {
  readonly reception: () => OneWayReception
  readonly peer: Peer
  readonly gaps: GapMap
  readonly clock: Clock
  readonly log: Logger
  readonly counters: IntakeCounters
  /** The intake of the boot before, to be waited for. */
  readonly after: Promise<void> | undefined
}

export interface IntakeCounters {
  records: number
  /** Records that came late into a gap; that were here already. */
  filled: number
  known: number
  /** Messages beyond the room for those that wait; that the reception refused; whose dictionaries never came. */
  overflow: number
  refused: number
  unexplained: number
  unreadable: number
}

export const newIntakeCounters = (): IntakeCounters => ({
  ...{ records: 0, filled: 0, known: 0, overflow: 0, refused: 0, unexplained: 0, unreadable: 0 },
})

const RETRY_MS = 1000
/** A refusal that comes with every message is told so often. */
const TOLD_MS = 10_000

/** Takes the messages of one boot of one sender, one after the other; what cannot be kept just now is tried again. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #queue: Message[] = []
  readonly #assembly: Assembly
  readonly #stop = new AbortController()
  #wake = Promise.withResolvers<void>()
  #queuedBytes = 0
  #toldMs = Number.NEGATIVE_INFINITY
  readonly #working: Promise<void>

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#assembly = new Assembly({ ...options, open: options.reception, queuedBytes: () => this.#queuedBytes })
    this.#working = this.#work()
  }

  get waitingBytes(): number {
    return this.#queuedBytes + this.#assembly.heldBytes
  }

  /** Never waits: what has no room is given up, and is declared when what comes after it is handed on. */
  put(message: Message): void {
    const bytes = bytesOf(message)
    if (this.#queue.length > 0 && this.waitingBytes + bytes > DIODE_LIMITS.waitingBytes) {
      this.#options.counters.overflow++
      return
    }
    this.#queue.push(message)
    this.#queuedBytes += bytes
    this.#wake.resolve()
  }

  /** Hands on what waits in the queue, once. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#wake.resolve()
    await this.#working
    this.#assembly.close()
  }

  async #work(): Promise<void> {
    await this.#options.after
    for (;;) {
      const message = this.#queue.shift()
      if (message) {
        await this.#untilDone(message)
        this.#queuedBytes -= bytesOf(message)
        continue
      }
      if (this.#stop.signal.aborted) return
      this.#wake = Promise.withResolvers()
      await this.#wake.promise
    }
  }

  /** A refusal ends one message. Anything else, a full disk say, is tried again, while the queue fills. */
  async #untilDone(message: Message): Promise<void> {
    const { clock, counters, log } = this.#options
    for (;;) {
      try {
        await this.#assembly.take(message)
        return
      } catch (cause) {
        if (cause instanceof LinkRefused) {
          counters.refused++
          this.#tell(cause)
          return
        }
        if (cause instanceof Unreadable) {
          counters.unreadable++
          log.warn({ node: this.#options.peer.node, cause: cause.message }, 'a message of a one-way sender cannot be read')
          return
        }
        log.error({ node: this.#options.peer.node, cause: String(cause) }, 'records from a one-way sender cannot be kept just now')
        this.#assembly.close()
        if (this.#stop.signal.aborted) return
        await clock.sleep(RETRY_MS, this.#stop.signal)
      }
    }
  }

  #tell(refusal: LinkRefused): void {
    const { clock, log, peer } = this.#options
    if (clock.monotonicMs() - this.#toldMs < TOLD_MS) return
    this.#toldMs = clock.monotonicMs()
    const { code, message: cause } = refusal
    log.warn({ node: peer.node, code, cause }, 'what a one-way sender sent is refused')
    this.#assembly.refused(refusal)
  }
}
