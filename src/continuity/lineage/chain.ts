import type { IngestRow } from '../../core/historian.ts'
import type { ConnectionHealth, NodeView } from '../../core/node-view.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { rank, worst } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import type { Below, Root, SignalBelow } from './below.ts'
import type { Counted } from './counted.ts'
import { groupOf, pathsOf } from './groups.ts'
import type { Hop, Member } from './hop.ts'
import type { OwnersOf } from './owners.ts'

/** What hops are made of. */
export interface ChainParts {
  readonly view: NodeView
  readonly root: Root
  readonly below: Below
  readonly counted: ReadonlyMap<string, Counted>
  readonly ingests: { readonly rows: ReadonlyMap<number, IngestRow>; readonly lost: ReadonlySet<number> }
  readonly ownersOf: OwnersOf
  /** Rules that judge a signal as it is declared, `range@3`. */
  readonly rulesOf: (definition: SignalDefinition) => readonly string[]
  /** The sample asked for is not in the historian yet. */
  readonly isPending: boolean
}

/** A hop with what it stands for, for whoever asks to see it. */
export interface Station {
  readonly hop: Hop
  readonly members: () => readonly Member[]
}

const NOBODY = () => []

/** Hop by hop from the value down to the devices, and from there the way by which it was let in. */
export function chainOf(parts: ChainParts): readonly Station[] {
  const { below, view, root } = parts
  const stations: Station[] = []
  const measured: SignalBelow[] = []
  const derived = new Map<string, SignalBelow[]>()
  for (const one of below.signals.values()) {
    if (one.derivation === undefined && !one.isOrphan) measured.push(one)
    else derived.set(one.derivation ?? '', [...(derived.get(one.derivation ?? '') ?? []), one])
  }
  if ('fact' in root) stations.push(resultStation(root.fact, parts))
  const feedsOf = (names: Iterable<string>) => [...names].map((name) => idOfName(name, parts))
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
  for (const [definition, some] of derived) stations.push(derivedStation(definition, some, feedsOf, parts))
  stations.push(...measuredStations(measured, feedsOf, parts))
  stations.push(conduit(), configuration(parts))
  return stations.slice(0, CONTINUITY_LIMITS.hops)
}

const extent = (times: readonly Micros[]) => (times.length === 0 ? {} : { oldest: Math.min(...times), newest: Math.max(...times) })

