import type { LoadedConfig, LoadedConnection } from '../../config/index.ts'
import type { FlowEnds } from '../../core/flows.ts'
import { SELF } from '../../core/flows.ts'
import { type Canary, type Declared, type FlowCrossing, toPolicy } from '../../gateway/index.ts'
import { endpointOf } from '../endpoint.ts'

/** Kinds of connection on which the other end dials. */
const LISTENING = new Set(['webhook'])

/** Zones and conduits as the file has them, and the place of each flow between them. */
export function declaredFlows(loaded: LoadedConfig, zoneOf: (connection: LoadedConnection) => string | undefined): Declared & { ownerOf(ends: FlowEnds): string | undefined } {
  const { config, connections } = loaded
  const policy = toPolicy(config)
  const own = config.node.zone
  const byName = new Map(connections.map((connection) => [connection.name, connection]))
  const byHost = new Map(connections.map((connection) => [hostOf(connection), zoneOf(connection) ?? own]))
  const zoneOfHost = (host: string) => (host === SELF ? own : byHost.get(host))
  const crossingOf = ({ via, source, destination, port, protocol }: FlowEnds): FlowCrossing => {
    const connection = byName.get(via)
    const isListening = connection !== undefined && LISTENING.has(connection.kind)
    const device = connection ? (zoneOf(connection) ?? own) : undefined
    const peer = source === SELF ? destination : source
    const peers = [port > 0 && source === SELF ? hostPort(destination, port) : peer]
    // Data comes from whoever is asked, and from whoever pushes.
    if (connection) return { from: device, to: own, transport: connection.kind, direction: isListening ? 'push' : 'pull', peers }
    if (source === SELF) return { from: own, to: zoneOfHost(destination), transport: via, direction: 'push', peers }
    if (destination === SELF) return { from: zoneOfHost(source), to: own, transport: via, direction: 'push', peers }
    return { from: zoneOfHost(destination), to: zoneOfHost(source), transport: protocol, direction: 'pull', peers: [hostPort(destination, port)] }
  }
  const owners = new Map(policy.zones.map(({ name, owner }) => [name, owner]))
  return {
    policy,
    crossingOf,
    decide: (crossing, time) => decideFlow(policy.conduits, owners, crossing, time),
    ownerOf: (ends) => {
      const crossing = crossingOf(ends)
      const { from, to } = crossing
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
