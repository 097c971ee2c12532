import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { decodeForwarded } from '../core/forwarded.ts'
import type { WriterTables } from '../core/historian.ts'
import type { LastValues } from '../core/last-values.ts'
import { LIMITS } from '../core/limits.ts'
import type { StreamId } from '../core/link.ts'
import type { ContestedSignal, RemoteNode } from '../core/node-view.ts'
import { CONDUIT_GAP } from '../core/policy.ts'
import type { ReasonSets } from '../core/reasons.ts'
import { parseRecord } from '../core/record-content.ts'
import type { SignalDefinition, SignalTable } from '../core/signals.ts'
import type { SpoolRecord, StreamPosition } from '../core/spool.ts'
import { rank, Status } from '../core/status.ts'
import type { Clock, Micros } from '../core/time.ts'
import { withElement } from '../lib/grown.ts'
import { Contested } from './contested.ts'
import type { SilenceLimits } from './liveness.ts'

export interface RemotesParts {
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly last: LastValues
  readonly publish: (batch: SampleBatch) => void
  readonly clock: Clock
  readonly silence: SilenceLimits
}

/** Another node's log, as its numbers read here. 0 is "not known". */
interface Remote {
  readonly stream: StreamId
  signals: Uint32Array
  reasons: Uint32Array
  /** Signals of ours that it feeds. */
  readonly members: Set<number>
  heardMs: number
  heardTime: Micros | undefined
  silent: 0 | 1 | 2
  /** Values came since they were marked, of a node that is silent all the same. */
  isUnmarked: boolean
  /** What is durable here, and what the newest values shown went up to. */
  sequence: number
  shownUpTo: number
  lastRecordedTime: Micros | undefined
  lastArrivedTime: Micros | undefined
  via: string | undefined
  certificate: string | undefined
  lostRecords: number
  unseenSignals: number
}

/**
 * What other nodes send, as this node sees it: their numbers turned into ours, last values kept, live subscribers told. History goes its own way, through
 * the log. A node that is silent turns Uncertain, then Bad, for the eyes alone: what it measured meanwhile is still to come. It is heard by what it shows, every
 * second, and by records as fresh as that: old ones, which a relay still has or a file brings, do not make it live.
 */
export class Remotes {
  readonly #parts: RemotesParts
  /** By node: the newest epoch of each. */
  readonly #remotes = new Map<string, Remote>()
  /** By signal of ours: the node that feeds it. */
  readonly #feeder = new Map<number, string>()
  readonly #contested = new Contested()

  constructor(parts: RemotesParts) {
    this.#parts = parts
  }

