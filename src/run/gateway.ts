import type { LoadedConfig } from '../config/index.ts'
import type { LinkRefused, Listening, Peer, Transport } from '../core/link.ts'
import type { SenderRefusal } from '../core/node-view.ts'
import type { Spool } from '../core/spool.ts'
import type { Micros } from '../core/time.ts'
import { FrameLink, Intake, serveChannel } from '../gateway/index.ts'
import type { NodeDependencies } from './node.ts'
import type { Remotes } from './remotes.ts'
import { Uplink, type UplinkParts } from './uplink.ts'

/** Names of senders turned away that are remembered. */
export const REFUSALS_KEPT = 256

export interface GatewayParts extends NodeDependencies, Pick<UplinkParts, 'spool' | 'last' | 'signalCount'> {
  readonly loaded: LoadedConfig
  readonly transport: Transport
  readonly remotes: Remotes
}

/** A node's ways to other nodes: one on, any number in. */
export interface Gateway {
  readonly uplink: Uplink | undefined
  readonly intake: Intake | undefined
  readonly address: string | undefined
  /** Senders turned away, newest first. */
  refusals(): SenderRefusal[]
  /** Hands over what is durable, if that takes no longer than `limitMs`, then ends every way. */
  close(limitMs: number): Promise<void>
}

/** Opens the ways that the transport offers. Rejects when the port to listen on cannot be had. */
export async function openGateway(parts: GatewayParts): Promise<Gateway> {
  const { transport, clock, log, remotes, loaded, spool } = parts
  const isRelay = loaded.config.node.role === 'relay'
  const stopping = new AbortController()
  const refused = new Map<string, SenderRefusal>()
  const dial = transport.dial?.bind(transport)
  const uplink =
    dial &&
    new Uplink({
      ...parts,
      stop: stopping.signal,
      isRelay,
      endpoint: transport.endpoint ?? '',
      link: () => new FrameLink({ dial, clock }),
      onForked: async (position) => log.error({ ...position, hash: undefined }, 'this log is not the one that the other end knows'),
    })
  const intake =
    transport.listen &&
    new Intake({
      log: spool,
      clock,
      onShow: (stream, batch, upTo) => {
        if (isRelay) uplink?.show(stream, batch, upTo)
        remotes.show(stream, batch, upTo)
      },
      onRefused: (peer, refusal) => {
        log.warn({ peer: peer.node, address: peer.address, code: refusal.code }, refusal.message)
        remember(refused, peer, refusal, clock.now())
      },
    })
  const { listening, serving } = intake
    ? await receive(transport, intake, parts)
    : { listening: undefined, serving: new Set<Promise<void>>() }
  const unfollow = intake && followInto(spool, remotes)
  const running = uplink?.run()
  return {
    uplink,
    intake,
    address: listening?.address,
    refusals: () => [...refused.values()].reverse(),
    close: async (limitMs) => {
      await listening?.close()
      await uplink?.drain(limitMs)
      stopping.abort()
      await running
      await Promise.all(serving)
      unfollow?.()
    },
  }
}

/** The newest goes last; the oldest makes room. */
export function remember(refused: Map<string, SenderRefusal>, { node, address }: Peer, { code, message }: LinkRefused, time: Micros): void {
  const count = (refused.get(node)?.count ?? 0) + 1
  refused.delete(node)
  if (refused.size >= REFUSALS_KEPT) refused.delete(refused.keys().next().value as string)
  refused.set(node, { node, address, code, message, time, count })
}

async function receive(
  transport: Transport,
  intake: Intake,
  { clock }: GatewayParts,
): Promise<{ listening: Listening | undefined; serving: Set<Promise<void>> }> {
  const serving = new Set<Promise<void>>()
  const listening = await transport.listen?.((channel) => {
    const served = serveChannel(channel, { reception: (line) => intake.reception(line), clock })
    serving.add(served)
    void served.then(() => serving.delete(served))
  })
  return { listening, serving }
}

/** What became durable of other nodes, for last values and live subscribers. */
function followInto(spool: Spool, remotes: Remotes): () => void {
  return spool.follow((records) => {
    for (const record of records) if (record.kind === 'forwarded') remotes.absorb(record)
  })
}
