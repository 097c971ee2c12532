import { z } from 'zod'
import type { HistorianStats } from '../core/historian.ts'
import type { ConnectionHealth, NodeView } from '../core/node-view.ts'
import { rank } from '../core/status.ts'
import { formatTime } from '../core/time.ts'
import { API_LIMITS } from './limits.ts'
import type { Resources, Server } from './route.ts'
import { type Connection, type Health, health } from './schemas.ts'

const STATS_MS = 2_000

/** Builds the health of a node; the historian is asked at most every two seconds, however many look. */
export function healthReader(view: NodeView): () => Promise<Health> {
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
    return describe(view, isLate ? { ...known, problem: known.problem ?? 'the historian does not answer' } : known)
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

/** What can be said without asking anybody. */
function overall(view: NodeView, problem: string | undefined): Health['status'] {
  if (view.spool().problem !== undefined) return 'failing'
  const silent = view.connections().some(({ liveness }) => liveness === 'uncertain' || liveness === 'bad')
  return problem !== undefined || silent ? 'degraded' : 'ok'
}

function describe(view: NodeView, stored: HistorianStats): Health {
  const connections = view.connections()
  const spool = view.spool()
  const lag = view.historianLag()
  const problem = lag.problem ?? stored.problem
  return {
    status: overall(view, problem),
    site: view.site,
    node: view.node,
    version: view.version,
    configVersion: view.configVersion,
    time: formatTime(view.clock.now()),
    startedTime: formatTime(view.startedTime),
    signals: countSignals(view),
    connections: connections.map(toConnection),
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

function countSignals({ signals, last }: NodeView): Health['signals'] {
  const counts = [0, 0, 0]
  let waiting = 0
  for (let index = 0; index < signals.size; index++) {
    if (!last.has(index)) waiting++
    else counts[rank(last.status[index] as number)] = (counts[rank(last.status[index] as number)] as number) + 1
  }
  const [good, uncertain, bad] = counts as [number, number, number]
  return { total: signals.size, good, uncertain, bad, waiting }
}

export function toConnection(connection: ConnectionHealth): Connection {
  const { lastError, clock, ...rest } = connection
  return {
    ...rest,
    dropped: { ...connection.dropped },
    since: formatTime(connection.since),
    lastHeardTime: timeOf(connection.lastHeardTime),
    lastGoodTime: timeOf(connection.lastGoodTime),
    ...(clock && { clock: { ...clock, measuredTime: formatTime(clock.measuredTime) } }),
    lastError: lastError && { ...lastError, time: formatTime(lastError.time) },
  }
}

const timeOf = (time: number | undefined): string | undefined => (time === undefined ? undefined : formatTime(time))

export function healthRoutes(server: Server, { view }: Resources): void {
  const read = healthReader(view)
  server.get(
    '/api/v1/health',
    { config: { permission: 'read' }, schema: { summary: 'The node at a glance', response: { 200: health } } },
    () => read(),
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
