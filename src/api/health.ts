import { z } from 'zod'
import type { HistorianStats } from '../core/historian.ts'
import type { ConnectionHealth, NodeView, UplinkView } from '../core/node-view.ts'
import { frenchFault, type PeerFault } from '../core/peer-faults.ts'
import type { SelfTestResult } from '../core/self-test.ts'
import { rank } from '../core/status.ts'
import { formatTime, MINUTE, type Micros } from '../core/time.ts'
import { API_LIMITS } from './limits.ts'
import { languageOf, type ProblemLanguage } from './problem-words/index.ts'
import type { Resources, Server } from './route.ts'
import { type Connection, type Health, health, type Uplink } from './schemas.ts'

const STATS_MS = 2_000

/** What the historian says of itself; it is asked at most every two seconds, however many look. */
export function statsReader(view: NodeView): () => Promise<HistorianStats> {
  let asked = Number.NEGATIVE_INFINITY
  let known = { ...NOTHING_YET }
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    try {
      known = { ...(await view.historian.stats()) }
    } catch (error) {
      known = { ...known, problem: (error as Error).message }
    }
    asked = view.clock.monotonicMs()
    asking = undefined
  }
  return async () => {
    if (view.clock.monotonicMs() - asked > STATS_MS) asking ??= ask()
    const limit = new AbortController()
    const late = view.clock.sleep(API_LIMITS.statsMs, limit.signal).then(() => true)
    const isLate = await Promise.race([asking?.then(() => false) ?? false, late])
    limit.abort()
    return isLate ? { ...known, problem: known.problem ?? 'the historian does not answer' } : known
  }
}

const NOTHING_YET: HistorianStats = {
  samples: 0,
  hotBytes: 0,
  coldBytes: 0,
  oldestTime: undefined,
  newestTime: undefined,
  problem: undefined,
}

/** A link may be down for a moment; longer is a matter of health. */
const LINK_DOWN: Micros = MINUTE

/** True for a way to the next node that has been down or refused for long. */
export function isLinkDown(uplink: UplinkView | undefined, now: Micros): boolean {
  return uplink?.downSince !== undefined && now - uplink.downSince > LINK_DOWN
}

/** Names of nodes that were heard once and are silent now, relays too, which have no log of their own; not those that were shut out. */
export function silentNodes(view: Pick<NodeView, 'clock' | 'remotes' | 'identity' | 'connectedNodes'>): string[] {
  const known = view.identity?.().nodes ?? []
  const revoked = new Set(known.flatMap(({ node, revoked }) => (revoked ? [node] : [])))
  const remotes = view.remotes()
  const others = new Set([...remotes.map(({ node }) => node), ...view.connectedNodes()])
  const gone = known.filter(({ node, lastSeen }) => !others.has(node) && lastSeen !== undefined && view.clock.now() - lastSeen > LINK_DOWN)
  return [...remotes.filter(({ liveness }) => liveness === 'bad'), ...gone].map(({ node }) => node).filter((node) => !revoked.has(node))
}

/** What can be said without asking anybody. */
function overall(view: NodeView, problem: string | undefined): Health['status'] {
  if (view.spool().problem !== undefined) return 'failing'
  const silent = view.connections().some(({ liveness }) => liveness === 'uncertain' || liveness === 'bad')
  const isCutOff = isLinkDown(view.uplink(), view.clock.now()) || silentNodes(view).length > 0
  return problem !== undefined || silent || isCutOff ? 'degraded' : 'ok'
}

