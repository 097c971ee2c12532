import type { Derivation } from '../../core/derivation.ts'
import type { HeldDays, WriterTables } from '../../core/historian.ts'
import type { History } from '../../core/history.ts'
import type { RecordVersion } from '../../core/it-records.ts'
import type { Logger } from '../../core/log.ts'
import type { Spool } from '../../core/spool.ts'
import type { Clock, Micros } from '../../core/time.ts'
import { Changes } from './changes.ts'
import { createEngine, type Engine, type PendingRange } from './engine.ts'
import { Following } from './following.ts'
import { guarded } from './guarded.ts'
import { Publishing, type PublishingParts } from './publishing.ts'
import { readState, type SavedState } from './state-file.ts'
import { Stored } from './stored.ts'
import { Unstored } from './unstored.ts'
import { Watermarks } from './watermarks.ts'
import type { DerivationView } from './worker.ts'

const TICK_MS = 250
const RETRY_MS = 1_000
/** Groups that are taken in before something is computed. */
const GROUPS = 64
const DEFAULT_LATENESS_US = 2_000_000

export interface DerivingParts extends PublishingParts {
  /** Of `derive`, `windows`, `events`, `correlations` and `kpis`; several may feed each other. */
  readonly derivations: readonly Derivation[]
  readonly history: History
  /** With `process` among its consumers. */
  readonly spool: Spool
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

/**
 * Computes everything that is declared to be computed from history, and keeps it right: follows the log, each record once history has it, and publishes what differs
 * into the same log. Between computations it saves where it stands and what is left to do, so that a restart, also by kill -9, loses nothing.
 */
export async function createDeriving(parts: DerivingParts): Promise<Deriving> {
  const { spool, clock, log, derivations, file, signals, placeOf } = parts
  const stopping = new AbortController()
  const stop = stopping.signal
  const unstored = new Unstored()
  const stored = new Stored(parts.storedSequence, stop)
  const publishing = new Publishing(parts, unstored, stored)
  const history = unstored.over(parts.history)
  const watermarks = watermarksOf(parts)
  const changes = new Changes(
    {
      ...{ signals, placeOf, history: guarded(history) },
      records: new Set(derivations.flatMap(({ inputs }) => inputs.records)),
      facts: new Set(derivations.flatMap(({ inputs }) => inputs.facts)),
      onStored: (node, recordedTime) => watermarks.stored(node, recordedTime),
      isTold: (record) => publishing.isTold(record),
      anewOf: (record) => publishing.anewOf(record),
    },
    parts.writers,
  )
  const found = await savedState(parts)
  const engine = createEngine(
    {
      ...{ history, derivations, publish: publishing.publish, horizonUs: parts.horizonUs, log },
      ...(parts.oldestSample !== undefined && { oldestSample: parts.oldestSample }),
      ...(parts.days && { days: parts.days }),
      now: () => clock.now(),
      watermark: (one) => watermarks.of(one),
      tell: (absorb) => publishing.tell((facts) => changes.ofFacts(facts), absorb),
    },
    found?.engine,
  )
  const following = new Following({ spool, stored, changes, publishing, engine, file, clock, log }, found?.sequence ?? parts.storedSequence)
  let problem: string | undefined

  const round = async (): Promise<boolean> => {
    // All that is stored first: computing one round takes longer than what one group brings.
    let absorbed = false
    for (let groups = 0; groups < GROUPS && (await following.absorb()); groups++) absorbed = true
    watermarks.tick(following.isUpToDate)
    const computed = await engine.step()
    await following.saveWhenDue()
    await following.makeRoom()
    problem = undefined
    return absorbed || computed
  }
  const run = async () => {
    while (!stop.aborted) {
      try {
        if (!(await round())) await following.wait(TICK_MS)
      } catch (error) {
        if (stop.aborted) break
        problem = error instanceof Error ? error.message : String(error)
        log.warn({ problem }, 'computing waits for the history')
        await following.makeRoom().catch(() => {})
        await clock.sleep(RETRY_MS, stop)
      }
    }
  }
  const running = run()
  return {
    stored: (sequence) => {
      stored.reach(sequence)
      unstored.stored(stored.sequence)
      following.wake()
    },
    view: () => ({ derivations: engine.view(), lagRecords: following.lag, startedAnew: following.startedAnew, problem }),
    pending: () => engine.pending(),
    behind: engine.behind,
    recompute: (definition, from, to, signal) => engine.recompute(definition, from, to, AbortSignal.any([signal, stop])),
    close: async () => {
      stopping.abort()
      following.wake()
      await running
      await following.save()
      following.close()
    },
  }
}

function watermarksOf({ spool, signals, nodeOf, latenessUs, clock, derivations }: DerivingParts): Watermarks {
  return new Watermarks(
    { node: spool.node, signals, nodeOf, latenessUs: latenessUs ?? (() => DEFAULT_LATENESS_US), now: () => clock.now() },
    derivations,
  )
}

/** What was left to do at the last end, where it is of this log and the log still has what followed. */
async function savedState({ file, log, spool, storedSequence }: DerivingParts): Promise<SavedState | undefined> {
  const found = await readState(file, log)
  const { firstSequence, lastSequence } = spool.stats()
  const isOurs =
    found?.node === spool.node && found.epoch === spool.epoch && found.sequence <= lastSequence && found.sequence + 1 >= firstSequence
  if (isOurs) return found
  // Of a first start there is nothing to say.
  if (storedSequence > 0) log.info({}, 'what was computed last is not known: results within the horizon are computed anew')
  return undefined
}
