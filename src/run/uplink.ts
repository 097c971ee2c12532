import { LEDGER_LIMITS } from '../continuity/ledger/limits.ts'
import type { SampleBatch } from '../core/batch.ts'
import { NotConnected } from '../core/errors.ts'
import { type Hello, type Link, LinkRefused, type StreamId, type Welcome } from '../core/link.ts'
import type { UplinkView } from '../core/node-view.ts'
import type { EndedEpoch, SpoolRecord, StreamPosition } from '../core/spool.ts'
import { BackOff } from '../lib/back-off.ts'
import { sendPaced } from './policy/outward.ts'
import { Relaying } from './relaying.ts'
import { keepShowing } from './showing.ts'
import { Tail } from './tail.ts'
import { LINK_CONSUMER, type UplinkParts } from './uplink-parts.ts'
import { problemOf } from './uplink-problem.ts'

const BACK_OFF_FIRST_MS = 500
const BACK_OFF_LIMIT_MS = 15_000
/** A refusal lasts until somebody acts. */
const REFUSED_MS = 15_000
/** Until records are looked for again that the log should have and does not give. */
const RETRY_MS = 100
/** Samples and records handed over at once: of the records each may be a hole. */
const TAKE_ROWS = 100_000
const TAKE_RECORDS = LEDGER_LIMITS.missed / 2
const DRAIN_LOOK_MS = 10
const NOTE_MS = 1_000

/** The way to the next node: dials, sends what that node has not confirmed, and keeps it until it has. */
export class Uplink {
  readonly #parts: UplinkParts
  readonly #tail: Tail
  #state: UplinkView['state'] = 'connecting'
  #since: number
  #downSince: number | undefined
  #problem: UplinkView['problem']
  #peer = ''
  #attempts = 0
  #confirmed = 0
  readonly #relaying: Relaying | undefined
  #notedMs = Number.NEGATIVE_INFINITY
  #link: Link | undefined
  #sentBefore = { bytes: 0, samples: 0 }

