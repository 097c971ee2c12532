import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LoadedConfig } from '../config/index.ts'
import type { AuditTrail } from '../core/audit.ts'
import type { Channel, LinkRefused, Listening, MissingTaker, Peer, Transport } from '../core/link.ts'
import type { SenderRefusal } from '../core/node-view.ts'
import type { Spool, StreamPosition } from '../core/spool.ts'
import type { Micros } from '../core/time.ts'
import { askForEpoch, FrameLink, Intake, serveChannel } from '../gateway/index.ts'
import { replaceFile } from '../lib/replace-file.ts'
import type { NodeDependencies } from './node.ts'
import { borderOf } from './policy/border.ts'
import type { OutwardPolicy } from './policy/outward.ts'
import type { Policing } from './policy/policing.ts'
import type { Remotes } from './remotes.ts'
import { Uplink } from './uplink.ts'
import type { Cursor, UplinkParts } from './uplink-parts.ts'

/** How often files carried by hand are looked for. */
const IMPORTS_MS = 2_000

/** Names of senders turned away that are remembered. */
export const REFUSALS_KEPT = 256

export interface GatewayParts
  extends NodeDependencies,
    Pick<UplinkParts, 'spool' | 'ended' | 'last' | 'signalCount' | 'onTaken' | 'onRelayed' | 'onConfirmed'> {
  readonly loaded: LoadedConfig
  readonly transport: Transport
  readonly remotes: Remotes
  readonly audit: AuditTrail
  /** Absent: no zones are declared. */
  readonly policing?: Policing | undefined
  /** What the next node turns out to have; with what may leave, record by record. */
  readonly onResumed?: (sequence: number, pass: OutwardPolicy['pass']) => Promise<void>
  /** The node has to be stopped and started again. */
  readonly onRestart: () => void
  /** New at every start of the process; absent: made here. */
  readonly instance?: string
}

/** A node's ways to other nodes: one on, any number in. */
export interface Gateway {
  readonly uplink: Uplink | undefined
  readonly address: string | undefined
  /** Names of the nodes that are connected here just now. */
  connected(): string[]
  /** Senders turned away, newest first. */
  refusals(): SenderRefusal[]
  /** Hands over what is durable, if that takes no longer than `limitMs`, then ends every way. */
  close(limitMs: number): Promise<void>
}