/** The hop that a name of `feeds` stands for. */
function idOfName(name: string, { root, below }: ChainParts): string {
  if (below.facts.has(name)) return `facts:${name}`
  return 'fact' in root && root.fact.definition === name ? 'result' : `derived:${name}`
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

/** Counts of some signals. */
function sums(some: readonly SignalBelow[], { counted }: ChainParts) {
  const own = some.flatMap(({ signal }) => counted.get(signal) ?? [])
  const seen = own.filter(({ samples }) => samples > 0)
  const samples = some.reduce((sum, one) => sum + (counted.get(one.signal)?.samples ?? one.samples ?? 0), 0)
  return {
    counts: { signals: some.length, samples },
    ...(seen.length > 0 && { worst: seen.reduce((code, one) => worst(code, one.worst), 0) }),
    ...(seen.length > 0 && {
      oldest: Math.min(...seen.map(({ oldest }) => oldest)),
      newest: Math.max(...seen.map(({ newest }) => newest)),
    }),
    isUnread: own.length < some.length,
    // Counted, and there is no sample any more although what is above had some.
    isGone: some.some((one) => (one.samples ?? 0) > 0 && counted.get(one.signal)?.samples === 0),
  }
}

function membersOf(some: readonly SignalBelow[], { counted }: ChainParts): Member[] {
  return some
    .map(({ signal, samples }): Member => {
      const own = counted.get(signal)
      if (!own) return { name: signal, ...(samples !== undefined && { samples }) }
      const { worst: status, newest, reasons } = own
      return {
        ...{ name: signal, samples: own.samples, worst: status, reasons: [...reasons.keys()] },
        ...(own.samples > 0 && { newest }),
        ...(own.samples === 0 && (samples ?? 0) > 0 && { problem: 'samples-gone' as const }),
      }
    })
    .sort((a, b) => rank(b.worst ?? 0) - rank(a.worst ?? 0) || (a.name < b.name ? -1 : 1))
}

function samplesHop(some: readonly SignalBelow[], base: Pick<Hop, 'id' | 'kind' | 'name' | 'feeds'>, parts: ChainParts): Station {
  const { isUnread, isGone, ...found } = sums(some, parts)
  const newestIngests = some.map(({ signal, newestIngest }) => parts.counted.get(signal)?.newestIngest || newestIngest)
  const newest = parts.ingests.rows.get(Math.max(0, ...newestIngests))
  const state = isGone ? 'dead' : parts.isPending || isUnread ? 'unread' : 'whole'
  const problem = isGone ? 'samples-gone' : parts.isPending ? 'not-stored-yet' : isUnread ? 'too-many' : undefined
  const single = some.length === 1 ? some[0] : undefined
  const definition = single && parts.view.signals.at(parts.view.signals.indexOf(single.signal) ?? -1)
  const hop: Hop = {
    ...base,
    ...{ state, ...(problem && { problem }), owners: parts.ownersOf(some.map(({ signal }) => signal)), ...found },
    ...(found.newest !== undefined && { lastSeen: found.newest }),
    ...(newest && found.newest !== undefined && base.kind === 'samples' && { delayUs: newest.receivedTime - found.newest }),
    details: single ? { signal: single.signal, ...(definition && { address: definition.address }) } : {},
    canExpand: some.length > 1,
  }
  return { hop, members: () => membersOf(some, parts) }
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

/** Samples as they were measured, by connection and equipment; the rules that judged them; the logs they came by, and what is before these. */
function measuredStations(measured: readonly SignalBelow[], feedsOf: (names: Iterable<string>) => string[], parts: ChainParts): Station[] {
  if (measured.length === 0) return []
  const { view } = parts
  const paths = pathsOf(
    measured.map(({ signal }) => signal),
    view.equipment,
  )
  const definitionOf = (signal: string) => view.signals.at(view.signals.indexOf(signal) ?? -1)
  const groups = Map.groupBy(measured, ({ signal }) => groupOf(definitionOf(signal)?.connection ?? '', paths.get(signal) ?? ''))
  const stations: Station[] = []
  const byConnection = new Map<string, { hops: string[]; signals: SignalBelow[] }>()
  for (const [key, some] of groups) {
    const connection = definitionOf((some[0] as SignalBelow).signal)?.connection ?? ''
    const id = `samples:${key}`
    const name = some.length === 1 ? (some[0] as SignalBelow).signal : (paths.get((some[0] as SignalBelow).signal) ?? connection)
    stations.push(samplesHop(some, { id, kind: 'samples', name, feeds: feedsOf(new Set(some.flatMap((one) => [...one.feeds]))) }, parts))
    const node = nodeOf((some[0] as SignalBelow).signal, view)
    const of = byConnection.get(`${node ?? ''} ${connection}`) ?? { hops: [], signals: [] }
    of.hops.push(id)
    of.signals.push(...some)
    byConnection.set(`${node ?? ''} ${connection}`, of)
  }
  const samples = stations.map(({ hop }) => hop.id)
  stations.push(rulesStation(measured, samples, parts))
  const logs = logStations(measured, parts)
  stations.push(...logs)
  const first = logs[0]?.hop.id
  for (const { hops, signals } of byConnection.values()) {
    const one = (signals[0] as SignalBelow).signal
    const connection = definitionOf(one)?.connection ?? ''
    const isDeclared = view.connections().some(({ name }) => name === connection)
    const node = nodeOf(one, view)
    const own =
      first === undefined
        ? hops
        : logs.filter(({ hop }) => hop.kind === 'log' && hop.details.node === (node ?? view.node)).map(({ hop }) => hop.id)
    stations.push(connectionStation(connection, own.length > 0 ? own : hops, signals, isDeclared, parts, node))
  }
  return stations
}

const nodeOf = (signal: string, view: NodeView): string | undefined => view.nodeOf(view.signals.indexOf(signal) ?? -1)

function rulesStation(measured: readonly SignalBelow[], feeds: readonly string[], { view, counted, rulesOf }: ChainParts): Station {
  const rules = new Map<string, number>()
  const found = new Map<string, number>()
  for (const { signal } of measured) {
    const definition = view.signals.at(view.signals.indexOf(signal) ?? -1)
    for (const rule of definition ? rulesOf(definition) : []) rules.set(rule, (rules.get(rule) ?? 0) + 1)
    for (const [reason, samples] of counted.get(signal)?.reasons ?? []) found.set(reason, (found.get(reason) ?? 0) + samples)
  }
  const names = [...rules.keys()].sort()
  const hop: Hop = {
    ...{ id: 'rules', kind: 'rules', name: names.slice(0, 12).join(', '), feeds, state: 'whole', counts: { signals: measured.length } },
    details: { rules: rules.size, ...(found.size > 0 && { found: list([...found].map(([reason, samples]) => `${reason} × ${samples}`)) }) },
    canExpand: rules.size > 0,
  }
  return { hop, members: () => names.map((name) => ({ name, samples: found.get(name) ?? 0 })) }
}

const list = (all: readonly string[]): string => (all.length > 12 ? `${all.slice(0, 12).join(', ')} … (${all.length})` : all.join(', '))

/** Where the newest records stand in each node's log, and the link they came over. */
function logStations(measured: readonly SignalBelow[], parts: ChainParts): Station[] {
  const { view, ingests, counted } = parts
  const logs = new Map<string, IngestRow[]>()
  const feeds = ['rules']
  let isLost = false
  for (const { signal, newestIngest } of measured) {
    const id = counted.get(signal)?.newestIngest || newestIngest
    const row = ingests.rows.get(id)
    if (row) logs.set(`${row.node} ${row.epoch}`, [...(logs.get(`${row.node} ${row.epoch}`) ?? []), row])
    else if (ingests.lost.has(id)) isLost = true
  }
  const stations = [...logs.values()].flatMap((rows): Station[] => {
    const last = rows.reduce((a, b) => (b.sequence > a.sequence ? b : a))
    const { node, epoch, sequence, recordedTime, receivedTime } = last
    const hash = (last as { readonly hash?: string }).hash
    const isHeld = node === view.node && epoch === view.epoch && sequence >= view.spool().firstSequence
    const id = `log:${node}:${epoch}`
    const log: Hop = {
      ...{ id, kind: 'log', name: node, feeds, state: 'whole', counts: { records: new Set(rows.map((row) => row.sequence)).size } },
      ...{ lastSeen: recordedTime, delayUs: Math.max(0, recordedTime - receivedTime), ...extent(rows.map((row) => row.recordedTime)) },
      details: {
        ...{ node, epoch, sequence, firstSequence: Math.min(...rows.map((row) => row.sequence)), receivedTime, recordedTime },
        ...{ spool: isHeld ? 'held' : 'released', ...(hash !== undefined && { hash }) },
      },
      canExpand: false,
    }
    return [{ hop: log, members: NOBODY }, ...(node === view.node ? [] : [linkStation(node, epoch, id, view)])]
  })
  if (isLost) {
    const gone: Hop = {
      id: 'log:gone',
      kind: 'log',
      name: '',
      feeds,
      state: 'dead',
      problem: 'log-record-gone',
      details: {},
      canExpand: false,
    }
    stations.push({ hop: gone, members: NOBODY })
  }
  return stations
}

function linkStation(node: string, epoch: number, log: string, view: NodeView): Station {
  const remote = view.remotes().find((one) => one.node === node && one.epoch === epoch) ?? view.remotes().find((one) => one.node === node)
  const problem = !remote ? 'node-unknown' : remote.liveness === 'live' ? undefined : 'node-silent'
  const hop: Hop = {
    ...{
      id: `link:${node}`,
      kind: 'link',
      name: `${node} → ${view.node}`,
      feeds: [log],
      state: problem ? 'dead' : 'whole',
      ...(problem && { problem }),
    },
    ...(remote?.lastHeardTime !== undefined && { lastSeen: remote.lastHeardTime }),
    details: remote ? { liveness: remote.liveness, behindRecords: remote.behindRecords, lostRecords: remote.lostRecords } : {},
    canExpand: false,
  }
  return { hop, members: NOBODY }
}

function connectionStation(
  name: string,
  feeds: readonly string[],
  some: readonly SignalBelow[],
  isDeclared: boolean,
  { view, ownersOf }: ChainParts,
  node?: string,
): Station {
  const health = node === undefined ? view.connections().find((one) => one.name === name) : undefined
  const id = `connection:${node === undefined ? '' : `${node}/`}${name}`
  const base = { id, kind: 'connection', name, feeds, canExpand: false, owners: ownersOf(some.map(({ signal }) => signal)) } as const
  if (node !== undefined) return { hop: { ...base, state: 'absent', problem: 'seen-at-node', details: { node } }, members: NOBODY }
  if (!isDeclared || !health) return { hop: { ...base, state: 'dead', problem: 'connection-gone', details: {} }, members: NOBODY }
  const isSilent = health.liveness === 'bad' || health.liveness === 'uncertain'
  const hop: Hop = {
    ...base,
    ...{ state: isSilent ? 'dead' : 'whole', ...(isSilent && { problem: 'source-silent' as const }) },
    ...(health.lastHeardTime !== undefined && { lastSeen: health.lastHeardTime }),
    ...(health.latencyMs !== undefined && { delayUs: health.latencyMs * 1000 }),
    details: deviceOf(health),
  }
  return { hop, members: NOBODY }
}

/** The device as its connection knows it. No connector tells a certificate's fingerprint while it is connected, so none is claimed here. */
function deviceOf({ kind, endpoint, state, liveness, clock, clockMethod }: ConnectionHealth): Hop['details'] {
  return {
    ...{ kind, endpoint, state, liveness, clockMethod: clockMethod ?? 'own', certificate: 'not-known' },
    ...(clock && { clockOffsetUs: clock.offsetUs, clockUncertaintyUs: clock.uncertaintyUs }),
  }
}

const conduit = (): Station => ({
  hop: { id: 'conduit', kind: 'conduit', name: '', feeds: [], state: 'absent', problem: 'no-conduit', details: {}, canExpand: false },
  members: NOBODY,
})

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
