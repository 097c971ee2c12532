import { type Anew, type Change, type Derivation, type DerivedSample, FOREVER, type Outcome, type Unit } from '../../core/derivation.ts'
import { QueryRefused } from '../../core/historian.ts'
import type { History } from '../../core/history.ts'
import type { Logger } from '../../core/log.ts'
import type { Behind } from '../../core/node-view.ts'
import type { Micros } from '../../core/time.ts'
import { differences, type Reasoned, type Revised } from './compare.ts'
import { DirtySet, type DirtyUnit, WHY } from './dirty.ts'
import { HistoryProblem } from './guarded.ts'
import type { HeldRanges } from './held-ranges.ts'
import { Late } from './late.ts'
import { DERIVING_LIMITS } from './limits.ts'

/** How one derivation stands. */
export interface DerivationView {
  readonly name: string
  readonly version: string
  /** Units that wait, those of ranges not counted, and ranges. */
  readonly dirty: number
  readonly ranges: number
  /** Seconds since when the oldest waits that could be computed; 0 when none does. */
  readonly lagSeconds: number
  readonly watermark: Micros
  /** Since the start. */
  readonly computed: number
  readonly published: number
  readonly withdrawn: number
  readonly samples: number
  /** Changes that came later than the horizon, and what was too much for the history. */
  readonly late: number
  readonly refused: number
  /** It threw and computes no more until the next start. */
  readonly isStopped: boolean
  readonly problem: string | undefined
}

/**
 * Brings facts and derived samples into the log. Resolves when they are durable; `readable` when history has them, absent when it has them at once. Rejects
 * when that cannot be known.
 */
export type Publish = (
  name: string,
  facts: readonly Revised[],
  samples: readonly DerivedSample[],
  /** Why the samples are others, where no sample below them is. */
  anew?: Anew,
) => Promise<{ readonly readable?: Promise<void> }>

export interface WorkerParts {
  readonly derivation: Derivation
  readonly history: History
  readonly publish: Publish
  readonly horizonUs: Micros
  readonly now: () => Micros
  /** Up to when everything that arrived of the derivation's inputs is stored and told. */
  readonly watermark: () => Micros
  readonly log: Logger
}

