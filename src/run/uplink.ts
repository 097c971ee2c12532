import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { NotConnected } from '../core/errors.ts'
import { decodeForwarded } from '../core/forwarded.ts'
import type { LastValues } from '../core/last-values.ts'
import { type Hello, type Link, LinkRefused, type StreamId, type Welcome } from '../core/link.ts'
import type { Logger } from '../core/log.ts'
import type { UplinkView } from '../core/node-view.ts'
import type { Spool, SpoolRecord, StreamPosition } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'
import { BackOff } from '../lib/back-off.ts'
import { Newest } from './newest.ts'
import { isOpen, type OutwardPolicy, sendPaced } from './policy/outward.ts'
import { Tail } from './tail.ts'

/** The log keeps what the other end has not confirmed. */
export const LINK_CONSUMER = 'link'
const BACK_OFF_FIRST_MS = 500
const BACK_OFF_LIMIT_MS = 15_000
/** A refusal lasts until somebody acts. */
const REFUSED_MS = 15_000
/** Until records are looked for again that the log should have and does not give. */
const RETRY_MS = 100
/** Samples handed over at once. */
const TAKE_ROWS = 100_000
/** Newest values go ahead of history when it is further behind than this, and say at least so often that this node lives. */
const BEHIND_RECORDS = 50
const SHOW_MS = 1_000
const DRAIN_LOOK_MS = 10
const NOTE_MS = 1_000

export interface UplinkParts {
  readonly spool: Spool
  /** A link that will send from `next` on. */
  readonly link: (next: number) => Link | Promise<Link>
  readonly endpoint: string
  readonly version: string
  /** New at every start of the process. */
  readonly instance: string
  /** A relay hands over what it received; every other node its own log. */
  readonly isRelay: boolean
  readonly last: LastValues
  readonly signalCount: () => number
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  readonly stop: AbortSignal
  /** Where a one-way link stood, and where that is kept. */
  readonly cursor?: Cursor
  /** What may leave this node by the link; absent: all may. */
  readonly policy?: OutwardPolicy | undefined
  /** Called before what the other end has turns out to be more than was known here: records up to there were sent before, by this program or an earlier one. */
  readonly onResumed?: ((sequence: number) => Promise<void>) | undefined
  /** Records of our log that were taken to be sent, behind the record `before`. */
  readonly onTaken?: (records: readonly SpoolRecord[], before: number) => void
  /** The other end has our log up to there; one way, it was sent. */
  readonly onConfirmed?: (sequence: number) => void
  /** The other end knows a later part of this log, or another one: a copy of it was restored. Begins a new epoch. */
  readonly onForked: (position: StreamPosition) => Promise<void>
}

/** How far a one-way link has sent: what was sent once more than was noted does no harm. */
export interface Cursor {
  read(): Promise<number>
  write(sequence: number): Promise<void>
}