  /** How often `tick` must be called for the limits to be kept. */
  get tickMs(): number {
    return Math.max(10, Math.min(1_000, this.#parts.silence.uncertainAfter / 10))
  }

  /** Takes up what the historian knows of other nodes' numbers. `own` is this node. */
  restore(writers: readonly WriterTables[], own: string): void {
    for (const { node, epoch, signals, reasons } of writers) {
      if (node === own) continue
      const remote = this.#remote({ node, epoch })
      for (const [number, id] of signals) {
        const index = this.#parts.signals.indexOf(id)
        if (index !== undefined) this.#mapSignal(remote, number, index)
      }
      for (const [number, names] of reasons) remote.reasons = withElement(remote.reasons, number, this.#parts.reasons.of(...names) + 1)
    }
  }

  /** How far this log has those of others, after what it holds was absorbed: older records are not. */
  reached(positions: readonly StreamPosition[]): void {
    for (const position of positions) {
      const remote = this.#remote(position)
      if (position.epoch === remote.stream.epoch) remote.sequence = Math.max(remote.sequence, position.sequence)
    }
  }

  /** The node that feeds a signal; undefined where that is this one. */
  nodeOf(signal: number): string | undefined {
    return this.#feeder.get(signal)
  }

  /** Samples that this node measured itself: another one may send the same signals. */
  measuredHere(batch: SampleBatch, own: string): void {
    if (this.#remotes.size === 0) return
    for (let i = 0; i < batch.count; i++) this.#contested.fed(batch.signal[i] as number, own, this.#now)
  }

  /** Signals that two nodes feed at once, the newest found first. */
  contested(): ContestedSignal[] {
    const { signals } = this.#parts
    return [...this.#contested.view(this.#now())].map(([index, found]) => ({ signal: signals.at(index)?.id ?? '', ...found })).reverse()
  }

  readonly #now = (): Micros => this.#parts.clock.now()

  /** A durable `forwarded` record of this node's log. */
  absorb(record: SpoolRecord): void {
    const { records, via, certificate } = decodeForwarded(record.payload)
    for (const inner of records) {
      const remote = this.#remote(inner)
      if (inner.epoch < remote.stream.epoch || inner.sequence <= remote.sequence) continue
      const before = remote.sequence
      remote.sequence = inner.sequence
      remote.lastRecordedTime = inner.recordedTime
      remote.lastArrivedTime = record.recordedTime
      remote.via = via
      remote.certificate = certificate
      this.#learn(remote, inner, before)
    }
  }

  /** Newest values ahead of history; an empty batch only says that the node lives. */
  show(stream: StreamId, batch: SampleBatch, upTo: number): void {
    const remote = this.#remote(stream)
    if (stream.epoch !== remote.stream.epoch) return
    remote.shownUpTo = Math.max(remote.shownUpTo, upTo)
    this.#heard(remote)
    if (batch.count > 0) this.#apply(remote, batch)
  }

  /** Turns silent nodes' values Uncertain, then Bad. */
  tick(): void {
    const { silence, clock } = this.#parts
    for (const remote of this.#remotes.values()) {
      const silentMs = clock.monotonicMs() - remote.heardMs
      const severity = silentMs >= silence.badAfter ? 2 : silentMs >= silence.uncertainAfter || remote.heardTime === undefined ? 1 : 0
      if (severity !== 0 && (severity > remote.silent || remote.isUnmarked)) {
        remote.silent = severity
        remote.isUnmarked = false
        this.#mark(remote, severity)
      }
    }
  }

  view(): RemoteNode[] {
    return [...this.#remotes.values()].map(
      ({ stream, members, silent, sequence, shownUpTo, heardTime, lostRecords, unseenSignals, ...last }) => ({
        ...stream,
        liveness: silent === 2 ? 'bad' : silent === 1 || heardTime === undefined ? 'uncertain' : 'live',
        signals: members.size,
        sequence,
        behindRecords: Math.max(0, shownUpTo - sequence),
        lostRecords,
        unseenSignals,
        lastHeardTime: heardTime,
        ...{ lastRecordedTime: last.lastRecordedTime, lastArrivedTime: last.lastArrivedTime, via: last.via, certificate: last.certificate },
      }),
    )
  }

  #remote({ node, epoch }: StreamId): Remote {
    const known = this.#remotes.get(node)
    if (known && known.stream.epoch >= epoch) return known
    const remote: Remote = {
      stream: { node, epoch },
      signals: new Uint32Array(0),
      reasons: Uint32Array.of(1),
      members: new Set(),
      heardMs: this.#parts.clock.monotonicMs(),
      heardTime: undefined,
      silent: 0,
      isUnmarked: false,
      ...{ sequence: 0, shownUpTo: 0, lastRecordedTime: undefined, lostRecords: 0, unseenSignals: 0 },
      ...{ lastArrivedTime: undefined, via: undefined, certificate: undefined },
    }
    this.#remotes.set(node, remote)
    return remote
  }

  #learn(remote: Remote, { kind, sequence, recordedTime, payload }: SpoolRecord, before: number): void {
    const { signals, reasons } = this.#parts
    const content = parseRecord(kind, payload)
    if (content.kind === 'signals') {
      for (const [number, definition] of content.signals) {
        const index = roomFor(signals, definition)
        if (index === undefined) remote.unseenSignals++
        else this.#mapSignal(remote, number, index)
      }
    } else if (content.kind === 'reasons') {
      content.sets.forEach((names, i) => {
        remote.reasons = withElement(remote.reasons, content.first + i, reasons.of(...names) + 1)
      })
    } else if (content.kind === 'gap' && !content.cause.startsWith(CONDUIT_GAP)) {
      // What came before it was given up there is here.
      remote.lostRecords += Math.max(0, Math.min(content.to, sequence) - Math.max(content.from, before + 1) + 1)
    } else if (content.kind === 'batch') {
      const isFresh = Math.abs(this.#now() - recordedTime) < this.#parts.silence.uncertainAfter * 1_000
      if (isFresh) this.#heard(remote)
      // Newer values were shown before: history behind them is for the historian.
      if (sequence <= remote.shownUpTo) return
      this.#apply(remote, content.batch)
      if (!isFresh) remote.isUnmarked = true
    }
  }

  #mapSignal(remote: Remote, number: number, index: number): void {
    remote.signals = withElement(remote.signals, number, index + 1)
    remote.members.add(index)
    this.#feeder.set(index, remote.stream.node)
  }

  #heard(remote: Remote): void {
    remote.heardMs = this.#parts.clock.monotonicMs()
    remote.heardTime = this.#parts.clock.now()
    remote.silent = 0
  }

  /** The batch with our numbers; signals not explained yet are left out, they come again. */
  #apply(remote: Remote, batch: SampleBatch): void {
    const { last, signals, reasons, publish } = this.#parts
    const { count } = batch
    const unknown = reasons.of('unknown-reasons')
    const ours = { ...batch, signal: new Uint32Array(count), reasons: new Uint32Array(count) }
    let unexplained = 0
    for (let i = 0; i < count; i++) {
      const index = remote.signals[batch.signal[i] as number] ?? 0
      const set = remote.reasons[batch.reasons[i] as number] ?? 0
      if (index === 0) unexplained++
      ours.signal[i] = index === 0 ? UNEXPLAINED : index - 1
      ours.reasons[i] = set === 0 ? unknown : set - 1
      if (index !== 0) this.#contested.fed(index - 1, remote.stream.node, this.#now)
    }
    if (unexplained === count) return
    const explained = unexplained === 0 ? ours : withoutUnexplained(ours)
    last.update(explained, signals.size)
    publish(explained)
  }

  #mark(remote: Remote, severity: 1 | 2): void {
    const { last, signals, reasons, clock, publish } = this.#parts
    const now = clock.now()
    const set = reasons.of('link-silent')
    const builder = new BatchBuilder()
    for (const index of remote.members) {
      if (!last.has(index) || rank(last.status[index] as number) >= severity) continue
      const text = severity === 1 ? last.text.get(index) : undefined
      const value = severity === 1 ? (last.value[index] as number) : Number.NaN
      const row = builder.push(index, now, value, severity === 1 ? Status.UncertainLastUsableValue : Status.BadNoCommunication, set)
      if (text !== undefined) builder.setText(row, text)
    }
    if (builder.count === 0) return
    const marks = builder.build(now)
    last.update(marks, signals.size)
    publish(marks)
  }
}

/** The signal's number here; undefined when the table is full. A node that declares too much must not keep this one from hearing others, or from starting. */
function roomFor(signals: SignalTable, definition: SignalDefinition): number | undefined {
  const isFull = signals.size >= LIMITS.signals && signals.indexOf(definition.id) === undefined
  return isFull ? undefined : signals.define(definition)
}

const UNEXPLAINED = 0xffffffff

function withoutUnexplained(batch: SampleBatch): SampleBatch {
  const builder = new BatchBuilder(batch.count)
  for (let i = 0; i < batch.count; i++) {
    const signal = batch.signal[i] as number
    if (signal === UNEXPLAINED) continue
    const row = builder.push(
      signal,
      batch.sourceTime[i] as number,
      batch.value[i] as number,
      batch.status[i] as number,
      batch.reasons[i] as number,
    )
    const text = batch.text?.get(i)
    if (text !== undefined) builder.setText(row, text)
  }
  return builder.build(batch.receivedTime)
}
