import { BatchBuilder, type SampleBatch } from '../../core/batch.ts'
import type { Change, Derivation, DerivedSample } from '../../core/derivation.ts'
import type { Fact } from '../../core/facts.ts'
import type { HeldDays, WriterTables } from '../../core/historian.ts'
import type { History } from '../../core/history.ts'
import type { RecordVersion } from '../../core/it-records.ts'
import type { Logger } from '../../core/log.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'
import type { Clock, Micros } from '../../core/time.ts'
import { Tail } from '../tail.ts'
import { Changes } from './changes.ts'
import type { Revised } from './compare.ts'
import { createEngine, type Engine, type PendingRange } from './engine.ts'
import { guarded, HistoryProblem } from './guarded.ts'
import { DERIVING_LIMITS } from './limits.ts'
import { readState, writeState } from './state-file.ts'
import { ToldAnew } from './told-anew.ts'
import { Unstored } from './unstored.ts'
import { Watermarks } from './watermarks.ts'
import type { DerivationView, Publish } from './worker.ts'

/** The log keeps what was stored since the state was last saved, under this name. */
export const DERIVING_CONSUMER = 'process'
const TICK_MS = 250
const SAVE_EVERY_MS = 10_000
const RETRY_MS = 1_000
const TAKE_ROWS = 100_000
/** Groups that are taken in before something is computed. */
const GROUPS = 64
const TAIL_BYTES = 16 * 1024 * 1024
/** From this share of the spool's room held for it alone, what waits is forgotten and everything within the horizon computed anew: nothing stops collecting. */
const SHARE = 1 / 2

export interface DerivingParts {
  /** Of `derive`, `windows`, `events`, `correlations` and `kpis`; several may feed each other. */
  readonly derivations: readonly Derivation[]
  readonly history: History
  /** With `process` among its consumers. */
  readonly spool: Spool
  /** Makes a batch of derived samples durable as `Lane.put` does for a device's: last values and subscribers follow. */
  readonly append: (batch: SampleBatch) => Promise<SpoolRecord>
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  /** What the historian knows of the numbers in each node's log. */
  readonly writers: readonly WriterTables[]
  /** The last sequence of this log that can be read back from the history at the start; from then on `stored` tells. */
  readonly storedSequence: number
  readonly placeOf: (record: RecordVersion) => string | undefined
  /** The node that feeds a signal; undefined: this one. */
  readonly nodeOf: (index: number) => string | undefined
  /** Lateness of a connection, and of other nodes for the empty name; absent: 2 s. */
  readonly latenessUs?: (connection: string) => Micros
  /** What changes older than this is not computed again by itself. */
  readonly horizonUs: Micros
  /** What two facts have in common that may share a record of the log; absent: all may. */
  readonly apart?: ((fact: Fact) => string) | undefined
  /** The oldest sample there is; absent: not known. */
  readonly oldestSample?: Micros
  /** As of EngineParts. */
  readonly days?: () => Promise<HeldDays>
  /** `DATA/deriving/state`. */
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
}

export interface DerivingView {
  readonly derivations: readonly DerivationView[]
  /** Records of the log that are not taken in yet. */
  readonly lagRecords: number
  /** How often everything had to be begun anew because the log could not be kept that long. */
  readonly startedAnew: number
  readonly problem: string | undefined
}

export interface Deriving {
  /** The history has everything up to this sequence of the log: for `FeederParts.onStored`. */
  stored(sequence: number): void
  view(): DerivingView
  /** Times that changed beyond the horizon: results there are as they were. */
  pending(): readonly PendingRange[]
  behind: Engine['behind']
  /** Computes a time anew, of one definition or of all. Rejects with RangeError for a name nobody knows; `signal` ends it early. */
  recompute(definition: string | undefined, from: Micros, to: Micros, signal: AbortSignal): Promise<void>
  /** Saves what is left to do and stops; to be called while the spool is open still. */
  close(): Promise<void>
}

const DEFAULT_LATENESS_US = 2_000_000

/**
 * Computes everything that is declared to be computed from history, and keeps it right: follows the log, each record once history has it, and publishes what differs
 * into the same log. Between computations it saves where it stands and what is left to do, so that a restart, also by kill -9, loses nothing.
 */
