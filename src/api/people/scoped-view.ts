import type { ContractState } from '../../core/contracts.ts'
import type { DependencyGraph, DependencyKind, DependencyNode } from '../../core/dependencies.ts'
import type { StoredFact } from '../../core/facts.ts'
import { type Historian, QueryRefused } from '../../core/historian.ts'
import type { NodeView } from '../../core/node-view.ts'
import type { Rights } from '../../core/roles.ts'
import type { KnownSignals, SignalDefinition } from '../../core/signals.ts'

/** Where things are: which zone each belongs to. */
export interface ZoneMap {
  /** Names of the zones that are declared; none: everything is in one. */
  readonly zones: readonly string[]
  /** The zone this node runs in. */
  readonly own: string | undefined
  /** The zone of a connection of this node; undefined for one that it does not have. */
  ofConnection(name: string): string | undefined
}

/** What the same for everybody is in it: names, times, declarations of the whole node, and what only routes over the node or every zone ask. A new member of the view is not in here until somebody decides on it. */
const PASSED = [
  ...(['site', 'node', 'role', 'epoch', 'version', 'configVersion', 'startedTime', 'clock', 'reasons', 'last', 'equipment'] as const),
  ...(['equipmentNames', 'uses', 'recordKinds', 'recompute', 'releaseQuarantined', 'discardQuarantined', 'spool', 'outlook'] as const),
  ...([
    'behind',
    'nodeOf',
    'linkAddress',
    'policy',
    'audit',
    'flows',
    'writes',
    'historianLag',
    'subscribe',
    'configurations',
    'changes',
  ] as const),
  ...(['openLineage', 'identity', 'evidence', 'selfTest'] as const),
] satisfies readonly (keyof NodeView)[]

/** Kinds of things that are computed here: they belong to the zone of the node. */
const COMPUTED: ReadonlySet<DependencyKind> = new Set(['derive', 'window', 'state', 'event', 'correlation', 'kpi'])

/**
 * The node as somebody may see it: what is in zones they may not read is not there. Routes are given this instead of the node, so that what a route
 * forgets to ask is not answered. Who may read everywhere is given the node itself.
 */
export function scopedView(view: NodeView, rights: Rights, map: ZoneMap): NodeView {
  if (rights.everywhere('read')) return view
  const mayRead = (zone: string | undefined) => rights.may('read', zone)
  const seesOwn = mayRead(map.own)
  const seesSource = (name: string) => mayRead(map.ofConnection(name))
  const seesSignal = (signal: SignalDefinition) => mayRead(signal.zone ?? map.ofConnection(signal.connection) ?? map.own)
  const signals = scopedSignals(view.signals, seesSignal)
  const sees = (index: number) => signals.at(index) !== undefined
  return {
    ...(Object.fromEntries(PASSED.flatMap((key) => (view[key] === undefined ? [] : [[key, view[key]]]))) as Pick<
      NodeView,
      (typeof PASSED)[number]
    >),
    signals,
    historian: scopedHistorian(view.historian, { signals, seesOwn, seesSource }),
    connections: () => view.connections().filter(({ name }) => seesSource(name)),
    contracts: (now) => view.contracts(now).flatMap((state) => scopedContract(state, sees) ?? []),
    dependencies: () => scopedGraph(view.dependencies(), { signals, seesOwn, seesSource }),
    recordSources: (kind) => view.recordSources(kind).filter(seesSource),
    originOf: (signal, at) => {
      const origin = signals.indexOf(signal) === undefined ? undefined : view.originOf(signal, at)
      return origin && { ...origin, inputs: origin.inputs.filter((span) => signals.indexOf(span.signal) !== undefined) }
    },
    derivations: () => (seesOwn ? view.derivations() : []),
    ledger: async (period) => {
      const found = await view.ledger(period)
      const isSeen = (node: string, connection: string) =>
        node === view.node && connection !== '' ? seesSource(connection) : mayRead(undefined)
      return { ...found, lines: found.lines.filter(({ node, connection }) => isSeen(node, connection)) }
    },
    ledgerOfSignals: (isAsked, period) => view.ledgerOfSignals((id) => signals.indexOf(id) !== undefined && isAsked(id), period),
    plan: () => Promise.reject(new QueryRefused('a plan needs the right to operate in every zone')),
    remotes: () => (seesOwn ? view.remotes() : []),
    uplink: () => (seesOwn ? view.uplink() : undefined),
    contested: () => view.contested().filter(({ signal }) => signals.indexOf(signal) !== undefined),
    refusals: () => (seesOwn ? view.refusals() : []),
    refusedFiles: () => (seesOwn ? view.refusedFiles() : []),
    connectedNodes: () => (seesOwn ? view.connectedNodes() : []),
    discover: () => Promise.reject(new QueryRefused('searching needs the right to query every zone')),
    onChanges: (listener) =>
      view.onChanges(({ facts, more }) => {
        // A change of a record does not say where it came from.
        if (seesOwn && facts.length > 0) listener({ records: [], facts, more })
      }),
  }
}

