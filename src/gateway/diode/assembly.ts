import { decodeBatch } from '../../core/batch-codec.ts'
import { readBlock } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import { type Hello, LinkRefused, type OneWayReception, type StreamId } from '../../core/link.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { HandOver, type HandOverParts } from './hand-over.ts'
import { DIODE_LIMITS } from './limits.ts'
import type { Message } from './message.ts'
import { beat, bodyOf, headOf, parse, reading, recordsHead, showHead, Unreadable } from './reading.ts'
import { bytesOf, type Held, isExplained, keyOf, newestOf, type Stream, startOf } from './stream.ts'

export interface AssemblyParts extends Omit<HandOverParts, 'reception' | 'counters'> {
  readonly open: () => OneWayReception
  readonly counters: HandOverParts['counters'] & { overflow: number; unexplained: number }
  /** Of messages that wait before they come here: both together have one limit. */
  readonly queuedBytes: () => number
}

/** Makes of the messages of one boot of one sender what they say: its streams in order, its dictionaries, what of its logs is lost. One message at a time. */
export class Assembly {
  readonly #parts: AssemblyParts
  readonly #onward: HandOver
  readonly #streams = new Map<string, Stream>()
  #reception: OneWayReception | undefined
  #said: Hello | undefined
  #heldBytes = 0
  #isCompared = false

  constructor(parts: AssemblyParts) {
    this.#parts = parts
    this.#onward = new HandOver({ ...parts, reception: () => this.#reception })
  }

  /** Of messages that wait for their dictionaries. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  refused(refusal: LinkRefused): void {
    this.#reception?.refused(refusal)
  }

  /** What the reception took and could not keep, it believes to have: the next message opens another. */
  close(): void {
    this.#reception?.close()
    this.#reception = undefined
  }

  /** Throws LinkRefused for what is refused, Unreadable for what cannot be read; anything else may be tried again. */
  async take(message: Message): Promise<void> {
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
    for (const one of this.#streams.values()) if (!this.#parts.gaps.isForked(one)) await this.#release(one)
    for (const { node, epoch, sequence, explainedBy } of sent) {
      const of = this.#stream(node, epoch)
      if (!this.#parts.gaps.isForked(of)) await this.#onward.missing(of, sequence, explainedBy)
    }
    for (const stream of hello.streams) this.#mustGoOn(stream)
  }

  /** A log that has less than is here of it went back: it is an older copy that goes on with sequences that are taken. Seen when a sender is first heard. */
  async #compare({ streams }: Hello, sent: readonly (StreamId & { readonly sequence: number })[]): Promise<void> {
    if (this.#isCompared || !this.#reception) return
    this.#isCompared = true
    for (const { node: of, epoch, last } of newestOf(this.#parts.peer.node, streams)) {
      const known = this.#streams.get(keyOf({ node: of, epoch }))
      const most = Math.max(last, ...sent.map((one) => (one.node === of && one.epoch === epoch ? one.sequence : 0)))
      if (known && most < known.position) await this.#parts.gaps.noteForked(known)
    }
  }

  /** Throws LinkRefused for a log that went back, at every message: only a new epoch helps. */
  #mustGoOn(of: StreamId): void {
    if (!this.#parts.gaps.isForked(of)) return
    throw new LinkRefused(
      'forked',
      `${of.node} sends a log that is not the one here up to record ${this.#streams.get(keyOf(of))?.position ?? 0}: an older copy of it was put back and went on, or two programs write it. Nothing of it is taken`,
    )
  }

  /** What is not here of the sender's earlier logs never comes this way any more. Said with every beat, so that no loss hides it. */
  async #endEpochs({ streams }: Hello): Promise<void> {
    const { node } = this.#parts.peer
    const [newest] = newestOf(node, streams)
    for (const { epoch, last } of streams.filter((one) => one.node === node && one.epoch < (newest?.epoch ?? 0))) {
      await this.#onward.end(this.#stream(node, epoch), last)
    }
  }

  /** Opens a reception when there is none, as soon as it is known who sends. */
  async #open(): Promise<void> {
    if (this.#reception || !this.#said) return
    const reception = this.#parts.open()
    const { streams } = await reception.open(this.#said, this.#parts.peer)
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
    if (this.#reception && of.held.length === 0 && isExplained(of, explainedBy)) return this.#onward.pass(of, records)
    this.#hold(of, { first, last, explainedBy, message })
    if (this.#reception) await this.#onward.declareAround(of, last)
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
      if (canBe) await this.#onward.pass(of, await this.#read(held.message, of.node, of.epoch))
      else await this.#giveUp(of, held)
      of.held.shift()
      this.#heldBytes -= bytesOf(held.message)
    }
  }

  async #giveUp(of: Stream, { first, last }: Held): Promise<void> {
    this.#parts.counters.unexplained++
    await this.#onward.declare(of, Math.max(first, of.position + 1), last)
  }

  #hold(of: Stream, held: Held): void {
    if (this.#parts.queuedBytes() + this.#heldBytes + bytesOf(held.message) > DIODE_LIMITS.waitingBytes) {
      this.#parts.counters.overflow++
      return
    }
    of.held.push(held)
    this.#heldBytes += bytesOf(held.message)
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
    const { peer } = this.#parts
    if (node !== peer.node && !peer.mayForward) throw new LinkRefused('not-permitted', `${peer.node} may not speak for ${node}`)
    if (this.#streams.size >= LIMITS.streams) throw new LinkRefused('too-large', `more than ${LIMITS.streams} streams`)
    const made = { node, epoch, position: 0, held: [] }
    this.#streams.set(key, made)
    return made
  }
}
