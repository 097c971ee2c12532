import { type CrossingPart, connectionCrossing, crossingsOf, type LoadedConfig, type LoadedConnection } from '../../config/index.ts'
import { type FlowEnds, SELF } from '../../core/flows.ts'
import type { Crossing } from '../../core/policy.ts'
import type { Micros } from '../../core/time.ts'
import { type Canary, compilePeers, compilePolicy, type Declared, decide, toPolicy } from '../../gateway/index.ts'
import { endpointOf } from '../endpoint.ts'

/** `via` of what goes over the link, by its transport. */
export const LINK_VIA = new Set(['link', 'diode'])

export interface DeclaredParts {
  readonly addressOf: (node: string) => string | undefined
  /** The conduit that what goes by a connection or a link goes through for the most part; undefined: not known. */
  readonly conduitOf: (part: CrossingPart, name: string) => string | undefined
}

/** Zones and conduits as the file has them, and the place of each flow between them. */
export function declaredFlows(
  loaded: LoadedConfig,
  { addressOf, conduitOf }: DeclaredParts,
): Declared & { ownerOf(ends: FlowEnds): string | undefined } {
  const { config, connections } = loaded
  const policy = toPolicy(config, config.site.id)
  const compiled = compilePolicy(policy)
  const own = config.node.zone
  const crossings = crossingsOf(config, connections)
  const byName = new Map(connections.map((connection) => [connection.name, connectionCrossing(config, connection)]))
  const byEndpoint = new Map(connections.map((connection) => [endpointKey(connection), connection.name]))
  const byHost = new Map(connections.map((connection) => [hostOf(connection), connection.zone ?? own]))
  const hosts = Object.entries(config.detection.hosts).map(([zone, list]) => [zone, compilePeers(list)] as const)
  const zoneOfHost = (host: string) => (host === SELF ? own : (byHost.get(host) ?? hosts.find(([, isIn]) => isIn?.(host))?.[0]))
  const linkOf = ({ source }: FlowEnds) =>
    crossings.find(({ part, name }) => (source === SELF ? part === 'link-out' : part === 'link-in' && name === source))
  const crossingOf = (ends: FlowEnds): Crossing => {
    const { via, source, destination, port, protocol } = ends
    const known = byName.get(via)
    const peers = [source === SELF && port > 0 ? hostPort(destination, port) : source]
    if (known) return { ...known, ...(port > 0 && { peers }) }
    if (LINK_VIA.has(via)) {
      const link = linkOf(ends)
      const address = source === SELF ? hostPort(destination, port) : addressOf(source)
      return {
        from: undefined,
        to: undefined,
        transport: via,
        direction: via === 'diode' ? 'one-way' : 'push',
        ...link,
        peers: address === undefined ? undefined : [address],
      }
    }
    // Mirrored: the one that is asked has the data.
    return {
      ...{ from: zoneOfHost(destination), to: zoneOfHost(source), transport: protocol, direction: 'pull' },
      peers: [hostPort(destination, port)],
    }
  }
  /** What a connection or a link carries tells its conduit; so does, of what is mirrored, the device that a connection polls as well. */
  const usualOf = (ends: FlowEnds): string | undefined => {
    const { via, destination, port, protocol } = ends
    const link = LINK_VIA.has(via) ? linkOf(ends) : undefined
    if (link) return conduitOf(link.part, link.name)
    const name = byName.has(via) ? via : byEndpoint.get(`${protocol} ${hostPort(destination, port)}`)
    return name === undefined ? undefined : conduitOf('connection', name)
  }
  const alone = new Map(compiled.conduits.map((one) => [one.conduit.name, { ...compiled, conduits: [one] }]))
  const naming = Map.groupBy(
    policy.conduits.filter(({ peers }) => peers.length > 0),
    ({ from, to }) => `${from} ${to}`,
  )
  const judge = (ends: FlowEnds, time: Micros) => {
    const crossing = crossingOf(ends)
    const usual = usualOf(ends)
    // The conduit it goes by, also while it is cut or overdue; else one that names the other end, before one that names nobody.
    const named = (naming.get(`${crossing.from} ${crossing.to}`) ?? []).map(({ name }) => name)
    for (const name of usual === undefined ? named : [usual, ...named]) {
      const decision = decide(alone.get(name) ?? compiled, crossing, undefined, time)
      if (decision.reason === 'conduit' || (name === usual && (decision.reason === 'cut' || decision.reason === 'expired')))
        return { crossing, decision }
    }
    return { crossing, decision: decide(compiled, crossing, undefined, time) }
  }
  const owners = new Map(policy.zones.map(({ name, owner }) => [name, owner]))
  return {
    policy,
    judge,
    ownerOf: (ends) => {
      const { from, to } = crossingOf(ends)
      const usual = usualOf(ends)
      const between = policy.conduits.filter((one) => one.from === from && one.to === to)
      const conduit = between.find(({ name }) => name === usual) ?? between[0]
      return conduit?.owner ?? owners.get(from ?? '') ?? owners.get(to ?? '')
    },
  }
}

const hostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

function endpointKey({ kind, config }: LoadedConnection): string {
  const { host, port } = splitEndpoint(endpointOf(config))
  return `${kind} ${hostPort(host, port)}`
}

const hostOf = ({ config }: LoadedConnection): string => splitEndpoint(endpointOf(config)).host

/** Host and port of an endpoint, a URL or `host:port`; a path of a file is no host. */
export function splitEndpoint(endpoint: string): { host: string; port: number } {
  const [, host = '', port] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/\s]+)(?::(\d{1,5}))?(?:\/.*)?$/i.exec(endpoint) ?? []
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? 0) }
}

/** `canaries:` of the file, and every signal with `canary: true`. */
export function canariesOf({ config, connections }: LoadedConfig): Canary[] {
  const { site } = config
  const declared = Object.entries(config.canaries).map(([name, { signal, ...canary }]) => ({
    ...{ name, ...canary },
    ...(signal !== undefined && { signal: `${site.id}/${signal}` }),
  }))
  const marked = connections.flatMap((connection) => {
    const { signals = [] } = connection.config as { signals?: readonly { id: string; canary?: boolean }[] }
    return signals.filter(({ canary }) => canary).map(({ id }) => ({ name: id, signal: `${site.id}/${id}` }))
  })
  return [...declared, ...marked] as Canary[]
}
