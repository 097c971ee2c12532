import type { ContractState } from '../../core/contracts.ts'
import { PERIOD_UNKNOWN, type StoredFact } from '../../core/facts.ts'
import type { IngestRow } from '../../core/historian.ts'
import type { NodeView } from '../../core/node-view.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { MINUTE, type Micros } from '../../core/time.ts'
import type { Use } from '../../core/uses.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import { type Below, type Root, walkBelow } from '../lineage/below.ts'
import { chainOf, configurationBehind } from '../lineage/chain.ts'
import { type Counted, countSamples, readIngests } from '../lineage/counted.ts'
import { ownersOf } from '../lineage/owners.ts'
import type { Tally } from '../lineage/remembered.ts'
import type { Station } from '../lineage/station.ts'
import { behindOf } from './behind.ts'
import { clausesOf } from './clauses.ts'
import { type ClockThen, clocksOf, mayBeOffUs } from './clocks.ts'
import { coverageOf } from './coverage.ts'
import type { Moment, SampleVersion } from './subject.ts'
import { type ContractClause, type Evidence, type JudgedValue, judge, type Verdict, type VerdictReason } from './verdict.ts'

export interface PassportParts {
  readonly view: NodeView
  /** Rules that judge a signal as it is declared, `range@3`. */
  readonly rulesOf: (definition: SignalDefinition) => readonly string[]
  readonly tally: Tally
}

/** What is known of one value for one use. */
export interface Passport {
  readonly verdict: Verdict
  readonly reasons: readonly VerdictReason[]
  /** The verdict on each version alone, by its values: what it would have been, whatever its chain and its contracts. */
  readonly verdictOf: (values: readonly JudgedValue[], isWithdrawn: boolean) => Verdict
  readonly contracts: readonly ContractClause[]
  readonly clocks: readonly ClockThen[]
  readonly chain: readonly Station[]
  readonly total: { readonly signals: number; readonly samples: number; readonly facts: number; readonly records: number }
  readonly isCut: boolean
  readonly ageUs: Micros | null | undefined
  /** Of a sample: of the window that it is of; null where it is of a moment. */
  readonly coverage: number | null
  /** Records of the log that versions of a sample came in. */
  readonly ingests: ReadonlyMap<number, IngestRow>
}

interface Asked extends Moment {
  readonly use: Use
  readonly asKnownAt?: Micros
}

/** The passport of a sample; `shown` undefined: none is known. */
export async function passportOfSample(
  definition: SignalDefinition,
  { shown, versions }: { readonly shown: SampleVersion | undefined; readonly versions: readonly SampleVersion[] },
  asked: Asked,
  parts: PassportParts,
): Promise<Passport> {
  const { view } = parts
  const now = view.clock.now()
  const time = shown?.time ?? asked.at ?? now
  const root: Root = { signal: definition.id, from: time, to: time + 1 }
  const own = await view.historian.ingests(versions.map(({ ingest }) => ingest).filter((ingest) => ingest > 0))
  const recorded = own.find(({ ingest }) => ingest === shown?.ingest)?.recordedTime
  const found = await follow(root, time, asked, parts, { isPending: shown !== undefined && shown.ingest === 0, recorded })
  const coverage = shown ? await coverageOf(view.originOf(definition.id, time)?.inputs ?? [], view.historian, asked.asKnownAt) : null
  const values = shown ? [{ status: shown.status, coverage }] : []
  const ageUs = shown ? ageOf(definition, shown.time, asked.at ?? now, view) : undefined
  const ingests = new Map(own.map((row) => [row.ingest, row]))
  return { ...conclude(values, false, shown?.reasons ?? [], ageUs, found, asked.use, view), coverage, ingests }
}

/** The passport of a fact, of one of its values or of all. */
export async function passportOfFact(
  shown: StoredFact | undefined,
  value: string | undefined,
  asked: Asked,
  parts: PassportParts,
): Promise<Passport> {
  const { view } = parts
  if (!shown) {
    const nothing = { ...(await nowhere(asked, parts)), isCut: false }
    return { ...conclude([], false, [], undefined, nothing, asked.use, view), coverage: null, ingests: new Map() }
  }
  const found = await follow({ fact: shown }, shown.to ?? view.clock.now(), asked, parts, { isPending: false, recorded: shown.knownTime })
  const values = judgedValues(shown, value)
  const reasons = values.flatMap(({ name }) => shown.values[name as string]?.reasons ?? [])
  const lag = view.derivations().find(({ name }) => name === shown.definition)
  const ageUs = shown.to !== null || asked.at !== undefined || asked.asKnownAt !== undefined ? null : lag && lag.lagSeconds * 1e6
  return { ...conclude(values, shown.isWithdrawn === true, reasons, ageUs, found, asked.use, view), coverage: null, ingests: new Map() }
}

/** Values of a fact as they are judged: one, or all. */
export function judgedValues({ values }: Pick<StoredFact, 'values'>, only: string | undefined): JudgedValue[] {
  return Object.entries(values)
    .filter(([name]) => only === undefined || name === only)
    .map(([name, { status, coverage, reasons }]) => ({
      name,
      status,
      coverage,
      ...(reasons?.includes(PERIOD_UNKNOWN) && { isHeldOnly: true }),
    }))
}

interface Followed {
  readonly below: Below
  readonly counted: ReadonlyMap<string, Counted>
  readonly clocks: readonly ClockThen[]
  readonly chain: readonly Station[]
  readonly dead: Evidence['dead']
  readonly contracts: readonly ContractState[]
  readonly isCut: boolean
  readonly behind: readonly string[]
  readonly unapproved?: string | undefined
}