  constructor(parts: UplinkParts) {
    this.#parts = parts
    this.#since = this.#downSince = parts.clock.now()
    this.#tail = new Tail(parts.spool, parts.clock, 1)
    if (parts.isRelay)
      this.#relaying = new Relaying(parts, (sequence) => {
        this.#confirm(sequence)
        parts.spool.release(LINK_CONSUMER, sequence + 1)
      })
  }

  view(): UplinkView {
    const { spool, endpoint } = this.#parts
    const counters = this.#link?.counters
    return {
      endpoint,
      peer: this.#peer,
      state: this.#state,
      since: this.#since,
      downSince: this.#downSince,
      attempts: this.#attempts,
      problem: this.#problem,
      confirmedSequence: this.#confirmed,
      behindRecords: Math.max(0, spool.stats().lastSequence - this.#confirmed),
      sentBytes: this.#sentBefore.bytes + (counters?.sentBytes ?? 0),
      sentSamples: this.#sentBefore.samples + (counters?.sentSamples ?? 0),
      roundTripMs: counters?.roundTripMs,
    }
  }

  /** Passes newest values of other nodes on, at a relay. */
  show(stream: StreamId, batch: SampleBatch, upTo: number): void {
    if (this.#state === 'connected') this.#link?.show(stream, this.#parts.policy?.visible(stream, batch) ?? batch, upTo)
  }

  /** Waits until everything durable here is durable there, while the link stands, at most `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    const { clock, spool } = this.#parts
    const end = clock.monotonicMs() + limitMs
    while (this.#state === 'connected' && this.#confirmed < spool.stats().lastSequence && clock.monotonicMs() < end)
      await clock.sleep(DRAIN_LOOK_MS)
  }

  async run(): Promise<void> {
    const { clock, random, stop, log } = this.#parts
    const backOff = new BackOff(BACK_OFF_FIRST_MS, BACK_OFF_LIMIT_MS, random)
    while (!stop.aborted) {
      this.#set('connecting')
      this.#attempts++
      try {
        this.#link = await this.#parts.link(((await this.#parts.cursor?.read()) ?? this.#confirmed) + 1)
        await this.#attempt(this.#link, () => backOff.reset())
      } catch (error) {
        const isRefused = error instanceof LinkRefused
        this.#problem = problemOf(error, clock.now())
        if (!stop.aborted)
          log.warn(
            { endpoint: this.#parts.endpoint, problem: this.#problem.message },
            'the link is down; the spool keeps what is to be sent',
          )
        if (!isRefused && !(error instanceof NotConnected)) log.error({ error }, 'the link failed in an unexpected way')
        this.#set(isRefused ? 'refused' : 'waiting')
      } finally {
        await this.#link?.close()
        this.#sentBefore.bytes += this.#link?.counters.sentBytes ?? 0
        this.#sentBefore.samples += this.#link?.counters.sentSamples ?? 0
        this.#link = undefined
      }
      if (!stop.aborted) await clock.sleep(this.#state === 'refused' ? REFUSED_MS * (0.5 + random()) : backOff.next(), stop)
    }
    this.#tail.close()
    this.#set('stopped')
  }

  async #attempt(link: Link, onSuccess: () => void): Promise<void> {
    const { stop, clock, policy, isRelay } = this.#parts
    policy?.mustBeOpen()
    const welcome = await link.connect(this.#hello(), stop)
    const known = this.#confirmed
    if (welcome) await this.#resume(welcome)
    else await this.#goOn()
    // The attempt before stored something, although the line ended before that was said: an end with little room takes what it can each time.
    if (this.#confirmed > known) onSuccess()
    // An end that answers and then cannot store is no success: it would be called again at once, for ever.
    const connectedMs = clock.monotonicMs()
    link.onDurable = (position) => {
      onSuccess()
      this.#settle(position)
    }
    if (welcome) await this.#declareEnded(link, welcome)
    this.#peer = welcome?.node ?? ''
    this.#set('connected')
    this.#problem = undefined
    let why: Error | undefined
    const over = new AbortController()
    void link.ended.then((error) => {
      why = error
      over.abort()
      this.#tail.wake()
    })
    // A link that waits for room must not keep a node from stopping.
    const onStop = () => void link.close()
    if (stop.aborted) onStop()
    stop.addEventListener('abort', onStop, { once: true })
    const showing = keepShowing(this.#parts, link, () => this.#confirmed, over.signal)
    try {
      while (!over.signal.aborted) {
        if (this.#tail.lag === 0) await this.#tail.wait()
        else {
          const before = this.#tail.next - 1
          const all = await this.#tail.take(TAKE_ROWS, TAKE_RECORDS)
          policy?.mustBeOpen()
          const records = isRelay ? all : (policy?.pass(all) ?? all)
          await this.#parts.onTaken?.(records, before, over.signal)
          if (over.signal.aborted) break
          // Dropped all of it, and the gap that says so finds no room on the disk yet.
          if (records.length === 0) await this.#tail.wait(RETRY_MS)
          await this.#send(link, records, over.signal)
          if (link.isOneWay) await this.#noteSent(this.#tail.next - 1)
        }
      }
      if (why && !stop.aborted) throw why
    } finally {
      if (clock.monotonicMs() - connectedMs > BACK_OFF_LIMIT_MS) onSuccess()
      over.abort()
      stop.removeEventListener('abort', onStop)
      await showing
      if (link.isOneWay) await this.#parts.cursor?.write(this.#confirmed)
    }
  }

  #ended(): readonly EndedEpoch[] {
    const { ended = [], isRelay, spool } = this.#parts
    return isRelay ? [] : ended.filter(({ epoch }) => epoch < spool.epoch)
  }

  /** What the other end lacks of an epoch that is over, it will not get: it is told so. An older copy of it was restored, or our log of that time was lost. */
  async #declareEnded(link: Link, welcome: Welcome): Promise<void> {
    const { spool, clock, log } = this.#parts
    for (const { epoch, last } of this.#ended()) {
      const known = welcome.streams.find((one) => one.node === spool.node && one.epoch === epoch)?.sequence ?? 0
      if (known >= last) continue
      const gap = { from: known + 1, to: last, cause: 'epoch-ended' }
      log.warn(
        { epoch, ...gap, to: last, next: welcome.node },
        'the next node lacks records of an earlier log of this node, which are gone; it is told',
      )
      const payload = new TextEncoder().encode(JSON.stringify(gap))
      await link.send([{ node: spool.node, epoch, sequence: last, kind: 'gap', recordedTime: clock.now(), payload }])
    }
  }

  #hello(): Hello {
    const { spool, version, instance, isRelay, clock } = this.#parts
    const { firstSequence, lastSequence } = spool.stats()
    const own = { node: spool.node, epoch: spool.epoch, first: firstSequence, last: lastSequence }
    const ended = this.#ended().map(({ epoch, last }) => ({ node: spool.node, epoch, first: 1, last }))
    const streams = isRelay
      ? spool.streams().map(({ node, epoch, sequence }) => ({ node, epoch, first: 1, last: sequence }))
      : [...ended, own]
    return { node: spool.node, instance, version, time: clock.now(), streams }
  }

  /** Goes on where the other end says, after making sure that it is the same log. */
  async #resume(welcome: Welcome): Promise<void> {
    const { spool } = this.#parts
    if (this.#relaying) {
      // The other end has less than it had: an older copy of it was restored. It gets all that is still kept here.
      const isBehind = this.#relaying.resume(welcome.streams)
      this.#tail.seek(isBehind ? spool.stats().firstSequence : this.#confirmed + 1)
      return
    }
    const position = welcome.streams.find(({ node, epoch }) => node === spool.node && epoch === spool.epoch)
    if (position && !(await this.#isOurs(position))) {
      await this.#parts.onForked(position)
      throw new LinkRefused(
        'forked',
        `${welcome.node} has a later or another record ${position.sequence} of this log: an older copy of it was restored, or two programs write it`,
      )
    }
    if (position) await this.#parts.onResumed?.(position.sequence)
    this.#confirm(position?.sequence ?? 0)
    // Said at once: a full log takes nothing new, so that nothing would ever be confirmed again.
    if (position) spool.release(LINK_CONSUMER, this.#confirmed + 1)
    this.#tail.seek(this.#confirmed + 1)
  }

  /** One way: goes on behind what was sent. */
  async #goOn(): Promise<void> {
    const { spool, cursor } = this.#parts
    this.#relaying?.goOn()
    const sent = Math.min((await cursor?.read()) ?? 0, spool.stats().lastSequence)
    this.#confirm(Math.max(this.#confirmed, sent))
    this.#tail.seek(this.#confirmed + 1)
  }

  async #noteSent(sequence: number): Promise<void> {
    const { spool, cursor, clock } = this.#parts
    this.#confirm(sequence)
    spool.release(LINK_CONSUMER, sequence + 1)
    if (clock.monotonicMs() - this.#notedMs < NOTE_MS) return
    this.#notedMs = clock.monotonicMs()
    await cursor?.write(sequence)
  }

  async #isOurs({ sequence, hash }: StreamPosition): Promise<boolean> {
    const { spool } = this.#parts
    const { firstSequence, lastSequence } = spool.stats()
    if (sequence > lastSequence) return false
    if (sequence < firstSequence || !hash) return true
    const [record] = await spool.read(sequence, 1, 1)
    return !record?.seal || record.sequence !== sequence || Buffer.compare(record.seal.hash, hash) === 0
  }

  async #send(link: Link, records: readonly SpoolRecord[], over: AbortSignal): Promise<void> {
    const { policy, clock } = this.#parts
    if (this.#relaying) await this.#relaying.send(link, records, over)
    else await sendPaced(link, records, { policy, clock, over })
  }

  #confirm(sequence: number): void {
    this.#confirmed = sequence
    this.#parts.onConfirmed?.(sequence)
  }

  #settle(position: StreamPosition): void {
    if (this.#relaying) this.#relaying.settle(position)
    else if (position.epoch === this.#parts.spool.epoch) {
      this.#confirm(Math.max(this.#confirmed, position.sequence))
      this.#parts.spool.release(LINK_CONSUMER, this.#confirmed + 1)
    }
  }

  #set(state: UplinkView['state']): void {
    if (state === this.#state) return
    this.#state = state
    this.#since = this.#parts.clock.now()
    this.#downSince = state === 'connected' ? undefined : (this.#downSince ?? this.#since)
  }
}