/** One record of our log that is on its way: done when its last inner record is durable there. */
interface OnItsWay {
  readonly outer: number
  readonly key: string
  readonly inner: number
}

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
  #onItsWay: OnItsWay[] = []
  #link: Link | undefined
  #sentBefore = { bytes: 0, samples: 0 }

  constructor(parts: UplinkParts) {
    this.#parts = parts
    this.#since = this.#downSince = parts.clock.now()
    this.#tail = new Tail(parts.spool, parts.clock, 1)
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
        const why = error instanceof NotConnected ? error.fault : undefined
        this.#problem = {
          time: clock.now(),
          message: (error as Error).message,
          ...(isRefused && { code: error.code }),
          ...(why && { fault: why }),
        }
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
    const showing = this.#keepShowing(link, over.signal)
    try {
      while (!over.signal.aborted) {
        if (this.#tail.lag === 0) await this.#tail.wait()
        else {
          const before = this.#tail.next - 1
          const all = await this.#tail.take(TAKE_ROWS)
          policy?.mustBeOpen()
          const records = isRelay ? all : (policy?.pass(all) ?? all)
          this.#parts.onTaken?.(records, before)
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

  #hello(): Hello {
    const { spool, version, instance, isRelay, clock } = this.#parts
    const { firstSequence, lastSequence } = spool.stats()
    const own = { node: spool.node, epoch: spool.epoch, first: firstSequence, last: lastSequence }
    const streams = isRelay ? spool.streams().map(({ node, epoch, sequence }) => ({ node, epoch, first: 1, last: sequence })) : [own]
    return { node: spool.node, instance, version, time: clock.now(), streams }
  }

  /** Goes on where the other end says, after making sure that it is the same log. */
  async #resume(welcome: Welcome): Promise<void> {
    const { spool, isRelay } = this.#parts
    this.#onItsWay = []
    const before = this.#there
    this.#there = new Map(welcome.streams.map((position) => [keyOf(position), position.sequence]))
    this.#handed = new Map(this.#there)
    if (isRelay) {
      // The other end has less than it had: an older copy of it was restored. It gets all that is still kept here.
      const isBehind = [...before].some(([key, sequence]) => (this.#there.get(key) ?? 0) < sequence)
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
    this.#handed = new Map()
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

  #notedMs = Number.NEGATIVE_INFINITY
  /** What the other end has of each stream, and what it was handed in this attempt. */
  #there = new Map<string, number>()
  #handed = new Map<string, number>()

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
    if (!this.#parts.isRelay) {
      await sendPaced(link, records, { policy, clock, over })
      return
    }
    for (const record of records) {
      if (record.kind !== 'forwarded') {
        if (!link.isOneWay) this.#note(record.sequence, '', 0)
        continue
      }
      const inner = decodeForwarded(record.payload).records
      const last = inner.at(-1) as SpoolRecord
      const key = keyOf(last)
      const handed = this.#handed.get(key)
      if (!link.isOneWay) this.#note(record.sequence, key, last.sequence)
      const missing = inner.filter(({ sequence }) => sequence > (handed ?? 0))
      if (missing.length === 0) continue
      // One way, nobody says where a stream stood: what is missing before its first record is for the receiving end to find.
      const before = handed === undefined && link.isOneWay ? [] : gapBefore(missing[0] as SpoolRecord, handed ?? 0)
      this.#handed.set(key, last.sequence)
      await sendPaced(link, [...before, ...(policy?.pass(missing) ?? missing)], { policy, clock, over })
    }
  }

  #confirm(sequence: number): void {
    this.#confirmed = sequence
    this.#parts.onConfirmed?.(sequence)
  }

  #note(outer: number, key: string, inner: number): void {
    this.#onItsWay.push({ outer, key, inner })
    this.#release()
  }

  #settle(position: StreamPosition): void {
    const { spool, isRelay } = this.#parts
    this.#there.set(keyOf(position), position.sequence)
    if (isRelay) {
      this.#release()
      return
    }
    this.#confirm(Math.max(this.#confirmed, position.sequence))
    spool.release(LINK_CONSUMER, this.#confirmed + 1)
  }

  /** Releases our records up to the first one that is not wholly there. */
  #release(): void {
    let done = 0
    for (const { key, inner } of this.#onItsWay) {
      if (key !== '' && (this.#there.get(key) ?? 0) < inner) break
      done++
    }
    const last = this.#onItsWay.splice(0, done).at(-1)
    if (!last) return
    this.#confirm(last.outer)
    this.#parts.spool.release(LINK_CONSUMER, last.outer + 1)
  }

  /** Says every second that this node lives; with its newest values when history is behind. */
  async #keepShowing(link: Link, over: AbortSignal): Promise<void> {
    const { clock, spool, isRelay, last, signalCount, policy } = this.#parts
    while (isRelay && policy && !over.aborted) {
      if (!isOpen(policy)) await link.close()
      await clock.sleep(SHOW_MS, over)
    }
    if (isRelay) return
    const newest = new Newest(last, signalCount, clock)
    const { node, epoch } = spool
    const newestOf = (batch: SampleBatch) => policy?.visible({ node, epoch }, batch) ?? batch
    while (!over.aborted) {
      // Cut, or its review is due, while the link stands: the next attempt says so.
      if (policy && !isOpen(policy)) await link.close()
      const isBehind = !link.isOneWay && spool.stats().lastSequence - this.#confirmed > BEHIND_RECORDS
      link.show(
        { node, epoch },
        isBehind ? newestOf(newest.take()) : new BatchBuilder().build(clock.now()),
        isBehind ? spool.stats().lastSequence : 0,
      )
      await clock.sleep(SHOW_MS, over)
    }
  }

  #set(state: UplinkView['state']): void {
    if (state === this.#state) return
    this.#state = state
    this.#since = this.#parts.clock.now()
    this.#downSince = state === 'connected' ? undefined : (this.#downSince ?? this.#since)
  }
}

/** What was dropped here, or released before the other end lost it, is declared: nobody waits for it. */
function gapBefore(record: SpoolRecord, handed: number): SpoolRecord[] {
  const { node, epoch, sequence, recordedTime } = record
  if (sequence <= handed + 1 || record.kind === 'gap') return []
  const gap = { from: handed + 1, to: sequence - 1, cause: 'no longer kept' }
  return [{ node, epoch, sequence: gap.to, kind: 'gap', recordedTime, payload: new TextEncoder().encode(JSON.stringify(gap)) }]
}

const keyOf = ({ node, epoch }: StreamId): string => `${epoch} ${node}`
