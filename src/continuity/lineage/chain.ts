import type { IngestRow } from '../../core/historian.ts'
import { worst } from '../../core/status.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
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
  stations.push(...conduitStations(measured, parts), configuration(parts))
  return stations.slice(0, CONTINUITY_LIMITS.hops)
}

/** The hop that a name of `feeds` stands for. */
function idOfName(name: string, { root, below }: ChainParts): string {
  if (below.facts.has(name)) return `facts:${name}`
  return 'fact' in root && root.fact.definition === name ? 'result' : `derived:${name}`
}

function factStations(feedsOf: FeedsOf, { view, below }: ChainParts): Station[] {
  const stations: Station[] = []
  for (const { definition, feeds, facts, lost, others } of below.facts.values()) {
    const declared = view.derivations().some(({ name }) => name === definition)
    const problem = !declared ? 'declaration-gone' : lost.length > 0 ? 'fact-gone' : undefined
    const hop: Hop = {
      ...{ id: `facts:${definition}`, kind: 'facts', name: definition, feeds: feedsOf(feeds), state: problem ? 'dead' : 'whole' },
      ...(problem && { problem }),
      counts: { facts: facts.length + lost.length },
      ...(facts.length > 0 && {
        worst: facts.flatMap(({ values }) => Object.values(values)).reduce((code, { status }) => worst(code, status), 0),
      }),
      ...extent(facts.map(({ from }) => from)),
      lastSeen: Math.max(0, ...facts.map(({ knownTime }) => knownTime)),
      ...{ details: { ...(lost.length > 0 && { lost: lost.length }), ...(others > 0 && { otherRevisions: others }) }, canExpand: true },
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

function resultStation(fact: Extract<Root, { fact: unknown }>['fact'], { view, ownersOf, below }: ChainParts): Station {
  const { definition, version, revision, cause, knownTime, to, from } = fact
  const declared = view.derivations().find(({ name }) => name === definition)
  const problem = !declared ? 'declaration-gone' : declared.version !== version ? 'declaration-changed' : undefined
  const hop: Hop = {
    ...{ id: 'result', kind: 'result', name: definition, feeds: [], state: problem === 'declaration-gone' ? 'dead' : 'whole' },
    ...(problem && { problem }),
    owners: ownersOf(below.signals.keys()),
    counts: { facts: 1 },
    ...{ lastSeen: knownTime, delayUs: Math.max(0, knownTime - (to ?? from)), oldest: from, ...(to !== null && { newest: to }) },
    ...{ details: { revision, cause, version }, canExpand: false },
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

/** The conduits that let in what was measured here, each with the line of the file that says so; where nothing crosses zones, there is none. */
function conduitStations(measured: readonly SignalBelow[], { view }: ChainParts): Station[] {
  const found = new Map<string, { hop: Hop; members: Member[] }>()
  for (const { signal } of measured) {
    const index = view.signals.indexOf(signal)
    const connection = index === undefined || view.nodeOf(index) !== undefined ? undefined : view.signals.at(index)?.connection
    const allowed = connection === undefined ? undefined : view.policy.letIn(signal, connection)
    if (!allowed) continue
    const name = allowed.conduit ?? ''
    const id = `conduit:${name}:${allowed.place}`
    const members: Member[] = found.get(id)?.members ?? []
    members.push({ name: signal })
    // What let it in then may have been cut or fallen due since.
    const state = allowed.permitted ? ({ state: 'whole' } as const) : ({ state: 'dead', problem: 'no-conduit' } as const)
    const details = { decidedBy: allowed.place }
    found.set(id, {
      hop: { id, kind: 'conduit', name, feeds: [], ...state, counts: { signals: members.length }, details, canExpand: true },
      members,
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

/** Under which configuration the newest of it was written. Approvals are kept nowhere yet. */
function configuration({ ingests, view }: ChainParts): Station {
  const versions = new Set([...ingests.rows.values()].filter(({ node }) => node === view.node).map(({ configVersion }) => configVersion))
  const newest = [...ingests.rows.values()].reduce<IngestRow | undefined>(
    (a, b) => (a && a.recordedTime > b.recordedTime ? a : b),
    undefined,
  )
  const name = newest?.configVersion ?? view.configVersion
  const hop: Hop = {
    ...{ id: 'configuration', kind: 'configuration', name, feeds: [], state: 'whole', problem: 'no-approval' },
    details: {
      versions: Math.max(1, versions.size),
      inForce: view.configVersion,
      ...(name === view.configVersion && { since: view.startedTime }),
    },
    canExpand: false,
  }
  return { hop, members: NOBODY }
}