export async function createDeriving(parts: DerivingParts): Promise<Deriving> {
  const { spool, clock, log, derivations, file, signals, placeOf } = parts
  const unstored = new Unstored()
  const readable = unstored.over(parts.history)
  const history = guarded(readable)
  const watermarks = new Watermarks(
    {
      node: spool.node,
      signals,
      nodeOf: parts.nodeOf,
      latenessUs: parts.latenessUs ?? (() => DEFAULT_LATENESS_US),
      now: () => clock.now(),
    },
    derivations,
  )
  const records = new Set(derivations.flatMap(({ inputs }) => inputs.records))
  const facts = new Set(derivations.flatMap(({ inputs }) => inputs.facts))
  const onStored = (node: string, recordedTime: Micros) => watermarks.stored(node, recordedTime)
  const told = new Set<number>()
  const isTold = ({ node, epoch, sequence }: SpoolRecord) => node === spool.node && epoch === spool.epoch && told.has(sequence)
  const toldAnew = new ToldAnew()
  const anewOf = ({ node, epoch, sequence }: SpoolRecord) =>
    node === spool.node && epoch === spool.epoch ? toldAnew.of(sequence) : undefined
  const changes = new Changes({ signals, history, records, facts, placeOf, onStored, isTold, anewOf }, parts.writers)
  const found = await readState(file, log)
  const isOurs =
    found !== undefined &&
    found.node === spool.node &&
    found.epoch === spool.epoch &&
    found.sequence <= spool.stats().lastSequence &&
    found.sequence + 1 >= spool.stats().firstSequence
  // Of a first start there is nothing to say.
  if (!isOurs && parts.storedSequence > 0) log.info({}, 'what was computed last is not known: results within the horizon are computed anew')
  let position = isOurs ? found.sequence : parts.storedSequence
  let storedSequence = parts.storedSequence
  const tail = new Tail(spool, clock, position + 1, TAIL_BYTES)
  spool.release(DERIVING_CONSUMER, position + 1)
  const stopping = new AbortController()
  const stop = stopping.signal
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const go of waiting) go()
    tail.wake()
  }
  /** Resolves when history has a sequence; rejects at the end. */
  const storedPast = async (sequence: number) => {
    while (storedSequence < sequence) {
      if (stop.aborted) throw new HistoryProblem('stopping')
      await new Promise<void>((resolve) => {
        const go = () => {
          waiting.delete(go)
          resolve()
        }
        waiting.add(go)
      })
    }
  }
  /** Facts to be told to what is computed from them, before they are stored. */
  let fresh: { readonly sequence: number; readonly facts: readonly Fact[] }[] = []
  const publish: Publish = async (_name, computed, samples, anew) => {
    let last = 0
    try {
      // What may not pass alike never shares a record: a record is withheld whole.
      const apart = parts.apart ? [...Map.groupBy(computed, ({ fact }) => parts.apart?.(fact)).values()] : [computed]
      for (const some of apart.flatMap((alike) => [...chunks(alike)])) {
        const { sequence, recordedTime } = await spool.appendContent({ kind: 'facts', facts: some.map(({ fact }) => fact) })
        const known = some.map(({ fact, revision }) => ({ ...fact, revision, knownTime: recordedTime, ingest: Number.MAX_SAFE_INTEGER }))
        if (unstored.add(sequence, known)) fresh.push({ sequence, facts: known })
        else last = sequence
      }
      for (let at = 0; at < samples.length; at += TAKE_ROWS) {
        last = (await parts.append(batchOf(samples.slice(at, at + TAKE_ROWS), parts))).sequence
        if (anew) toldAnew.note(last, anew)
      }
    } catch (error) {
      // Beyond a limit of what can be stored: the derivation's own fault. Anything else is the log's, and passes.
      if (error instanceof RangeError) throw error
      throw new HistoryProblem(error instanceof Error ? error.message : String(error), { cause: error })
    }
    // At the end it never comes: then nobody waits for it any more.
    return last > 0 ? { readable: storedPast(last).catch(() => {}) } : {}
  }
  const tell = async (absorb: (changes: readonly Change[]) => Promise<void>): Promise<void> => {
    if (fresh.length === 0) return
    await absorb(await changes.ofFacts(fresh.flatMap(({ facts }) => facts)))
    for (const { sequence } of fresh) told.add(sequence)
    fresh = []
  }
  const engine = createEngine(
    {
      ...{ history: readable, derivations, publish, horizonUs: parts.horizonUs, log },
      ...(parts.oldestSample !== undefined && { oldestSample: parts.oldestSample }),
      ...(parts.days && { days: parts.days }),
      now: () => clock.now(),
      watermark: (one) => watermarks.of(one),
      tell,
    },
    isOurs ? found.engine : undefined,
  )
  let problem: string | undefined
  let startedAnew = 0
  let savedMs = clock.monotonicMs()
  let group: { readonly last: number; readonly records: readonly SpoolRecord[]; changes?: readonly Change[] } | undefined

  const save = async () => {
    const at = position
    const state = { node: spool.node, epoch: spool.epoch, sequence: at, engine: await engine.save() }
    savedMs = clock.monotonicMs()
    const isKept = await writeState(file, state).catch((error) => {
      log.warn({ error: String(error) }, 'what is left to compute cannot be saved; it is tried again')
      return false
    })
    // Also when it was not: a start without it computes everything within the horizon, and the log must not fill up.
    if (!isKept) log.warn({}, 'what is left to compute is not saved')
    spool.release(DERIVING_CONSUMER, at + 1)
  }
  /** Takes in the next records that history has. False when there are none. */
  const absorb = async (): Promise<boolean> => {
    if (!group && tail.lag > 0 && tail.next <= storedSequence) {
      const taken = await tail.take(TAKE_ROWS)
      if (taken.length > 0) group = { last: tail.next - 1, records: taken }
    }
    if (!group || group.last > storedSequence) return false
    group.changes ??= await changes.of(group.records)
    await engine.absorb(group.changes)
    position = group.last
    group = undefined
    for (const sequence of told) if (sequence <= position) told.delete(sequence)
    toldAnew.takenIn(position)
    return true
  }
  const makeRoom = async () => {
    const { held, maxBytes } = spool.stats()
    const mine = held.find(({ consumer }) => consumer === DERIVING_CONSUMER)
    if (!mine || mine.bytes <= maxBytes * SHARE || position >= storedSequence) return
    log.error({ records: mine.records }, 'computing is too far behind for the log: everything within the horizon is computed anew')
    startedAnew++
    engine.startAnew()
    position = storedSequence
    group = undefined
    tail.seek(position + 1)
    await save()
  }
  const round = async (): Promise<boolean> => {
    // All that is stored first: computing one round takes longer than what one group brings.
    let absorbed = false
    for (let groups = 0; groups < GROUPS && (await absorb()); groups++) absorbed = true
    watermarks.tick(group === undefined && position >= tail.durable)
    const computed = await engine.step()
    if (clock.monotonicMs() - savedMs >= SAVE_EVERY_MS) await save()
    await makeRoom()
    problem = undefined
    return absorbed || computed
  }
  const run = async () => {
    while (!stop.aborted) {
      try {
        if (!(await round())) await tail.wait(TICK_MS)
      } catch (error) {
        if (stop.aborted) break
        problem = error instanceof Error ? error.message : String(error)
        log.warn({ problem }, 'computing waits for the history')
        await makeRoom().catch(() => {})
        await clock.sleep(RETRY_MS, stop)
      }
    }
  }
  const running = run()
  return {
    stored: (sequence) => {
      storedSequence = Math.max(storedSequence, sequence)
      unstored.stored(storedSequence)
      wake()
    },
    view: () => ({ derivations: engine.view(), lagRecords: Math.max(0, tail.durable - position), startedAnew, problem }),
    pending: () => engine.pending(),
    behind: engine.behind,
    recompute: (definition, from, to, signal) => engine.recompute(definition, from, to, AbortSignal.any([signal, stop])),
    close: async () => {
      stopping.abort()
      wake()
      await running
      await save()
      tail.close()
    },
  }
}

