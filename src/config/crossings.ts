import type { ConduitDirection, Crossing, Passing } from '../core/policy.ts'
import { isLoopback } from '../lib/network-address.ts'
import type { LoadedConnection } from './connections.ts'
import type { Path } from './places.ts'
import { feedsOf } from './records.ts'
import type { EcluseConfig } from './schema.ts'

/** What a crossing is part of. */
export const CROSSING_PARTS = ['connection', 'link-out', 'link-in', 'openlineage', 'syslog', 'http'] as const
export type CrossingPart = (typeof CROSSING_PARTS)[number]

/** A way from zone to zone that this configuration has. */
export interface ConfiguredCrossing extends Crossing {
  readonly part: CrossingPart
  /** A connection, another node, or an address. */
  readonly name: string
  /** Where the configuration says it. */
  readonly path: Path
  /** Where it says, or would say, the zone of the other end. */
  readonly zonePath: Path
  /** The address of the other end is known only when it comes. */
  readonly isPeerOpen?: true
}

type Parts = Pick<EcluseConfig, 'node' | 'http' | 'link' | 'openLineage' | 'audit'>

/** Every way into and out of this node that the configuration declares. Asked of the file, or by a running node of what it has loaded. */
export function crossingsOf(config: Parts, connections: readonly LoadedConnection[]): ConfiguredCrossing[] {
  return [...connections.map((one) => connectionCrossing(config, one)), ...linkCrossings(config), ...otherCrossings(config)]
}

/** Device to node. A connection without a zone is in that of its node. */
export function connectionCrossing(
  { node }: Pick<EcluseConfig, 'node'>,
  { name, kind, zone, config, connector }: LoadedConnection,
): ConfiguredCrossing {
  const path = ['connections', name]
  const peers = peersOf(config)
  return {
    ...{ part: 'connection', name, path, zonePath: [...path, 'zone'], from: zone ?? node.zone, to: node.zone, transport: kind },
    direction: connector.isListening ? 'push' : 'pull',
    ...(connector.isListening ? { isPeerOpen: true as const } : peers.length > 0 && { peers }),
  }
}

/** Kinds of IT records that a connection brings. */
export const recordsOf = (connection: LoadedConnection): Passing[] =>
  [...new Set(feedsOf(connection).map(({ record }) => record))].map((id) => ({ kind: 'record', id }))

/** The end of the link that sends: the sending end dials, or speaks and hears nothing. */
function linkCrossings({ node, link }: Parts): ConfiguredCrossing[] {
  const transport = link?.transport === 'diode' ? 'diode' : 'link'
  const direction: ConduitDirection = transport === 'diode' ? 'one-way' : 'push'
  const sends = node.role === 'edge' || node.role === 'relay'
  const takes = node.role === 'hub' || node.role === 'relay' || (node.role === 'all' && link !== undefined)
  const out: ConfiguredCrossing[] = sends
    ? [
        {
          ...{ part: 'link-out', name: link?.to ?? '', path: ['link'], zonePath: ['link', 'zone'], from: node.zone, to: link?.zone },
          ...{ transport, direction, ...(link?.to !== undefined ? { peers: [link.to] } : { isPeerOpen: true as const }) },
        },
      ]
    : []
  const below = takes ? Object.entries(link?.nodes ?? {}) : []
  return [
    ...out,
    ...below.map(([name, { zone }]): ConfiguredCrossing => {
      const path = ['link', 'nodes', name]
      return {
        ...{ part: 'link-in', name, path, zonePath: [...path, 'zone'], from: zone, to: node.zone, transport, direction, isPeerOpen: true },
      }
    }),
  ]
}

function otherCrossings({ node, http, openLineage, audit }: Parts): ConfiguredCrossing[] {
  const from = node.zone
  const telling = openLineage ? [openLineage] : []
  return [
    ...telling.map(({ url, zone }): ConfiguredCrossing => {
      const path = ['openLineage']
      return {
        ...{ part: 'openlineage', name: url, path, zonePath: [...path, 'zone'], from, to: zone },
        ...{ transport: 'openlineage', direction: 'push', peers: peersOf({ url }) },
      }
    }),
    ...audit.forward.map(({ host, port, transport, zone }, i): ConfiguredCrossing => {
      const path = ['audit', 'forward', i]
      return {
        ...{ part: 'syslog', name: `${host}:${port}`, path, zonePath: [...path, 'zone'], from, to: zone, transport: 'syslog' },
        ...{ direction: transport === 'udp' ? 'one-way' : 'push', peers: [`${host}:${port}`] },
      }
    }),
    ...(isLoopback(http.host) ? [] : [httpCrossing(node, http)]),
  ]
}

const httpCrossing = (node: EcluseConfig['node'], http: EcluseConfig['http']): ConfiguredCrossing => ({
  ...{
    part: 'http',
    name: `${http.host}:${http.port}`,
    path: ['http', 'host'],
    zonePath: ['http', 'zone'],
    from: node.zone,
    to: http.zone,
  },
  ...{ transport: 'http', direction: 'pull', isPeerOpen: true },
})

/** Addresses that a connection may dial, as its connector's keys say them: `host` and `port`, one or several URLs, `brokers`. */
function peersOf(config: unknown): string[] {
  const { endpoint, url, host, port, brokers } = (config ?? {}) as Readonly<Record<string, unknown>>
  const listed = [endpoint, url, brokers].flat().filter((one): one is string => typeof one === 'string')
  const dialled = listed.flatMap((one) => (one.includes('://') ? hostOf(one) : one.split(',').map((part) => part.trim())))
  return typeof host === 'string' ? [port === undefined ? host : `${host}:${String(port)}`, ...dialled] : dialled
}

function hostOf(url: string): string[] {
  const parsed = URL.parse(url.replace(/^[a-z][a-z0-9+.-]*:/i, 'http:'))
  return parsed?.hostname ? [parsed.port === '' ? parsed.hostname : `${parsed.hostname}:${parsed.port}`] : []
}