function scopedSignals(signals: KnownSignals, sees: (signal: SignalDefinition) => boolean): KnownSignals {
  const at = (index: number) => {
    const signal = signals.at(index)
    return signal && sees(signal) ? signal : undefined
  }
  return {
    // Indices go on meaning the same; what is not seen leaves a hole.
    get size() {
      return signals.size
    },
    at,
    indexOf: (id) => {
      const index = signals.indexOf(id)
      return index !== undefined && at(index) ? index : undefined
    },
    all: () => signals.all().filter(sees),
  }
}

interface Seen {
  readonly signals: KnownSignals
  readonly seesOwn: boolean
  seesSource(name: string): boolean
}

function scopedHistorian(historian: Historian, { signals, seesOwn, seesSource }: Seen): Historian {
  const knows = (id: string) => signals.indexOf(id) !== undefined
  const known = (ids: readonly string[]) => ids.filter(knows)
  const notYours = (what: string) => () => Promise.reject(new QueryRefused(`${what} needs the right to read every zone`))
  const needs = (id: string) => {
    if (!knows(id)) throw new QueryRefused(`there is no signal ${id.slice(0, 200)}`)
  }
  return {
    series: async (query) => {
      for (const id of query.signals) needs(id)
      return historian.series(query)
    },
    samples: async (query) => {
      needs(query.signal)
      return historian.samples(query)
    },
    aggregate: async (query) => historian.aggregate({ ...query, signals: known(query.signals) }),
    tally: async (query) => {
      for (const id of query.signals) needs(id)
      return historian.tally(query)
    },
    measures: async (query) => historian.measures({ ...query, signals: known(query.signals ?? signals.all().map(({ id }) => id)) }),
    definitions: async (signal) => (knows(signal) ? historian.definitions(signal) : []),
    records: async (query) => {
      const { versions, truncated } = await historian.records(query)
      return { versions: versions.filter(({ source }) => seesSource(source)), truncated }
    },
    quarantine: async (query) => {
      const { rows, truncated } = await historian.quarantine(query)
      return { rows: rows.filter(({ source }) => seesSource(source)), truncated }
    },
    recordCounts: async () => (await historian.recordCounts()).filter(({ source }) => seesSource(source)),
    facts: async (query) => {
      if (!seesOwn) return { facts: [], truncated: false }
      const { facts, truncated } = await historian.facts(query)
      return { facts: facts.map((fact) => withSeenInputs(fact, knows, seesSource)), truncated }
    },
    ingests: (ids) => historian.ingests(ids),
    declared: (version) => historian.declared(version),
    stats: () => historian.stats(),
    ...{
      sql: notYours('a free query'),
      accounts: notYours('the sums of all'),
      days: notYours('this'),
      lastAll: notYours('all last values'),
    },
    ...{ checkpoints: notYours('this'), writers: notYours('this'), recordCursors: notYours('this'), write: notYours('this') },
    ...{ compact: notYours('this'), close: notYours('this') },
  }
}

function withSeenInputs(fact: StoredFact, knows: (id: string) => boolean, seesSource: (name: string) => boolean): StoredFact {
  const isSeen = (input: StoredFact['inputs'][number]) =>
    'signal' in input ? knows(input.signal) : 'record' in input ? seesSource(input.source) : true
  return fact.inputs.every(isSeen) ? fact : { ...fact, inputs: fact.inputs.filter(isSeen) }
}

/** A property whose signals are not all seen says nothing of how it is kept; a contract of which no signal is seen is not there. */
function scopedContract(state: ContractState, sees: (index: number) => boolean): ContractState | undefined {
  const bound = new Map([...state.bound].map(([property, of]) => [property, new Set([...of].filter(sees))] as const))
  const isBound = [...state.bound.values()].some((of) => of.size > 0)
  if (isBound && [...bound.values()].every((of) => of.size === 0)) return undefined
  const isWhole = (property: string) => [...(state.bound.get(property) ?? [])].every(sees)
  return { ...state, bound, findings: state.findings.filter(({ property }) => isWhole(property)) }
}

function scopedGraph(graph: DependencyGraph, { signals, seesOwn, seesSource }: Seen): DependencyGraph {
  const sees = ({ kind, id }: DependencyNode): boolean => {
    if (kind === 'signal') return signals.indexOf(id) !== undefined
    if (kind === 'connection') return seesSource(id)
    return COMPUTED.has(kind) ? seesOwn : true
  }
  return {
    find: (kind, id) => {
      const found = graph.find(kind, id)
      return found && sees(found) ? found : undefined
    },
    all: () => [...graph.all()].filter(sees),
    get size() {
      return [...graph.all()].filter(sees).length
    },
    left: graph.left,
    dependents: (node) => (sees(node) ? graph.dependents(node).filter(({ to }) => sees(to)) : []),
    dependencies: (node) => (sees(node) ? graph.dependencies(node).filter(({ from }) => sees(from)) : []),
  }
}
