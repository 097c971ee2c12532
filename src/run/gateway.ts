import { join } from 'node:path'
import type { LoadedConfig } from '../config/index.ts'
import type { Listening, Transport } from '../core/link.ts'
import type { Spool, StreamPosition } from '../core/spool.ts'
import { askForEpoch, FrameLink, Intake, serveChannel } from '../gateway/index.ts'
import type { NodeDependencies } from './node.ts'
import type { Remotes } from './remotes.ts'
import { Uplink, type UplinkParts } from './uplink.ts'

export interface GatewayParts extends NodeDependencies, Pick<UplinkParts, 'spool' | 'last' | 'signalCount'> {
  readonly loaded: LoadedConfig
  readonly transport: Transport
  readonly remotes: Remotes
  /** The node has to be stopped and started again. */
  readonly onRestart: () => void
}

/** A node's ways to other nodes: one on, any number in. */
export interface Gateway {
  readonly uplink: Uplink | undefined
  readonly intake: Intake | undefined
  readonly address: string | undefined
  /** Hands over what is durable, if that takes no longer than `limitMs`, then ends every way. */
  close(limitMs: number): Promise<void>
}

/** Opens the ways that the transport offers. Rejects when the port to listen on cannot be had. */
export async function openGateway(parts: GatewayParts): Promise<Gateway> {
  const { transport, clock, log, remotes, loaded, spool } = parts
  const isRelay = loaded.config.node.role === 'relay'
  const stopping = new AbortController()
  const dial = transport.dial?.bind(transport)
  const uplink =
    dial &&
    new Uplink({
      ...parts,
      stop: stopping.signal,
      isRelay,
      endpoint: transport.endpoint ?? '',
      link: () => new FrameLink({ dial, clock, ...(transport.renew && { renew: transport.renew.bind(transport) }) }),
      onForked: (position) => forked(position, parts),
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
      onRefused: (peer, refusal) => log.warn({ peer: peer.node, address: peer.address, code: refusal.code }, refusal.message),
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

/** A copy of this log was restored and went on: the next start begins a new epoch, with what only this log has. */
async function forked(position: StreamPosition, { spool, log, loaded, onRestart }: GatewayParts): Promise<void> {
  const known = new Set(position.segments)
  const segments = spool.segments()
  const last = segments.findLastIndex(({ id }) => known.has(id))
  if (last < 0) {
    log.error({ sequence: position.sequence }, 'the other end knows no segment of this log: it cannot be told what both have')
    return
  }
  const after = (segments[last + 1]?.firstSequence ?? spool.stats().lastSequence + 1) - 1
  await askForEpoch(join(loaded.config.data, 'spool'), after)
  log.warn({ after, theirs: position.sequence }, 'an older copy of this log was restored; starting again in a new epoch')
  onRestart()
}

async function receive(
  transport: Transport,
  intake: Intake,
  { clock }: GatewayParts,
): Promise<{ listening: Listening | undefined; serving: Set<Promise<void>> }> {
  const serving = new Set<Promise<void>>()
  const listening = await transport.listen?.((channel) => {
    const renew = transport.answerRenewal?.bind(transport)
    const served = serveChannel(channel, { reception: (line) => intake.reception(line), clock, ...(renew && { renew }) })
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
