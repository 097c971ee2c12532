import { declarationOf } from '../../core/facts.ts'
import type { IngestRow } from '../../core/historian.ts'
import type { NodeView } from '../../core/node-view.ts'
import type { Passing } from '../../core/policy.ts'
import { worst } from '../../core/status.ts'
import type { Root, SignalBelow } from './below.ts'
import type { Hop, Member } from './hop.ts'
import { connectionStation, measuredStations } from './measured.ts'
import { type ChainParts, extent, NOBODY, type Station, samplesHop } from './station.ts'

type FeedsOf = (names: Iterable<string>) => string[]

/** Hop by hop from the value down to the devices, and from there the way by which it was let in. */
export function chainOf(parts: ChainParts): readonly Station[] {
  const { below, root } = parts
  const stations: Station[] = []
  const measured: SignalBelow[] = []
  const derived = new Map<string, SignalBelow[]>()
  for (const one of below.signals.values()) {
    if (one.derivation === undefined && !one.isOrphan) measured.push(one)
    else derived.set(one.derivation ?? '', [...(derived.get(one.derivation ?? '') ?? []), one])
  }
  if ('fact' in root) stations.push(resultStation(root.fact, parts))
  const feedsOf = (names: Iterable<string>) => [...names].map((name) => idOfName(name, parts))
  stations.push(...factStations(feedsOf, parts), ...recordStations(feedsOf, parts))
  for (const [definition, some] of derived) stations.push(derivedStation(definition, some, feedsOf, parts))
  stations.push(...measuredStations(measured, feedsOf, parts))
  stations.push(...conduitStations(cameIn(measured, parts), parts), configuration(parts))
  return stations
}

/** The hop that a name of `feeds` stands for. */
function idOfName(name: string, { root, below }: ChainParts): string {
  if (below.facts.has(name)) return `facts:${name}`
  return 'fact' in root && root.fact.definition === name ? 'result' : `derived:${name}`
}

function factStations(feedsOf: FeedsOf, { view, below, computedAt }: ChainParts): Station[] {
  const stations: Station[] = []
  for (const { definition, feeds, facts, lost, others } of below.facts.values()) {
    const declared = view.derivations().some(({ name }) => name === definition)
    const node = facts[0] && computedAt(facts[0].ingest)
    const problem = !declared && node === undefined ? 'declaration-gone' : lost.length > 0 ? 'fact-gone' : undefined
    const hop: Hop = {
      ...{ id: `facts:${definition}`, kind: 'facts', name: definition, feeds: feedsOf(feeds), state: problem ? 'dead' : 'whole' },
      ...(problem && { problem }),
      counts: { facts: facts.length + lost.length },
      ...(facts.length > 0 && {
        worst: facts.flatMap(({ values }) => Object.values(values)).reduce((code, { status }) => worst(code, status), 0),
      }),
      ...extent(facts.map(({ from }) => from)),
      lastSeen: Math.max(0, ...facts.map(({ knownTime }) => knownTime)),
      details: { ...(lost.length > 0 && { lost: lost.length }), ...(others > 0 && { otherRevisions: others }), ...(node && { node }) },
      canExpand: true,
    }
    const members = () => [
      ...lost.map((name): Member => ({ name, problem: 'fact-gone' })),
      ...facts.map(({ key, revision, knownTime, values }) => ({
        ...{ name: key, revision, newest: knownTime },
        worst: Object.values(values).reduce((code, { status }) => worst(code, status), 0),
      })),
    ]
    stations.push({ hop, members })
  }
  return stations
}

/** IT records by kind and source, and the connections that brought them. */
function recordStations(feedsOf: FeedsOf, parts: ChainParts): Station[] {
  const { view, below } = parts
  const stations: Station[] = []
  for (const { kind, source, feeds, versions, lost } of below.records.values()) {
    const isDeclared = view.connections().some(({ name }) => name === source)
    const problem = lost.length > 0 ? 'record-gone' : undefined
    const hop: Hop = {
      ...{ id: `records:${kind}:${source}`, kind: 'records', name: kind, feeds: feedsOf(feeds), state: problem ? 'dead' : 'whole' },
      ...(problem && { problem }),
      counts: { records: versions.length + lost.length },
      lastSeen: Math.max(0, ...versions.map(({ knownTime }) => knownTime)),
      details: { connection: source, ...(versions[0] && { revision: Math.max(...versions.map(({ revision }) => revision)) }) },
      canExpand: true,
    }
    const members = () => [
      ...lost.map((name): Member => ({ name, problem: 'record-gone' })),
      ...versions.map(({ key, revision, knownTime }) => ({ name: key, revision, newest: knownTime })),
    ]
    stations.push({ hop, members }, connectionStation(source, [hop.id], [], isDeclared, parts))
  }
  return stations
}

function resultStation(fact: Extract<Root, { fact: unknown }>['fact'], { view, ownersOf, below, computedAt }: ChainParts): Station {
  const { definition, version, revision, cause, knownTime, to, from, ingest } = fact
  const node = computedAt(ingest)
  const declared = view.derivations().find(({ name }) => name === definition)
  // What another node computes is declared there: whether it is so still, is to be seen there.
  const isChanged = declared !== undefined && declarationOf(declared.version) !== declarationOf(version)
  const problem = node !== undefined ? undefined : !declared ? 'declaration-gone' : isChanged ? 'declaration-changed' : undefined
  const hop: Hop = {
    ...{ id: 'result', kind: 'result', name: definition, feeds: [], state: problem === 'declaration-gone' ? 'dead' : 'whole' },
    ...(problem && { problem }),
    owners: ownersOf(below.signals.keys()),
    counts: { facts: 1 },
    ...{ lastSeen: knownTime, delayUs: Math.max(0, knownTime - (to ?? from)), oldest: from, ...(to !== null && { newest: to }) },
    ...{ details: { revision, cause, version, ...(node && { node }) }, canExpand: false },
  }
  return { hop, members: NOBODY }
}

