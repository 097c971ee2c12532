import { decodeBatch } from '../../core/batch-codec.ts'
import { readBlock } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import { type Hello, LinkRefused, type OneWayReception, type Peer, type StreamId } from '../../core/link.ts'
import type { Logger } from '../../core/log.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import type { GapMap } from './gap-map.ts'
import { DIODE_LIMITS } from './limits.ts'
import type { Message } from './message.ts'
import { beat, bodyOf, headOf, parse, reading, recordsHead, showHead, Unreadable } from './reading.ts'
import {
  bytesOf,
  ENDED,
  gapsOf,
  type Held,
  isExplained,
  isGap,
  isLoss,
  keyOf,
  LOST,
  newestOf,
  type Stream,
  sequencesOf,
  startOf,
} from './stream.ts'

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

/** Hands the messages of one boot of one sender to its reception, one after the other; declares what is missing between them. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #queue: Message[] = []
  readonly #streams = new Map<string, Stream>()
  readonly #stop = new AbortController()
  #wake = Promise.withResolvers<void>()
  #reception: OneWayReception | undefined
  #said: Hello | undefined
  #queuedBytes = 0
  #heldBytes = 0
  #isCompared = false
  #toldMs = Number.NEGATIVE_INFINITY
  readonly #working: Promise<void>

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#working = this.#work()
  }

  get waitingBytes(): number {
    return this.#queuedBytes + this.#heldBytes
  }

  /** Never waits: what has no room is given up, and is declared when what comes after it is handed on. */
  put(message: Message): void {
    const bytes = bytesOf(message)
    if (this.#queue.length > 0 && this.#queuedBytes + this.#heldBytes + bytes > DIODE_LIMITS.waitingBytes) {
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
    this.#reception?.close()
    this.#reception = undefined
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
        await this.#handle(message)
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
        // What the reception took and could not keep, it believes to have: it looks anew.
        this.#reception?.close()
        this.#reception = undefined
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
    this.#reception?.refused(refusal)
  }

  async #handle(message: Message): Promise<void> {
    await this.#open()
    switch (message.kind) {
      case 'hello':
        return this.#hello(message)
      case 'records':
        return this.#records(message)
      case 'dictionaries':
        return this.#dictionaries(message)
      case 'show': {
        const { node, epoch, upTo } = headOf(showHead, message)
        this.#mustGoOn({ node, epoch })
        const body = await bodyOf(message)
        this.#reception?.show(
          { node, epoch },
          reading(() => decodeBatch(body)),
          upTo,
        )
      }
    }
  }

  async #hello(message: Message): Promise<void> {
    const { sent, ...hello } = parse(beat, await bodyOf(message))
    this.#said = hello
    await this.#open()
    await this.#compare(hello, sent)
    await this.#endEpochs(hello)
    for (const one of this.#streams.values()) if (!this.#options.gaps.isForked(one)) await this.#release(one)
    for (const { node, epoch, sequence, explainedBy } of sent) {
      const of = this.#stream(node, epoch)
      if (!this.#options.gaps.isForked(of)) await this.#missing(of, sequence, explainedBy)
    }
    for (const stream of hello.streams) this.#mustGoOn(stream)
  }

  /** A log that has less than is here of it went back: it is an older copy that goes on with sequences that are taken. Seen when a sender is first heard. */
  async #compare({ streams }: Hello, sent: readonly (StreamId & { readonly sequence: number })[]): Promise<void> {
    if (this.#isCompared || !this.#reception) return
    this.#isCompared = true
    for (const { node: of, epoch, last } of newestOf(this.#options.peer.node, streams)) {
      const known = this.#streams.get(keyOf({ node: of, epoch }))
      const most = Math.max(last, ...sent.map((one) => (one.node === of && one.epoch === epoch ? one.sequence : 0)))
      if (known && most < known.position) await this.#options.gaps.noteForked(known)
    }
  }

  /** Throws LinkRefused for a log that went back, at every message: only a new epoch helps. */
  #mustGoOn(of: StreamId): void {
    if (!this.#options.gaps.isForked(of)) return
    throw new LinkRefused(
      'forked',
      `${of.node} sends a log that is not the one here up to record ${this.#streams.get(keyOf(of))?.position ?? 0}: an older copy of it was put back and went on, or two programs write it. Nothing of it is taken`,
    )
  }

  /** What is not here of the sender's earlier logs never comes this way any more. Said with every beat, so that no loss hides it. */
  async #endEpochs({ streams }: Hello): Promise<void> {
    const { node } = this.#options.peer
    const [newest] = newestOf(node, streams)
    for (const { epoch, last } of streams.filter((one) => one.node === node && one.epoch < (newest?.epoch ?? 0))) {
      const of = this.#stream(node, epoch)
      if (!this.#reception || last <= of.position) continue
      await this.#declare(of, of.position + 1, last, ENDED)
      const { sequence } = await this.#reception.take([this.#gap(of, of.position + 1, last, ENDED)])
      of.position = sequence
    }
  }

  /** Opens a reception when there is none, as soon as it is known who sends. */
  async #open(): Promise<void> {
    if (this.#reception || !this.#said) return
    const reception = this.#options.reception()
    const { streams } = await reception.open(this.#said, this.#options.peer)
    this.#reception = reception
    for (const { node, epoch, sequence } of streams) this.#stream(node, epoch).position = sequence
  }

  async #records(message: Message): Promise<void> {
    const { node, epoch, explainedBy } = headOf(recordsHead, message)
    const of = this.#stream(node, epoch)
    this.#mustGoOn(of)
    const records = await this.#read(message, node, epoch)
    const [head] = records
    const last = records.at(-1)?.sequence
    if (!head || last === undefined) return
    const first = startOf(head)
    if (this.#reception && of.held.length === 0 && isExplained(of, explainedBy)) return this.#pass(of, records)
    this.#hold(of, { first, last, explainedBy, message })
    if (this.#reception) await this.#declareAround(of, last)
  }

  async #dictionaries(message: Message): Promise<void> {
    const { node, epoch, explainedBy, part, parts } = headOf(recordsHead, message)
    const of = this.#stream(node, epoch)
    if (message.bodyBytes > DIODE_LIMITS.dictionariesBytes) throw new Unreadable(`dictionaries of ${message.bodyBytes} bytes`)
    // Whoever has everything up to there needs no repetition.
    if (explainedBy <= of.position) return
    if (part === 1) of.begun = { explainedBy, parts, records: [], got: 0 }
    const { begun } = of
    if (begun?.explainedBy !== explainedBy || begun.parts !== parts || begun.got !== part - 1) {
      of.begun = undefined
      return
    }
    begun.records.push(...(await this.#read(message, node, epoch)))
    begun.got = part
    if (part < parts) return
    of.begun = undefined
    of.dictionaries = { explainedBy, records: begun.records }
    await this.#release(of)
  }

  /** Hands on what is held and now explained; gives up what never will be. */
  async #release(of: Stream): Promise<void> {
    if (!this.#reception) return
    for (let held = of.held[0]; held; held = of.held[0]) {
      const canBe = isExplained(of, held.explainedBy)
      if (!canBe && (of.dictionaries?.explainedBy ?? 0) < held.explainedBy) return
      if (canBe) await this.#pass(of, await this.#read(held.message, of.node, of.epoch))
      else await this.#giveUp(of, held)
      of.held.shift()
      this.#heldBytes -= bytesOf(held.message)
    }
  }

  async #giveUp(of: Stream, { first, last }: Held): Promise<void> {
    this.#options.counters.unexplained++
    await this.#declare(of, Math.max(first, of.position + 1), last)
  }

  #hold(of: Stream, held: Held): void {
    if (this.waitingBytes + bytesOf(held.message) > DIODE_LIMITS.waitingBytes) {
      this.#options.counters.overflow++
      return
    }
    of.held.push(held)
    this.#heldBytes += bytesOf(held.message)
  }

  /** The sender has sent the stream up to `sequence`, and everything before this message has been seen. */
  async #missing(of: Stream, sequence: number, explainedBy: number): Promise<void> {
    if (sequence <= of.position) return
    await this.#declareAround(of, sequence)
    if (of.held.length > 0 || !isExplained(of, explainedBy)) return
    await this.#take(of, this.#bridge(of, sequence + 1))
  }

  /** Declares everything up to `sequence` that is neither handed on nor held. */
  async #declareAround(of: Stream, sequence: number): Promise<void> {
    let from = of.position + 1
    for (const held of of.held) {
      await this.#declare(of, from, held.first - 1)
      from = held.last + 1
    }
    await this.#declare(of, from, sequence)
  }

  /** Records in order: those that are new go on, with what bridges the gap before them; those that fall into a gap fill it. */
  async #pass(of: Stream, records: readonly SpoolRecord[]): Promise<void> {
    const { counters, gaps, peer } = this.#options
    const fresh = records.filter((record) => record.sequence > of.position)
    const lacking = new Set(gaps.missing(of, sequencesOf(records.filter((record) => record.sequence <= of.position))))
    const late = records.filter((record) => lacking.has(record.sequence))
    counters.known += records.length - fresh.length - late.length
    if (late.length > 0) {
      await this.#reception?.importMissing(late, peer)
      counters.filled += late.length
      await gaps.fill(of, sequencesOf(late))
    }
    const [first] = fresh
    if (!first) return
    await this.#take(of, [...this.#bridge(of, startOf(first)), ...fresh])
  }

  /** Repeated dictionaries and gaps, from behind the position up to before `next`. */
  #bridge(of: Stream, next: number): SpoolRecord[] {
    const known = (of.dictionaries?.records ?? []).filter(({ sequence }) => sequence > of.position && sequence < next)
    const bridge: SpoolRecord[] = []
    let from = of.position + 1
    for (const record of known) {
      if (from < record.sequence) bridge.push(this.#gap(of, from, record.sequence - 1))
      bridge.push(record)
      from = record.sequence + 1
    }
    if (from < next) bridge.push(this.#gap(of, from, next - 1))
    return bridge
  }

  async #take(of: Stream, records: readonly SpoolRecord[]): Promise<void> {
    const { counters, gaps } = this.#options
    const real = records.filter((record) => !isGap(record))
    for (const { from, to } of gapsOf(records).filter(isLoss)) await this.#declare(of, Math.max(from, of.position + 1), to)
    if (!this.#reception) return
    const { sequence } = await this.#reception.take(records).catch(async (cause: unknown) => {
      if (cause instanceof LinkRefused && cause.code === 'chain-broken') await gaps.noteForked(of)
      throw cause
    })
    of.position = sequence
    if (of.dictionaries && of.dictionaries.explainedBy <= sequence) of.dictionaries = undefined
    counters.records += real.length
    // What was declared while it was not clear whether a dictionary would come is here now.
    const arrived = gaps.missing(of, sequencesOf(real))
    if (arrived.length > 0) await gaps.fill(of, arrived)
  }

  async #declare({ node, epoch }: Stream, from: number, to: number, cause = LOST): Promise<void> {
    if (from > to) return
    await this.#options.gaps.declare({ node, epoch, from, to, cause, time: this.#options.clock.now() })
  }

  #gap({ node, epoch }: Stream, from: number, to: number, cause = LOST): SpoolRecord {
    const payload = new TextEncoder().encode(JSON.stringify({ from, to, cause }))
    return { node, epoch, sequence: to, kind: 'gap', recordedTime: this.#options.clock.now(), payload }
  }

  async #read(message: Message, node: string, epoch: number): Promise<SpoolRecord[]> {
    const body = await bodyOf(message)
    const records = reading(() => readBlock(body, node, epoch))
    if (records.some((record, i) => record.sequence <= (records[i - 1]?.sequence ?? 0))) throw new Unreadable('sequences are not in order')
    return records
  }

  #stream(node: string, epoch: number): Stream {
    const key = keyOf({ node, epoch })
    const known = this.#streams.get(key)
    if (known) return known
    const { peer } = this.#options
    if (node !== peer.node && !peer.mayForward) throw new LinkRefused('not-permitted', `${peer.node} may not speak for ${node}`)
    if (this.#streams.size >= LIMITS.streams) throw new LinkRefused('too-large', `more than ${LIMITS.streams} streams`)
    const made = { node, epoch, position: 0, held: [] }
    this.#streams.set(key, made)
    return made
  }
}
