import type { SampleBatch } from '../../core/batch.ts'
import { encodedCount } from '../../core/batch-codec.ts'
import { NotConnected } from '../../core/errors.ts'
import { type Channel, type Hello, type Link, type LinkCounters, LinkRefused, type StreamId, type Welcome } from '../../core/link.ts'
import { fault } from '../../core/peer-faults.ts'
import type { SpoolRecord, StreamPosition } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import { Packer } from './compact.ts'
import { decodeFrame, encodeFrame, type Frame } from './frames.ts'
import { LINK_LIMITS } from './limits.ts'
import { inParts } from './parts.ts'

export interface FrameLinkParts {
  readonly dial: (stop: AbortSignal) => Promise<Channel>
  readonly clock: Clock
  /** Gets a new certificate where one is due: `ask` carries the request to the other end and brings the answer back. Called when connected, and then and when. */
  readonly renew?: (ask: (request: string) => Promise<unknown>) => Promise<void>
}

/** Bytes on their way to the other end's disk, by where their stream then is. */
interface Sent {
  readonly key: string
  readonly sequence: number
  readonly bytes: number
}

/** The sending end over a channel that can answer. */
export class FrameLink implements Link {
  readonly isOneWay = false
  onDurable: (position: StreamPosition) => void = () => {}
  readonly ended: Promise<Error>
  readonly counters: LinkCounters = { sentBytes: 0, sentRecords: 0, sentSamples: 0 }
  readonly #parts: FrameLinkParts
  readonly #stop = new AbortController()
  #end: (why: Error) => void = () => {}
  #why: Error | undefined
  #channel: Channel | undefined
  #sent: Sent[] = []
  #sentBytes = 0
  #room: (() => void)[] = []
  #lastHeardMs = 0
  #askedMs = 0
  #ping = 0
  readonly #packer = new Packer()

