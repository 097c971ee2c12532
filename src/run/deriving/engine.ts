import type { Change, Derivation } from '../../core/derivation.ts'
import { FOREVER } from '../../core/derivation.ts'
import { declarationOf } from '../../core/facts.ts'
import type { HeldDays } from '../../core/historian.ts'
import type { History } from '../../core/history.ts'
import type { Logger } from '../../core/log.ts'
import type { Behind } from '../../core/node-view.ts'
import type { Micros } from '../../core/time.ts'
import { WHY } from './dirty.ts'
import { guarded, remembering } from './guarded.ts'
import { heldRanges } from './held-ranges.ts'
import { type Interested, interests } from './interests.ts'
import { restoreWorker, type SavedWorker, saveWorker } from './state.ts'
import { together } from './together.ts'
import { type DerivationView, type Publish, Worker } from './worker.ts'

export interface EngineParts {
  readonly history: History
  readonly derivations: readonly Derivation[]
  readonly publish: Publish
  /** What changes older than this is not computed again by itself. */
  readonly horizonUs: Micros
  readonly now: () => Micros
  /** The oldest sample there is at the start: before it nothing can come of signals. Absent: not known. */
  readonly oldestSample?: Micros
  /** Which days there is something to compute from. Absent: not known, and a recomputation looks at every one. */
  readonly days?: () => Promise<HeldDays>
  /** Up to when everything that arrived of a derivation's inputs is stored and told to `absorb`. */
  readonly watermark: (derivation: Derivation) => Micros
  /** Hands over what was published and can be read back already, so that what is computed from it follows in the same step. Absent: all comes to `absorb` when it is stored. */
  readonly tell?: (absorb: (changes: readonly Change[]) => Promise<void>) => Promise<void>
  readonly log: Logger
}

/** Dirty state between two runs, as JSON. */
export type SavedEngine = Readonly<Record<string, SavedWorker>>

/** A time that changed too late for its results to be computed again by themselves. */
export interface PendingRange {
  readonly definition: string
  readonly from: Micros
  readonly to: Micros
}

/**
 * Keeps what is computed from history right while history comes to be: in any order, late, corrected, deleted. Everything passes one at a time, so that what is
 * compared with is what was published.
 */
export interface Engine {
  /** Something was stored. Rejects when the history does not answer; then it has to be told again. */
  absorb(changes: readonly Change[]): Promise<void>
  /** Computes one group of each derivation, those before others whose facts these are computed from. True when there is more to do at once. Rejects when the history does not answer. */
  step(): Promise<boolean>
  /** Computes a time anew, whatever its age; without a name, of every derivation. `signal` ends it early, between two groups. */
  recompute(definition: string | undefined, from: Micros, to: Micros, signal: AbortSignal): Promise<void>
  /** What changed later than the horizon, and what was too much for the history: results there are as they were. */
  pending(): readonly PendingRange[]
  /** Whether results of a definition in [from, to], or the one of a key, may miss such a change, or one that came after it had stopped. */
  behind(definition: string, from: Micros, to: Micros, key?: string): Behind | undefined
  view(): readonly DerivationView[]
  /** Waits for what is being computed. */
  save(): Promise<SavedEngine>
  /** Everything within the horizon is dirty: changes were missed. */
  startAnew(): void
}

/** Without a saved state everything within the horizon is dirty once; so is what is declared otherwise now. */
export function createEngine(parts: EngineParts, saved?: SavedEngine): Engine {
  const history = together(guarded(parts.history))
  const workers = parts.derivations.map(
    (derivation) => new Worker({ ...parts, derivation, history, watermark: () => parts.watermark(derivation) }),
  )
  const interested: Interested = interests(workers)
  const inOrder = stages(workers)
  const absorb = async (changes: readonly Change[]) => {
    const asked = remembering(history)
    for (const [worker, own] of interested(changes)) await worker.touch(own, asked)
  }
  /** True when there may be more. */
  const stage = async (some: readonly Worker[]): Promise<boolean> => {
    // Many derivations ask the same: what happened around one event.
    const asked = remembering(history)
    const results = await Promise.allSettled(some.map((worker) => worker.step(asked)))
    for (const result of results) if (result.status === 'rejected') throw result.reason
    return results.some((result) => result.status === 'fulfilled' && result.value)
  }
  /** What is declared as it was, and computed in another way, says so. */
  const isDeclaredOtherwise = (before: string, now: string) => declarationOf(before) !== declarationOf(now)
  const startAnew = (worker: Worker, why: number) => {
    const horizon = parts.now() - parts.horizonUs
    // What is computed for records or events is where they are; the rest is only where there are samples.
    const from = worker.derivation.facts === 'keyed' ? horizon : Math.max(horizon, parts.oldestSample ?? horizon)
    worker.dirty.addRange({ from, to: FOREVER, why, since: parts.now() })
  }
  for (const worker of workers) {
    const { name, version } = worker.derivation
    const before = saved && Object.hasOwn(saved, name) ? saved[name] : undefined
    if (before) restoreWorker(worker, before)
    if (before && before.version !== version) startAnew(worker, isDeclaredOtherwise(before.version, version) ? WHY.declaration : WHY.engine)
    else if (!before || before.isStopped) startAnew(worker, WHY.recompute)
  }
  let tail: Promise<unknown> = Promise.resolve()
  const oneAtATime = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work)
    tail = result.catch(() => {})
    return result
  }
  return {
    absorb: (changes) => oneAtATime(() => absorb(changes)),
    step: () =>
      oneAtATime(async () => {
        let isMore = false
        for (const some of inOrder) {
          isMore = (await stage(some)) || isMore
          await parts.tell?.(absorb)
        }
        return isMore
      }),
    recompute: async (definition, from, to, signal) => {
      const chosen = workers.filter(({ derivation }) => definition === undefined || derivation.name === definition)
      if (chosen.length === 0) throw new RangeError(`nothing is computed under the name ${definition}`)
      const days = await parts.days?.()
      for (const worker of chosen) {
        const job = worker.recomputing(heldRanges({ from, to }, days, worker.derivation))
        try {
          while (!signal.aborted && (await oneAtATime(job.step)));
        } finally {
          await oneAtATime(async () => job.finish(!signal.aborted))
        }
      }
    },
    pending: () =>
      workers.flatMap(({ derivation, late }) => late.ranges.map(({ from, to }) => ({ definition: derivation.name, from, to }))),
    behind: (definition, from, to, key) => workers.find(({ derivation }) => derivation.name === definition)?.behind(from, to, key),
    view: () => workers.map((worker) => worker.view()),
    save: () => oneAtATime(async () => Object.fromEntries(workers.map((worker) => [worker.derivation.name, saveWorker(worker)]))),
    startAnew: () => {
      for (const worker of workers) startAnew(worker, WHY.recompute)
    },
  }
}

/** Those that read no facts, then those that read theirs, and so on; what reads in a circle comes last. */
function stages(workers: readonly Worker[]): Worker[][] {
  const out: Worker[][] = []
  let left = workers
  while (left.length > 0) {
    const names = new Set(left.map(({ derivation }) => derivation.name))
    const ready = left.filter(({ derivation }) => !derivation.inputs.facts.some((name) => names.has(name)))
    out.push([...(ready.length > 0 ? ready : left)])
    left = ready.length > 0 ? left.filter((worker) => !ready.includes(worker)) : []
  }
  return out
}
