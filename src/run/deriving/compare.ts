import type { Derivation, DerivedSample, Outcome, Unit } from '../../core/derivation.ts'
import { declarationOf, type Fact, type RevisionCause, readTheSame, type StoredFact, saysTheSame } from '../../core/facts.ts'
import { QueryRefused } from '../../core/historian.ts'
import type { History } from '../../core/history.ts'
import { Status } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import { WHY } from './dirty.ts'
import { DERIVING_LIMITS } from './limits.ts'

/** What computing some units changes of what was published. */
export interface Differences {
  readonly facts: readonly Revised[]
  readonly samples: readonly DerivedSample[]
  readonly withdrawn: number
}

/** A fact to be published, and the revision that the history will give it. */
export interface Revised {
  readonly fact: Fact
  readonly revision: number
}

/** An outcome, and why it was computed. */
export type Reasoned = Outcome & { readonly why: number }

/** Compares outcomes with what is published. Rejects with QueryRefused when there is too much of it for one look. */
export async function differences(derivation: Derivation, outcomes: readonly Reasoned[], history: History): Promise<Differences> {
  const { changed, withdrawn } = await changedFacts(derivation, outcomes, history)
  return { facts: [...changed, ...withdrawn], samples: await changedSamples(outcomes, history), withdrawn: withdrawn.length }
}

async function changedFacts(
  derivation: Derivation,
  outcomes: readonly Reasoned[],
  history: History,
): Promise<{ changed: Revised[]; withdrawn: Revised[] }> {
  if (derivation.facts === 'none') return { changed: [], withdrawn: [] }
  const { published, gone } = await publishedOf(derivation, outcomes, history)
  const computed = new Map(outcomes.flatMap((outcome) => outcome.facts.map((fact) => [fact.key, { fact, why: outcome.why }] as const)))
  const changed = [...computed.values()].flatMap(({ fact, why }) => {
    const before = published.get(fact.key) ?? gone.get(fact.key)
    if (before && saysTheSame(before, fact)) return []
    return [{ fact: { ...fact, cause: causeOf(before, fact, why) }, revision: (before?.revision ?? 0) + 1 }]
  })
  const withdrawn = [...published.values()].flatMap((fact) => {
    if (computed.has(fact.key)) return []
    const owner = outcomes.find(({ unit }) => owns(derivation, unit, fact))
    return owner ? [{ fact: withdrawal(fact, owner.why, derivation.version), revision: fact.revision + 1 }] : []
  })
  return { changed, withdrawn }
}

/**
 * Facts in force that the outcomes may replace, by key; and the last revisions of those that were withdrawn: they come back, and are not the first of
 * their keys.
 */
async function publishedOf(
  derivation: Derivation,
  outcomes: readonly Reasoned[],
  history: History,
): Promise<{ published: Map<string, StoredFact>; gone: Map<string, StoredFact> }> {
  const { name } = derivation
  const keys = new Set(outcomes.flatMap((outcome) => outcome.facts.map(({ key }) => key)))
  if (derivation.facts === 'keyed') for (const { unit } of outcomes) keys.add(unit.key)
  const from = Math.min(...outcomes.map(({ unit }) => unit.from)) - 1
  const to = Math.max(...outcomes.map(({ unit }) => unit.to)) + 1
  const [named, begun] = await Promise.all([
    keys.size > 0 ? ask(history, { definition: name, keys: [...keys], isWithdrawnToo: true }) : [],
    derivation.facts === 'started' ? ask(history, { definition: name, overlapping: { from, to } }) : [],
  ])
  const [published, gone] = [new Map<string, StoredFact>(), new Map<string, StoredFact>()]
  for (const fact of [...named, ...begun]) (fact.isWithdrawn ? gone : published).set(fact.key, fact)
  return { published, gone }
}

async function ask(history: History, query: Omit<Parameters<History['facts']>[0], 'limit'>): Promise<StoredFact[]> {
  const { facts, truncated } = await history.facts({ ...query, limit: DERIVING_LIMITS.groupFacts })
  if (truncated) throw new QueryRefused(`more than ${DERIVING_LIMITS.groupFacts} facts`)
  return facts
}

