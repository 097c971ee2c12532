import { z } from 'zod'
import { LIMITS } from '../core/limits.ts'
import type { IdentityView } from '../core/link.ts'
import type { NodeView, RemoteNode } from '../core/node-view.ts'
import { formatTime, type Micros, SECOND } from '../core/time.ts'
import { toCertificate } from './certificates.ts'
import { gapReader } from './gaps.ts'
import { toUplink } from './health.ts'
import { API_LIMITS } from './limits.ts'
import { nodeFindings } from './node-findings.ts'
import { languageOf, type ProblemLanguage } from './problem-words/index.ts'
import type { Resources, Server } from './route.ts'
import { gapList, nodeList, type OtherNode, type OwnNode } from './schemas.ts'

export function nodeRoutes(server: Server, { view }: Resources): void {
  const gaps = gapReader(view)
  server.get(
    '/api/v1/nodes',
    {
      config: { permission: 'read', scope: 'node' },
      schema: {
        summary: 'This node, how long it works alone and the way to the next one; and the nodes whose logs come here, worst first',
        response: { 200: nodeList },
      },
    },
    async ({ headers }) => {
      const findings = nodeFindings(view, languageOf(headers['accept-language']))
      return {
        time: formatTime(view.clock.now()),
        self: ownNode(view, languageOf(headers['accept-language'])),
        nodes: otherNodes(view, await gaps.totals()).sort(worseNode),
        findings: findings.slice(0, API_LIMITS.nodeFindings),
        findingsTotal: findings.length,
      }
    },
  )
  server.get(
    '/api/v1/nodes/gaps',
    {
      config: { permission: 'read', scope: 'node' },
      schema: {
        summary: 'Records of nodes that are gone for good, as they were declared; newest first',
        querystring: z.strictObject({
          node: z
            .string()
            .max(LIMITS.nodeLength)
            .regex(/^[\p{L}\p{N}_.:-]+$/u)
            .optional()
            .describe('only of this node'),
          limit: z.coerce.number().int().min(1).max(API_LIMITS.gaps).default(100),
        }),
        response: { 200: gapList },
      },
    },
    ({ query }) => gaps.list(query.node, query.limit),
  )
}

function ownNode(view: NodeView, language: ProblemLanguage): OwnNode {
  const { bytes, maxBytes, lastSequence, held, droppedSamples, corruptRecords, problem } = view.spool()
  const { growthBytesPerSecond, diskFreeBytes, overflow, maxAgeMs, timeLeft } = view.outlook()
  const uplink = view.uplink()
  const linkAddress = view.linkAddress()
  const certificate = view.identity?.().certificate
  const waiting = held.find(({ consumer }) => consumer === (uplink ? 'link' : 'historian'))
  const {
    records,
    bytes: heldBytes,
    oldestTime,
    consumer,
  } = waiting ?? { records: 0, bytes: 0, oldestTime: undefined, consumer: undefined }
  return {
    ...{ node: view.node, role: view.role, epoch: view.epoch, version: view.version, startedTime: formatTime(view.startedTime) },
    ...(linkAddress !== undefined && { linkAddress }),
    spool: {
      ...{ bytes, maxBytes, lastSequence, overflow, droppedSamples, corruptRecords },
      held: {
        ...{ records, bytes: heldBytes },
        ...(consumer !== undefined && { consumer }),
        ...(oldestTime !== undefined && { oldestTime: formatTime(oldestTime) }),
      },
      maxAgeSeconds: maxAgeMs / 1000,
      ...(growthBytesPerSecond !== undefined && { growthBytesPerSecond }),
      ...(diskFreeBytes !== undefined && { diskFreeBytes }),
      ...(timeLeft && { timeLeft }),
      ...(problem !== undefined && { problem }),
    },
    ...(uplink && { uplink: toUplink(uplink, language) }),
    ...(certificate && { certificate: toCertificate(certificate, view.clock.now()) }),
  }
}

/** Nodes whose logs come here, and nodes that were let in and have sent nothing yet. */
function otherNodes(view: NodeView, lost: ReadonlyMap<string, { gaps: number; records: number }> | undefined): OtherNode[] {
  const now = view.clock.now()
  const identities = new Map(view.identity?.().nodes.map((one) => [one.node, one]))
  const heard = view.remotes().map((remote): OtherNode => {
    const identity = identities.get(remote.node)
    identities.delete(remote.node)
    const declared = lost?.get(remote.node)
    return {
      ...toRemote(remote, now),
      // The history knows of earlier starts, and of gaps that were closed since.
      lostRecords: lost ? (declared?.records ?? 0) : remote.lostRecords,
      ...(lost && { gaps: declared?.gaps ?? 0 }),
      ...(identity && ofIdentity(identity, now)),
    }
  })
  // A relay has no log of its own: that it is connected is all there is to say of it.
  const connected = new Set(view.connectedNodes())
  const others = [...identities.values()].map((identity): OtherNode => {
    const isHere = connected.has(identity.node)
    return {
      ...{
        node: identity.node,
        state: isHere ? 'live' : identity.lastSeen === undefined ? 'expected' : 'bad',
        signals: 0,
        sequence: 0,
        behindRecords: 0,
        lostRecords: 0,
      },
      ...(isHere
        ? { lagSeconds: 0, lastHeardTime: formatTime(now) }
        : identity.lastSeen !== undefined && { lastHeardTime: formatTime(identity.lastSeen) }),
      ...ofIdentity(identity, now),
    }
  })
  return [...heard, ...others]
}

function toRemote({ node, epoch, liveness, signals, sequence, behindRecords, lostRecords, ...rest }: RemoteNode, now: Micros): OtherNode {
  const { lastHeardTime, lastRecordedTime, unseenSignals } = rest
  const isUpToDate = liveness === 'live' && behindRecords === 0
  const lagSeconds = isUpToDate ? 0 : lastRecordedTime === undefined ? undefined : Math.max(0, now - lastRecordedTime) / SECOND
  return {
    ...{ node, state: liveness, epoch, signals, sequence, behindRecords, lostRecords },
    ...(unseenSignals > 0 && { unseenSignals }),
    ...(lagSeconds !== undefined && { lagSeconds }),
    ...(lastHeardTime !== undefined && { lastHeardTime: formatTime(lastHeardTime) }),
    ...(lastRecordedTime !== undefined && { lastRecordedTime: formatTime(lastRecordedTime) }),
  }
}

function ofIdentity({ serial, notBefore, notAfter, revoked }: IdentityView['nodes'][number], now: Micros): Partial<OtherNode> {
  return {
    ...(notAfter !== undefined && { certificate: toCertificate({ serial, notBefore, notAfter }, now) }),
    ...(revoked && { state: 'revoked' as const, revoked: { ...revoked, time: formatTime(revoked.time) } }),
  }
}

const WORST_FIRST: readonly OtherNode['state'][] = ['bad', 'uncertain', 'live', 'expected', 'revoked']

/** Silent nodes first, among equals the one that lost most, then the one furthest behind, then by name. */
function worseNode(a: OtherNode, b: OtherNode): number {
  return (
    WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state) ||
    b.lostRecords - a.lostRecords ||
    (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0) ||
    (a.node < b.node ? -1 : 1)
  )
}