/** Which facts were computed at another node, by the ingest that brought them. */
async function nodesOf(root: Root, below: Below, { historian, node }: NodeView): Promise<(ingest: number) => string | undefined> {
  const facts = [...('fact' in root ? [root.fact] : []), ...[...below.facts.values()].flatMap((one) => one.facts.slice(0, 1))]
  const rows = await historian.ingests(facts.map(({ ingest }) => ingest).slice(0, CONTINUITY_LIMITS.ingests))
  const others = new Map(rows.flatMap((row) => (row.node === node ? [] : [[row.ingest, row.node] as const])))
  return (ingest) => others.get(ingest)
}

async function follow(
  root: Root,
  at: Micros,
  { asKnownAt }: Asked,
  { view, rulesOf, tally }: PassportParts,
  { isPending, recorded }: { readonly isPending: boolean; readonly recorded: Micros | undefined },
): Promise<Followed> {
  const { historian } = view
  const below = await walkBelow(root, { ...pick(view), ...(asKnownAt !== undefined && { asKnownAt }) })
  // What a fact was computed from is what was known when it was: samples that came since are none of its.
  const known = 'fact' in root ? root.fact.knownTime : asKnownAt
  const [counted, clocks] = await Promise.all([countSamples(below, tally, known), clocksOf(below, at, view)])
  const ingests = await readIngests(below, counted, historian)
  const contracts = view.contracts(view.clock.now())
  const owners = ownersOf(contracts, view.signals)
  const computedAt = await nodesOf(root, below, view)
  const stations = chainOf({ view, root, computedAt, below, counted, ingests, ownersOf: owners, rulesOf, isPending })
  const behind = recorded === undefined ? [] : await behindOf(root, below, { recorded, asKnownAt }, view, tally)
  const { version, node } = configurationBehind({ ingests, view })
  const isUnapproved = node === view.node && view.changes.ofVersion(version).state === 'missing'
  const unapproved = isUnapproved ? version : undefined
  const dead = stations.flatMap(({ hop }) => (hop.state === 'dead' ? [{ hop: hop.name || hop.kind, code: hop.problem ?? '' }] : []))
  const chain = stations.slice(0, CONTINUITY_LIMITS.hops)
  return { below, counted, clocks, chain, dead, contracts, behind, unapproved, isCut: below.isCut || chain.length < stations.length }
}

const pick = (view: NodeView) => ({
  historian: view.historian,
  signals: view.signals,
  originOf: (signal: string, at: Micros) => view.originOf(signal, at),
})

async function nowhere(_: Asked, { view }: PassportParts): Promise<Followed> {
  const below: Below = { signals: new Map(), facts: new Map(), records: new Map(), isCut: false }
  return {
    below,
    counted: new Map(),
    clocks: [],
    chain: [],
    dead: [],
    contracts: view.contracts(view.clock.now()),
    behind: [],
    isCut: false,
  }
}

function conclude(
  values: readonly JudgedValue[],
  isWithdrawn: boolean,
  own: readonly string[],
  ageUs: Micros | null | undefined,
  { below, counted, clocks, chain, dead, contracts, behind, unapproved, isCut }: Followed,
  use: Use,
  view: NodeView,
): Omit<Passport, 'coverage' | 'ingests'> {
  const all = [...below.signals.values()]
  const measured = all.filter(({ derivation, isOrphan }) => derivation === undefined && !isOrphan).map(({ signal }) => signal)
  const indexOf = (id: string) => view.signals.indexOf(id)
  const { clauses } = clausesOf(use, contracts, below.signals.keys(), indexOf)
  const { unbound } = clausesOf(use, contracts, measured, indexOf)
  const isRead = all.every(({ signal }) => counted.has(signal))
  const reasons = isRead ? new Set([...own, ...[...counted.values()].flatMap((one) => [...one.reasons.keys()])]) : undefined
  const evidence: Evidence = {
    ...{ values, isWithdrawn, reasons, ageUs, dead, behind, unapproved, isCut },
    clocks: new Map(clocks.map((clock) => [clock.connection, mayBeOffUs(clock)])),
    contracts: clauses,
    ...{ signals: measured.length, unbound },
  }
  const verdictOf: Passport['verdictOf'] = (some, withdrawn) =>
    judge({ ...use, contract: 'optional' }, { ...NEUTRAL, values: some, isWithdrawn: withdrawn }).verdict
  return {
    ...judge(use, evidence),
    ...{ verdictOf, contracts: clauses.slice(0, CONTINUITY_LIMITS.contracts), clocks, chain, isCut, ageUs },
    total: {
      signals: all.length,
      samples: all.reduce((sum, { signal, samples }) => sum + (counted.get(signal)?.samples ?? samples ?? 0), 0),
      facts: [...below.facts.values()].reduce((sum, { facts }) => sum + facts.length, 0),
      records: [...below.records.values()].reduce((sum, { versions }) => sum + versions.length, 0),
    },
  }
}

const NEUTRAL: Omit<Evidence, 'values' | 'isWithdrawn'> = {
  ...{
    reasons: new Set<string>(),
    clocks: new Map<string, Micros>(),
    ageUs: null,
    contracts: [],
    signals: 1,
    unbound: 0,
    dead: [],
    behind: [],
    isCut: false,
  },
}

/** A signal that is told only when it changes is as young as the last word of its source, as long as that speaks. */
function ageOf(definition: SignalDefinition, time: Micros, at: Micros, view: NodeView): Micros {
  const isNow = view.clock.now() - at < MINUTE
  const source = view.connections().find(({ name }) => name === definition.connection)
  const heard = isNow && definition.expectedPeriodUs === undefined && source?.liveness === 'live' ? source.lastHeardTime : undefined
  return Math.max(0, at - Math.max(time, heard ?? 0))
}
