import type { SampleBatch } from '../../core/batch.ts'
import { encodeBatch, encodedCount } from '../../core/batch-codec.ts'
import { NotConnected } from '../../core/errors.ts'
import { blockBytes, writeBlock } from '../../core/forwarded.ts'
import type { Hello, Link, LinkCounters, StreamId } from '../../core/link.ts'
import { fault } from '../../core/peer-faults.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import { Codes, shardsOf } from './blocks.ts'
import { compress } from './compress.ts'
import { OVERHEAD, SALT_BYTES, Sealer } from './datagram.ts'
import { Dictionaries } from './dictionaries.ts'
import { DIODE_LIMITS } from './limits.ts'
import { Cutter, encodeMessage, type MessageKind, type RecordsHead, type ShowHead } from './message.ts'
import { type DiodeSettings, parityTable } from './options.ts'
import type { DatagramOut } from './socket.ts'

/** Sent every second: who sends, and how far it has sent each stream. */
export interface Beat extends Hello {
  readonly sent: readonly (StreamId & { readonly sequence: number; readonly explainedBy: number })[]
}

export interface DiodeSenderOptions {
  readonly settings: DiodeSettings
  /** Number of this sender at the receiver, and the key they share, 32 bytes. */
  readonly sender: number
  readonly key: Uint8Array
  /** Larger at every call: `nextBoot`. */
  readonly boot: () => Promise<number>
  readonly open: () => Promise<DatagramOut>
  readonly clock: Clock
  readonly random: (bytes: number) => Uint8Array
  /** What explains the streams where sending starts (`dictionariesBefore`): receivers that were not there before need it. */
  readonly dictionaries?: readonly SpoolRecord[]
}

/** A datagram that cannot be handed over is tried again for so long before the link is given up. */
const PATIENCE_MS = 5000
const RETRY_MS = 100
/** Sending ahead of the rate by so much keeps timers coarser than the datagrams. */
const AHEAD_MS = 2

interface Stream extends StreamId {
  sequence: number
  readonly dictionaries: Dictionaries
}

/** The sending end of a one-way link: blocks of data and parity shards, at a set rate, to somebody who never answers. */
export class DiodeSender implements Link {
  readonly isOneWay = true
  readonly counters: LinkCounters = { sentBytes: 0, sentRecords: 0, sentSamples: 0 }
  onDurable = () => {}
  readonly ended: Promise<Error>
  readonly #end: (reason: Error) => void
  readonly #options: DiodeSenderOptions
  readonly #codes = new Codes()
  readonly #parity: readonly number[]
  readonly #shardBytes: number
  readonly #cutter: Cutter
  readonly #streams = new Map<string, Stream>()
  readonly #stop = new AbortController()
  /** Sealed blocks on their way out. */
  readonly #ready: Uint8Array[] = []
  #readyBytes = 0
  #block = 0
  #failed: Error | undefined
  #wake = Promise.withResolvers<void>()
  #room = Promise.withResolvers<void>()
  #isFlushing = false
  #isClosing = false
  #hello: Hello | undefined
  #sealer: Sealer | undefined
  #out: DatagramOut | undefined
  #draining: Promise<void> = Promise.resolve()
  #paidUntil = 0
  #dictionariesDue = 0

  /** Throws RangeError when a setting is out of its bounds. */
  constructor(options: DiodeSenderOptions) {
    const { promise, resolve } = Promise.withResolvers<Error>()
    this.ended = promise
    this.#end = resolve
    this.#options = options
    this.#parity = parityTable(options.settings)
    this.#shardBytes = options.settings.datagramBytes - OVERHEAD
    this.#cutter = new Cutter(this.#shardBytes * options.settings.dataShards)
    for (const record of options.dictionaries ?? []) {
      const stream = this.#stream(record)
      stream.dictionaries.note(record)
      stream.sequence = Math.max(stream.sequence, record.sequence)
    }
  }