function owns(derivation: Derivation, unit: Unit, { key, from }: Fact): boolean {
  if (derivation.facts === 'keyed') return key === unit.key
  return key.startsWith(`${unit.key}@`) && from >= unit.from && from <= unit.to
}

function withdrawal({ revision, knownTime, ingest, ...fact }: StoredFact, why: number, version: string): Fact {
  return { ...fact, version, isWithdrawn: true, cause: causeOf(fact, { ...fact, version, inputs: [] }, why) }
}

/**
 * The strongest of what made the unit be computed again. Samples of what still goes on are no late ones; and where all that was read is what was read before, none of it
 * made the difference.
 */
function causeOf(before: Fact | undefined, now: Fact, why: number): RevisionCause {
  if (!before) return 'first'
  if (declarationOf(before.version) !== declarationOf(now.version)) return 'declaration'
  if (before.version !== now.version) return 'engine'
  if (why & WHY.record) return 'record'
  if (why & WHY.fact) return 'fact'
  const goesOn = before.to === null
  if (why & WHY.samples && goesOn) return 'progress'
  const isSame = !goesOn && readTheSame(before.inputs, now.inputs)
  if (why & WHY.samples && !isSame) return 'late-samples'
  if (why & WHY.declaration) return 'declaration'
  if (why & WHY.engine) return 'engine'
  // Computed while more was to come: that it is final now makes a difference by itself.
  if (isSame && !(why & WHY.progress)) return 'definition'
  return why & WHY.recompute ? 'recompute' : 'progress'
}

/**
 * Samples whose value, status or text is another than the one stored at their time, and says that it is not the first there (`recomputed`). One that holds no more is
 * replaced by BadNoData: a sample that was there is never gone.
 */
async function changedSamples(outcomes: readonly Outcome[], history: History): Promise<DerivedSample[]> {
  const computed = new Map<string, Map<Micros, DerivedSample>>()
  for (const { samples } of outcomes) {
    for (const sample of samples) {
      const of = computed.get(sample.signal) ?? new Map<Micros, DerivedSample>()
      computed.set(sample.signal, of.set(sample.time, sample))
    }
  }
  const signals = [...new Set([...computed.keys(), ...outcomes.flatMap((outcome) => outcome.signals ?? [])])]
  if (signals.length === 0) return []
  const times = [...computed.values()].flatMap((of) => [...of.keys()])
  const from = times.reduce((least, time) => Math.min(least, time), Math.min(...outcomes.map(({ unit }) => unit.from)))
  const to = times.reduce((most, time) => Math.max(most, time), Math.max(...outcomes.map(({ unit }) => unit.to))) + 1
  const stored = await history.series({ signals, from, to, lookBackUs: 0 })
  return stored.flatMap((series) => {
    const of = computed.get(series.signal) ?? new Map<Micros, DerivedSample>()
    const same = new Set<Micros>()
    const before = new Set<Micros>()
    const gone: DerivedSample[] = []
    for (let i = 0; i < series.count; i++) {
      const time = series.time[i] as number
      const now = of.get(time)
      const status = series.status[i] as number
      if (now) {
        before.add(time)
        if (Object.is(now.value, series.value[i]) && now.status === status && now.text === series.text?.get(i)) same.add(time)
      } else if (status !== Status.BadNoData && outcomes.some((outcome) => wrote(outcome, series.signal, time))) {
        gone.push({ signal: series.signal, time, value: Number.NaN, status: Status.BadNoData, reasons: ['withdrawn'] })
      }
    }
    const changed = [...of.values()].filter(({ time }) => !same.has(time))
    return [
      ...changed.map((sample) => (before.has(sample.time) ? { ...sample, reasons: [...sample.reasons, 'recomputed'] } : sample)),
      ...gone,
    ]
  })
}

const wrote = ({ signals, unit }: Outcome, signal: string, time: Micros): boolean =>
  signals?.includes(signal) === true && time >= unit.from && time <= unit.to