/** Opens the ways that the transport offers. Rejects when the port to listen on cannot be had. */
export async function openGateway(parts: GatewayParts): Promise<Gateway> {
  const { transport, clock, log, remotes, loaded, spool, audit, instance = randomUUID() } = parts
  const isRelay = loaded.config.node.role === 'relay'
  const stopping = new AbortController()
  const border = parts.policing && (await borderOf(parts.policing, parts))
  const { outward } = border ?? {}
  const link = linkMaker(parts, outward?.pass)
  const cursor = transport.oneWay?.link && cursorIn(join(loaded.config.data, 'link', 'sent'), spool.epoch)
  const endpoint = transport.endpoint ?? ''
  const refused = new Map<string, SenderRefusal>()
  const uplink =
    link &&
    new Uplink({
      ...parts,
      stop: stopping.signal,
      isRelay,
      instance,
      endpoint,
      link,
      ...(cursor && { cursor }),
      policy: outward,
      onResumed: outward && (async (sequence) => parts.onResumed?.(sequence, outward.pass)),
      onForked: (at) => forked(at, parts),
    })
  const intake = new Intake({
    log: spool,
    clock,
    ...(border && { admit: border.admit, take: border.take }),
    onShow: (stream, all, upTo, peer) => {
      const batch = border?.visible(stream, all, peer) ?? all
      if (isRelay) uplink?.show(stream, batch, upTo)
      remotes.show(stream, batch, upTo)
    },
    onRefused: (peer, refusal) => {
      log.warn({ peer: peer.node, address: peer.address, code: refusal.code }, refusal.message)
      remember(refused, peer, refusal, clock.now())
      void audit.note({ kind: 'node-refusal', outcome: 'refused', who: peer.node, from: peer.address, what: refusal.code })
    },
  })
  const serving = new Set<Promise<void>>()
  const listening = await receive(intake, serving, parts)
  const importing = takeFiles(intake, stopping.signal, parts)
  const unfollow = followInto(spool, remotes)
  const running = uplink?.run()
  return {
    uplink,
    address: listening?.address,
    connected: () => intake.connected(),
    refusals: () => [...refused.values()].reverse(),
    close: async (limitMs) => {
      await listening?.close()
      await uplink?.drain(limitMs)
      stopping.abort()
      await Promise.all([running, importing])
      await Promise.all(serving)
      unfollow()
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

function linkMaker({ transport, clock, spool }: GatewayParts, pass: OutwardPolicy['pass'] | undefined): UplinkParts['link'] | undefined {
  const { oneWay, renew } = transport
  const dial = transport.dial?.bind(transport)
  const makeLink = oneWay?.link?.bind(oneWay)
  if (makeLink) return (next) => makeLink(spool, next, pass)
  return dial && (() => new FrameLink({ dial, clock, ...(renew && { renew: renew.bind(transport) }) }))
}

/** The file holds a sequence and the epoch it is of: in a new epoch nothing has been sent yet. Without an epoch it is from before this was kept. */
export function cursorIn(path: string, epoch: number): Cursor {
  return {
    read: async () => {
      const [sequence, of = epoch] = (await readFile(path, 'utf8').catch(() => '0')).trim().split(' ').map(Number)
      return of === epoch ? sequence || 0 : 0
    },
    write: (sequence) => replaceFile(path, `${sequence} ${epoch}\n`),
  }
}

async function receive(
  intake: Intake,
  serving: Set<Promise<void>>,
  { transport, clock, audit }: GatewayParts,
): Promise<Listening | undefined> {
  if (transport.oneWay)
    return transport.oneWay.receive?.((peer) => ({
      ...intake.reception(NOBODY),
      importMissing: takerOf(intake),
      refused: (refusal) => intake.refused(peer, refusal),
    }))
  const renew = transport.answerRenewal?.bind(transport)
  const serve = (channel: Channel) => {
    const served = serveChannel(channel, { reception: (line) => intake.reception(line), clock, ...(renew && { renew }) })
    serving.add(served)
    void served.then(() => serving.delete(served))
  }
  return transport.listen?.(serve, {
    node: (peer, refusal) => intake.refused(peer, refusal),
    // In the audit log alone, which counts what comes too often: anybody can be a stranger, under any name.
    stranger: (address, code) => void audit.note({ kind: 'node-refusal', outcome: 'refused', from: address, what: code }),
  })
}

/** Nobody answers over a one-way link, and nobody can be told. */
const NOBODY = { probe: async () => false, end: () => {} }

const takerOf =
  (intake: Intake): MissingTaker['importMissing'] =>
  (records, peer) =>
    intake.takeMissing(records, peer)

/** Looks for files of records carried by hand. */
async function takeFiles(intake: Intake, stop: AbortSignal, { transport, spool, clock, log }: GatewayParts): Promise<void> {
  const take = transport.oneWay?.takeImports
  while (take && !stop.aborted) {
    await take({ importMissing: takerOf(intake) }, spool).catch((error: unknown) =>
      log.error({ error: String(error) }, 'files carried by hand cannot be taken in; it is tried again'),
    )
    await clock.sleep(IMPORTS_MS, stop)
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
  await askForEpoch(join(loaded.config.data, 'spool'), after, position.sequence)
  log.warn({ after, theirs: position.sequence }, 'an older copy of this log was restored; starting again in a new epoch')
  onRestart()
}

/** What became durable of other nodes, for last values and live subscribers. */
function followInto(spool: Spool, remotes: Remotes): () => void {
  return spool.follow((records) => {
    for (const record of records) if (record.kind === 'forwarded') remotes.absorb(record)
  })
}