/** One derivation at work: what of it is dirty, computed, compared, published. A bug in it stops it and nothing else. */
export class Worker {
  readonly derivation: Derivation
  readonly late = new Late()
  readonly dirty: DirtySet
  problem: string | undefined
  isStopped = false
  readonly #parts: WorkerParts
  /** That of the parts, or for one step one that answers the same question once for all. */
  #history: History
  readonly #counts = { computed: 0, published: 0, withdrawn: 0, samples: 0, refused: 0 }
  /** Until what was published last can be read back, nothing more is compared with it. */
  #unread: Promise<void> | undefined
  #sliceUs: Micros = 60 * 60 * 1_000_000
  /** Stopped, it did not take in a record or a result that changed. */
  #missedOthers = false

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#history = parts.history
    this.derivation = parts.derivation
    this.dirty = new DirtySet(parts.derivation.facts === 'keyed', parts.derivation.stretchUs)
  }

  /** Marks what changes touch. Rejects with HistoryProblem, when they have to be told again. */
  async touch(changes: readonly Change[], history: History): Promise<void> {
    if (this.isStopped) {
      this.#missedOthers ||= changes.some((change) => !('signal' in change))
      return
    }
    await this.#stopping(async () => {
      const byWhy = Map.groupBy(changes, whyOf)
      for (const [why, alike] of byWhy) {
        // A long stretch of samples is opened a piece at a time; so is what touches too much to be named at once.
        const isLong = (change: Change) => 'signal' in change && change.to - change.from > DERIVING_LIMITS.sliceMostUs
        for (const change of alike) if (isLong(change)) this.#markRange(change, why)
        await this.#markTouched(
          alike.filter((change) => !isLong(change)),
          why,
          history,
        )
      }
    })
  }

  mark(unit: Pick<Unit, 'key' | 'from' | 'to'>, why: number, due = 0): void {
    const now = this.#parts.now()
    if (unit.to < now - this.#parts.horizonUs) this.late.add({ ...unit, why, since: now })
    else this.dirty.add(unit, why, now, due)
  }

  /** All at once; where that is too much, one after the other; and what is too much alone as a time. */
  async #markTouched(changes: readonly Change[], why: number, history: History): Promise<void> {
    const [first] = changes
    if (!first) return
    try {
      for (const unit of await this.derivation.touched(changes, history)) this.mark(unit, why)
    } catch (error) {
      if (!(error instanceof QueryRefused)) throw error
      if (changes.length === 1) this.#markRange(first, why)
      else for (const change of changes) await this.#markTouched([change], why, history)
    }
  }

  #markRange({ from, to }: { readonly from: Micros; readonly to: Micros }, why: number): void {
    const since = this.#parts.now()
    const horizon = since - this.#parts.horizonUs
    if (from < horizon) this.late.add({ from, to: Math.min(to, horizon), why, since })
    if (to >= horizon) this.dirty.addRange({ from: Math.max(from, horizon), to, why, since })
  }

  /** Computes one group, asking `history`. True when there may be more at once; false also while what was published last cannot be read yet. */
  async step(history: History): Promise<boolean> {
    if (this.isStopped || this.#unread) return false
    this.#history = history
    return (await this.#stopping(async () => {
      const { watermark, now } = this.#parts
      const opened = await this.#open(watermark())
      const { progressUs } = this.derivation
      const units = this.dirty.take(watermark(), now(), DERIVING_LIMITS.groupUnits, progressUs !== undefined)
      if (units.length === 0) return opened
      try {
        await this.#compute(units)
      } catch (error) {
        for (const { key, from, to, why, since } of units) this.dirty.add({ key, from, to }, why, since, 0)
        throw error
      }
      return true
    })) as boolean
  }

  /** Computing times anew, whatever their age: call `step` until it is false, then `finish`. What the watermark has not passed waits like anything else. */
  recomputing({ asked: { from, to }, held }: HeldRanges): { step(): Promise<boolean>; finish(isWhole: boolean): void } {
    const set = new DirtySet(this.derivation.facts === 'keyed', this.derivation.stretchUs)
    const { watermark, now } = this.#parts
    for (const range of held) set.addRange({ ...range, why: WHY.recompute, since: now() })
    const step = async () => {
      if (this.isStopped) return false
      this.#history = this.#parts.history
      const opened = await this.#open(watermark(), set)
      const units = set.take(watermark(), now(), DERIVING_LIMITS.groupUnits, false)
      if (units.length > 0) await this.#compute(units)
      return opened || units.length > 0
    }
    const finish = (isWhole: boolean) => {
      for (const unit of set.units()) this.dirty.add(unit, unit.why, unit.since, 0)
      if (!isWhole) return
      this.late.forget(from, to)
      for (const range of set.ranges) this.dirty.addRange(range)
    }
    return { step: async () => (await this.#stopping(step)) === true, finish }
  }

  /** Whether something changed in [from, to] that its results there, or that of one key, do not know of, and will not by themselves. */
  behind(from: Micros, to: Micros, key?: string): Behind | undefined {
    const { facts } = this.derivation
    const isMeant = (unit: string) =>
      key === undefined || facts === 'none' || (facts === 'keyed' ? key === unit : key.startsWith(`${unit}@`))
    const missed = this.late.within(from, to, isMeant)
    const bySamplesAlone = missed.every(({ why }) => why === WHY.samples)
    if (!this.isStopped) return missed.length === 0 ? undefined : { bySamplesAlone }
    const others = WHY.record | WHY.fact
    const waits = [...this.dirty.units(), ...this.dirty.ranges].some(({ why }) => (why & others) !== 0)
    return { bySamplesAlone: bySamplesAlone && !waits && !this.#missedOthers }
  }

  view(): DerivationView {
    const { name, version } = this.derivation
    const watermark = this.#parts.watermark()
    const oldest = this.dirty.oldest(watermark)
    return {
      ...{ name, version, watermark, dirty: this.dirty.count, ranges: this.dirty.ranges.length },
      lagSeconds: oldest === undefined ? 0 : Math.max(0, (this.#parts.now() - oldest) / 1e6),
      ...this.#counts,
      ...{ late: this.late.count, isStopped: this.isStopped, problem: this.problem },
    }
  }

  /** Opens one piece of a range that waits, when there is room. */
  async #open(watermark: Micros, set = this.dirty): Promise<boolean> {
    if (set.count > DERIVING_LIMITS.units / 2) return false
    const slice = set.takeSlice(watermark, this.#sliceUs)
    if (!slice) return false
    const { sliceUnits, sliceLeastUs, sliceMostUs } = DERIVING_LIMITS
    try {
      const { from, to, why, since } = slice
      const { history } = this.#parts
      // What is behind the watermark and what is to come are asked for apart: only of the first everything is known.
      const known = await this.derivation.within({ from, to: Math.max(from, Math.min(to, watermark)) }, history)
      const coming = to === FOREVER ? await this.derivation.within({ from: Math.max(from, watermark), to }, history) : []
      const units = [...known, ...coming, ...(await this.#published(slice))]
      if (units.length > sliceUnits && this.#sliceUs > sliceLeastUs && to < FOREVER) throw new QueryRefused(`${units.length} units`)
      for (const unit of units) set.add(unit, why, since, 0)
      if (to === FOREVER)
        set.addRange({ ...slice, from: Math.max(from, watermark), to: Math.max(from, watermark) + DERIVING_LIMITS.aheadUs })
      if (units.length < sliceUnits / 10) this.#sliceUs = Math.min(sliceMostUs, this.#sliceUs * 2)
    } catch (error) {
      set.addRange(slice)
      if (!(error instanceof QueryRefused) || this.#sliceUs <= sliceLeastUs) throw error
      this.#sliceUs = Math.max(sliceLeastUs, this.#sliceUs / 4)
    }
    return true
  }

  /** Published facts of a time as units: what nobody knows any more is found by them, and withdrawn. */
  async #published({ from, to }: { readonly from: Micros; readonly to: Micros }): Promise<Pick<Unit, 'key' | 'from' | 'to'>[]> {
    const { name, facts: kind } = this.derivation
    if (kind === 'none') return []
    const overlapping = { from, to: to + 1 }
    const { facts, truncated } = await this.#parts.history.facts({ definition: name, overlapping, limit: DERIVING_LIMITS.groupFacts })
    if (truncated) throw new QueryRefused(`more than ${DERIVING_LIMITS.groupFacts} facts`)
    return facts.map((fact) => ({
      key: kind === 'keyed' ? fact.key : fact.key.slice(0, Math.max(0, fact.key.lastIndexOf('@'))),
      from: fact.from,
      to: Math.max(fact.from, fact.to ?? fact.from),
    }))
  }

  async #compute(units: readonly DirtyUnit[]): Promise<void> {
    try {
      await this.#computeGroup(units)
    } catch (error) {
      if (!(error instanceof QueryRefused)) throw error
      await this.#divide(units, error)
    }
  }

  /** Too much for one look: half as many units, or half a unit, until it is not. */
  async #divide(units: readonly DirtyUnit[], error: QueryRefused): Promise<void> {
    const [unit] = units
    if (units.length > 1) {
      const half = units.length >> 1
      await this.#compute(units.slice(0, half))
      await this.#compute(units.slice(half))
    } else if (
      unit &&
      this.derivation.facts !== 'keyed' &&
      Math.min(unit.to, this.#parts.watermark()) - unit.from > DERIVING_LIMITS.sliceLeastUs
    ) {
      const middle = Math.floor((unit.from + Math.min(unit.to, this.#parts.watermark())) / 2)
      await this.#compute([{ ...unit, to: middle }])
      await this.#compute([{ ...unit, from: middle + 1 }])
    } else if (unit) {
      this.#counts.refused++
      this.problem = `${unit.key}: ${error.message}`
      this.late.add(unit)
      this.#parts.log.warn(
        { derivation: this.derivation.name, unit: unit.key, problem: error.message },
        'too much for the history to be computed',
      )
    }
  }

  async #computeGroup(units: readonly DirtyUnit[]): Promise<void> {
    await this.#unread
    const { publish, now } = this.#parts
    const history = this.#history
    const { derivation } = this
    const watermark = this.#parts.watermark()
    const asked = units.map(({ key, from, to }) => ({ definition: derivation.name, key, from, to }))
    const outcomes = await derivation.compute(asked, history, { watermark, cause: 'first' })
    const reasoned = withReasons(derivation, units, outcomes, watermark)
    const { facts, samples, withdrawn } = await differences(derivation, reasoned, this.#parts.history)
    if (facts.length + samples.length > 0) {
      const { readable } = await publish(derivation.name, facts, samples, anewOf(reasoned.reduce((why, one) => why | one.why, 0)))
      this.#unread = readable?.finally(() => {
        this.#unread = undefined
      })
    }
    this.#counts.computed += units.length
    this.#counts.published += facts.length - withdrawn
    this.#counts.withdrawn += withdrawn
    this.#counts.samples += samples.length
    this.problem = undefined
    for (const { unit, next } of reasoned) {
      // It goes on: computed again later, and at last when it is over.
      if (unit.to > watermark) this.dirty.add(unit, WHY.progress, now(), now() + (derivation.progressUs ?? 0))
      for (const one of next ?? []) this.mark(one, WHY.progress)
    }
  }

  /** A bug stops the derivation; when only the history does not answer, that is told to whoever waits. */
  async #stopping<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
      if (error instanceof HistoryProblem) throw error
      this.isStopped = true
      const { name } = this.derivation
      this.#parts.log.error(
        { derivation: name, error: error instanceof Error ? error.stack : String(error) },
        'a derivation is stopped; the others go on',
      )
      return undefined
    }
  }
}

const whyOf = (change: Change): number =>
  'signal' in change ? (change.anew ? WHY[change.anew] : WHY.samples) : 'record' in change ? WHY.record : WHY.fact

/** Why samples are others where no sample below them is; undefined: perhaps one is. */
function anewOf(why: number): Anew | undefined {
  if (why & (WHY.samples | WHY.fact | WHY.record)) return undefined
  return (['declaration', 'engine', 'recompute'] as const).find((one) => why & WHY[one])
}

/** Every unit asked for has an outcome: one that nobody answered for comes to nothing. */
function withReasons(derivation: Derivation, units: readonly DirtyUnit[], outcomes: readonly Outcome[], watermark: Micros): Reasoned[] {
  const byKey = new Map<string, DirtyUnit[]>()
  for (const unit of units) byKey.set(unit.key, [...(byKey.get(unit.key) ?? []), unit])
  const meets = (unit: Unit | DirtyUnit, other: Unit | DirtyUnit) =>
    derivation.facts === 'keyed' || (unit.from <= other.to && other.from <= unit.to)
  const answered = new Set<DirtyUnit>()
  const reasoned = outcomes.map((outcome) => {
    const asked = (byKey.get(outcome.unit.key) ?? []).filter((unit) => meets(unit, outcome.unit))
    for (const unit of asked) answered.add(unit)
    return { ...outcome, why: asked.reduce((why, unit) => why | unit.why, 0) }
  })
  const silent = units.filter((unit) => !answered.has(unit))
  return [
    ...reasoned,
    ...silent.map(({ key, from, to, why }) => ({
      unit: { definition: derivation.name, key, from, to: Math.min(to, watermark) },
      facts: [],
      samples: [],
      why,
    })),
  ]
}
