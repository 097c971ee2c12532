import type { FlowView } from '../../core/flows.ts'
import type { IngestRow } from '../../core/historian.ts'
import type { ConnectionHealth, NodeView } from '../../core/node-view.ts'
import type { SignalBelow } from './below.ts'
import { groupOf, pathsOf } from './groups.ts'
import type { Hop } from './hop.ts'
import { type ChainParts, extent, NOBODY, type Station, samplesHop } from './station.ts'

/** Samples as they were measured, by connection and equipment; the rules that judged them; the logs they came by, and what is before these. */
export function measuredStations(
  measured: readonly SignalBelow[],
  feedsOf: (names: Iterable<string>) => string[],
  parts: ChainParts,
): Station[] {
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
  // A reading that was not stored, such as a mark of silence, came in no record; it came over the link all the same.
  const nodes = new Set(measured.flatMap(({ signal }) => nodeOf(signal, view) ?? []))
  for (const node of nodes) if (!logs.some(({ hop }) => hop.id === linkId(node))) stations.push(linkStation(node, undefined, 'rules', view))
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
    if (!row) {
      if (ingests.lost.has(id)) isLost = true
      continue
    }
    const key = `${row.node} ${row.epoch}`
    const rows = logs.get(key)
    if (rows) rows.push(row)
    else logs.set(key, [row])
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

const linkId = (node: string): string => `link:${node}`

function linkStation(node: string, epoch: number | undefined, log: string, view: NodeView): Station {
  const remote = view.remotes().find((one) => one.node === node && one.epoch === epoch) ?? view.remotes().find((one) => one.node === node)
  const problem = !remote ? 'node-unknown' : remote.liveness === 'live' ? undefined : 'node-silent'
  const hop: Hop = {
    ...{
      id: linkId(node),
      kind: 'link',
      name: `${node} → ${view.node}`,
      feeds: [log],
      state: problem ? 'dead' : 'whole',
      ...(problem && { problem }),
    },
    ...(remote?.lastHeardTime !== undefined && { lastSeen: remote.lastHeardTime }),
    // By the clocks of both nodes: from where it was durable there to where it was durable here.
    ...(remote?.lastArrivedTime !== undefined &&
      remote.lastRecordedTime !== undefined && { delayUs: Math.max(0, remote.lastArrivedTime - remote.lastRecordedTime) }),
    details: remote
      ? {
          ...{ liveness: remote.liveness, behindRecords: remote.behindRecords, lostRecords: remote.lostRecords },
          ...(remote.via !== undefined && { via: remote.via }),
          ...(remote.certificate !== undefined && { certificate: remote.certificate }),
        }
      : {},
    canExpand: false,
  }
  return { hop, members: NOBODY }
}

/** A connection; `node`: that of another node, which is to be seen there. */
export function connectionStation(
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
    details: deviceOf(health, view.flows.flows()),
  }
  return { hop, members: NOBODY }
}

/** The device as its connection knows it, and as it showed itself: the certificate of the last conversation, and what it says it is. */
function deviceOf(
  { name, kind, endpoint, state, liveness, clock, clockMethod }: ConnectionHealth,
  flows: readonly FlowView[],
): Hop['details'] {
  const own = flows.filter(({ via }) => via === name).sort((a, b) => b.lastSeen - a.lastSeen)
  const shown = own.find(({ identities }) => identities.length > 0)
  const device = own.find((flow) => flow.device)?.device
  return {
    ...{ kind, endpoint, state, liveness, clockMethod: clockMethod ?? 'own' },
    certificate: shown ? (shown.capped === 0 && shown.identities.at(-1)) || 'not-known' : 'none-shown',
    ...(device?.product !== undefined && { product: device.product }),
    ...(device?.version !== undefined && { productVersion: device.version }),
    ...(clock && { clockOffsetUs: clock.offsetUs, clockUncertaintyUs: clock.uncertaintyUs }),
  }
}
