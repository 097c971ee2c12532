import { networkInterfaces } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { LoadedConfig, LoadedConnection } from '../../config/index.ts'
import type { AuditTrail } from '../../core/audit.ts'
import type { SampleBatch } from '../../core/batch.ts'
import type { RootDifference } from '../../core/evidence.ts'
import { type Exchange, type FlowsView, type OnExchange, SELF } from '../../core/flows.ts'
import type { Transport } from '../../core/link.ts'
import type { SignalTable } from '../../core/signals.ts'
import { FlowWatch, type RunningSensor, startSensor } from '../../gateway/index.ts'
import { isLoopback } from '../../lib/network-address.ts'
import type { Signer } from '../../lib/signed.ts'
import { endpointOf } from '../endpoint.ts'
import type { NodeDependencies } from '../node.ts'
import type { Policing } from '../policy/policing.ts'
import { canariesOf, declaredFlows, splitEndpoint } from './declared.ts'
import { type OnLink, observedTransport, sourceOf } from './observed-transport.ts'

/** Nodes below whose last address is remembered. */
const ADDRESSES = 4_096

export interface RunningFlows {
  readonly view: FlowsView
  /** What a connection's source tells of its exchanges. */
  exchangesOf(connection: LoadedConnection): OnExchange
  /** The same for IT records; a source that tells nothing by itself has its deliveries told of. */
  recordsOf(connection: LoadedConnection): { readonly tell: OnExchange; readonly delivered: (rows: number) => void }
  batchesOf(connection: LoadedConnection, signals: SignalTable): (batch: SampleBatch) => void
  observed(transport: Transport): Transport
  /** The audit log, with refused sign-ins told of. */
  watched(audit: AuditTrail): AuditTrail
  tick(differences: readonly RootDifference[]): Promise<void>
  close(): Promise<void>
}

/** Starts to observe the flows of this node. */
export async function startFlows(
  loaded: LoadedConfig,
  signer: Signer,
  audit: AuditTrail,
  { clock, log }: NodeDependencies,
  policing?: Policing,
): Promise<RunningFlows> {
  const { config } = loaded
  const addresses = new Map<string, string>()
  const sensors: RunningSensor[] = []
  const stopping = new AbortController()
  const own = new Set([
    SELF,
    ...config.detection.own,
    ...Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  ])
  const declared = declaredFlows(loaded, {
    addressOf: (node) => addresses.get(node),
    conduitOf: (part, name) => policing?.gateFor(part, name)?.conduit,
  })
  const watch = await FlowWatch.open({
    ...{ directory: join(config.data, 'flows'), signer, clock, log, audit, declared, ownerOf: declared.ownerOf },
    canaries: canariesOf(loaded),
    // Where everything is on one machine, addresses of loopback tell nobody apart.
    isOwn: (address) => own.has(address) && !isLoopback(address),
    resolveAfter: config.detection.resolveAfter * 1000,
    sensors: () => sensors.map((sensor) => sensor.view()),
  })
  const besideFile = dirname(resolve(loaded.files[0] ?? '.'))
  for (const [name, { file, ...sensor }] of Object.entries(config.sensors)) {
    const place = file === undefined ? sensor : { ...sensor, file: resolve(besideFile, file) }
    sensors.push(startSensor({ name, config: place, observe: (seen) => watch.observe(seen), clock, log, stop: stopping.signal }))
  }
  const tellOf = (via: string, protocol: string): OnExchange => {
    return ({ host, isOpenedByPeer, ...exchange }: Exchange) =>
      watch.observe({ ...exchange, ...sourceOf(host, isOpenedByPeer), via, protocol, time: clock.now() })
  }
  const ofLink = { link: tellOf('link', 'link'), diode: tellOf('diode', 'diode') }
  const onLink: OnLink = (via, exchange, peer) => {
    if (peer && (addresses.has(peer.node) || addresses.size < ADDRESSES)) addresses.set(peer.node, peer.address)
    ofLink[via](exchange)
  }
  return {
    view: watch,
    exchangesOf: ({ name, kind }) => tellOf(name, kind),
    recordsOf: ({ name, kind, config: own }) => {
      const tell = tellOf(name, kind)
      const place = splitEndpoint(endpointOf(own))
      let isTold = false
      return {
        tell: (exchange) => {
          isTold = true
          tell(exchange)
        },
        delivered: (rows) => {
          if (!isTold && rows > 0) tell({ ...place, service: 'read', sentBytes: 0, receivedBytes: 0, sent: 1, received: rows })
        },
      }
    },
    batchesOf: ({ name, connector }, signals) => {
      const nameOf = (signal: number) => signals.at(signal)?.id
      return (batch) => watch.deliver({ connection: name, batch, nameOf, isTimeless: connector.timeless === true })
    },
    observed: (transport) => observedTransport(transport, onLink),
    watched: (trail) => ({
      ...trail,
      note: (event) => {
        if (event.kind === 'sign-in' && event.outcome === 'refused')
          watch.refusedSignIn({ from: event.from ?? 'unknown', who: event.who, time: clock.now() })
        return trail.note(event)
      },
    }),
    tick: (differences) => {
      watch.rootsDiffer(differences)
      return watch.tick()
    },
    close: async () => {
      stopping.abort()
      await Promise.all(sensors.map(({ done }) => done))
      await watch.save()
    },
  }
}
