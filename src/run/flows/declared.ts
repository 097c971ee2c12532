import { connectionCrossing, crossingsOf, type LoadedConfig, type LoadedConnection } from '../../config/index.ts'
import { type FlowEnds, SELF } from '../../core/flows.ts'
import type { Crossing } from '../../core/policy.ts'
import { type Canary, compilePeers, compilePolicy, type Declared, decide, toPolicy } from '../../gateway/index.ts'
import { endpointOf } from '../endpoint.ts'

/** `via` of what goes over the link, by its transport. */
export const LINK_VIA = new Set(['link', 'diode'])

/** Zones and conduits as the file has them, and the place of each flow between them. */
export function declaredFlows(
  loaded: LoadedConfig,
  addressOf: (node: string) => string | undefined,
): Declared & { ownerOf(ends: FlowEnds): string | undefined } {
  const { config, connections } = loaded
  const policy = toPolicy(config, config.site.id)
  const compiled = compilePolicy(policy)
  const own = config.node.zone
  const crossings = crossingsOf(config, connections)
  const byName = new Map(connections.map((connection) => [connection.name, connectionCrossing(config, connection)]))
  const byHost = new Map(connections.map((connection) => [hostOf(connection), connection.zone ?? own]))
  const hosts = Object.entries(config.detection.hosts).map(([zone, list]) => [zone, compilePeers(list)] as const)
  const zoneOfHost = (host: string) => (host === SELF ? own : (byHost.get(host) ?? hosts.find(([, isIn]) => isIn?.(host))?.[0]))
  const crossingOf = ({ via, source, destination, port, protocol }: FlowEnds): Crossing => {
    const known = byName.get(via)
    const peers = [source === SELF && port > 0 ? hostPort(destination, port) : source]
    if (known) return { ...known, ...(port > 0 && { peers }) }
    if (LINK_VIA.has(via)) {
      const part = source === SELF ? 'link-out' : 'link-in'
      const link = crossings.find((one) => one.part === part && (part === 'link-out' || one.name === source))
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
  const owners = new Map(policy.zones.map(({ name, owner }) => [name, owner]))
  return {
    policy,
    crossingOf,
    decide: (crossing, time) => decide(compiled, crossing, undefined, time),
    ownerOf: (ends) => {
      const { from, to } = crossingOf(ends)
      const conduit = policy.conduits.find((one) => one.from === from && one.to === to)
      return conduit?.owner ?? owners.get(from ?? '') ?? owners.get(to ?? '')
    },
  }
}

const hostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

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