  async connect(hello: Hello, stop: AbortSignal): Promise<undefined> {
    const { sender, key, boot, open, random } = this.#options
    this.#sealer = new Sealer(key, { sender, boot: await boot(), salt: random(SALT_BYTES) })
    this.#out = await open().catch((cause: unknown) => {
      throw cannotSend('no socket to send from', cause)
    })
    stop.throwIfAborted()
    this.#hello = hello
    this.#draining = this.#drain()
    void this.#beat()
    return undefined
  }

  async send(records: readonly SpoolRecord[]): Promise<void> {
    for (const pack of packs(records, DIODE_LIMITS.packBytes)) {
      const [first] = pack
      const last = pack.at(-1)
      if (!first || !last) continue
      await this.#waitForRoom()
      const stream = this.#stream(first)
      const head: RecordsHead = { node: first.node, epoch: first.epoch, explainedBy: stream.dictionaries.newest }
      const known = stream.dictionaries.newest
      await this.#sendRecords('records', head, pack)
      for (const record of pack) {
        stream.dictionaries.note(record)
        if (record.kind === 'batch') this.counters.sentSamples += encodedCount(record.payload)
      }
      stream.sequence = last.sequence
      this.counters.sentRecords += pack.length
      if (stream.dictionaries.newest > known) this.#repeatWithin(this.#options.settings.changedDictionariesMs)
    }
  }

  show({ node, epoch }: StreamId, batch: SampleBatch, upTo: number): void {
    if (!this.#sealer || this.#readyBytes > DIODE_LIMITS.showRoomBytes || this.#isClosing) return
    const body = encodeBatch(batch)
    if (body.length > DIODE_LIMITS.showBytes) return
    const head: ShowHead = { node, epoch, upTo }
    this.#detached(this.#message('show', head, body))
  }

  /** Sends what was handed over, then ends. */
  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      for (const block of this.#cutter.flush()) this.#queue(block)
      this.#wake.resolve()
    }
    await this.#draining
    this.#finish(new NotConnected('closed'))
  }

  #finish(reason: Error): void {
    this.#failed ??= reason
    this.#stop.abort()
    this.#wake.resolve()
    this.#room.resolve()
    this.#out?.close()
    this.#end(reason)
  }

  #stream({ node, epoch }: StreamId): Stream {
    const key = `${epoch} ${node}`
    const stream = this.#streams.get(key) ?? { node, epoch, sequence: 0, dictionaries: new Dictionaries() }
    this.#streams.set(key, stream)
    return stream
  }

  async #waitForRoom(): Promise<void> {
    while (!this.#failed && this.#readyBytes > DIODE_LIMITS.queuedBytes) await this.#room.promise
    if (this.#failed) throw this.#failed
    if (!this.#sealer || this.#isClosing) throw new NotConnected('the link is not connected')
  }

  #sendRecords(kind: MessageKind, head: RecordsHead, records: readonly SpoolRecord[]): Promise<void> {
    const body = new Uint8Array(blockBytes(records))
    writeBlock(records, body, 0)
    return this.#message(kind, head, body)
  }

  async #message(kind: MessageKind, head: object | undefined, body: Uint8Array): Promise<void> {
    const packed = await compress(body)
    const headBytes = head ? new TextEncoder().encode(JSON.stringify(head)) : new Uint8Array(0)
    for (const block of this.#cutter.add(encodeMessage({ kind, head: headBytes, body: packed, bodyBytes: body.length }))) this.#queue(block)
    if (!this.#isFlushing && !this.#cutter.isEmpty) this.#detached(this.#flushSoon())
  }

  async #flushSoon(): Promise<void> {
    this.#isFlushing = true
    await this.#options.clock.sleep(this.#options.settings.flushMs, this.#stop.signal)
    this.#isFlushing = false
    for (const block of this.#cutter.flush()) this.#queue(block)
  }

  #queue(block: Uint8Array): void {
    this.#ready.push(block)
    this.#readyBytes += block.length
    this.#wake.resolve()
  }

  async #beat(): Promise<void> {
    const { clock, settings } = this.#options
    this.#dictionariesDue = clock.monotonicMs()
    while (!this.#stop.signal.aborted && !this.#isClosing) {
      await this.#sayHello().catch((cause: unknown) => this.#finish(cannotSend('the beat failed', cause)))
      if (clock.monotonicMs() >= this.#dictionariesDue) {
        this.#dictionariesDue = clock.monotonicMs() + settings.dictionariesMs
        await this.#repeatDictionaries().catch((cause: unknown) => this.#finish(cannotSend('repeating failed', cause)))
      }
      await clock.sleep(settings.helloMs, this.#stop.signal)
    }
  }

  async #sayHello(): Promise<void> {
    const { clock } = this.#options
    const sent = Array.from(this.#streams.values(), ({ node, epoch, sequence, dictionaries }) => {
      return { node, epoch, sequence, explainedBy: dictionaries.newest }
    })
    const beat = { ...this.#hello, time: clock.now(), sent }
    await this.#message('hello', undefined, new TextEncoder().encode(JSON.stringify(beat)))
  }

  async #repeatDictionaries(): Promise<void> {
    for (const { node, epoch, dictionaries } of this.#streams.values()) {
      const { newest: explainedBy } = dictionaries
      const parts = [...packs(dictionaries.records(), DIODE_LIMITS.dictionariesBytes)]
      for (const [i, part] of parts.entries()) {
        await this.#waitForRoom()
        await this.#sendRecords('dictionaries', { node, epoch, explainedBy, part: i + 1, parts: parts.length }, part)
      }
    }
  }

  #repeatWithin(ms: number): void {
    this.#dictionariesDue = Math.min(this.#dictionariesDue, this.#options.clock.monotonicMs() + ms)
  }

  async #drain(): Promise<void> {
    for (;;) {
      const blocks = this.#ready.splice(0, this.#options.settings.interleave)
      if (blocks.length === 0) {
        if (this.#isClosing || this.#failed) return
        this.#wake = Promise.withResolvers()
        await this.#wake.promise
        continue
      }
      try {
        await this.#sendBlocks(blocks)
      } catch (cause) {
        this.#finish(cannotSend('datagrams cannot be sent', cause))
        return
      }
      for (const block of blocks) this.#readyBytes -= block.length
      // Records and repeated dictionaries may wait side by side: all of them look again.
      const { resolve } = this.#room
      this.#room = Promise.withResolvers()
      resolve()
    }
  }

  /** Shard by shard in turn. */
  async #sendBlocks(blocks: readonly Uint8Array[]): Promise<void> {
    const coded = blocks.map((block) => {
      const shards = shardsOf(block, this.#shardBytes, this.#parity, this.#codes)
      const data = Math.ceil(block.length / this.#shardBytes)
      return { block: ++this.#block, data, parity: shards.length - data, blockBytes: block.length, shards }
    })
    const longest = Math.max(...coded.map(({ shards }) => shards.length))
    for (let shard = 0; shard < longest; shard++) {
      for (const { shards, ...numbers } of coded) {
        const bytes = shards[shard]
        const datagram = bytes && this.#sealer?.seal({ ...numbers, shard, bytes })
        if (datagram) await this.#hand(datagram)
      }
    }
  }

  /** At the set rate; again and again for a while when the system refuses. */
  async #hand(datagram: Uint8Array): Promise<void> {
    const { clock, settings } = this.#options
    const now = clock.monotonicMs()
    this.#paidUntil = Math.max(this.#paidUntil, now) + (datagram.length * 1000) / settings.bytesPerSecond
    if (this.#paidUntil > now + AHEAD_MS) await clock.sleep(this.#paidUntil - now - AHEAD_MS, this.#stop.signal)
    const start = clock.monotonicMs()
    for (;;) {
      try {
        await this.#out?.send(datagram)
        this.counters.sentBytes += datagram.length
        return
      } catch (cause) {
        if (clock.monotonicMs() - start >= PATIENCE_MS || this.#stop.signal.aborted) throw cause
        await clock.sleep(RETRY_MS, this.#stop.signal)
      }
    }
  }

  #detached(work: Promise<void>): void {
    void work.catch((cause: unknown) => this.#finish(cannotSend('sending failed', cause)))
  }
}

/** Neighbours of one stream, up to `limit` bytes; a larger record alone. */
function* packs(records: readonly SpoolRecord[], limit: number): Generator<readonly SpoolRecord[]> {
  let from = 0
  let bytes = 0
  for (let i = 0; i < records.length; i++) {
    const size = blockBytes(records.slice(i, i + 1))
    if (i > from && bytes + size > limit) {
      yield records.slice(from, i)
      from = i
      bytes = 0
    }
    bytes += size
  }
  if (from < records.length) yield records.slice(from)
}

function cannotSend(what: string, cause: unknown): NotConnected {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new NotConnected(`${what}: ${detail}`, { cause, fault: fault('cannot-send', { detail }) })
}