/** The health of a node, as far as somebody may see it. */
export function describe(view: NodeView, stored: HistorianStats, language: ProblemLanguage): Health {
  const connections = view.connections()
  const { appendedBytes, held, segments, ...spool } = view.spool()
  const uplink = view.uplink()
  const telling = view.openLineage?.()
  const lag = view.historianLag()
  const problem = lag.problem ?? stored.problem
  return {
    status: overall(view, problem),
    site: view.site,
    node: view.node,
    role: view.role,
    version: view.version,
    configVersion: view.configVersion,
    time: formatTime(view.clock.now()),
    startedTime: formatTime(view.startedTime),
    signals: countSignals(view),
    connections: connections.map((one) => toConnection(one, language)),
    ...(view.selfTest && {
      selfTest: { passed: view.selfTest.filter(({ result }) => result === 'ok').length, warnings: warningsOf(view.selfTest) },
    }),
    ...(telling && { openLineage: { ...telling, problem: telling.problem } }),
    ...(uplink && { link: toHealthLink(uplink, language) }),
    nodes: { total: view.remotes().length, silent: silentNodes(view).length },
    spool: { ...spool, oldestTime: timeOf(spool.oldestTime), problem: spool.problem },
    historian: {
      lagRecords: lag.records,
      samples: stored.samples,
      hotBytes: stored.hotBytes,
      coldBytes: stored.coldBytes,
      oldestTime: timeOf(stored.oldestTime),
      newestTime: timeOf(stored.newestTime),
      problem,
    },
  }
}

const warningsOf = (results: readonly SelfTestResult[]) =>
  results.filter(({ result }) => result === 'warn').map(({ check, detail }) => `${check}: ${detail}`)

function toHealthLink(uplink: UplinkView, language: ProblemLanguage): NonNullable<Health['link']> {
  const { endpoint, state, behindRecords, downSince, problem } = toUplink(uplink, language)
  return { endpoint, state, behindRecords, ...(downSince !== undefined && { downSince }), ...(problem && { problem }) }
}

export function toUplink(uplink: UplinkView, language: ProblemLanguage): Uplink {
  const { since, downSince, problem, roundTripMs, ...rest } = uplink
  return {
    ...rest,
    since: formatTime(since),
    ...(downSince !== undefined && { downSince: formatTime(downSince) }),
    ...(problem && { problem: { ...toFault(problem, language), ...(problem.code && { code: problem.code }) } }),
    ...(roundTripMs !== undefined && { roundTripMs }),
  }
}

function countSignals({ signals, last }: NodeView): Health['signals'] {
  const counts = [0, 0, 0]
  let waiting = 0
  let total = 0
  for (let index = 0; index < signals.size; index++) {
    if (!signals.at(index)) continue
    total++
    if (!last.has(index)) waiting++
    else counts[rank(last.status[index] as number)] = (counts[rank(last.status[index] as number)] as number) + 1
  }
  const [good, uncertain, bad] = counts as [number, number, number]
  return { total, good, uncertain, bad, waiting }
}

/** What went wrong last, in the language asked for where there are words for it. */
export function toConnection(connection: ConnectionHealth, language: ProblemLanguage): Connection {
  const { lastError, clock, ...rest } = connection
  return {
    ...rest,
    dropped: { ...connection.dropped },
    since: formatTime(connection.since),
    lastHeardTime: timeOf(connection.lastHeardTime),
    lastGoodTime: timeOf(connection.lastGoodTime),
    ...(clock && { clock: { ...clock, measuredTime: formatTime(clock.measuredTime) } }),
    lastError: lastError && toFault(lastError, language),
  }
}

/** English where a fault has no words in the language: what a peer says itself is in no language of ours. */
export function toFault(
  { fault, time, message, hint }: { readonly time: number; readonly message: string; readonly hint?: string; readonly fault?: PeerFault },
  language: ProblemLanguage,
) {
  const code = fault && { fault: fault.code }
  if (language === 'en' || fault === undefined)
    return { time: formatTime(time), language: 'en' as const, message, ...(hint && { hint }), ...code }
  const [said, todo] = frenchFault(fault)
  return { time: formatTime(time), language, message: said, hint: todo, ...code }
}

const timeOf = (time: number | undefined): string | undefined => (time === undefined ? undefined : formatTime(time))

export function healthRoutes(server: Server, { view, viewOf }: Resources): void {
  const statsOf = statsReader(view)
  server.get(
    '/api/v1/health',
    { config: { permission: 'read', scope: 'any' }, schema: { summary: 'The node at a glance', response: { 200: health } } },
    async (request) => describe(viewOf(request), await statsOf(), languageOf(request.headers['accept-language'])),
  )
  server.get(
    '/api/v1/health/live',
    {
      config: { permission: 'public' },
      schema: { summary: 'For orchestrators: is the node up', response: { 200: z.object({ status: health.shape.status }) } },
    },
    async () => ({ status: overall(view, view.historianLag().problem) }),
  )
}