  constructor(parts: FrameLinkParts) {
    this.#parts = parts
    this.ended = new Promise((resolve) => {
      this.#end = (why) => {
        this.#why ??= why
        this.#stop.abort()
        for (const wake of this.#room.splice(0)) wake()
        resolve(this.#why)
      }
    })
  }

  async connect(hello: Hello, stop: AbortSignal): Promise<Welcome> {
    const { dial, clock } = this.#parts
    const late = new AbortController()
    const limit = AbortSignal.any([stop, late.signal])
    const settled = new AbortController()
    void clock.sleep(LINK_LIMITS.helloMs, settled.signal).then(() => settled.signal.aborted || late.abort())
    try {
      const channel = (this.#channel = await dial(limit))
      if (limit.aborted) throw new NotConnected('stopped while dialling')
      const hangUp = () => void channel.close()
      limit.addEventListener('abort', hangUp, { once: true })
      settled.signal.addEventListener('abort', () => limit.removeEventListener('abort', hangUp), { once: true })
      await channel.send(await encodeFrame({ type: 'hello', hello }))
      const frame = await decodeFrame(await channel.receive())
      if (frame.type === 'refused') throw new LinkRefused(frame.code, frame.message)
      if (frame.type !== 'welcome') throw new LinkRefused('malformed', `a ${frame.type} where a welcome was due`)
      this.#lastHeardMs = clock.monotonicMs()
      void this.#listen(channel)
      void this.#keepAlive(channel)
      void this.#keepRenewed()
      return frame.welcome
    } catch (error) {
      await this.close()
      if (late.signal.aborted && !stop.aborted)
        throw new NotConnected(`no answer within ${LINK_LIMITS.helloMs / 1000} s`, {
          ...{ cause: error, fault: fault('no-connection-within', { seconds: LINK_LIMITS.helloMs / 1000 }) },
        })
      throw error
    } finally {
      settled.abort()
    }
  }

  async send(records: readonly SpoolRecord[]): Promise<void> {
    for (const part of inParts(records, LINK_LIMITS.blockBytes)) {
      while (this.#sentBytes >= LINK_LIMITS.windowBytes && !this.#why) await new Promise<void>((resolve) => this.#room.push(resolve))
      const channel = this.#open()
      const bytes = await encodeFrame({ type: 'records', records: part }, this.#packer)
      const last = part.at(-1) as SpoolRecord
      this.#sent.push({ key: keyOf(last), sequence: last.sequence, bytes: bytes.length })
      this.#sentBytes += bytes.length
      this.counters.sentBytes += bytes.length
      this.counters.sentRecords += part.length
      for (const record of part) if (record.kind === 'batch') this.counters.sentSamples += encodedCount(record.payload)
      await channel.send(bytes)
    }
  }

  show(stream: StreamId, batch: SampleBatch, upTo: number): void {
    const channel = this.#channel
    if (!channel || this.#why || channel.queuedBytes > LINK_LIMITS.showBehindBytes) return
    void encodeFrame({ type: 'show', stream, upTo, batch }, this.#packer)
      .then((bytes) => channel.send(bytes))
      .catch((error: Error) => this.#end(error))
  }

  /** Whoever waits for an answer to `renew`. */
  #answered: (answer: unknown) => void = () => {}

  async #renew(request: string): Promise<unknown> {
    const answer = new Promise((resolve) => {
      this.#answered = resolve
    })
    await this.#open().send(await encodeFrame({ type: 'renew', request }))
    return Promise.race([answer, this.ended.then((why) => Promise.reject(why))])
  }

  async close(): Promise<void> {
    this.#end(new NotConnected('closed'))
    await this.#channel?.close()
  }

  #open(): Channel {
    if (this.#why) throw this.#why
    if (!this.#channel) throw new NotConnected('not connected')
    return this.#channel
  }

  async #listen(channel: Channel): Promise<void> {
    try {
      for (;;) this.#hear(await decodeFrame(await channel.receive()))
    } catch (error) {
      this.#end(error as Error)
      await channel.close()
    }
  }

  #hear(frame: Frame): void {
    const now = this.#parts.clock.monotonicMs()
    this.#lastHeardMs = now
    if (frame.type === 'durable') this.#settle(frame.position)
    else if (frame.type === 'pong') this.counters.roundTripMs = now - this.#askedMs
    else if (frame.type === 'renewed') this.#answered(frame.answer)
    else if (frame.type === 'refused') throw new LinkRefused(frame.code, frame.message)
    else if (frame.type === 'ping')
      void encodeFrame({ ...frame, type: 'pong', time: this.#parts.clock.now() })
        .then((bytes) => this.#channel?.send(bytes))
        .catch(() => {})
    else throw new LinkRefused('malformed', `a ${frame.type} at the sending end`)
  }

  #settle(position: StreamPosition): void {
    const key = keyOf(position)
    this.#sent = this.#sent.filter((one) => {
      const isDurable = one.key === key && one.sequence <= position.sequence
      if (isDurable) this.#sentBytes -= one.bytes
      return !isDurable
    })
    for (const wake of this.#room.splice(0)) wake()
    this.onDurable(position)
  }

  /** A refusal to renew ends nothing: the certificate is good for another third of its life, and its end is a finding. */
  async #keepRenewed(): Promise<void> {
    const { clock, renew } = this.#parts
    while (renew && !this.#stop.signal.aborted) {
      await renew((request) => this.#renew(request)).catch(() => {})
      await clock.sleep(LINK_LIMITS.renewLookMs, this.#stop.signal)
    }
  }

  async #keepAlive(channel: Channel): Promise<void> {
    const { clock } = this.#parts
    while (!this.#stop.signal.aborted) {
      await clock.sleep(LINK_LIMITS.pingMs, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      if (clock.monotonicMs() - this.#lastHeardMs > LINK_LIMITS.silenceMs) {
        this.#end(
          new NotConnected(`nothing heard for ${LINK_LIMITS.silenceMs / 1000} s`, {
            fault: fault('line-silent', { seconds: LINK_LIMITS.silenceMs / 1000 }),
          }),
        )
        await channel.close(false)
        return
      }
      this.#askedMs = clock.monotonicMs()
      // Not waited for: where the buffers on the way are full, it is the silence that tells.
      void encodeFrame({ type: 'ping', id: ++this.#ping })
        .then((bytes) => channel.send(bytes))
        .catch((error: Error) => this.#end(error))
    }
  }
}

const keyOf = ({ node, epoch }: { node: string; epoch: number }): string => `${epoch} ${node}`