/** So many facts, and no more than about this many characters of them, make one record. */
const CHUNK_CHARACTERS = 8 * 1024 * 1024

function* chunks(facts: readonly Revised[]): Iterable<readonly Revised[]> {
  let some: Revised[] = []
  let characters = 0
  for (const fact of facts) {
    const size = JSON.stringify(fact.fact).length
    if (some.length > 0 && (some.length >= DERIVING_LIMITS.publishedFacts || characters + size > CHUNK_CHARACTERS)) {
      yield some
      some = []
      characters = 0
    }
    some.push(fact)
    characters += size
  }
  if (some.length > 0) yield some
}

/** Derived samples by rising time. Throws RangeError for a signal that nobody declared. */
function batchOf(samples: readonly DerivedSample[], { signals, reasons, clock }: DerivingParts): SampleBatch {
  const builder = new BatchBuilder(samples.length)
  for (const { signal, time, value, status, reasons: names, text } of [...samples].sort((a, b) => a.time - b.time)) {
    const index = signals.indexOf(signal)
    if (index === undefined) throw new RangeError(`the derived signal ${signal} is not declared`)
    const row = builder.push(index, time, value, status, reasons.of(...names))
    if (text !== undefined) builder.setText(row, text)
  }
  return builder.build(clock.now())
}