function derivedStation(
  definition: string,
  some: readonly SignalBelow[],
  feedsOf: (names: Iterable<string>) => string[],
  parts: ChainParts,
): Station {
  const feeds = feedsOf(new Set(some.flatMap((one) => [...one.feeds])))
  const base = { id: `derived:${definition}`, kind: 'derived', name: definition || (some[0] as SignalBelow).signal, feeds } as const
  const station = samplesHop(some, base, parts)
  const declared = parts.view.derivations().find(({ name }) => name === definition)
  if (!declared) return { ...station, hop: { ...station.hop, state: 'dead', problem: 'declaration-gone' } }
  return { ...station, hop: { ...station.hop, details: { ...station.hop.details, version: declared.version } } }
}

const COUNTED = { signal: 'signals', record: 'records', result: 'facts' } as const
type CameIn = readonly [passing: Passing, way: Parameters<NodeView['policy']['letIn']>[1]]

/** What came into this node from somewhere else, and by which way: by its connections, or from the node that sends it here. */
function cameIn(measured: readonly SignalBelow[], { view, below, root, computedAt }: ChainParts): CameIn[] {
  const nodeWay = (node: string) => ({ node: view.remotes().find((one) => one.node === node)?.via ?? node })
  const signals = measured.flatMap(({ signal: id }): CameIn[] => {
    const index = view.signals.indexOf(id)
    const node = index === undefined ? undefined : view.nodeOf(index)
    const connection = index === undefined ? undefined : view.signals.at(index)?.connection
    if (connection === undefined) return []
    return [[{ kind: 'signal', id }, node === undefined ? { connection } : nodeWay(node)]]
  })
  const records = [...below.records.values()].map(({ kind, source }): CameIn => [{ kind: 'record', id: kind }, { connection: source }])
  const node = 'fact' in root ? computedAt(root.fact.ingest) : undefined
  const sent = 'fact' in root && node !== undefined ? [[{ kind: 'result', id: root.fact.definition }, nodeWay(node)] as const] : []
  return [...signals, ...records, ...sent]
}

/** The conduits that let it in, each with the line of the file that says so; where nothing crosses zones, there is none. */
function conduitStations(all: readonly CameIn[], { view }: ChainParts): Station[] {
  const nothing = () => ({ members: [] as Member[], counts: { signals: 0, records: 0, facts: 0 } })
  const found = new Map<string, { hop: Hop } & ReturnType<typeof nothing>>()
  for (const [passing, way] of all) {
    const allowed = view.policy.letIn(passing, way)
    if (!allowed) continue
    const name = allowed.conduit ?? ''
    const id = `conduit:${name}:${allowed.place}`
    const { members, counts } = found.get(id) ?? nothing()
    members.push({ name: passing.id })
    counts[COUNTED[passing.kind]]++
    // What let it in then may have been cut or fallen due since.
    const state = allowed.permitted ? ({ state: 'whole' } as const) : ({ state: 'dead', problem: 'no-conduit' } as const)
    const details = { decidedBy: allowed.place }
    found.set(id, {
      hop: { id, kind: 'conduit', name, feeds: [], ...state, counts: present(counts), details, canExpand: true },
      ...{ members, counts },
    })
  }
  if (found.size > 0) return [...found.values()].map(({ hop, members }) => ({ hop, members: () => members }))
  const hop: Hop = {
    id: 'conduit',
    kind: 'conduit',
    name: '',
    feeds: [],
    state: 'absent',
    problem: 'no-conduit',
    details: {},
    canExpand: false,
  }
  return [{ hop, members: NOBODY }]
}

/** The counts that are not 0. */
const present = (counts: Readonly<Record<'signals' | 'records' | 'facts', number>>): Hop['counts'] =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

/** Under which configuration the newest of it was written, and who let that run. */
export function configurationBehind({ ingests, view }: Pick<ChainParts, 'ingests' | 'view'>): {
  readonly version: string
  readonly node: string
} {
  const newest = [...ingests.rows.values()].reduce<IngestRow | undefined>(
    (a, b) => (a && a.recordedTime > b.recordedTime ? a : b),
    undefined,
  )
  return { version: newest?.configVersion ?? view.configVersion, node: newest?.node ?? view.node }
}

const APPROVAL_PROBLEM = { approved: undefined, 'not-asked': 'not-asked', missing: 'not-approved', unknown: 'no-approval' } as const

function configuration({ ingests, view }: ChainParts): Station {
  const versions = new Set([...ingests.rows.values()].filter(({ node }) => node === view.node).map(({ configVersion }) => configVersion))
  const { version: name, node } = configurationBehind({ ingests, view })
  const isOwn = node === view.node
  const { state, change } = isOwn ? view.changes.ofVersion(name) : { state: 'unknown' as const, change: undefined }
  const problem = isOwn ? APPROVAL_PROBLEM[state] : 'seen-at-node'
  const approvedBy = change?.approvals.map(({ who }) => who).join(', ')
  const hop: Hop = {
    ...{ id: 'configuration', kind: 'configuration', name, feeds: [], state: 'whole', ...(problem && { problem }) },
    details: {
      versions: Math.max(1, versions.size),
      ...(isOwn ? { inForce: view.configVersion } : { node }),
      ...(change && { proposedBy: change.proposed.who }),
      ...(approvedBy && { approvedBy, approvedTime: Math.max(...(change?.approvals ?? []).map(({ time }) => time)) }),
      ...(isOwn && name === view.configVersion && { since: view.startedTime }),
    },
    canExpand: false,
  }
  return { hop, members: NOBODY }
}
